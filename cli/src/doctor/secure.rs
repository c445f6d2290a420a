//! TLS: whether the certificate is one that browsers and games accept, and for how long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_tungstenite::stream::Stream;
use smol::net::TcpStream;

use super::report::Finding;
use super::{Patient, Socket, Taken};
use crate::tls::{Insecure, day};

/// A certificate that ends within this time should have been renewed already.
const SOON: Duration = Duration::from_hours(14 * 24);

/// Does the handshake of TLS, and looks at the certificate.
pub(super) async fn examine(patient: &Patient) -> Taken<()> {
    let Stream::Tls(stream) = connect(patient).await? else {
        return Ok(((), Finding::good("not asked for")));
    };
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version();
    let version = version.and_then(|it| it.as_str()).unwrap_or("TLS");
    let host = patient.server.secure.as_deref().unwrap_or_default();
    let certificates = connection.peer_certificates().unwrap_or_default();
    let end = (patient.trust.as_ref()).and_then(|trust| trust.end_of(certificates, host));
    let found = format!(
        "{}, with a certificate for {host}",
        version.replace("TLSv", "TLS ").replace('_', ".")
    );
    let Some(end) = end else {
        return Ok(((), Finding::good(found)));
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let left = Duration::from_secs(end.as_secs()).saturating_sub(now);
    let found = format!("{found} that is valid until {}", day(end));
    let finding = if left < SOON {
        Finding::warning(
            found,
            "have it renewed: two weeks before its end this should have happened by itself",
        )
    } else {
        Finding::good(found)
    };
    Ok(((), finding))
}

/// Opens a connection, with TLS if the server's address asks for it.
pub(super) async fn connect(patient: &Patient) -> Result<Socket, Finding> {
    let broken = |error: std::io::Error| {
        let advice = "the server was there a moment ago: try again";
        Finding::failed(error.to_string(), advice)
    };
    let stream = TcpStream::connect(&patient.server.addresses[..]).await;
    let stream = stream.map_err(broken)?;
    let _ = stream.set_nodelay(true);
    let (Some(trust), Some(name)) = (&patient.trust, &patient.server.secure) else {
        return Ok(Stream::Plain(stream));
    };
    match trust.secure(name, stream).await {
        Ok(stream) => Ok(Stream::Tls(stream)),
        Err(Insecure::Final(words)) => Err(Finding::failed(
            words,
            "the server's owner has to give it a certificate for this name, with all that lies \
             between it and its authority (the full chain). If this computer's clock is wrong, set \
             it. A company's network may put its own certificate in between: --ca FILE trusts that",
        )),
        Err(Insecure::ForNow(words)) => Err(Finding::failed(
            words,
            "is there TLS at this port? Try the ws:// address, or the port of the proxy that ends \
             TLS (443)",
        )),
    }
}
