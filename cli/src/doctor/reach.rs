//! Whether anything answers at the server's addresses. One that does is enough: all of them are
//! tried at the same time, each with a limit.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use smol::net::TcpStream;

use super::report::Finding;
use super::{Taken, in_time};

/// How an attempt to connect ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Attempt {
    Answered,
    /// This computer has no way to addresses of this kind.
    NoWay,
    /// Nothing came in time.
    Silent(Duration),
    /// The system's words.
    Failed(String),
}

/// Connects to each address of the server. Returns those that answered.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    patience: Duration,
) -> Taken<Vec<SocketAddr>> {
    // With half of the time, an address that answers late is still told from one that never does.
    let limit = patience / 2;
    let begun: Vec<_> = (addresses.iter())
        .map(|&address| (address, smol::spawn(attempt(address, limit))))
        .collect();
    let mut attempts = Vec::with_capacity(begun.len());
    for (address, attempt) in begun {
        attempts.push((address, attempt.await));
    }
    let answered: Vec<_> = (attempts.iter())
        .filter(|(_, attempt)| *attempt == Attempt::Answered)
        .map(|(address, _)| *address)
        .collect();
    let finding = explain(&attempts, &answered)?;
    Ok((answered, finding))
}

async fn attempt(address: SocketAddr, limit: Duration) -> Attempt {
    match in_time(limit, TcpStream::connect(address)).await {
        None => Attempt::Silent(limit),
        Some(Ok(_)) => Attempt::Answered,
        Some(Err(error)) if has_no_way(&error) => Attempt::NoWay,
        Some(Err(error)) => Attempt::Failed(error.to_string()),
    }
}

/// Whether the system has no way to an address, and has not even tried.
fn has_no_way(error: &Error) -> bool {
    // A system whose IPv6 is switched off knows no such sockets.
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error()) {
        return true;
    }
    matches!(
        error.kind(),
        ErrorKind::NetworkUnreachable | ErrorKind::AddrNotAvailable
    )
}

/// The meaning of the attempts together.
fn explain(
    attempts: &[(SocketAddr, Attempt)],
    answered: &[SocketAddr],
) -> Result<Finding, Finding> {
    let kind = |address: &SocketAddr| if address.is_ipv6() { "IPv6" } else { "IPv4" };
    let without_way: Vec<_> = (attempts.iter())
        .filter(|(_, attempt)| *attempt == Attempt::NoWay)
        .map(|(address, _)| kind(address))
        .collect();
    let silent: Vec<_> = (attempts.iter())
        .filter_map(|(address, attempt)| match attempt {
            Attempt::Answered | Attempt::NoWay => None,
            Attempt::Silent(limit) => Some(format!(
                "nothing came from {address} within {} seconds",
                limit.as_secs_f64()
            )),
            Attempt::Failed(error) => Some(format!("{address} does not answer ({error})")),
        })
        .collect();
    if answered.is_empty() && silent.is_empty() {
        return Err(no_way(&without_way));
    }
    if answered.is_empty() {
        return Err(Finding::failed(silent.join(", "), none_answers(attempts)));
    }
    let names: Vec<_> = answered.iter().map(ToString::to_string).collect();
    let mut found = format!(
        "{} {}",
        names.join(" and "),
        if names.len() == 1 {
            "answers"
        } else {
            "answer"
        }
    );
    if let Some(kind) = without_way.first() {
        found = format!("{found}. This computer has no {kind}, which is fine: the other way does");
    }
    if silent.is_empty() {
        return Ok(Finding::good(found));
    }
    let missing = if attempts.iter().all(|(address, attempt)| match attempt {
        Attempt::Silent(_) | Attempt::Failed(_) => address.is_ipv6(),
        _ => true,
    }) {
        "let the server listen to IPv6, too (--host ::), or take the AAAA record away"
    } else {
        "take the addresses away where there is no server (DNS)"
    };
    Ok(Finding::warning(
        format!("{found}, but {}", silent.join(", ")),
        format!("programs may try those first, which takes time: {missing}"),
    ))
}

/// This computer has no way to any of the addresses.
fn no_way(kinds: &[&str]) -> Finding {
    if kinds.contains(&"IPv4") {
        return Finding::failed(
            "this computer has no network by which it could reach the server",
            "is it online? Switch the network on, or end a VPN that is half open",
        );
    }
    Finding::failed(
        "this computer has no IPv6, and the server has no other address",
        "try another network: mobile data often has IPv6. The server's owner can enter an IPv4 \
         address for the name as well (DNS)",
    )
}

/// The advice if none of the addresses answers.
fn none_answers(attempts: &[(SocketAddr, Attempt)]) -> String {
    let port = attempts.first().map_or(0, |(address, _)| address.port());
    let is_silent = |(_, attempt): &(SocketAddr, Attempt)| !matches!(attempt, Attempt::Failed(_));
    if attempts.iter().all(is_silent) {
        return format!(
            "a firewall swallows it, here or at the server, or the server's computer is off. Try another \
             network, or a longer --timeout; the server's firewall has to let port {port} through"
        );
    }
    format!(
        "is the server running, and does it listen to more than its own machine (--host)? A firewall \
         there has to let port {port} through"
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use socket2::{Domain, Socket, Type};

    use super::*;
    use crate::doctor::Outcome;
    use crate::doctor::report::Step;

    fn step(taken: Result<Finding, Finding>) -> Step {
        let finding = taken.unwrap_or_else(|failed| failed);
        finding.step("tcp", Duration::ZERO)
    }

    #[track_caller]
    fn check(attempts: &[(&str, Attempt)], outcome: Outcome, words: &[&str]) {
        let attempts: Vec<_> = (attempts.iter())
            .map(|(address, attempt)| (address.parse().unwrap(), attempt.clone()))
            .collect();
        let answered: Vec<SocketAddr> = (attempts.iter())
            .filter(|(_, attempt)| *attempt == Attempt::Answered)
            .map(|(address, _)| *address)
            .collect();
        let step = step(explain(&attempts, &answered));
        assert_eq!(step.outcome, outcome, "{step:?}");
        let said = format!("{} {}", step.found, step.advice.unwrap_or_default());
        for word in words {
            assert!(said.contains(word), "no {word} in {said}");
        }
    }

    #[test]
    fn a_computer_without_ipv6_is_fine_if_another_address_answers() {
        let (four, six) = ("192.0.2.1:443", "[2001:db8::1]:443");
        let answered = (four, Attempt::Answered);
        let words = ["192.0.2.1:443 answers", "no IPv6, which is fine"];
        check(
            &[(six, Attempt::NoWay), answered.clone()],
            Outcome::Good,
            &words,
        );
        let words = ["no IPv6", "no other address", "another network"];
        check(&[(six, Attempt::NoWay)], Outcome::Failed, &words);
        let both = [(six, Attempt::NoWay), (four, Attempt::NoWay)];
        check(&both, Outcome::Failed, &["no network", "online"]);
        let refused = Attempt::Failed("refused".to_owned());
        let words = ["refused", "AAAA"];
        check(
            &[(six, refused.clone()), answered],
            Outcome::Warning,
            &words,
        );
        let words = ["--host", "port 443"];
        check(
            &[(six, Attempt::NoWay), (four, refused)],
            Outcome::Failed,
            &words,
        );
        let silent = Attempt::Silent(Duration::from_secs(5));
        let words = ["within 5 seconds", "firewall"];
        check(&[(four, silent)], Outcome::Failed, &words);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_address_that_swallows_everything_fails_no_working_server() {
        let working = TcpListener::bind("127.0.0.1:0").unwrap();
        let working = working.local_addr().unwrap();
        // Linux answers no SYN if as many connections wait as may.
        let full = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        full.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
            .unwrap();
        full.listen(0).unwrap();
        let swallowing = full.local_addr().unwrap().as_socket().unwrap();
        let _waits = std::net::TcpStream::connect(swallowing).unwrap();
        let addresses = [swallowing, working];
        let taken = smol::block_on(connect(&addresses, Duration::from_secs(2)));
        let Ok((answered, finding)) = taken else {
            panic!("it fails");
        };
        assert_eq!(answered, [working]);
        let step = step(Ok(finding));
        assert_eq!(step.outcome, Outcome::Warning);
        assert!(
            step.found.contains(&swallowing.to_string()),
            "{}",
            step.found
        );
    }
}
