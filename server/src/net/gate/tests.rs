use proptest::prelude::*;

use super::*;

fn gate(total: usize, per_address: usize) -> Arc<Gate> {
    Gate::new(Caps { total, per_address })
}

/// A socket that a client opens.
fn socket(gate: &Arc<Gate>, address: &str) -> Option<ConnectionPermit> {
    gate.permit(address.parse().unwrap(), Opener::Client)
}

/// A socket that a trusted proxy opens.
fn of_proxy(gate: &Arc<Gate>) -> Option<ConnectionPermit> {
    gate.permit(PROXY.parse().unwrap(), Opener::Proxy)
}

fn client(gate: &Arc<Gate>, address: &str) -> Result<ConnectionPermit, Refusal> {
    let mut permit = socket(gate, address).expect("there is slack for HTTP");
    permit.admit(network(address)).map(|()| permit)
}

/// A client that a proxy's headers name.
fn client_of_proxy(gate: &Arc<Gate>, address: &str) -> Result<ConnectionPermit, Refusal> {
    let mut permit = of_proxy(gate).expect("a proxy has no limit of its own");
    permit.admit(network(address)).map(|()| permit)
}

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap())
}

const PROXY: &str = "10.9.9.9";

#[test]
fn the_total_is_limited_and_a_dropped_permit_makes_room() {
    let gate = gate(2, 0);
    let first = client(&gate, "10.0.0.1").unwrap();
    let _second = client(&gate, "10.0.0.1").unwrap();
    assert_eq!(client(&gate, "10.0.0.2").unwrap_err(), Refusal::Full);
    drop(first);
    assert!(client(&gate, "10.0.0.2").is_ok());
}

#[test]
fn the_limit_of_one_address_does_not_concern_others() {
    let gate = gate(100, 1);
    let _first = client(&gate, "10.0.0.1").unwrap();
    assert_eq!(client(&gate, "10.0.0.1").unwrap_err(), Refusal::AddressFull);
    assert!(client(&gate, "10.0.0.2").is_ok());
}

#[test]
fn an_ipv6_network_is_one_address_and_mapped_ipv4_is_ipv4() {
    let gate = gate(100, 1);
    let _six = client(&gate, "2001:db8:1:2:3::4").unwrap();
    assert!(client(&gate, "2001:db8:1:2:ffff::").is_err());
    assert!(client(&gate, "2001:db8:1:3::4").is_ok());
    let _four = client(&gate, "10.0.0.1").unwrap();
    assert!(client(&gate, "::ffff:10.0.0.1").is_err());
}

#[test]
fn a_slash_48_has_as_many_clients_as_four_addresses() {
    let gate = gate(100, 2);
    let of = |number: usize| format!("2001:db8:1:{number}::1");
    let _clients: Vec<_> = (0..8).map(|one| client(&gate, &of(one)).unwrap()).collect();
    assert_eq!(client(&gate, &of(9)).unwrap_err(), Refusal::AddressFull);
    assert!(client(&gate, "2001:db8:2::1").is_ok());
}

#[test]
fn sockets_without_a_client_are_limited_too() {
    let gate = gate(0, 0);
    let permits: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
    assert_eq!(permits.len(), HTTP_SLACK);
    drop(permits);
    assert!(socket(&gate, "10.0.0.1").is_some());
    assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
}

#[test]
fn a_full_server_takes_a_socket_from_who_has_most() {
    let gate = gate(0, 0);
    let flood: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
    let others: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.2")).collect();
    assert_eq!((flood.len(), others.len()), (HTTP_SLACK, HTTP_SLACK / 2));
    assert_eq!(gate.counts().all_sockets, HTTP_SLACK);
    // Those that were evicted are not counted a second time.
    drop(flood);
    assert_eq!(gate.counts().all_sockets, others.len());
    drop(others);
    assert!(gate.counts().sockets.is_empty());
}

#[test]
fn a_client_is_never_evicted_and_an_evicted_socket_is_no_client() {
    let gate = gate(1, 0);
    let one = "10.0.0.1";
    let mut first = socket(&gate, one).unwrap();
    let client = client(&gate, one).unwrap();
    let _flood: Vec<_> = std::iter::from_fn(|| socket(&gate, one)).collect();
    let _other = socket(&gate, "10.0.0.2").expect("the first makes room");
    drop(client);
    assert_eq!(first.admit(network(one)), Err(Refusal::Full));
    assert_eq!(
        first.assign("10.0.0.3".parse().unwrap(), Opener::Client),
        Err(Refusal::Full)
    );
    assert_eq!(gate.clients(), 0);
}

#[test]
fn clients_behind_a_proxy_are_counted_and_the_proxy_is_not() {
    let gate = gate(1_000, 2);
    let clients: Vec<_> = (0..500)
        .map(|number| client_of_proxy(&gate, &format!("10.1.{}.1", number / 2)))
        .collect();
    assert!(clients.iter().all(Result::is_ok));
    for address in ["10.1.0.1", "10.1.249.1"] {
        let refused = client_of_proxy(&gate, address).unwrap_err();
        assert_eq!(refused, Refusal::AddressFull);
        // Nor without the proxy: they are the same client.
        assert_eq!(client(&gate, address).unwrap_err(), Refusal::AddressFull);
    }
    // If it is not known whose a client is, it is the proxy's, which has a share, too.
    let own = [(); 2].map(|()| client_of_proxy(&gate, PROXY).unwrap());
    let refused = client_of_proxy(&gate, PROXY).unwrap_err();
    assert_eq!(refused, Refusal::AddressFull);
    drop(clients);
    assert_eq!(gate.clients(), 2);
    drop(own);
    assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
}

#[test]
fn a_connection_counts_for_its_client_as_soon_as_the_proxy_has_named_it() {
    let gate = gate(10_000, 1);
    let assign = |address: &str| {
        let mut permit = of_proxy(&gate).unwrap();
        let assigned = permit.assign(address.parse().unwrap(), Opener::Client);
        assigned.map(|()| permit)
    };
    let most = 1 + HTTP_SLACK_PER_ADDRESS;
    let mut here: Vec<_> = (0..most).map(|_| assign("10.0.0.1").unwrap()).collect();
    assert_eq!(assign("10.0.0.1").unwrap_err(), Refusal::AddressFull);
    assert!(socket(&gate, "10.0.0.1").is_none());
    let mut elsewhere = assign("10.0.0.2").unwrap();
    assert_eq!(elsewhere.admit(network("10.0.0.2")), Ok(()));
    assert_eq!(here[0].admit(network("10.0.0.1")), Ok(()));
    assert_eq!(
        here[1].admit(network("10.0.0.1")),
        Err(Refusal::AddressFull)
    );
    // It is another proxy's.
    let mut chained = of_proxy(&gate).unwrap();
    let next = "10.0.0.1".parse().unwrap();
    assert_eq!(chained.assign(next, Opener::Proxy), Ok(()));
    drop((here, elsewhere, chained));
    assert!(gate.counts().sockets.is_empty() && gate.counts().clients.is_empty());
}

#[test]
fn what_a_proxy_opens_is_bounded_by_the_server_and_its_oldest_make_room() {
    let gate = gate(0, 0);
    let mut sockets: Vec<_> = (0..HTTP_SLACK).map(|_| of_proxy(&gate).unwrap()).collect();
    // A new connection through the proxy is not kept out by old ones.
    let _new: Vec<_> = (0..10).map(|_| of_proxy(&gate).unwrap()).collect();
    assert_eq!(gate.counts().all_sockets, HTTP_SLACK);
    for (number, permit) in sockets.iter_mut().enumerate() {
        let address = format!("10.0.0.{}", number % 200).parse().unwrap();
        let is_here = permit.assign(address, Opener::Client).is_ok();
        assert_eq!(is_here, number >= 10, "{number}");
    }
}

#[test]
fn a_client_that_holds_many_makes_room_before_a_proxy_does() {
    let gate = gate(0, 0);
    let mut through_proxy: Vec<_> = (0..10).map(|_| of_proxy(&gate).unwrap()).collect();
    let _flood: Vec<_> = std::iter::from_fn(|| socket(&gate, "10.0.0.1")).collect();
    through_proxy.extend((0..10).map(|_| of_proxy(&gate).unwrap()));
    for permit in &mut through_proxy {
        let client = "10.0.0.2".parse().unwrap();
        assert_eq!(permit.assign(client, Opener::Client), Ok(()));
    }
}

/// Something that happens to one of the sockets.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open(u8, Opener),
    Assign(prop::sample::Index, u8, Opener),
    Admit(prop::sample::Index, u8),
    Close(prop::sample::Index),
}

fn any_step() -> impl Strategy<Value = Step> {
    let opener = || prop_oneof![Just(Opener::Client), Just(Opener::Proxy)];
    let address = || 0..4_u8;
    prop_oneof![
        4 => (address(), opener()).prop_map(|(address, opener)| Step::Open(address, opener)),
        2 => (any::<prop::sample::Index>(), address(), opener())
            .prop_map(|(socket, address, opener)| Step::Assign(socket, address, opener)),
        2 => (any::<prop::sample::Index>(), address())
            .prop_map(|(socket, address)| Step::Admit(socket, address)),
        1 => any::<prop::sample::Index>().prop_map(Step::Close),
    ]
}

proptest! {
    // A case is long, because it has to fill the server.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_counts_are_right_whatever_happens(
        steps in prop::collection::vec(any_step(), 0..900),
        total in 0..20_usize,
        per_address in 0..4_usize,
    ) {
        let gate = gate(total, per_address);
        let of = |address: u8| IpAddr::from([10, 0, 0, address]);
        let mut sockets: Vec<ConnectionPermit> = Vec::new();
        for step in steps {
            match step {
                Step::Open(address, opener) => sockets.extend(gate.permit(of(address), opener)),
                Step::Assign(..) | Step::Admit(..) | Step::Close(..) if sockets.is_empty() => {}
                Step::Assign(socket, address, opener) => {
                    let _ = socket.get_mut(&mut sockets).assign(of(address), opener);
                }
                Step::Admit(socket, address) => {
                    let _ = socket.get_mut(&mut sockets).admit(Network::of(of(address)));
                }
                Step::Close(socket) => drop(sockets.swap_remove(socket.index(sockets.len()))),
            }
            let counts = gate.counts();
            prop_assert!(counts.all_sockets <= total + HTTP_SLACK);
            prop_assert!(counts.all_clients <= total);
        }
        let is_client = |permit: &&ConnectionPermit| permit.half_open.is_none();
        prop_assert_eq!(sockets.iter().filter(is_client).count(), gate.clients());
        if per_address > 0 {
            for address in 0..4 {
                let network = Network::of(of(address));
                let here = |permit: &&ConnectionPermit| permit.network == network;
                let clients = sockets.iter().filter(is_client).filter(here).count();
                prop_assert!(clients <= per_address);
            }
        }
        sockets.clear();
        let counts = gate.counts();
        prop_assert_eq!((counts.all_sockets, counts.all_clients), (0, 0));
        prop_assert!(counts.sockets.is_empty() && counts.clients.is_empty());
        prop_assert!(counts.half_open.is_empty());
    }
}
