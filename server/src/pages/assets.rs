//! Files for browsers that are built into the binary: those of the web client, which `http` serves,
//! and those of the pages for staff, which the API's listener serves.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use hyper::{Response, StatusCode};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The file at `/`.
const INDEX: &str = "index.html";

/// The file at `/doctor`.
const DOCTOR: &str = "doctor.html";

/// The files in this folder when the server was built. `cargo xtask web` writes them;
/// beside a file `NAME` there may be a compressed `NAME.gz`.
#[derive(RustEmbed)]
#[folder = "../web-client/dist"]
#[allow_missing = true]
struct ClientFiles;

/// The files of the pages for moderators and operators, as they are in this folder.
#[derive(RustEmbed)]
#[folder = "../web-client/staff"]
struct StaffFiles;

/// The web client's files.
pub(crate) static CLIENT: LazyLock<Assets> = LazyLock::new(Assets::of::<ClientFiles>);

/// The files of the pages for moderators and operators.
pub(crate) static STAFF: LazyLock<Assets> = LazyLock::new(Assets::of::<StaffFiles>);

/// Files by name, made ready when the first is asked for. A response shares their bytes, so it
/// costs the same whatever the size of its file.
pub(crate) struct Assets(HashMap<Cow<'static, str>, Asset>);

/// A file with what does not change between its responses.
struct Asset {
    content_type: HeaderValue,
    etag: HeaderValue,
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Assets {
    fn of<F: RustEmbed>() -> Self {
        let load = |name: Cow<'static, str>| Asset::load::<F>(&name).map(|asset| (name, asset));
        Self(F::iter().filter_map(load).collect())
    }

    /// Returns the response with the file at this path of a URL: compressed if the request
    /// accepts that, and without a body if the client has the file already. `None` if there
    /// is no such file.
    pub(crate) fn get(&self, path: &str, request: &HeaderMap) -> Option<Response<Bytes>> {
        let name = match path.strip_prefix('/')? {
            "" => INDEX,
            "doctor" => DOCTOR,
            // Its path is the one above: its other files are found from there.
            DOCTOR => return None,
            name => name,
        };
        Some(self.0.get(name)?.response(request))
    }

    /// Whether the server was built with the page at `/`.
    pub(crate) fn have_index(&self) -> bool {
        self.0.contains_key(INDEX)
    }
}

/// Whether the path of a URL is that of a page of the web client: the chat, or the doctor.
pub(crate) fn is_page(path: &str) -> bool {
    matches!(path, "/" | "/index.html" | "/doctor")
}

impl Asset {
    fn load<F: RustEmbed>(name: &str) -> Option<Self> {
        let file = F::get(name)?;
        let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
        Some(Self {
            content_type: HeaderValue::try_from(content_type(&file)).ok()?,
            etag: HeaderValue::try_from(etag).ok()?,
            plain: shared(file.data),
            gzip: F::get(&format!("{name}.gz")).map(|file| shared(file.data)),
        })
    }

    fn response(&self, request: &HeaderMap) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        // The browser asks each time, and gets a 304 if the file is unchanged. So the page
        // and the server are always of the same version.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(ETAG, self.etag.clone());
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if has_tag(request, &self.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let compressed = self.gzip.as_ref().filter(|_| accepts_gzip(request));
        if compressed.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *response.body_mut() = compressed.unwrap_or(&self.plain).clone();
        response
    }
}

/// The bytes of a file, which every response shares. They are a part of the binary.
fn shared(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    }
}

fn content_type(file: &EmbeddedFile) -> String {
    let mime = file.metadata.mimetype();
    if mime.starts_with("text/") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    }
}

fn has_tag(request: &HeaderMap, etag: &HeaderValue) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| *etag == *known.trim().trim_start_matches("W/"))
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
        let tag = HeaderValue::from_static("\"b\"");
        assert!(has_tag(&headers("if-none-match", "\"a\", W/\"b\""), &tag));
        assert!(!has_tag(&headers("if-none-match", "\"a\""), &tag));
        assert!(!has_tag(&HeaderMap::new(), &tag));
    }

    #[test]
    fn responses_share_the_bytes_of_a_file() {
        for assets in [&CLIENT, &STAFF] {
            for name in assets.0.keys() {
                let path = match name.as_ref() {
                    DOCTOR => "/doctor".to_owned(),
                    name => format!("/{name}"),
                };
                let [one, two] = [(); 2].map(|()| assets.get(&path, &HeaderMap::new()).unwrap());
                assert_eq!(one.body().as_ptr(), two.body().as_ptr(), "{name}");
            }
        }
    }

    #[test]
    fn no_path_reaches_a_file_outside_of_the_folder() {
        for path in ["/../Cargo.toml", "/etc/passwd", "//", "", "/%2e%2e/"] {
            for assets in [&CLIENT, &STAFF] {
                assert!(assets.get(path, &HeaderMap::new()).is_none(), "{path}");
            }
        }
    }
}
