//! How often a user with an account may ask for what: over all of its connections, and apart
//! from the guests of its address.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::RequestBody;
use guildhall_server::accounts::{AccountsConfig, Guests};
use guildhall_server::{Rates, RequestRate};
use guildhall_testing::v1_client::say;

use super::*;

/// Three times at once, and then not again as long as a test runs.
const THREE: RequestRate = RequestRate::new(3, Duration::from_hours(1));

/// A server on which users may say three lines, and all guests of an address as much together.
fn limited(threads: usize) -> TestServer {
    TestServer::limited(Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        rates: Rates {
            say: THREE,
            address_share: 1,
            ..Rates::OFF
        },
        ..config(AccountsConfig {
            guests: Guests::Allow,
            ..accounts()
        })
    })
}

/// Says something. Returns the code of the refusal.
fn refusal(client: &mut V1Client, ask: RequestBody) -> Option<ErrorCode> {
    let id = client.send(ask);
    client.outcome(id).err().map(|error| error.code())
}

#[test]
fn all_connections_of_a_user_are_counted_together() {
    for threads in [1, 2] {
        let server = limited(threads);
        let (mut phone, _) = sign_in_to(server.address(), &of("42"), "phone");
        let (mut desk, _) = sign_in_to(server.address(), &of("42"), "desk");
        assert_eq!(refusal(&mut phone, say("phone", "one")), None);
        assert_eq!(refusal(&mut desk, say("desk", "two")), None);
        assert_eq!(refusal(&mut phone, say("phone", "three")), None);
        let limited = Some(ErrorCode::RateLimited);
        assert_eq!(refusal(&mut phone, say("phone", "four")), limited);
        assert_eq!(refusal(&mut desk, say("desk", "four")), limited);
        // Another user is not concerned.
        let (mut other, _) = sign_in_to(server.address(), &of("43"), "other");
        assert_eq!(refusal(&mut other, say("other", "one")), None);
    }
}

#[test]
fn a_goodbye_brings_no_new_burst() {
    let server = limited(1);
    let (mut client, _) = sign_in_to(server.address(), &of("42"), "hall");
    for _ in 0..3 {
        assert_eq!(refusal(&mut client, say("hall", "hi")), None);
    }
    client.client.say_goodbye();
    let (mut client, welcome) = sign_in_to(server.address(), &of("42"), "elsewhere");
    assert!(!welcome.resumed);
    let again = refusal(&mut client, say("elsewhere", "hi"));
    assert_eq!(again, Some(ErrorCode::RateLimited));
}

#[test]
fn accounts_and_the_guests_of_their_address_are_counted_apart() {
    let server = limited(1);
    let (mut guest, _) = V1Client::in_room(server.address(), "Ann", "guests");
    for _ in 0..3 {
        assert_eq!(refusal(&mut guest, say("guests", "hi")), None);
    }
    let (mut second, _) = V1Client::in_room(server.address(), "Bob", "second");
    let limited = Some(ErrorCode::RateLimited);
    assert_eq!(refusal(&mut second, say("second", "hi")), limited);
    for user in ["1", "2", "3"] {
        let (mut client, _) = sign_in_to(server.address(), &of(user), user);
        for _ in 0..3 {
            assert_eq!(refusal(&mut client, say(user, "hi")), None);
        }
    }
}
