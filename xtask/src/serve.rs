//! `cargo xtask serve`: builds all that makes up Guildhall and runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{process, web};

/// How long a server may take from its first word to its first answer.
const START_WITHIN: Duration = Duration::from_secs(10);

/// Builds and runs the server with these flags. Its exit code is ours.
pub(crate) fn run(workspace: &Workspace, flags: &[String]) -> Result<ExitCode> {
    web::build(workspace)?;
    println!("Building the server.");
    let mut build = workspace.cargo();
    build.args([
        "build",
        "--release",
        "--locked",
        "--package",
        "guildhall-cli",
    ]);
    process::run(&mut build)?;

    let mut command = workspace.command(workspace.target.join("release/guildhall"));
    command
        .args(flags)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    // A group of its own: Ctrl-C reaches it once, through us.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut server = command.spawn().context("cannot start the server")?;
    end_with_us(&server)?;
    let log = server.stderr.take().context("the server has no log")?;
    let reader = thread::spawn(move || pass_on(log));
    let status = server.wait()?;
    // What it said last is passed on before we end.
    drop(reader.join());
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map(ExitCode::from)
        .with_context(|| format!("the server ended with {status}"))
}

/// Hands Ctrl-C and a request to terminate to the server, whose end is ours.
fn end_with_us(server: &Child) -> Result<()> {
    let pid = server.id().to_string();
    ctrlc::set_handler(move || {
        process::succeeds(Command::new("kill").args(["-TERM", &pid]));
    })
    .context("cannot wait for Ctrl-C")
}

/// Copies the server's log to ours. When it says where it listens, the address
/// to open is added.
fn pass_on(log: impl Read) {
    let mut announced = false;
    for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        if !announced && let Some(address) = listening(&line) {
            announced = true;
            thread::spawn(move || announce(address));
        }
    }
}

/// The address in a log line that says where the server listens.
fn listening(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("istening")?;
    let outside = |c: char| !(c.is_ascii_hexdigit() || ".:[]".contains(c));
    rest.split(outside).find_map(|word| {
        // A list of addresses has brackets and colons around them too.
        let word = word.trim_end_matches([':', '.']);
        let bare = word.strip_prefix('[').unwrap_or(word);
        word.parse()
            .or_else(|_| bare.trim_end_matches(']').parse())
            .ok()
    })
}

/// Prints the address to open once the server answers there.
fn announce(address: SocketAddr) {
    let host = match address.ip() {
        ip if ip.is_loopback() || ip.is_unspecified() => "localhost".to_owned(),
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let url = format!("http://{host}:{}/", address.port());
    let started = Instant::now();
    while let Err(error) = healthy(address) {
        if started.elapsed() > START_WITHIN {
            eprintln!("The server does not answer at {url}healthz: {error:#}");
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    println!("\n  Guildhall is open at {url} (Ctrl-C ends it)\n");
}

/// Whether `/healthz` answers 200.
fn healthy(mut address: SocketAddr) -> Result<()> {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let mut stream = TcpStream::connect_timeout(&address, START_WITHIN)?;
    stream.set_read_timeout(Some(START_WITHIN))?;
    write!(
        stream,
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status)?;
    if status.split(' ').nth(1) != Some("200") {
        bail!("{}", status.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::listening;

    #[test]
    fn the_address_is_found_however_it_is_written() {
        let check = |line, expected: &str| {
            assert_eq!(listening(line), Some(expected.parse().unwrap()), "{line}");
        };
        check("INFO listening on 127.0.0.1:8080", "127.0.0.1:8080");
        check(
            "INFO listening addresses=[127.0.0.1:80, [::1]:80]",
            "127.0.0.1:80",
        );
        check("INFO Listening: [::1]:8080, 127.0.0.1:8080", "[::1]:8080");
        check("INFO listening at http://0.0.0.0:9000/.", "0.0.0.0:9000");
        check("INFO listening addresses=[[::1]:80]", "[::1]:80");
        assert_eq!(listening("INFO 127.0.0.1:5555 connected"), None);
    }
}
