use std::net::SocketAddr;

use proptest::prelude::*;

use super::*;
use crate::net::proxies::Proxies;

const PROXY: &str = "10.0.0.1:1000";

/// Returns who has sent a request with these headers, which the proxy at 10.0.0.1 passes on;
/// 10.0.0.0/8 and `fd00::/8` are trusted.
fn sender_of(lines: &[(&'static str, &str)]) -> Sender {
    let proxies = Proxies {
        trusted: vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()],
        proxy_protocol: false,
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(*name, value);
    }
    proxies.sender(ClientAddress::of(PROXY.parse().unwrap()), &headers)
}

#[track_caller]
fn check(lines: &[(&'static str, &str)], expected: &str) {
    let sender = sender_of(lines);
    assert_eq!(sender.doubt, None, "{lines:?}");
    assert_eq!(sender.address.to_string(), expected, "{lines:?}");
    let proxy: SocketAddr = PROXY.parse().unwrap();
    assert_eq!(sender.address.behind_proxy(), Some(proxy));
}

/// Checks that the address is in doubt and that this one counts.
#[track_caller]
fn check_doubt(lines: &[(&'static str, &str)], doubt: Doubt, counts: &str) {
    let sender = sender_of(lines);
    assert_eq!(sender.doubt, Some(doubt), "{lines:?}");
    assert_eq!(sender.address.to_string(), counts, "{lines:?}");
    assert_eq!(sender.scheme, None, "{lines:?}");
}

const XFF: &str = "x-forwarded-for";
const FWD: &str = "forwarded";

#[test]
fn the_rightmost_address_that_is_no_proxys_counts() {
    for (list, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1", "192.0.2.1"),
        ("198.51.100.9,192.0.2.1,\t10.0.0.2 , fd00::2", "192.0.2.1"),
        ("garbage, \", 192.0.2.1", "192.0.2.1"),
        ("\u{fffd}, 192.0.2.1", "192.0.2.1"),
        // Nobody but proxies: the one that was first.
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ] {
        check(&[(XFF, list)], expected);
    }
    for (list, expected) in [
        ("for=192.0.2.1", "192.0.2.1"),
        ("For=\"192.0.2.1:80\"", "192.0.2.1:80"),
        ("for=\"[2001:db8::1]\"", "2001:db8::1"),
        ("FOR=\"[2001:db8::1]:80\";by=_a;host=h", "[2001:db8::1]:80"),
        ("for=\"192.0.2.1:_port\"", "192.0.2.1"),
        ("for=\"\\1\\92.0.2.1\"", "192.0.2.1"),
        ("by=10.0.0.1;for=192.0.2.1;x=\"a\\\"b,;for=1\"", "192.0.2.1"),
        ("for=198.51.100.9, for=192.0.2.1", "192.0.2.1"),
        (
            "for=198.51.100.9,for=192.0.2.1 ,\tfor=10.0.0.2",
            "192.0.2.1",
        ),
        ("for=unknown, for=192.0.2.1", "192.0.2.1"),
        ("for=\"[fd00::3]\", for=10.0.0.2", "fd00::3"),
    ] {
        check(&[(FWD, list)], expected);
    }
}

#[test]
fn several_lines_are_one_list() {
    check(&[(XFF, "192.0.2.1"), (XFF, "10.0.0.2")], "192.0.2.1");
    check(&[(XFF, "10.0.0.2"), (XFF, "192.0.2.1")], "192.0.2.1");
    check(
        &[
            (XFF, "198.51.100.9"),
            (XFF, "192.0.2.1, 10.0.0.3"),
            (XFF, "10.0.0.2"),
        ],
        "192.0.2.1",
    );
    // The line that a client sends cannot reach into the proxy's.
    check(
        &[(FWD, "for=\"1.1.1.1"), (FWD, "for=192.0.2.1")],
        "192.0.2.1",
    );
    check(
        &[(FWD, "for=192.0.2.1"), (FWD, "for=10.0.0.2")],
        "192.0.2.1",
    );
}

#[test]
fn what_cannot_be_read_counts_for_the_proxy_that_sent_it() {
    for list in [
        "",
        ",",
        "192.0.2.1,",
        "192.0.2.1, ",
        "client.example",
        "192.0.2.1:",
        "192.0.2.1:65536",
        "192.0.2.1:+80",
        "192.0.2.1:000080",
        "192.0.2",
        "192.0.2.01",
        "192.0.2.1 10.0.0.1",
        "\"192.0.2.1\"",
        "[192.0.2.1]",
        "[2001:db8::1",
        "[2001:db8::1]80",
        "2001:db8::1]:80",
        "fe80::1%eth0",
        "[fe80::1%25eth0]",
        "unix:",
        "for=192.0.2.1",
        "192.0.2.1;",
        "\u{e9}",
    ] {
        check_doubt(&[(XFF, list)], Doubt::NoAddress, PROXY);
    }
    for list in [
        "",
        ",",
        "for=192.0.2.1,",
        "192.0.2.1",
        "for",
        "for=",
        "for =192.0.2.1",
        "for= 192.0.2.1",
        "for=192.0.2.1; by=10.0.0.1",
        "for=192.0.2.1;",
        "for=192.0.2.1:80",
        "for=[2001:db8::1]",
        "for=2001:db8::1",
        "for=\"2001:db8::1\"",
        "for=\"192.0.2.1",
        "for=\"192.0.2.1\\\"",
        "for=\"192.0.2.1\"x",
        "for=\"192.0.2.1:80:80\"",
        "for=192.0.2.1;for=192.0.2.2",
        "for=192.0.2.1;FOR=192.0.2.1",
        "for=192.0.2.1 for=192.0.2.2",
        "for=client.example",
        "for=_",
        "for=_a/b",
        "for=192.0.2.1, \u{e9}=1",
        // A quote that is opened reaches over what the proxy adds.
        "for=\"1.1.1.1, for=192.0.2.1",
    ] {
        check_doubt(&[(FWD, list)], Doubt::Syntax, PROXY);
    }
    for hidden in ["unknown", "Unknown", "_hidden", "_SEVKISEK", "_a.b-c_1"] {
        check_doubt(&[(XFF, hidden)], Doubt::Hidden, PROXY);
        check_doubt(&[(FWD, &format!("for={hidden}"))], Doubt::Hidden, PROXY);
    }
    check_doubt(&[(FWD, "for=\"unknown:80\"")], Doubt::Hidden, PROXY);
    check_doubt(&[(FWD, "by=10.0.0.1")], Doubt::Hidden, PROXY);
    // The doubt is about what another proxy says.
    check_doubt(
        &[(XFF, "192.0.2.1, x, 10.0.0.2")],
        Doubt::NoAddress,
        "10.0.0.2",
    );
    check_doubt(&[], Doubt::Missing, PROXY);
}

#[test]
fn if_there_are_both_headers_they_have_to_agree() {
    check(&[(XFF, "192.0.2.1"), (FWD, "for=192.0.2.1")], "192.0.2.1");
    check(
        &[(XFF, "1.1.1.1, 192.0.2.1"), (FWD, "for=\"192.0.2.1:80\"")],
        "192.0.2.1:80",
    );
    for (list, forwarded, doubt) in [
        ("192.0.2.1", "for=198.51.100.9", Doubt::Differ),
        ("198.51.100.9", "for=192.0.2.1", Doubt::Differ),
        ("192.0.2.1", "for=unknown", Doubt::Hidden),
        ("192.0.2.1", "garbage", Doubt::Syntax),
        ("unknown", "for=192.0.2.1", Doubt::Hidden),
        ("x", "for=192.0.2.1;proto=https", Doubt::NoAddress),
    ] {
        check_doubt(&[(XFF, list), (FWD, forwarded)], doubt, PROXY);
    }
}

#[test]
fn forwarded_says_whether_the_client_used_tls() {
    let scheme = |list: &str| sender_of(&[(FWD, list)]).scheme;
    assert_eq!(scheme("for=192.0.2.1;proto=https"), Some(Scheme::Https));
    assert_eq!(scheme("proto=\"HTTP\";for=192.0.2.1"), Some(Scheme::Http));
    assert_eq!(scheme("for=192.0.2.1"), None);
    assert_eq!(scheme("for=192.0.2.1;proto=gopher"), None);
    let chain = "for=192.0.2.1;proto=https, for=10.0.0.2;proto=http";
    assert_eq!(scheme(chain), Some(Scheme::Https));
    let of_the_client = "for=1.1.1.1;proto=https, for=192.0.2.1;proto=http";
    assert_eq!(scheme(of_the_client), Some(Scheme::Http));
}

#[test]
fn from_anyone_else_the_headers_mean_nothing() {
    let proxies = Proxies {
        trusted: vec!["10.0.0.0/8".parse().unwrap()],
        proxy_protocol: false,
    };
    let mut headers = HeaderMap::new();
    headers.insert(XFF, HeaderValue::from_static("192.0.2.1"));
    headers.insert(FWD, HeaderValue::from_static("for=192.0.2.1;proto=https"));
    let stranger = ClientAddress::of("198.51.100.9:80".parse().unwrap());
    assert_eq!(proxies.sender(stranger, &headers), Sender::of(stranger));
}

proptest! {
    /// Whatever a client sends in front of what its proxy adds: it is never taken for another.
    #[test]
    fn a_client_cannot_choose_its_address(
        claim in prop_oneof![
            "[ -~\u{e9}]{0,60}",
            "(for=|FOR=\"|\"|\\\\|,|;| |10\\.0\\.0\\.2|192\\.0\\.2\\.7|\\[fd00::1\\]|by=_x){0,12}",
        ],
        is_one_line: bool,
    ) {
        const CLIENT: &str = "203.0.113.9";
        for (name, added) in [(XFF, CLIENT.to_owned()), (FWD, format!("for={CLIENT}"))] {
            let sender = if is_one_line {
                sender_of(&[(name, &format!("{claim}, {added}"))])
            } else {
                sender_of(&[(name, &claim), (name, &added)])
            };
            let found = sender.address.to_string();
            // In one line, a client can only make unreadable what the proxy adds.
            let is_in_doubt = is_one_line && name == FWD && sender.doubt == Some(Doubt::Syntax);
            prop_assert_eq!(found, if is_in_doubt { PROXY } else { CLIENT });
        }
    }
}

#[test]
fn an_element_has_no_more_parameters_than_anybody_needs() {
    let element = |others: usize| {
        let others = (0..others).map(|n| format!(";x{n}=1"));
        let text = others.fold("for=192.0.2.7".to_owned(), |text, other| text + &other);
        HeaderValue::from_str(&text).unwrap()
    };
    let most = element(MOST_PARAMETERS - 1);
    assert!(elements(&most).all(|hop| hop.is_ok()));
    let more = element(MOST_PARAMETERS);
    assert!(elements(&more).all(|hop| hop == Err(Doubt::Syntax)));
}
