//! The claims of a token about its user: those of RFC 7519, and those of Guildhall.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::TokenError;

/// The longest user ID (`sub`), in bytes.
pub const MAX_USER_BYTES: usize = 128;

/// The most bytes of `info`, as JSON.
pub const MAX_INFO_BYTES: usize = 1024;

/// The most rooms that a token can name, to join at once.
pub const MAX_TOKEN_ROOMS: usize = 20;

/// The most entries of `caps`, and of the patterns of one of them.
const MAX_CAPS: usize = 32;

/// The claims of a token that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// The user's ID with the game: `sub`.
    pub user: String,
    /// The name that the others see; `None`: the user may choose one.
    pub name: Option<String>,
    /// The game's facts about the user, which the others see beside the name: a JSON object.
    pub info: Option<String>,
    /// The rooms that the user joins at once.
    pub rooms: Vec<String>,
    /// The rights of the user that not everybody has. They only grant.
    pub caps: Vec<Cap>,
    /// When the token is over, in seconds since 1970.
    pub expires: u64,
    /// When it was issued, in seconds since 1970; `None`: it does not say.
    pub issued: Option<u64>,
}

/// Rights in rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The rooms: names, or patterns in which `*` stands for any characters.
    pub rooms: Vec<String>,
    /// The rights that the user has in them.
    pub allow: Vec<Right>,
}

/// A right that a token can give in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// To join it.
    Join,
    /// To say something in it.
    Say,
    /// To read what was said before.
    History,
    /// To see who is in it.
    Members,
    /// To moderate it.
    Mod,
    /// To moderate it, and to say who else may.
    Admin,
}

impl Right {
    /// All rights.
    pub const ALL: [Self; 6] = [
        Self::Join,
        Self::Say,
        Self::History,
        Self::Members,
        Self::Mod,
        Self::Admin,
    ];

    /// Its name in a token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Say => "say",
            Self::History => "history",
            Self::Members => "members",
            Self::Mod => "mod",
            Self::Admin => "admin",
        }
    }
}

/// The claims as they are in the token. A claim that comes twice is an error
/// (RFC 7519 section 4), and claims that Guildhall does not know are nobody's business.
#[derive(Debug, Deserialize)]
pub(super) struct Registered {
    pub(super) sub: Option<String>,
    /// The end of the token, a `NumericDate`. Without one it would hold for ever.
    pub(super) exp: f64,
    pub(super) nbf: Option<f64>,
    iat: Option<f64>,
    pub(super) iss: Option<String>,
    #[serde(default)]
    pub(super) aud: OneOrMany,
    name: Option<String>,
    info: Option<Box<RawValue>>,
    #[serde(default)]
    rooms: Vec<String>,
    #[serde(default)]
    caps: Vec<Cap>,
}

/// One text, or a list of them (RFC 7519 section 4.1.3).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn contains(&self, text: &String) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Many(many) => many.contains(text),
        }
    }
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl TryFrom<Registered> for Claims {
    type Error = TokenError;

    fn try_from(registered: Registered) -> Result<Self, TokenError> {
        let Registered {
            sub,
            exp,
            iat,
            name,
            info,
            rooms,
            caps,
            ..
        } = registered;
        let wrong = |claim, problem: String| Err(TokenError::Claim { claim, problem });
        let user = sub.unwrap_or_default();
        if user.is_empty() {
            return wrong("sub", "it names the user, and may not be empty".into());
        }
        if user.len() > MAX_USER_BYTES || user.chars().any(char::is_control) {
            let problem =
                format!("it has at most {MAX_USER_BYTES} bytes, and no control characters");
            return wrong("sub", problem);
        }
        let info = info.map(|info| Box::<str>::from(info).into_string());
        if let Some(info) = &info {
            if info.len() > MAX_INFO_BYTES {
                let problem = format!("it has at most {MAX_INFO_BYTES} bytes of JSON");
                return wrong("info", problem);
            }
            if !info.starts_with('{') {
                return wrong("info", "it is a JSON object".into());
            }
        }
        if rooms.len() > MAX_TOKEN_ROOMS {
            return wrong("rooms", format!("it has at most {MAX_TOKEN_ROOMS} rooms"));
        }
        let is_large = |cap: &Cap| cap.rooms.len() > MAX_CAPS;
        if caps.len() > MAX_CAPS || caps.iter().any(is_large) {
            let problem = format!("it has at most {MAX_CAPS} entries, of as many rooms");
            return wrong("caps", problem);
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast takes what is too large as the largest time, and what is below 0 as 0"
        )]
        let whole_seconds = |time: f64| time as u64;
        Ok(Self {
            user,
            name: name.filter(|name| !name.is_empty()),
            info,
            rooms,
            caps,
            expires: whole_seconds(exp),
            issued: iat.map(whole_seconds),
        })
    }
}
