//! TLS: whether the certificate is one that browsers and games accept, and for how long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_tungstenite::stream::Stream;
use futures_rustls::pki_types::UnixTime;
use smol::net::TcpStream;

use super::report::Finding;
use super::{Patient, Socket, Taken, in_time};
use crate::tls::{CertificateFault, Insecure, day};

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
    let left = Duration::from_secs(end.as_secs()).saturating_sub(now());
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
    let (limit, seconds) = (patient.patience, patient.patience.as_secs());
    let stream = in_time(limit, TcpStream::connect(&patient.server.addresses[..])).await;
    let Some(stream) = stream else {
        return Err(Finding::failed(
            format!("no connection opened within {seconds} seconds, and one did a moment ago"),
            "this network loses some of what is sent: try again, or another network",
        ));
    };
    let stream = stream.map_err(|error| {
        let advice = "the server was there a moment ago: try again";
        Finding::failed(error.to_string(), advice)
    })?;
    let _ = stream.set_nodelay(true);
    let (Some(trust), Some(name)) = (&patient.trust, &patient.server.secure) else {
        return Ok(Stream::Plain(stream));
    };
    match in_time(limit, trust.secure(name, stream)).await {
        Some(Ok(stream)) => Ok(Stream::Tls(stream)),
        Some(Err(insecure)) => Err(explain(&insecure, patient, name)),
        None => Err(Finding::failed(
            format!("nothing answered in TLS within {seconds} seconds"),
            format!(
                "perhaps this port speaks no TLS: then use {}. Otherwise something on the way swallows \
                 it, such as a firewall: try another network, or a longer --timeout",
                patient.address("ws")
            ),
        )),
    }
}

/// Why there is no TLS, and what to do about it.
fn explain(insecure: &Insecure, patient: &Patient, name: &str) -> Finding {
    let today = day(UnixTime::since_unix_epoch(now()));
    let advice = match insecure {
        Insecure::NotTls => {
            return Finding::failed(
                "this port does not speak TLS, and the address asks for it",
                format!(
                    "use {}, or the port at which there is TLS, which is mostly 443",
                    patient.address("ws")
                ),
            );
        }
        Insecure::Certificate(CertificateFault::Over, _) => format!(
            "the server's owner has to renew the certificate. If today is not {today}, this computer's \
             clock is wrong: set it"
        ),
        Insecure::Certificate(CertificateFault::NotYet, _) => format!(
            "if today is not {today}, this computer's clock is wrong: set it. Otherwise the server's \
             owner has taken the certificate too early"
        ),
        Insecure::Certificate(CertificateFault::Name, _) => format!(
            "look for a mistake in the address. If it is right, the server's owner needs a certificate \
             for {name}"
        ),
        Insecure::Certificate(CertificateFault::Issuer, _) => {
            "the server's owner has to take a certificate of an authority that browsers know, and to \
             send all that lies between the two with it (the full chain). A company's network or a \
             virus scanner may put its own certificate in between: --ca FILE trusts that"
                .to_owned()
        }
        Insecure::Certificate(CertificateFault::Other, _) | Insecure::Final(_) => {
            "the server's owner has to take another certificate".to_owned()
        }
        Insecure::ForNow(_) => format!(
            "perhaps this port speaks no TLS: then use {}, or the port at which there is TLS, which is \
             mostly 443. A firewall may end connections with TLS as well: try another network",
            patient.address("ws")
        ),
    };
    Finding::failed(insecure.to_string(), advice)
}

/// How long it is since 1970.
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}
