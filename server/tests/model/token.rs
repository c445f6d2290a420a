//! The tokens of the tests: "USER CAP INFO", which nobody has signed. The world says what is in
//! them in place of the verifier.

use guildhall_protocol::{Request, RequestBody};
use guildhall_server::accounts::{Cap, Claims, Right};
use guildhall_server::testing::Moment;

use crate::rule::{MODERATED, MODERATOR, RULED};

/// For how many seconds every token holds.
pub(crate) const TTL: u32 = 1_000_000;

/// The content of a token.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Token<'a> {
    pub(crate) account: &'a str,
    /// Whether it allows to join the room with a rule.
    pub(crate) has_cap: bool,
    pub(crate) info: &'a str,
}

impl<'a> Token<'a> {
    /// Reads a token. `None` if there is none.
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        let (account, rest) = token.split_once(' ')?;
        let (cap, info) = rest.split_once(' ')?;
        Some(Self {
            account,
            has_cap: cap == "join",
            info,
        })
    }

    /// Writes it.
    pub(crate) fn write(&self) -> String {
        let cap = if self.has_cap { "join" } else { "-" };
        format!("{} {cap} {}", self.account, self.info)
    }
}

/// The info about its user in a token with this number.
pub(crate) fn info(number: u64) -> String {
    format!("{{\"badge\":{number}}}")
}

/// The claims of the token in a request.
pub(crate) fn verified(request: &Request, at: Moment) -> Claims {
    let token = match &request.ask {
        Some(RequestBody::Hello(hello)) => &hello.token,
        Some(RequestBody::Refresh(refresh)) => &refresh.token,
        other => panic!("no token: {other:?}"),
    };
    let token = Token::read(token).expect("a token");
    let cap = |room: &str, right| Cap {
        rooms: vec![room.into()],
        allow: vec![right],
    };
    let join = token.has_cap.then(|| cap(RULED, Right::Join));
    let moderate = (token.account == MODERATOR).then(|| cap(MODERATED, Right::Mod));
    Claims {
        user: token.account.into(),
        name: None,
        info: Some(token.info.into()),
        rooms: Vec::new(),
        caps: join.into_iter().chain(moderate).collect(),
        expires: at.unix_millis / 1_000 + u64::from(TTL),
        issued: None,
    }
}
