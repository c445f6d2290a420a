//! The web client's files, which are built into the binary. `http` calls it.

use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The files in this folder when the server was built. `cargo xtask web` writes them;
/// beside a file `NAME` there may be a compressed `NAME.gz`.
#[derive(RustEmbed)]
#[folder = "../web-client/dist"]
#[allow_missing = true]
struct Files;

/// What the browser allows the page: to load its own files, to run its own scripts and
/// wasm, and to connect to any chat server.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'";

/// Returns the response with the file at this path of a URL: compressed if the request
/// accepts that, and without a body if the client has the file already. `None` if there
/// is no such file.
pub(crate) fn get(path: &str, request: &HeaderMap) -> Option<Response<Bytes>> {
    let name = match path.strip_prefix('/')? {
        "" => "index.html",
        name => name,
    };
    let file = Files::get(name)?;
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let mut response = Response::builder()
        .header(CONTENT_TYPE, content_type(&file))
        // The browser asks each time, and gets a 304 if the file is unchanged. So the page
        // and the server are always of the same version.
        .header(CACHE_CONTROL, "no-cache")
        .header(ETAG, &etag)
        .header(VARY, "accept-encoding")
        .header(CONTENT_SECURITY_POLICY, PAGE_POLICY)
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if has_tag(request, &etag) {
        response = response.status(StatusCode::NOT_MODIFIED);
        return response.body(Bytes::new()).ok();
    }
    let compressed = accepts_gzip(request)
        .then(|| Files::get(&format!("{name}.gz")))
        .flatten();
    let body = if let Some(compressed) = compressed {
        response = response.header(CONTENT_ENCODING, "gzip");
        compressed.data
    } else {
        file.data
    };
    response.body(Bytes::from(body.into_owned())).ok()
}

/// Whether the server was built with the web client.
pub(crate) fn are_built_in() -> bool {
    Files::get("index.html").is_some()
}

fn content_type(file: &EmbeddedFile) -> String {
    let mime = file.metadata.mimetype();
    if mime.starts_with("text/") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    }
}

fn has_tag(request: &HeaderMap, etag: &str) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == etag)
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            name.trim().eq_ignore_ascii_case("gzip")
                && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        headers
    }

    #[test]
    fn gzip_is_sent_to_clients_that_accept_it() {
        assert!(accepts_gzip(&headers(
            "accept-encoding",
            "gzip, deflate, br"
        )));
        assert!(accepts_gzip(&headers("accept-encoding", "br, GZIP;q=0.5")));
        assert!(!accepts_gzip(&headers("accept-encoding", "gzip;q=0, br")));
        assert!(!accepts_gzip(&headers("accept-encoding", "br")));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_file_that_the_client_has_is_recognised_by_its_tag() {
        assert!(has_tag(
            &headers("if-none-match", "\"a\", W/\"b\""),
            "\"b\""
        ));
        assert!(!has_tag(&headers("if-none-match", "\"a\""), "\"b\""));
        assert!(!has_tag(&HeaderMap::new(), "\"b\""));
    }

    #[test]
    fn no_path_reaches_a_file_outside_of_the_page() {
        for path in ["/../Cargo.toml", "/etc/passwd", "//", "", "/%2e%2e/"] {
            assert!(get(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
