//! The server that the page connects to.

use wasm_bindgen::JsValue;
use web_sys::{Location, UrlSearchParams};

/// The address from `?server=`, else `/ws` on the host that served the page. `None` if
/// no host did, as for a page that was opened from a file. Whether the page may connect
/// to a server that is named is decided by its own server, in its policy.
pub(super) fn server(location: &Location) -> Result<Option<String>, JsValue> {
    let query = UrlSearchParams::new_with_str(&location.search()?)?;
    if let Some(named) = query.get("server") {
        return Ok(Some(named));
    }
    Ok(own(&location.protocol()?, &location.host()?))
}

fn own(protocol: &str, host: &str) -> Option<String> {
    let scheme = match protocol {
        "https:" => "wss://",
        "http:" => "ws://",
        _ => return None,
    };
    Some([scheme, host, "/ws"].concat())
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn without_a_named_server_it_is_the_host_that_served_the_page() {
        assert_eq!(
            own("http:", "localhost:8080"),
            Some("ws://localhost:8080/ws".into())
        );
        assert_eq!(own("https:", "[::1]"), Some("wss://[::1]/ws".into()));
        assert_eq!(own("file:", ""), None);
    }
}
