//! The first steps: the address that somebody typed, the name in it, and whether anything answers
//! there.

use std::net::SocketAddr;
use std::time::Instant;

use smol::net::TcpStream;

use super::Taken;
use super::report::Finding;
use crate::server_url::{ServerUrl, ServerUrlError};

/// The address of a WebSocket for what somebody typed: the name of a server or the address of its
/// page will do.
pub(super) fn completed(typed: &str) -> String {
    let typed = typed.trim();
    let with_scheme = match typed.split_once("://") {
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => format!("ws://{rest}"),
            "https" | "wss" => format!("wss://{rest}"),
            _ => typed.to_owned(),
        },
        None if is_this_machine(typed) => format!("ws://{typed}"),
        None => format!("wss://{typed}"),
    };
    // The page is at /, and the chat at /ws.
    match with_scheme.split_once("://").map(|(_, rest)| rest) {
        Some(rest) if !rest.contains(['/', '?']) => format!("{with_scheme}/ws"),
        Some(rest) if rest.find('/') == Some(rest.len() - 1) => format!("{with_scheme}ws"),
        _ => with_scheme,
    }
}

/// Whether a name without a scheme is one that has no certificate.
fn is_this_machine(name: &str) -> bool {
    ["localhost", "127.", "[::1]"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// Looks the server's name up.
pub(super) async fn look_up(url: String) -> Taken<ServerUrl> {
    let found = smol::unblock(move || ServerUrl::of_either_kind(&url)).await;
    let server = found.map_err(|error| {
        let advice = match &error {
            ServerUrlError::UnknownHost { .. } => {
                "look for a mistake in the name. If it is right, this computer cannot ask for names \
                 (is it online?), or the server's owner has to enter the name (DNS)"
            }
            _ => "an address looks like wss://chat.example/ws",
        };
        Finding::failed(error.to_string(), advice)
    })?;
    let addresses: Vec<_> = server
        .addresses
        .iter()
        .map(|it| it.ip().to_string())
        .collect();
    if addresses.is_empty() {
        let advice = "the server's owner has to enter an address for the name (DNS)";
        return Err(Finding::failed("the name has no address", advice));
    }
    let found = format!("the server is at {}", addresses.join(" and "));
    Ok((server, Finding::good(found)))
}

/// Connects to each address of the server.
pub(super) async fn connect(server: &ServerUrl) -> Taken<()> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for address in &server.addresses {
        let begun = Instant::now();
        match TcpStream::connect(address).await {
            Ok(_) => good.push((*address, begun.elapsed())),
            Err(error) => bad.push((*address, error.to_string())),
        }
    }
    let refused: Vec<_> = (bad.iter())
        .map(|(address, error)| format!("{address} does not answer ({error})"))
        .collect();
    let port = server.addresses[0].port();
    if good.is_empty() {
        return Err(Finding::failed(
            refused.join(", "),
            format!(
                "is the server running, and does it listen to more than its own machine (--host)? A \
                 firewall there has to let port {port} through"
            ),
        ));
    }
    let answered: Vec<_> = good
        .iter()
        .map(|(address, _)| address.to_string())
        .collect();
    let found = format!("{} answers", answered.join(" and "));
    let finding = if refused.is_empty() {
        Finding::good(found)
    } else {
        Finding::warning(
            format!("{found}, but {}", refused.join(", ")),
            format!(
                "programs try the addresses one after the other, which takes time: {}",
                missing(&bad)
            ),
        )
    };
    Ok(((), finding))
}

/// The advice about addresses that do not answer.
fn missing(bad: &[(SocketAddr, String)]) -> &'static str {
    if bad.iter().all(|(address, _)| address.is_ipv6()) {
        "let the server listen to IPv6, too (--host ::), or take the AAAA record away"
    } else {
        "take the addresses away where there is no server (DNS)"
    }
}

#[cfg(test)]
mod tests {
    use super::completed;

    #[test]
    fn what_people_type_becomes_the_address_of_the_chat() {
        for (typed, expected) in [
            ("chat.example", "wss://chat.example/ws"),
            (" chat.example:8443 ", "wss://chat.example:8443/ws"),
            ("localhost:8080", "ws://localhost:8080/ws"),
            ("127.0.0.1:8080/", "ws://127.0.0.1:8080/ws"),
            ("https://chat.example/", "wss://chat.example/ws"),
            ("HTTP://chat.example", "ws://chat.example/ws"),
            (
                "wss://chat.example/deep/ws?x=1",
                "wss://chat.example/deep/ws?x=1",
            ),
            ("ftp://chat.example/ws", "ftp://chat.example/ws"),
        ] {
            assert_eq!(completed(typed), expected);
        }
    }
}
