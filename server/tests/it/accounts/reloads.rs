//! A reload of the settings, with clients that are connected: keys, guests, names and revoked
//! tokens.

use guildhall_protocol::{ErrorCode, Hello};
use guildhall_server::accounts::{AccountsConfig, Guests, NewToken, Revocation};

use super::*;
use guildhall_testing::v1_client::say;
use guildhall_testing::wire::eventually;

fn revoked(user: &str, before: u64) -> AccountsConfig {
    AccountsConfig {
        revoked: vec![Revocation {
            user: user.into(),
            before,
        }],
        ..accounts()
    }
}

#[test]
fn a_revocation_closes_the_users_connections_and_no_others() {
    let server = server();
    let address = server.address();
    // One token, however long the test takes: one of a second later would not be revoked.
    let token = of("42");
    let (mut phone, _) = sign_in(address, &token);
    let (mut desk, _) = sign_in(address, &token);
    let (mut bob, _) = sign_in(address, &of("7"));
    server.reload(config(revoked("42", token.issued + 1)));
    phone.client.expect_close(3502);
    desk.client.expect_close(3502);
    bob.expect_quiet();
    let mut client = V1Client::dial(address);
    let refused = client.welcome(with_token(&token));
    check_refused(client, refused, "revoked", 3502);
    // One that is issued later holds.
    let later = NewToken {
        issued: token.issued + 2,
        ..token
    };
    sign_in(address, &later);
}

#[test]
fn a_token_issued_after_the_revocation_stays_and_a_refresh_with_an_older_one_ends_it() {
    let server = TestServer::with(config(revoked("42", 1_000)));
    let issued = |issued| NewToken { issued, ..of("42") };
    let (mut client, _) = sign_in(server.address(), &issued(1_000));
    client.expect_quiet();
    let refused = client.refresh(&sign(&issued(999)));
    check_refused(client, refused, "revoked", 3502);
}

#[test]
fn keys_can_be_replaced() {
    let server = server();
    let address = server.address();
    let (mut known, _) = sign_in(address, &of("1"));
    let key = guildhall_server::accounts::Key::secret("HS256", None, &[7; 32]).unwrap();
    let mut changed = accounts();
    changed.accounts.as_mut().unwrap().keys = vec![key];
    server.reload(config(changed));
    eventually("the old key is gone", || {
        let mut client = V1Client::dial(address);
        client.welcome(with_token(&of("2"))).err()
    });
    let new = SigningKey::secret("HS256", None, &[7; 32]).unwrap();
    let mut client = V1Client::dial(address);
    let welcome = client.welcome(Hello {
        token: new.sign(&of("2")).unwrap(),
        ..hello("")
    });
    assert_eq!(welcome.unwrap().user, "2");
    known.expect_quiet();
}

#[test]
fn guests_that_are_not_wanted_any_more_read_or_go() {
    let with = |guests| {
        config(AccountsConfig {
            guests,
            ..accounts()
        })
    };
    let server = TestServer::with(with(Guests::Allow));
    let address = server.address();
    let (mut tutorial, _) = server.join();
    let (mut guest, _) = V1Client::in_room(address, "Ann", "lobby");
    let (mut mira, _) = sign_in_to(address, &of("42"), "lobby");
    guest.say("lobby", "hi");
    server.reload(with(Guests::ReadOnly));
    eventually("guests may only read", || {
        let nonce = guest.send(say("lobby", "hi"));
        let refused = guest.outcome(nonce).err()?;
        assert_eq!(refused.code(), ErrorCode::Forbidden);
        Some(())
    });
    server.reload(with(Guests::Allow));
    eventually("guests may speak again", || {
        let nonce = guest.send(say("lobby", "hi"));
        guest.outcome(nonce).ok()
    });
    server.reload(with(Guests::Deny));
    assert_eq!(guest.client.read_to_close().0, Some(3501));
    assert_eq!(tutorial.read_to_close().0, Some(1008));
    let nonce = mira.send(say("lobby", "alone"));
    mira.outcome(nonce).unwrap();
}

#[test]
fn whether_users_may_rename_can_be_changed() {
    let server = server();
    let (mut mira, _) = sign_in(server.address(), &named("42", "Mira"));
    assert_eq!(mira.rename("Zoe").unwrap_err().code(), ErrorCode::NameFixed);
    server.reload(config(AccountsConfig {
        may_rename: true,
        ..accounts()
    }));
    let mut tries = 0;
    eventually("it may rename", || {
        tries += 1;
        mira.rename(&format!("Zoe {tries}")).ok()
    });
}
