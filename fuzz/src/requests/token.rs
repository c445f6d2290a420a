//! Tokens that nobody has signed: "USER RIGHTS". The world says what is in them in place of the
//! verifier.

use guildhall_server::accounts::{Cap, Claims, Right, TokenError};
use guildhall_server::testing::{Moment, Verified};

/// For how many seconds every token holds.
const TTL: u64 = 1_000;

/// The claims of a token. Each letter of its rights is one: `m`oderate, `a`dminister, `j`oin, `s`ay,
/// `h`istory, me`b`ers. Behind another space, there is a name.
pub(super) fn verify(token: &str, at: Moment) -> Verified {
    let (user, rights) = token.split_once(' ').unwrap_or((token, ""));
    if user.is_empty() || user.len() > 128 {
        return Err(TokenError::Signature.into());
    }
    let (rights, name) = rights.split_once(' ').unwrap_or((rights, ""));
    let rights = rights.chars().filter_map(|letter| match letter {
        'm' => Some(Right::Mod),
        'a' => Some(Right::Admin),
        'b' => Some(Right::Members),
        'j' => Some(Right::Join),
        's' => Some(Right::Say),
        'h' => Some(Right::History),
        _ => None,
    });
    let caps = vec![Cap {
        rooms: vec!["*".to_owned()],
        allow: rights.collect(),
    }];
    Ok(Claims {
        user: user.to_owned(),
        name: (!name.is_empty()).then(|| name.to_owned()),
        info: None,
        rooms: Vec::new(),
        caps,
        expires: at.unix_millis / 1_000 + TTL,
        issued: None,
    })
}
