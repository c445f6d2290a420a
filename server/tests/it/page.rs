//! The chat page that is built into the server, or the text that says it is not.

use std::path::Path;

use libdeflater::Decompressor;

use guildhall_server::Config;

use guildhall_testing::client::{Client, Response};
use guildhall_testing::test_server::TestServer;

/// The file that the page is built from; see `assets.rs`.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../web-client/dist/index.html");

/// Gets `path`. `None` if the server was built without the page: then it has to say
/// so, and it has to be true.
fn get(path: &str, headers: &str) -> Option<Response> {
    let server = TestServer::open();
    let mut client = Client::dial(server.address());
    let page = client.get("/", "");
    if page.status == 404 {
        assert!(page.text().contains("cargo xtask serve"), "{}", page.text());
        assert!(!Path::new(SOURCE).exists(), "the page is not built in");
        assert_eq!(client.get("/index.html", "").status, 404);
        assert_eq!(client.get("/doctor", "").text(), page.text());
        return None;
    }
    assert_eq!(page.status, 200);
    Some(client.get(path, headers))
}

#[test]
fn the_page_is_html_that_may_load_only_its_own_files() {
    let Some(page) = get("/", "") else { return };
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'self'"), "{policy}");
    assert!(policy.contains("'wasm-unsafe-eval'"), "{policy}");
    assert!(!policy.contains("'unsafe-inline'"), "{policy}");
    assert!(!policy.contains("'unsafe-eval'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let connect = "connect-src 'self' ws://localhost wss://localhost;";
    assert!(policy.contains(connect), "{policy}");
    assert!(page.text().contains("<html"), "{}", page.text());
}

#[test]
fn the_page_may_connect_to_servers_that_the_operator_names() {
    if get("/", "").is_none() {
        return;
    }
    let server = TestServer::with(Config {
        page_servers: vec!["wss://other.example/ws".parse().unwrap()],
        ..Config::default()
    });
    for path in ["/", "/index.html", "/doctor"] {
        let page = Client::dial(server.address()).get(path, "X-Forwarded-Proto: https\r\n");
        let policy = page.header("content-security-policy").expect("a policy");
        let connect = "connect-src 'self' wss://localhost wss://other.example;";
        assert!(policy.contains(connect), "{policy}");
    }
}

#[test]
fn the_gzip_form_has_the_same_page() {
    let Some(plain) = get("/", "") else { return };
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.header("vary"), Some("accept-encoding"));
    let packed = get("/", "Accept-Encoding: gzip, br\r\n").expect("the page");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("content-type"), plain.header("content-type"));
    assert!(packed.body.len() < plain.body.len());
    let mut unpacked = vec![0; plain.body.len()];
    let length = Decompressor::new().gzip_decompress(&packed.body, &mut unpacked);
    assert_eq!(length.expect("gzip"), plain.body.len());
    assert_eq!(unpacked, plain.body);
}

#[test]
fn an_unchanged_page_is_answered_with_304() {
    let Some(page) = get("/", "") else { return };
    let tag = page.header("etag").expect("a tag").to_owned();
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let known = get("/", &format!("If-None-Match: {tag}\r\n")).expect("the page");
    assert_eq!(known.status, 304);
    assert_eq!(known.header("etag"), Some(tag.as_str()));
    assert!(known.body.is_empty());
    let changed = get("/", "If-None-Match: \"other\"\r\n").expect("the page");
    assert_eq!(changed.status, 200);
}

#[test]
fn every_file_that_a_page_names_exists() {
    for path in ["/", "/doctor"] {
        let Some(page) = get(path, "") else { return };
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        every_file_exists(page.text());
    }
    // From there, they would be others.
    let server = TestServer::open();
    let with_slash = Client::dial(server.address()).get("/doctor/", "");
    assert_eq!(with_slash.status, 308);
    assert_eq!(with_slash.header("location"), Some("../doctor"));
    let as_file = Client::dial(server.address()).get("/doctor.html", "");
    assert_eq!(as_file.status, 404);
}

fn every_file_exists(html: &str) {
    let named: Vec<_> = ["href=\"", "src=\""]
        .iter()
        .flat_map(|attribute| html.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(!named.is_empty(), "{html}");
    for name in named {
        let file = get(&format!("/{}", name.trim_start_matches("./")), "").expect("the page");
        assert_eq!(file.status, 200, "{name}");
        assert!(!file.body.is_empty(), "{name}");
    }
}

#[test]
fn the_wasm_has_the_type_for_streaming_compilation() {
    let Some(wasm) = get("/guildhall_bg.wasm", "") else {
        return;
    };
    assert_eq!(wasm.header("content-type"), Some("application/wasm"));
    assert!(wasm.body.starts_with(b"\0asm"));
}
