//! The target `proxy`: the header with which a proxy begins a connection.

use guildhall_server::testing::read_proxy_header;
use smol::future::block_on;

use crate::pieces::Pieces;

/// The most bytes of a header: those of version 2.
const MAX_HEADER: usize = 16 + 4096;

/// The most bytes of a header of version 1.
const MAX_LINE: usize = 107;

/// Reads the header twice: in pieces, and at once. Both read the same bytes, and none behind it.
pub fn run(data: &[u8]) {
    let (mut pieces, mut whole) = Pieces::and_whole(data);
    let bytes = whole.left();
    let read = block_on(read_proxy_header(&mut pieces));
    let read_at_once = block_on(read_proxy_header(&mut whole));
    assert_eq!(pieces.left(), whole.left(), "it depends on the pieces");
    match (&read, &read_at_once) {
        (Ok(one), Ok(other)) => assert_eq!(one, other, "it depends on the pieces"),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        _ => panic!("it depends on the pieces: {read:?}, {read_at_once:?}"),
    }
    let header = &bytes[..bytes.len() - whole.left().len()];
    assert!(header.len() <= MAX_HEADER);
    if header.starts_with(b"PROXY ") {
        assert!(header.len() <= MAX_LINE);
        assert!(read.is_err() || header.ends_with(b"\r\n"));
    }
    if let Ok(Some(client)) = read
        && let Some(line) = header.strip_prefix(b"PROXY TCP")
    {
        // The address is in the line as it is, whatever form the line gives it.
        let line = String::from_utf8_lossy(line);
        let source = line.split(' ').nth(1).map(str::parse);
        assert_eq!(source, Some(Ok(client.ip())));
    }
}
