//! The tokens of the tests: "USER INFO", which nobody has signed. The world says what is in
//! them in place of the verifier.

use guildhall_protocol::{Request, RequestBody};
use guildhall_server::accounts::Claims;
use guildhall_server::testing::Moment;

/// For how many seconds every token holds.
pub(crate) const TTL: u32 = 1_000_000;

/// The user and the `info` in a token. `None` if there is no token.
pub(crate) fn claims(token: &str) -> Option<(&str, &str)> {
    token.split_once(' ')
}

/// What a token with this number shows of its user.
pub(crate) fn info(number: u64) -> String {
    format!("{{\"badge\":{number}}}")
}

/// What the token in a request says.
pub(crate) fn verified(request: &Request, at: Moment) -> Claims {
    let token = match &request.ask {
        Some(RequestBody::Hello(hello)) => &hello.token,
        Some(RequestBody::Refresh(refresh)) => &refresh.token,
        other => panic!("no token: {other:?}"),
    };
    let (user, info) = claims(token).expect("a user and its info");
    Claims {
        user: user.into(),
        name: None,
        info: Some(info.into()),
        rooms: Vec::new(),
        caps: Vec::new(),
        expires: at.unix_millis / 1_000 + u64::from(TTL),
        issued: None,
    }
}
