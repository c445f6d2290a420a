//! The web client's files, built into the binary.

use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// `cargo xtask web` fills this folder; beside `NAME` there may be `NAME.gz`.
#[derive(RustEmbed)]
#[folder = "../web-client/dist"]
#[allow_missing = true]
struct Files;

/// What the page may do: load its own files, run its own scripts and wasm, and
/// connect to the chat server it was told to.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    img-src 'self' data:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'";

/// The file at this path of a URL, as the request's headers want it. `None`
/// where there is no such file.
pub(crate) fn get(path: &str, request: &HeaderMap) -> Option<Response<Bytes>> {
    let name = match path.strip_prefix('/')? {
        "" => "index.html",
        name => name,
    };
    let file = Files::get(name)?;
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let mut response = Response::builder()
        .header(CONTENT_TYPE, content_type(&file))
        // Always asked for again, and answered with 304 when unchanged: the
        // page and the server's binary stay of one version.
        .header(CACHE_CONTROL, "no-cache")
        .header(ETAG, &etag)
        .header(VARY, "accept-encoding")
        .header(CONTENT_SECURITY_POLICY, PAGE_POLICY)
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_known(request, &etag) {
        response = response.status(StatusCode::NOT_MODIFIED);
        return response.body(Bytes::new()).ok();
    }
    let compressed = takes_gzip(request)
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

/// Whether the web client was there when the server was built.
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

fn is_known(request: &HeaderMap, etag: &str) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == etag)
}

fn takes_gzip(request: &HeaderMap) -> bool {
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
        write!(text, "{byte:02x}").expect("a String takes all that is written");
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
    fn gzip_is_sent_to_those_who_take_it() {
        assert!(takes_gzip(&headers("accept-encoding", "gzip, deflate, br")));
        assert!(takes_gzip(&headers("accept-encoding", "br, GZIP;q=0.5")));
        assert!(!takes_gzip(&headers("accept-encoding", "gzip;q=0, br")));
        assert!(!takes_gzip(&headers("accept-encoding", "br")));
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn a_known_tag_is_recognised() {
        assert!(is_known(
            &headers("if-none-match", "\"a\", W/\"b\""),
            "\"b\""
        ));
        assert!(!is_known(&headers("if-none-match", "\"a\""), "\"b\""));
        assert!(!is_known(&HeaderMap::new(), "\"b\""));
    }

    #[test]
    fn no_path_leads_out_of_the_files() {
        for path in ["/../Cargo.toml", "/etc/passwd", "//", "", "/%2e%2e/"] {
            assert!(get(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
