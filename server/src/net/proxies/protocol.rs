//! The header of the PROXY protocol, versions 1 and 2: the first bytes of a connection that a
//! proxy makes, in which it says whose connection that is
//! (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>).
//!
//! A proxy has to send it if the operator has said so, and nobody else can: what a connection
//! begins with is never guessed. No crate reads it as strictly as the specification asks for.
//! It is read to its last byte and not beyond, so the rest of the connection is HTTP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use smol::io::{AsyncRead, AsyncReadExt as _};

/// How version 2 begins.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// How version 1 begins.
const PREFIX: &[u8] = b"PROXY ";

/// The most bytes of version 1, its CR LF included (section 2.1).
const MAX_V1: usize = 107;

/// The most bytes behind the first sixteen of version 2. The specification asks receivers for
/// 216 for addresses; the rest is for TLVs, of which a client's certificate is the longest.
const MAX_V2: u16 = 4096;

/// The bytes of the longest addresses that count here: two of IPv6, each with a port.
const V6_ADDRESSES: usize = 36;
const V4_ADDRESSES: usize = 12;
/// Those of Unix sockets, which do not count.
const UNIX_ADDRESSES: usize = 216;

/// Why the first bytes of a connection are not a header. The text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BadHeader {
    /// The connection has ended or is broken.
    #[error("it ended in its PROXY protocol header: {0}")]
    Lost(io::Error),
    /// It begins with something else.
    #[error("it does not begin with a PROXY protocol header, as proxy_protocol demands")]
    Missing,
    /// The line of version 1 is wrong.
    #[error("its PROXY protocol header is not a line of version 1")]
    BadLine,
    /// The bytes of version 2 are wrong.
    #[error("its PROXY protocol header is not one of version 2")]
    BadBytes,
    /// Version 2 announces more bytes than are read.
    #[error("its PROXY protocol header is longer than {MAX_V2} bytes")]
    TooLong,
}

/// Reads the header. Returns the client's address, or `None` if the connection is the proxy's
/// own, as for a health check, or if the proxy does not know the address.
///
/// # Errors
///
/// [`BadHeader`]: the connection has to be closed.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, BadHeader> {
    // No header of either version is shorter.
    let mut first = [0; SIGNATURE.len()];
    read_exact(stream, &mut first).await?;
    if first == SIGNATURE {
        read_v2(stream).await
    } else if first.starts_with(PREFIX) {
        read_v1(stream, first).await
    } else {
        Err(BadHeader::Missing)
    }
}

async fn read_exact(
    stream: &mut (impl AsyncRead + Unpin),
    bytes: &mut [u8],
) -> Result<(), BadHeader> {
    stream.read_exact(bytes).await.map_err(BadHeader::Lost)
}

async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    first: [u8; SIGNATURE.len()],
) -> Result<Option<SocketAddr>, BadHeader> {
    let mut line = [0; MAX_V1];
    line[..first.len()].copy_from_slice(&first);
    let mut length = first.len();
    // As many bytes as there have to be more at least: CR and LF, or LF.
    while !line[..length].ends_with(b"\r\n") {
        let missing = if line[length - 1] == b'\r' { 1 } else { 2 };
        let more = line.get_mut(length..length + missing);
        read_exact(stream, more.ok_or(BadHeader::BadLine)?).await?;
        length += missing;
    }
    parse_line(&line[..length - 2]).ok_or(BadHeader::BadLine)
}

/// Parses the line of version 1, without its end.
#[expect(
    clippy::option_option,
    reason = "no line, and a line without an address, are two things"
)]
fn parse_line(line: &[u8]) -> Option<Option<SocketAddr>> {
    let line = str::from_utf8(line.strip_prefix(PREFIX)?).ok()?;
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    match kind {
        // Whatever stands behind it is ignored.
        "UNKNOWN" => Some(None),
        "TCP4" => parse_addresses::<Ipv4Addr>(rest).map(Some),
        "TCP6" => parse_addresses::<Ipv6Addr>(rest).map(Some),
        _ => None,
    }
}

/// Parses the addresses and the ports of both ends, and returns those of the source.
fn parse_addresses<A: FromStr + Into<IpAddr>>(text: &str) -> Option<SocketAddr> {
    let mut parts = text.split(' ');
    let source: A = parts.next()?.parse().ok()?;
    let _target: A = parts.next()?.parse().ok()?;
    let port = parse_port(parts.next()?)?;
    let _target_port = parse_port(parts.next()?)?;
    let is_end = parts.next().is_none();
    is_end.then(|| SocketAddr::new(source.into(), port))
}

/// Parses a port, which has no sign and no zero in front.
fn parse_port(text: &str) -> Option<u16> {
    let port: u16 = text.parse().ok()?;
    (port.to_string() == text).then_some(port)
}

async fn read_v2(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>, BadHeader> {
    let mut head = [0; 4];
    read_exact(stream, &mut head).await?;
    let [version_and_command, family, high, low] = head;
    let length = u16::from_be_bytes([high, low]);
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Err(BadHeader::BadBytes),
    };
    if length > MAX_V2 {
        return Err(BadHeader::TooLong);
    }
    let mut left = usize::from(length);
    let mut addresses = [0; V6_ADDRESSES];
    let addresses = &mut addresses[..left.min(V6_ADDRESSES)];
    read_exact(stream, addresses).await?;
    left -= addresses.len();
    // Other addresses, and TLVs. None of them is kept.
    let mut ignored = [0; 256];
    while left > 0 {
        let ignored = &mut ignored[..left.min(256)];
        read_exact(stream, ignored).await?;
        left -= ignored.len();
    }
    if is_local {
        return Ok(None);
    }
    source(family, addresses, usize::from(length))
}

/// The source among the addresses of version 2, of which there are `length` bytes with all that
/// stands behind them.
fn source(family: u8, addresses: &[u8], length: usize) -> Result<Option<SocketAddr>, BadHeader> {
    // A stream or datagrams: those are how a client of HTTP/3 reaches a proxy.
    let address = match (family, addresses) {
        (0x00, _) => None,
        (0x11 | 0x12, [a, b, c, d, _, _, _, _, high, low, ..]) if length >= V4_ADDRESSES => {
            let port = u16::from_be_bytes([*high, *low]);
            Some(SocketAddr::new([*a, *b, *c, *d].into(), port))
        }
        (0x21 | 0x22, _) if length >= V6_ADDRESSES => {
            let mut source = [0; 16];
            source.copy_from_slice(&addresses[..16]);
            let port = u16::from_be_bytes([addresses[32], addresses[33]]);
            Some(SocketAddr::new(source.into(), port))
        }
        // A Unix socket: the client is on the proxy's machine.
        (0x31 | 0x32, _) if length >= UNIX_ADDRESSES => None,
        _ => return Err(BadHeader::BadBytes),
    };
    Ok(address)
}

#[cfg(test)]
mod tests;
