//! Clients and requests while a token is verified. A set of keys that a test holds back stands
//! for a signature that takes long.

use std::sync::{Arc, Condvar, Mutex};

use guildhall_protocol::{ReplyResult, RequestBody, Welcome};
use guildhall_server::accounts::{AccountsConfig, Guests, KeySet};

use super::*;
use guildhall_testing::v1_client::whisper;
use guildhall_testing::wire::eventually;

/// Keys that nobody gets before the test lets them.
#[derive(Debug, Default)]
struct HeldKeys {
    is_open: Mutex<bool>,
    changed: Condvar,
}

impl HeldKeys {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

impl KeySet for HeldKeys {
    fn keys(&self) -> Arc<[Key]> {
        let is_open = self.is_open.lock().unwrap();
        let _is_open = self.changed.wait_while(is_open, |is_open| !*is_open);
        [Key::secret("HS256", None, SECRET).unwrap()].into()
    }

    fn is_renewed(&self) -> bool {
        false
    }
}

/// A server with such keys, which lets in guests, too.
fn server() -> (TestServer, Arc<HeldKeys>) {
    let keys = Arc::new(HeldKeys::default());
    let accounts = Accounts {
        sets: vec![Arc::clone(&keys) as Arc<dyn KeySet>],
        ..Accounts::default()
    };
    let config = config(AccountsConfig {
        guests: Guests::Allow,
        ..AccountsConfig::new(Some(accounts))
    });
    (TestServer::with(config), keys)
}

fn welcome(client: &mut V1Client, id: u64) -> Result<Welcome, RequestError> {
    match client.reply(id)? {
        ReplyResult::Welcome(welcome) => Ok(welcome),
        other => panic!("{other:?}"),
    }
}

#[test]
fn others_chat_while_a_token_is_verified() {
    let (server, keys) = server();
    let mut mira = V1Client::dial(server.address());
    let hello = mira.send(RequestBody::Hello(with_token(&named("42", "Mira"))));
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    ann.say("hall", "the server goes on");
    assert_eq!(bob.line().text, "the server goes on");
    keys.open();
    assert_eq!(welcome(&mut mira, hello).unwrap().name, "Mira");
}

#[test]
fn too_many_tokens_of_one_address_are_refused_for_now() {
    let (server, keys) = server();
    let address = server.address();
    let say_hello = |number: u64| {
        let mut client = V1Client::dial(address);
        let token = of(&format!("user {number}"));
        let id = client.send(RequestBody::Hello(with_token(&token)));
        (client, id)
    };
    let waiting: Vec<_> = (0..64).map(say_hello).collect();
    let (mut refused, id) = say_hello(64);
    let error = refused.reply(id).unwrap_err();
    assert_eq!(error.code(), ErrorCode::TooManyRequests);
    assert!(error.temporary && error.retry_after > 0);
    keys.open();
    for (mut client, id) in waiting {
        assert!(welcome(&mut client, id).is_ok());
    }
    // The same connection may try again.
    let again = refused.welcome(with_token(&of("late")));
    assert_eq!(again.unwrap().user, "late");
}

#[test]
fn clients_that_go_while_their_tokens_wait_are_no_users_and_take_no_place() {
    let (server, keys) = server();
    let address = server.address();
    for _ in 0..64 {
        let mut client = V1Client::dial(address);
        client.send(RequestBody::Hello(with_token(&named("42", "Mira"))));
        client.client.reset();
    }
    keys.open();
    // As long as they wait, they take the places of their address.
    let mut bob = V1Client::dial(address);
    eventually("there is place again", || {
        bob.welcome(with_token(&named("7", "Bob"))).ok()
    });
    let nonce = bob.send(whisper(0, "Mira", "hi"));
    let error = bob.reply(nonce).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoSuchClient);
}
