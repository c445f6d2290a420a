//! Which names users and rooms may have, and which names look alike. Sessions and
//! the list of all users call it, and `policy` for the rules of rooms. It has no state: the
//! list of all users knows which user has which name.
//!
//! - [`spelling`]: how a name is normalised.
//! - [`characters`]: which characters may be in it, and where.
//! - [`looks`](mod@looks): what it looks like.
//! - [`reserved`]: which names nobody gets.

mod characters;
mod emoji;
mod joiners;
mod looks;
mod reserved;
mod reserved_words;
mod spelling;

use guildhall_protocol::NameRule;
use guildhall_protocol::limits::{MAX_NAME_CHARACTERS, MAX_ROOM_NAME_CHARACTERS};

use self::characters::{Checked, Kind};

pub(crate) use self::characters::{is_blank_text, is_control, is_visible_alone};
pub(crate) use self::looks::{Looks, guest_number, looks};
pub(crate) use self::reserved::{is_guest, is_reserved};

/// The most bytes of a name before it is normalised. A longer one is refused without any
/// other work.
const MAX_RAW_BYTES: usize = 256;

/// The most characters of a room's name before it is in lower case. A letter and a mark can
/// be one character then, as in `ẖ`.
const MAX_NORMAL_ROOM_CHARACTERS: usize = 2 * MAX_ROOM_NAME_CHARACTERS;

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rule {rule:?} is broken, at {character:?}")]
pub struct NameFault {
    /// The rule that it breaks.
    pub rule: NameRule,
    /// The character that breaks it, if it is one.
    pub character: Option<char>,
}

impl From<NameRule> for NameFault {
    fn from(rule: NameRule) -> Self {
        let character = None;
        Self { rule, character }
    }
}

/// Returns a user's name as all users see it: normalised, with single spaces between its
/// words, and without what shows nothing at its place.
///
/// # Errors
///
/// The first rule that it breaks. It is too long, has no letter, digit or symbol, or has
/// characters that are invisible, change the direction of the text, or reach into the
/// lines above.
pub(crate) fn client_name(raw: &str) -> Result<String, NameFault> {
    if raw.len() > MAX_RAW_BYTES {
        return Err(NameRule::TooLong.into());
    }
    let characters = single_spaced(spelling::normal(raw)).ok_or(NameRule::TooLong)?;
    let Checked { name, is_shorter } = characters::check(Kind::User, &characters)?;
    if is_shorter {
        client_name(&name)
    } else {
        Ok(name)
    }
}

/// Returns the characters, with single spaces between words. `None` if they are too many:
/// they are counted one by one, because NFKC makes 18 of some, and nothing else is done with
/// a name that is too long.
fn single_spaced(normal: impl Iterator<Item = char>) -> Option<Vec<char>> {
    let mut characters = Vec::with_capacity(MAX_NAME_CHARACTERS);
    let mut after_space = false;
    for character in normal {
        if character == ' ' {
            after_space = !characters.is_empty();
            continue;
        }
        if std::mem::take(&mut after_space) {
            characters.push(' ');
        }
        characters.push(character);
        if characters.len() > MAX_NAME_CHARACTERS {
            return None;
        }
    }
    Some(characters)
}

/// Returns a room's name as the server writes it: normalised, in lower case, and without
/// what shows nothing at its place.
///
/// # Errors
///
/// The first rule that it breaks. It is empty or too long, or has characters other than
/// those of words (`XID_Continue` of UAX #31, and other letters and digits), hyphens and
/// underscores.
pub(crate) fn room_name(raw: &str) -> Result<String, NameFault> {
    if raw.len() > MAX_RAW_BYTES {
        return Err(NameRule::TooLong.into());
    }
    let most = MAX_ROOM_NAME_CHARACTERS;
    let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if raw.bytes().all(is_plain) && (1..=most).contains(&raw.len()) {
        return Ok(raw.to_ascii_lowercase());
    }
    let normal = start(spelling::normal(raw), MAX_NORMAL_ROOM_CHARACTERS)?;
    let lower = lower_case(normal.into_iter());
    let name = start(spelling::normal(&lower), most)?;
    let Checked { name, is_shorter } = characters::check(Kind::Room, &name)?;
    if is_shorter {
        room_name(&name)
    } else {
        Ok(name)
    }
}

/// Returns a part of a room's name as the server writes it, or of a pattern for such names.
/// It need not be a name by itself.
pub(crate) fn room_name_part(raw: &str) -> String {
    let lower = lower_case(spelling::normal(raw));
    spelling::normal(&lower).collect()
}

/// Returns the key that a room's name, or a part of one, has in common with its look-alikes.
pub(crate) fn room_look(name: &str) -> String {
    let [look, _] = looks::keys(name);
    look
}

/// Returns these characters, or an error if they are more than `most`. The others are not
/// even computed.
fn start(characters: impl Iterator<Item = char>, most: usize) -> Result<Vec<char>, NameFault> {
    let mut characters = characters;
    let start = characters.by_ref().take(most).collect();
    match characters.next() {
        None => Ok(start),
        Some(_) => Err(NameRule::TooLong.into()),
    }
}

/// Returns these characters in lower case.
fn lower_case(characters: impl Iterator<Item = char>) -> String {
    let lower = characters.collect::<String>().to_lowercase();
    without_dots(lower.chars()).collect()
}

/// Without the dots above an `i` or a `j`, which have one anyway: that of `İ` is a character
/// of its own in lower case.
fn without_dots(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut before = ' ';
    text.filter(move |&character| {
        let is_dot = character == '\u{307}' && matches!(before, 'i' | 'j');
        if !is_dot {
            before = character;
        }
        !is_dot
    })
}

#[cfg(test)]
mod tests;
