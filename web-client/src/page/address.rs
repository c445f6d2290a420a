//! Which server the page conversations to.

use wasm_bindgen::JsValue;
use web_sys::{Location, UrlSearchParams};

/// The address from `?server=`, else `/ws` on the host that served the page.
/// `Ok(Err(text))` where the page came from no host, as from a file.
pub(super) fn server(location: &Location) -> Result<Result<String, String>, JsValue> {
    let query = UrlSearchParams::new_with_str(&location.search()?)?;
    if let Some(named) = query.get("server") {
        return Ok(Ok(named));
    }
    Ok(own(&location.protocol()?, &location.host()?))
}

fn own(protocol: &str, host: &str) -> Result<String, String> {
    let scheme = match protocol {
        "https:" => "wss://",
        "http:" => "ws://",
        _ => return Err(String::new()),
    };
    Ok([scheme, host, "/ws"].concat())
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn the_host_that_served_the_page() {
        assert_eq!(
            own("http:", "localhost:8080"),
            Ok("ws://localhost:8080/ws".into())
        );
        assert_eq!(own("https:", "[::1]"), Ok("wss://[::1]/ws".into()));
        assert_eq!(own("file:", ""), Err(String::new()));
    }
}
