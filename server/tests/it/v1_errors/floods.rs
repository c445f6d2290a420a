//! Refusals of those who say more than they may, or more than others read.

use guildhall_protocol::RequestError;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, whisper};

/// The refusal of a say by a client that has said more than a burst.
pub(super) fn rate_limited(mut client: V1Client) -> (V1Client, RequestError, Vec<String>) {
    let text = "x".repeat(4_096);
    let error = (0..1_000).find_map(|_| {
        let id = client.send_say("hall", &text);
        client.outcome(id).err()
    });
    (client, error.expect("no client may say that much"), vec![])
}

/// The refusal of a whisper to a client that does not read what waits for it.
pub(super) fn receiver_behind(
    mut client: V1Client,
    server: &TestServer,
) -> (V1Client, RequestError, Vec<String>) {
    let mut reader = V1Client::over(Client::dial_narrow(server.address()));
    let to = reader.welcome(hello("Reader")).unwrap().id;
    let text = "x".repeat(4_000);
    // Each of these clients whispers as much as a client may at once.
    let is_behind = (0..20).any(|_| {
        let (mut one, _) = V1Client::hello(server.address(), "");
        (0..50).any(|_| {
            let nonce = one.send(whisper(to, "", &text));
            one.outcome(nonce).is_err()
        })
    });
    assert!(is_behind, "4 MB wait for a client that does not read");
    let error = client.ask(whisper(to, "", "hi")).unwrap_err();
    (client, error, vec![to.to_string()])
}
