use super::*;
use std::thread;

const SECOND: Duration = Duration::from_secs(1);

/// A second, in nanoseconds.
const NANOS: u64 = 1_000_000_000;

#[test]
fn a_burst_is_allowed_at_once_and_then_the_rate() {
    let (mut allowance, start) = (Allowance::default(), Instant::now());
    let rate = RequestRate::new(3, SECOND);
    for _ in 0..3 {
        assert_eq!(allowance.take(rate, start), Ok(()));
    }
    assert_eq!(allowance.take(rate, start), Err(SECOND));
    assert_eq!(
        allowance.take(rate, start + SECOND / 4),
        Err(SECOND * 3 / 4)
    );
    assert_eq!(allowance.take(rate, start + SECOND), Ok(()));
    assert_eq!(allowance.take(rate, start + SECOND), Err(SECOND));
    // Whoever waits for long has the burst again, and not more.
    let later = start + SECOND * 100;
    for _ in 0..3 {
        assert_eq!(allowance.take(rate, later), Ok(()));
    }
    assert_eq!(allowance.take(rate, later), Err(SECOND));
}

#[test]
fn without_a_limit_everything_is_allowed() {
    let (mut allowance, now) = (Allowance::default(), Instant::now());
    let (shared, rate) = shared(RequestRate::UNLIMITED);
    for _ in 0..1_000 {
        assert_eq!(allowance.take(RequestRate::UNLIMITED, now), Ok(()));
        assert_eq!(shared.take(&rate, 1, 0), Ok(()));
    }
    assert!(shared.is_full(0), "nothing is counted");
}

fn shared(rate: RequestRate) -> (SharedAllowance, SharedRate) {
    let shared = SharedRate::default();
    shared.set(rate);
    (SharedAllowance::default(), shared)
}

#[test]
fn a_shared_allowance_counts_as_one_that_is_not() {
    let (allowance, rate) = shared(RequestRate::new(3, SECOND));
    let (mut plain, start) = (Allowance::default(), Instant::now());
    for step in [0, 0, 0, 0, 1, 3, 4, 4, 5, 100, 100, 100, 100, 101] {
        // Quarters of a second.
        let expected = plain.take(RequestRate::new(3, SECOND), start + SECOND * step / 4);
        let now = u64::from(step) * NANOS / 4;
        assert_eq!(allowance.take(&rate, 1, now), expected.map_err(nanos));
    }
}

#[test]
fn several_shares_are_as_many_times_as_much() {
    let (allowance, rate) = shared(RequestRate::new(2, SECOND));
    for _ in 0..8 {
        assert_eq!(allowance.take(&rate, 4, 0), Ok(()));
    }
    assert_eq!(allowance.take(&rate, 4, 0), Err(NANOS / 4));
    assert!(!allowance.is_full(NANOS));
    assert!(allowance.is_full(2 * NANOS));
}

#[test]
fn what_was_not_done_is_not_counted() {
    let (allowance, rate) = shared(RequestRate::new(1, SECOND));
    assert_eq!(allowance.take(&rate, 1, NANOS), Ok(()));
    allowance.give_back(&rate, 1);
    assert_eq!(allowance.take(&rate, 1, NANOS), Ok(()));
    assert_eq!(allowance.take(&rate, 1, NANOS), Err(NANOS));
}

#[test]
fn another_rate_counts_at_once() {
    let (allowance, rate) = shared(RequestRate::new(1, SECOND));
    assert_eq!(allowance.take(&rate, 1, 0), Ok(()));
    rate.set(RequestRate::new(2, SECOND));
    assert_eq!(allowance.take(&rate, 1, 0), Ok(()));
    assert_eq!(allowance.take(&rate, 1, 0), Err(NANOS));
    rate.set(RequestRate::UNLIMITED);
    assert_eq!(allowance.take(&rate, 1, 0), Ok(()));
}

#[test]
fn threads_that_count_together_get_one_burst() {
    let (allowance, rate) = shared(RequestRate::new(1_000, SECOND));
    let count = || (0..1_000).filter(|_| allowance.take(&rate, 1, 0).is_ok());
    let taken: usize = thread::scope(|scope| {
        let threads = [0; 4].map(|_| scope.spawn(|| count().count()));
        threads.map(|thread| thread.join().unwrap()).iter().sum()
    });
    assert_eq!(taken, 1_000);
}

#[track_caller]
fn check(text: &str, burst: u32, every: Duration, shown: &str) {
    let rate: RequestRate = text.parse().unwrap();
    assert_eq!(rate, RequestRate::new(burst, every), "{text}");
    assert_eq!(rate.to_string(), shown);
    assert_eq!(shown.parse(), Ok(rate), "{shown}");
}

#[test]
fn a_rate_is_a_text() {
    check("8, 2/s", 8, SECOND / 2, "8, 2/s");
    check(" 8,2 / s ", 8, SECOND / 2, "8, 2/s");
    check("1, 3/s", 1, SECOND / 3, "1, 3/s");
    check("20, 1/min", 20, SECOND * 60, "20, 1/min");
    check("5, 60/min", 5, SECOND, "5, 1/s");
    check("5, 90/min", 5, SECOND * 2 / 3, "5, 90/min");
    check("1, 7/h", 1, SECOND * 3600 / 7, "1, 7/h");
    check(
        "1000000, 1000000/s",
        MOST,
        SECOND / MOST,
        "1000000, 1000000/s",
    );
    for text in ["off", "0", " off "] {
        let rate: RequestRate = text.parse().unwrap();
        assert_eq!(
            (rate, rate.to_string()),
            (RequestRate::UNLIMITED, "off".into())
        );
    }
}

#[test]
fn another_text_is_no_rate() {
    for text in [
        "",
        "8",
        "8, 2",
        "8 2/s",
        "2/s",
        "0, 2/s",
        "8, 0/s",
        "-8, 2/s",
        "+8, 2/s",
        "8, 2/d",
        "8, 2.5/s",
        "1000001, 2/s",
        "8, 1000001/s",
        "8, 2/s/s",
        "8, 2/s,",
        "on",
        "8; 2/s",
    ] {
        assert_eq!(text.parse::<RequestRate>(), Err(InvalidRate), "{text:?}");
    }
}
