use super::*;

const SECOND: Duration = Duration::from_secs(1);

const ALL: [Asked; KINDS] = [
    Asked::Say,
    Asked::Whisper,
    Asked::Join,
    Asked::Rename,
    Asked::Search,
    Asked::Request,
];

fn limits(rates: Rates) -> RateLimits {
    let limits = RateLimits::default();
    limits.set(&rates);
    limits
}

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap())
}

/// One connection of a guest.
struct Guest {
    used: Used,
    address: Arc<AddressUse>,
}

impl Guest {
    fn from(limits: &RateLimits, address: &str, now: Instant) -> Self {
        Self {
            used: Used::default(),
            address: limits.address(network(address), now),
        }
    }

    fn ask(&self, limits: &RateLimits, asked: Asked, now: Instant) -> Result<(), Duration> {
        limits.take(asked, self.used.of(asked), Some(&self.address), now)
    }
}

/// The default rates, each with the time that passes until one more fits.
fn table() -> [(Asked, u32, Duration); KINDS] {
    [
        (Asked::Say, 8, SECOND / 2),
        (Asked::Whisper, 8, SECOND / 2),
        (Asked::Join, 100, SECOND / 10),
        (Asked::Rename, 20, SECOND),
        (Asked::Search, 10, SECOND),
        (Asked::Request, 200, SECOND / 20),
    ]
}

#[test]
fn each_rate_allows_its_burst_and_then_one_after_the_other() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let used = Used::default();
    for (asked, burst, every) in table() {
        let take = |now| limits.take(asked, used.of(asked), None, now);
        for _ in 0..burst {
            assert_eq!(take(now), Ok(()), "{asked:?}");
        }
        // The others are counted by themselves, because all come after it here.
        assert_eq!(take(now), Err(every), "{asked:?}");
        let almost = now + every * 3 / 4;
        assert_eq!(take(almost), Err(every / 4), "{asked:?}");
        assert_eq!(take(now + every), Ok(()), "{asked:?}");
        assert_eq!(take(now + every), Err(every), "{asked:?}");
    }
}

#[test]
fn without_limits_nothing_is_refused() {
    let (limits, now) = (limits(Rates::OFF), Instant::now());
    let guest = Guest::from(&limits, "10.0.0.1", now);
    for asked in ALL {
        for _ in 0..10_000 {
            assert_eq!(guest.ask(&limits, asked, now), Ok(()));
        }
    }
    let refused = SharedAllowance::default();
    for _ in 0..10_000 {
        assert_eq!(limits.shake_hands(network("10.0.0.1"), now), Ok(()));
        assert!(limits.may_be_refused(&refused, now));
    }
}

#[test]
fn all_connections_of_a_user_are_counted_together() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let user = Used::default();
    let addresses = ["10.0.0.1", "10.0.0.2"].map(|one| limits.address(network(one), now));
    for number in 0..8 {
        let address = &addresses[number % 2];
        let own = user.of(Asked::Say);
        assert_eq!(limits.take(Asked::Say, own, Some(address), now), Ok(()));
    }
    for address in &addresses {
        let own = user.of(Asked::Say);
        let taken = limits.take(Asked::Say, own, Some(address), now);
        assert_eq!(taken, Err(SECOND / 2));
    }
}

#[test]
fn the_guests_of_an_address_have_the_rate_many_times_over() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let guests: Vec<_> = (0..200)
        .map(|_| Guest::from(&limits, "10.0.0.1", now))
        .collect();
    let say = |now| {
        let may = |guest: &&Guest| guest.ask(&limits, Asked::Say, now).is_ok();
        guests.iter().filter(may).count()
    };
    // Two each, and then as much as the address has.
    assert_eq!([say(now), say(now), say(now)], [200, 200, 112]);
    // Nobody is told to come before it could have said something anyway.
    let wait = guests[199].ask(&limits, Asked::Say, now).unwrap_err();
    assert_eq!(wait, SECOND / 2);
    // A refused request is not counted for the guest: it has six left.
    let later = now + SECOND * 10;
    for _ in 0..8 {
        assert_eq!(guests[199].ask(&limits, Asked::Say, later), Ok(()));
    }
    assert_eq!(say(now + SECOND * 11), 200);
    // Another address has its own, and an account is counted for itself.
    let other = Guest::from(&limits, "10.0.0.2", now);
    assert_eq!(other.ask(&limits, Asked::Say, now), Ok(()));
    let account = Used::default();
    let taken = limits.take(Asked::Say, account.of(Asked::Say), None, now);
    assert_eq!(taken, Ok(()));
}

#[test]
fn a_slash_48_has_the_shares_of_four_addresses() {
    let rates = Rates {
        say: RequestRate::new(1, SECOND),
        address_share: 2,
        ..Rates::default()
    };
    let (limits, now) = (limits(rates), Instant::now());
    let say = |address: &str| Guest::from(&limits, address, now).ask(&limits, Asked::Say, now);
    let of = |number: usize| format!("2001:db8:1:{number}::1");
    for _ in 0..2 {
        assert_eq!(say(&of(0)), Ok(()));
    }
    // These take nothing from the others.
    for _ in 0..10 {
        assert_eq!(say(&of(0)), Err(SECOND));
    }
    for number in 1..7 {
        assert_eq!(say(&of(number)), Ok(()), "{number}");
    }
    assert_eq!(say(&of(7)), Err(SECOND));
    assert_eq!(say("2001:db8:2::1"), Ok(()));
}

#[test]
fn what_is_not_done_after_all_is_given_back_to_all() {
    let rates = Rates {
        say: RequestRate::new(1, SECOND),
        address_share: 1,
        ..Rates::default()
    };
    let (limits, now) = (limits(rates), Instant::now());
    let guest = Guest::from(&limits, "2001:db8::1", now);
    for _ in 0..10 {
        assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
        limits.give_back(Asked::Say, guest.used.of(Asked::Say), Some(&guest.address));
    }
    assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
    assert_eq!(guest.ask(&limits, Asked::Say, now), Err(SECOND));
}

#[test]
fn an_address_opens_so_many_websockets_in_a_time() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let (one, other) = (network("10.0.0.1"), network("10.0.0.2"));
    for _ in 0..512 {
        assert_eq!(limits.shake_hands(one, now), Ok(()));
    }
    assert_eq!(limits.shake_hands(one, now), Err(SECOND / 32));
    assert_eq!(limits.shake_hands(other, now), Ok(()));
    assert_eq!(limits.shake_hands(one, now + SECOND / 32), Ok(()));
    assert!(limits.shake_hands(one, now + SECOND / 32).is_err());
    // Behind a proxy, all clients have one address.
    limits.set(&Rates {
        address_share: 0,
        ..Rates::default()
    });
    assert_eq!(limits.shake_hands(one, now), Ok(()));
}

#[test]
fn behind_a_proxy_users_are_counted_and_addresses_are_not() {
    let rates = Rates {
        address_share: 0,
        ..Rates::default()
    };
    let (limits, now) = (limits(rates), Instant::now());
    for _ in 0..1_000 {
        let guest = Guest::from(&limits, "127.0.0.1", now);
        for _ in 0..8 {
            assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
        }
        assert_eq!(guest.ask(&limits, Asked::Say, now), Err(SECOND / 2));
    }
}

#[test]
fn who_is_refused_too_often_may_not_go_on() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let refused = SharedAllowance::default();
    for _ in 0..2_000 {
        assert!(limits.may_be_refused(&refused, now));
    }
    assert!(!limits.may_be_refused(&refused, now));
    assert!(limits.may_be_refused(&refused, now + SECOND / 50));
}

#[test]
fn other_rates_count_from_then_on() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let guest = Guest::from(&limits, "10.0.0.1", now);
    for _ in 0..8 {
        assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
    }
    assert!(guest.ask(&limits, Asked::Say, now).is_err());
    limits.set(&Rates {
        say: RequestRate::new(16, SECOND / 2),
        ..Rates::default()
    });
    for _ in 0..8 {
        assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
    }
    assert!(guest.ask(&limits, Asked::Say, now).is_err());
    limits.set(&Rates::OFF);
    assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
}

#[test]
fn an_address_is_forgotten_when_it_may_do_everything_again() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    let of = |number: usize| format!("2001:db8:{number:x}::1");
    let stays = Guest::from(&limits, "10.0.0.1", now);
    let busy = Guest::from(&limits, "10.0.0.2", now);
    busy.ask(&limits, Asked::Say, now).unwrap();
    drop(busy.address);
    let known = || limits.addresses.lock().uses.len();
    for number in 0..10_000 {
        let guest = Guest::from(&limits, &of(number), now);
        assert_eq!(guest.ask(&limits, Asked::Say, now), Ok(()));
    }
    assert!(known() > 10_000, "they have used something");
    let later = now + SECOND * 60;
    for number in 0..30_000 {
        Guest::from(&limits, &of(number), later);
    }
    assert!(known() < 5_000, "{}", known());
    let again = limits.address(network("10.0.0.1"), later);
    assert!(Arc::ptr_eq(&again, &stays.address), "it has a connection");
}

#[test]
fn not_more_than_so_many_addresses_without_a_connection_are_remembered() {
    let (limits, now) = (limits(Rates::default()), Instant::now());
    for number in 0..200_000_u32 {
        let address = std::net::Ipv4Addr::from(number);
        let guest = Guest::from(&limits, &address.to_string(), now);
        guest.ask(&limits, Asked::Say, now).unwrap();
    }
    let known = limits.addresses.lock().uses.len();
    assert!(known <= 2 * MOST_IDLE + FORGET_ABOVE, "{known}");
}

#[test]
fn a_connection_costs_at_most_72_bytes() {
    let of_the_user = size_of::<Used>();
    let of_the_session = size_of::<Option<Arc<AddressUse>>>() + size_of::<SharedAllowance>();
    // Eight for each of seven rates.
    assert!(of_the_user + of_the_session <= 72);
}

#[test]
fn an_address_costs_at_most_200_bytes() {
    // Its counters behind two numbers of references, and an entry in a table that is half full.
    let counters = size_of::<AddressUse>() + 2 * size_of::<usize>();
    let entry = size_of::<(Network, Arc<AddressUse>)>() + 1;
    assert!(counters + 2 * entry <= 200);
}

#[test]
fn reports_have_a_rate_of_each_user_and_of_an_address_and_are_forgotten() {
    let limits = limits(Rates {
        report: RequestRate::new(2, SECOND * 6),
        address_share: 2,
        ..Rates::OFF
    });
    let now = Instant::now();
    let address = limits.address(network("10.0.0.1"), now);
    let report = |user, address, now| limits.take_report(UserId(user), address, now);
    for _ in 0..2 {
        assert_eq!(report(1, Some(&*address), now), Ok(()));
    }
    assert_eq!(report(1, Some(&*address), now), Err(SECOND * 6));
    for _ in 0..2 {
        assert_eq!(report(2, Some(&*address), now), Ok(()));
    }
    assert!(report(3, Some(&*address), now).is_err(), "the address");
    assert_eq!(report(3, None, now), Ok(()), "a user with an account");
    for user in 10..10_000 {
        report(user, None, now).unwrap();
    }
    let later = now + SECOND * 60;
    for user in 10_000..30_000 {
        report(user, None, later).unwrap();
    }
    let known = limits.reporters.lock().uses.len();
    assert!(known < 30_000, "{known}");
    assert_eq!(report(1, None, later), Ok(()));
}
