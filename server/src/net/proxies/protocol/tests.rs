use super::*;
use proptest::prelude::*;
use smol::future::block_on;
use smol::io::Cursor;

/// The bytes behind a header.
const REST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

/// Reads a header, and checks that nothing behind it is read.
#[track_caller]
fn read_from(header: &[u8]) -> Result<Option<SocketAddr>, BadHeader> {
    let mut stream = Cursor::new([header, REST].concat());
    let result = block_on(read(&mut stream));
    if result.is_ok() {
        assert_eq!(stream.position(), header.len() as u64);
    }
    result
}

#[track_caller]
fn check(header: &[u8], expected: Option<&str>) {
    let expected = expected.map(|address| address.parse().unwrap());
    assert_eq!(read_from(header).unwrap(), expected);
}

#[track_caller]
fn refused(header: &[u8], is_expected: fn(&BadHeader) -> bool) {
    let error = read_from(header).expect_err(&format!("{header:?}"));
    assert!(is_expected(&error), "{error:?}: {header:?}");
}

fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[command, family], &length, body].concat()
}

const V4: [u8; 12] = [192, 0, 2, 1, 10, 0, 0, 1, 0x1f, 0x90, 0, 80];

fn v6() -> Vec<u8> {
    let source: Ipv6Addr = "2001:db8::1".parse().unwrap();
    [&source.octets()[..], &[0; 16], &[0x1f, 0x90, 0, 80]].concat()
}

#[test]
fn version_1_says_where_a_client_is() {
    check(
        b"PROXY TCP4 192.0.2.1 10.0.0.1 8080 80\r\n",
        Some("192.0.2.1:8080"),
    );
    check(
        b"PROXY TCP6 2001:db8::1 ::1 8080 80\r\n",
        Some("[2001:db8::1]:8080"),
    );
    check(b"PROXY TCP4 0.0.0.0 0.0.0.0 0 65535\r\n", Some("0.0.0.0:0"));
    check(b"PROXY UNKNOWN\r\n", None);
    check(b"PROXY UNKNOWN ffff::1 whatever\r\n", None);
    let longest = [
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff ",
        &"x".repeat(59),
        "\r\n",
    ];
    let longest = longest.concat();
    assert_eq!(longest.len(), MAX_V1);
    check(longest.as_bytes(), None);
}

#[test]
fn a_wrong_line_of_version_1_is_refused() {
    for line in [
        "PROXY TCP4 192.0.2.1 10.0.0.1 8080\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 8080 80 \r\n",
        "PROXY TCP4  192.0.2.1 10.0.0.1 8080 80\r\n",
        "PROXY TCP4 192.0.2.1\r10.0.0.1 8080 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 +8080 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 08080 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 8080 65536\r\n",
        "PROXY TCP4 192.0.2.01 10.0.0.1 8080 80\r\n",
        "PROXY TCP4 2001:db8::1 ::1 8080 80\r\n",
        "PROXY TCP4 192.0.2.1 proxy.example 8080 80\r\n",
        "PROXY TCP6 192.0.2.1 10.0.0.1 8080 80\r\n",
        "PROXY TCP6 [2001:db8::1] ::1 8080 80\r\n",
        "PROXY TCP6 fe80::1%1 ::1 8080 80\r\n",
        "PROXY UDP4 192.0.2.1 10.0.0.1 8080 80\r\n",
        "PROXY UNKNOWNS and more\r\n",
        "PROXY tcp4 192.0.2.1 10.0.0.1 8080 80\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 8080 80\n\n\n\r\n",
        "PROXY TCP4 192.0.2.1 10.0.0.1 8080 80\u{e9}\r\n",
    ] {
        refused(line.as_bytes(), |error| matches!(error, BadHeader::BadLine));
    }
    let too_long = ["PROXY UNKNOWN ", &"x".repeat(92), "\r\n"].concat();
    assert_eq!(too_long.len(), MAX_V1 + 1);
    refused(too_long.as_bytes(), |error| {
        matches!(error, BadHeader::BadLine)
    });
    let endless = ["PROXY ", &"x".repeat(10_000)].concat();
    refused(endless.as_bytes(), |error| {
        matches!(error, BadHeader::BadLine)
    });
}

#[test]
fn version_2_says_where_a_client_is() {
    for family in [0x11, 0x12] {
        check(&v2(0x21, family, &V4), Some("192.0.2.1:8080"));
    }
    for family in [0x21, 0x22] {
        check(&v2(0x21, family, &v6()), Some("[2001:db8::1]:8080"));
    }
    // Nothing is known of the client, or it is not on the network.
    check(&v2(0x21, 0x00, &[]), None);
    check(&v2(0x21, 0x00, &[7; 50]), None);
    check(&v2(0x21, 0x31, &[b'/'; UNIX_ADDRESSES]), None);
}

#[test]
fn a_connection_of_the_proxys_own_has_its_address() {
    for (family, body) in [(0x00, &[][..]), (0x11, &V4), (0xff, &[1, 2, 3])] {
        check(&v2(0x20, family, body), None);
    }
}

#[test]
fn tlvs_are_read_over_up_to_a_limit() {
    for tlvs in [1, 3, 300, usize::from(MAX_V2) - V4.len()] {
        let body = [&V4[..], &vec![0x04; tlvs]].concat();
        check(&v2(0x21, 0x11, &body), Some("192.0.2.1:8080"));
    }
    let body = vec![0; usize::from(MAX_V2) + 1];
    for command in [0x20, 0x21] {
        refused(&v2(command, 0x11, &body), |error| {
            matches!(error, BadHeader::TooLong)
        });
    }
    // It is refused before the bytes are there.
    let mut announced = v2(0x21, 0x11, &[]);
    announced[14..].copy_from_slice(&[0xff, 0xff]);
    refused(&announced, |error| matches!(error, BadHeader::TooLong));
}

#[test]
fn wrong_bytes_of_version_2_are_refused() {
    for (command, family, body) in [
        (0x22, 0x11, &V4[..]),
        (0x2f, 0x11, &V4),
        (0x11, 0x11, &V4),
        (0x31, 0x11, &V4),
        (0x21, 0x11, &V4[..11]),
        (0x21, 0x21, &v6()[..35]),
        (0x21, 0x31, &[0; 215]),
        (0x21, 0x13, &V4),
        (0x21, 0x41, &V4),
        (0x21, 0x10, &V4),
    ] {
        refused(&v2(command, family, body), |error| {
            matches!(error, BadHeader::BadBytes)
        });
    }
}

#[test]
fn what_is_no_header_is_refused_and_not_guessed() {
    for bytes in [&b"GET / HTTP/1.1\r\n"[..], b"proxy TCP4 1.1.1.1", &[0; 16]] {
        refused(bytes, |error| matches!(error, BadHeader::Missing));
    }
    let mut almost = v2(0x21, 0x11, &V4);
    almost[11] = b' ';
    refused(&almost, |error| matches!(error, BadHeader::Missing));
    for header in [&b"PROXY TCP4 192.0.2.1"[..], &v2(0x21, 0x11, &V4)[..20]] {
        for length in 0..header.len() {
            let mut stream = Cursor::new(&header[..length]);
            let error = block_on(read(&mut stream)).unwrap_err();
            assert!(matches!(error, BadHeader::Lost(_)), "{length}: {error:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        begin in 0..4,
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        printable in "[ -~\r\n]{0,120}",
    ) {
        let bytes = match begin {
            0 => bytes,
            1 => [&SIGNATURE[..], &[0x21], &bytes].concat(),
            2 => [PREFIX, printable.as_bytes()].concat(),
            _ => [b"PROXY TCP4 ", printable.as_bytes()].concat(),
        };
        let mut stream = Cursor::new(&bytes);
        // It ends, does not panic, and takes no more bytes than it may.
        let _ = block_on(read(&mut stream));
        let most = MAX_V1.max(16 + usize::from(MAX_V2));
        prop_assert!(stream.position() <= most as u64);
    }

    #[test]
    fn every_address_is_read_as_it_is_written(source: SocketAddr, target: SocketAddr) {
        let (kind, line, family, body) = match (source.ip(), target.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) =>
                ("TCP4", format!("{from} {to}"), 0x11, [from.octets(), to.octets()].concat()),
            (IpAddr::V6(from), IpAddr::V6(to)) =>
                ("TCP6", format!("{from} {to}"), 0x21, [from.octets(), to.octets()].concat()),
            _ => return Ok(()),
        };
        let (from, to) = (source.port(), target.port());
        let expected = Some(SocketAddr::new(source.ip(), from));
        let line = format!("PROXY {kind} {line} {from} {to}\r\n");
        prop_assert_eq!(read_from(line.as_bytes()).unwrap(), expected);
        let body = [&body[..], &from.to_be_bytes(), &to.to_be_bytes()].concat();
        prop_assert_eq!(read_from(&v2(0x21, family, &body)).unwrap(), expected);
    }
}
