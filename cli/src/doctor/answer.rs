//! An answer over HTTP/1.1, or why there is none. It is over when its head says so: what is on the
//! way may keep the connection open.

use std::time::Duration;

use smol::io::AsyncReadExt as _;

use super::{Socket, in_time};

/// As much of an answer as is read.
const MOST: usize = 64 * 1024;

/// How long the rest may take behind the head. What has come by then counts.
const BODY_WITHIN: Duration = Duration::from_secs(2);

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The page that it points to.
    pub(super) location: Option<String>,
    /// Its body, or as much of it as has come.
    pub(super) body: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// Nothing came for this long.
    Silent(Duration),
    /// The connection was closed before anything came.
    Closed,
    /// The connection was closed, or nothing more came, in the middle of the answer.
    Cut,
    /// The system's words.
    Broken(String),
    /// Something came that is not HTTP: its first bytes.
    NotHttp(Vec<u8>),
}

/// How the end of a body is known (RFC 9112 section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
}

/// Reads an answer.
pub(super) async fn read(stream: &mut Socket, patience: Duration) -> Result<Answer, NoAnswer> {
    let mut bytes = Vec::with_capacity(1024);
    let head = in_time(patience, async {
        loop {
            if let Some(head) = parse(&bytes)? {
                return Ok(head);
            }
            read_more(stream, &mut bytes).await?;
        }
    });
    let (mut answer, framing, length) = match head.await {
        Some(head) => head?,
        None if bytes.is_empty() => return Err(NoAnswer::Silent(patience)),
        None => return Err(NoAnswer::Cut),
    };
    // An end without goodbye is usual, and so is a connection that nobody closes.
    let rest = async {
        while body(&bytes[length..], framing).is_none() && bytes.len() < MOST {
            if read_more(stream, &mut bytes).await.is_err() {
                break;
            }
        }
    };
    in_time(BODY_WITHIN, rest).await;
    let rest = &bytes[length..];
    let body = body(rest, framing).unwrap_or_else(|| rest.to_vec());
    answer.body = String::from_utf8_lossy(&body).into_owned();
    Ok(answer)
}

/// Reads once, and appends what has come.
pub(super) async fn read_more(stream: &mut Socket, bytes: &mut Vec<u8>) -> Result<(), NoAnswer> {
    let mut buffer = [0; 1024];
    match stream.read(&mut buffer).await {
        Ok(0) if bytes.is_empty() => Err(NoAnswer::Closed),
        Ok(0) => Err(NoAnswer::Cut),
        Ok(read) => {
            bytes.extend_from_slice(&buffer[..read]);
            Ok(())
        }
        Err(error) => Err(NoAnswer::Broken(error.to_string())),
    }
}

/// The answer without its body, how long that is, and the head's length. `None` if the head is not
/// whole.
fn parse(bytes: &[u8]) -> Result<Option<(Answer, Framing, usize)>, NoAnswer> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut answer = httparse::Response::new(&mut headers);
    let not_http = || NoAnswer::NotHttp(bytes[..bytes.len().min(200)].to_vec());
    let length = match answer.parse(bytes).map_err(|_| not_http())? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial if bytes.len() >= MOST => return Err(not_http()),
        httparse::Status::Partial => return Ok(None),
    };
    let value = |name: &str| {
        let of_name = |it: &&httparse::Header<'_>| it.name.eq_ignore_ascii_case(name);
        let header = answer.headers.iter().find(of_name)?;
        Some(String::from_utf8_lossy(header.value.trim_ascii()).into_owned())
    };
    let coding = value("transfer-encoding").unwrap_or_default();
    let framing = if coding.to_ascii_lowercase().ends_with("chunked") {
        Framing::Chunked
    } else {
        let length = value("content-length").and_then(|it| it.parse().ok());
        length.map_or(Framing::UntilClosed, Framing::Length)
    };
    let answer = Answer {
        status: answer.code.unwrap_or_default(),
        location: value("location"),
        body: String::new(),
    };
    Ok(Some((answer, framing, length)))
}

/// The body, if all of it has come.
fn body(bytes: &[u8], framing: Framing) -> Option<Vec<u8>> {
    match framing {
        Framing::UntilClosed => None,
        Framing::Length(length) => bytes.get(..length).map(<[u8]>::to_vec),
        Framing::Chunked => {
            let (mut rest, mut body) = (bytes, Vec::new());
            loop {
                let size = httparse::parse_chunk_size(rest).ok()?;
                let httparse::Status::Complete((head, size)) = size else {
                    return None;
                };
                if size == 0 {
                    return Some(body);
                }
                let size = usize::try_from(size).ok()?;
                let end = head.checked_add(size)?;
                body.extend_from_slice(rest.get(head..end)?);
                rest = rest.get(end..)?.strip_prefix(b"\r\n")?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_where_the_body_ends() {
        let framing = |headers: &str| {
            let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
            parse(head.as_bytes()).unwrap().unwrap().1
        };
        assert_eq!(framing("Content-Length: 3\r\n"), Framing::Length(3));
        assert_eq!(framing("transfer-encoding: Chunked\r\n"), Framing::Chunked);
        assert_eq!(framing("X: y\r\n"), Framing::UntilClosed);
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n"), Ok(None));
        let other = b"SSH-2.0-OpenSSH\r\n";
        assert_eq!(parse(other), Err(NoAnswer::NotHttp(other.to_vec())));
    }

    #[test]
    fn a_body_is_whole_or_it_is_not() {
        let whole = |bytes: &[u8], framing| body(bytes, framing).map(|it| it.len());
        assert_eq!(whole(b"ok\nmore", Framing::Length(3)), Some(3));
        assert_eq!(whole(b"ok", Framing::Length(3)), None);
        let chunked = b"2\r\nok\r\n1;x=y\r\n\n\r\n0\r\n";
        assert_eq!(whole(chunked, Framing::Chunked), Some(3));
        for length in 0..chunked.len() - 3 {
            assert_eq!(whole(&chunked[..length], Framing::Chunked), None);
        }
        let endless = b"ffffffffffffffff\r\nok";
        assert_eq!(whole(endless, Framing::Chunked), None);
    }
}
