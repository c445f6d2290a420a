//! Files for browsers that are built into the binary: those of the web client, which `http` serves,
//! and those of the pages for staff, which the API's listener serves.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use flate2::read::GzDecoder;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use hyper::{Response, StatusCode};
use ring::digest::{SHA256, digest};

/// The file at `/`.
const INDEX: &str = "index.html";

/// The file at `/doctor`.
const DOCTOR: &str = "doctor.html";

/// The end of a compressed file's name.
const GZIP: &str = ".gz";

/// The type of a file whose name says none.
const ANY: &str = "application/octet-stream";

/// Files that are built in, by their names below their folder. `NAME.gz` is `NAME`, compressed.
type Files = &'static [(&'static str, &'static [u8])];

// The build script has listed them.
/// The web client, if `cargo xtask web` had built it. Each file that gains from it is compressed.
const CLIENT_FILES: Files = include!(concat!(env!("OUT_DIR"), "/client.rs"));
/// The pages for moderators and operators, all compressed.
const STAFF_FILES: Files = include!(concat!(env!("OUT_DIR"), "/staff.rs"));

/// The web client's files.
pub(crate) static CLIENT: LazyLock<Assets> = LazyLock::new(|| Assets::of(CLIENT_FILES));

/// The files of the pages for moderators and operators.
pub(crate) static STAFF: LazyLock<Assets> = LazyLock::new(|| Assets::of(STAFF_FILES));

/// Files by name, made ready when the first is asked for. A response shares their bytes, so it
/// costs the same whatever the size of its file.
pub(crate) struct Assets(HashMap<String, Asset>);

/// A file with what does not change between its responses.
struct Asset {
    content_type: HeaderValue,
    etag: HeaderValue,
    encoding: Encoding,
}

/// How a file is built in.
enum Encoding {
    Plain(Bytes),
    Compressed {
        gzip: Bytes,
        /// Unpacked for the first client that does not accept gzip: few do not.
        plain: OnceLock<Bytes>,
    },
}

impl Assets {
    fn of(files: Files) -> Self {
        let load = |&(name, bytes)| (shown(name).to_owned(), Asset::load(name, bytes));
        Self(files.iter().map(load).collect())
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
    /// The file that is built in with this name and these bytes.
    fn load(name: &str, bytes: &'static [u8]) -> Self {
        let hash = digest(&SHA256, bytes);
        let etag = format!("\"{}\"", hex::encode(&hash.as_ref()[..16]));
        // Every response shares them: they are a part of the binary.
        let bytes = Bytes::from_static(bytes);
        let encoding = if name.ends_with(GZIP) {
            Encoding::Compressed {
                gzip: bytes,
                plain: OnceLock::new(),
            }
        } else {
            Encoding::Plain(bytes)
        };
        Self {
            content_type: HeaderValue::from_static(content_type(shown(name))),
            etag: HeaderValue::try_from(etag).expect("hexadecimal digits are ASCII"),
            encoding,
        }
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
        let body = match &self.encoding {
            Encoding::Plain(bytes) => bytes,
            Encoding::Compressed { gzip, .. } if accepts_gzip(request) => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                gzip
            }
            Encoding::Compressed { gzip, plain } => plain.get_or_init(|| unpacked(gzip)),
        };
        *response.body_mut() = body.clone();
        response
    }
}

/// The name that a file is asked for by.
fn shown(name: &str) -> &str {
    name.strip_suffix(GZIP).unwrap_or(name)
}

fn unpacked(gzip: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    GzDecoder::new(gzip)
        .read_to_end(&mut plain)
        .expect("the build has compressed it");
    plain.into()
}

/// The type of a file.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        // TypeScript has no type of its own; the one of this ending is that of a film.
        Some("ts" | "txt") => "text/plain; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        _ => ANY,
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

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::GzEncoder;

    use super::*;

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
                let path = match name.as_str() {
                    DOCTOR => "/doctor".to_owned(),
                    name => format!("/{name}"),
                };
                let [one, two] = [(); 2].map(|()| assets.get(&path, &HeaderMap::new()).unwrap());
                assert_eq!(one.body().as_ptr(), two.body().as_ptr(), "{name}");
            }
        }
    }

    #[test]
    fn a_compressed_file_is_unpacked_for_clients_that_want_it_plain() {
        let mut gzip = GzEncoder::new(&b"body {}"[..], Compression::best());
        let mut bytes = Vec::new();
        gzip.read_to_end(&mut bytes).unwrap();
        let asset = Asset {
            content_type: HeaderValue::from_static(content_type("style.css")),
            etag: HeaderValue::from_static("\"a\""),
            encoding: Encoding::Compressed {
                gzip: bytes.clone().into(),
                plain: OnceLock::new(),
            },
        };
        let plain = asset.response(&HeaderMap::new());
        assert_eq!(plain.body(), "body {}");
        assert_eq!(plain.headers().get(CONTENT_ENCODING), None);
        let packed = asset.response(&headers("accept-encoding", "gzip"));
        assert_eq!(*packed.body(), bytes);
        assert_eq!(packed.headers()[CONTENT_ENCODING], "gzip");
        // A cache has to keep both.
        assert_eq!(packed.headers()[VARY], "accept-encoding");
    }

    #[test]
    fn a_page_is_built_in_compressed_and_asked_for_by_its_plain_name() {
        for (name, asset) in CLIENT.0.iter().chain(&STAFF.0) {
            assert!(
                matches!(asset.encoding, Encoding::Compressed { .. }),
                "{name}"
            );
            assert_ne!(asset.content_type, ANY, "{name}");
            assert!(!name.ends_with(GZIP), "{name}");
        }
        assert!(STAFF.0.contains_key("moderate.html"));
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
