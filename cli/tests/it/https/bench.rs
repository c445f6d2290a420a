//! The load tool over TLS.

use guildhall_testing::authority::Authority;

use super::Folder;
use crate::program::{self, Program, command};

#[test]
fn the_load_tool_speaks_tls_and_finds_no_fault() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let ca = folder.write("ca.pem", &authority.pem());
    let flags = folder.flags();
    let server = Program::start(&[&flags[0], &flags[1]]);
    let url = format!("wss://localhost:{}/ws", server.address().port());
    for protocol in [&[][..], &["--v1"]] {
        let load = [
            "bench",
            &url,
            "--ca",
            &ca,
            "--clients",
            "30",
            "--seconds",
            "0.5",
        ];
        let output = program::run(command(&[&load[..], protocol].concat()));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}");
    }
    let refused = |arguments: &[&str], words: &str| {
        let output = program::run(command(arguments));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(words), "{said}");
    };
    let other = folder.write("other.pem", &Authority::new().pem());
    refused(&["bench", &url, "--ca", &other], "UnknownIssuer");
    let plain = url.replace("wss", "ws");
    refused(
        &["bench", &plain, "--ca", &ca],
        "--ca is for wss:// addresses",
    );
}
