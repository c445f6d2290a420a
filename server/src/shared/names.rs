//! Which names users and rooms may have, and which names look alike. Sessions and
//! [`users`](crate::shared::users) call it. It has no state: `users` knows which user has
//! which name.

use guildhall_protocol::limits::{MAX_NAME_CHARACTERS, MAX_ROOM_NAME_CHARACTERS};
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};
use unicode_security::confusable_detection::skeleton;

/// The most combining marks in a row. Living scripts need two; more of them would reach
/// into the lines above.
const MAX_MARKS: usize = 2;

/// The most bytes of a name before it is normalised. A longer one is refused without any
/// other work.
const MAX_RAW_BYTES: usize = 256;

/// The most characters of a room's name before it is in lower case. A letter and a mark can
/// be one character then, as in `ẖ`.
const MAX_NORMAL_ROOM_CHARACTERS: usize = 2 * MAX_ROOM_NAME_CHARACTERS;

/// Returns a user's name as all users see it: normalised (NFKC), with single spaces
/// between its words. `None` if it is not a name: if it is empty or too long, has no
/// letter, digit or symbol, or has characters that are invisible, change the direction
/// of the text, or reach into the lines above.
#[must_use]
pub(crate) fn client_name(raw: &str) -> Option<String> {
    if raw.len() > MAX_RAW_BYTES {
        return None;
    }
    let name = normal_name(raw)?;
    let mut marks = 0;
    let mut is_visible = false;
    for character in name.chars() {
        let group = character.general_category_group();
        if group != GeneralCategoryGroup::Mark && is_blank(character) {
            return None;
        }
        match group {
            GeneralCategoryGroup::Mark => {
                marks += 1;
                if marks > MAX_MARKS || !is_visible {
                    return None;
                }
                continue;
            }
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => is_visible = true,
            // Emoji and similar symbols, but not an accent without a letter.
            GeneralCategoryGroup::Symbol => {
                is_visible |= character.general_category() != GeneralCategory::ModifierSymbol;
            }
            GeneralCategoryGroup::Punctuation => {}
            GeneralCategoryGroup::Separator if character == ' ' => {}
            // Control, format (direction, zero width), private use and unassigned
            // characters, and spaces of unusual width.
            GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other => return None,
        }
        marks = 0;
    }
    is_visible.then_some(name)
}

/// Returns the name normalised, with single spaces between its words. `None` if it has too
/// many characters: they are counted one by one, because NFKC makes 18 of some, and nothing
/// else is done with a name that is too long.
fn normal_name(raw: &str) -> Option<String> {
    let mut name = String::new();
    let (mut characters, mut after_space) = (0, false);
    for character in raw.nfkc() {
        if character == ' ' {
            after_space = characters > 0;
            continue;
        }
        characters += 1 + usize::from(after_space);
        if characters > MAX_NAME_CHARACTERS {
            return None;
        }
        if std::mem::take(&mut after_space) {
            name.push(' ');
        }
        name.push(character);
    }
    Some(name)
}

/// Returns two keys of what a name looks like. Two names look alike if they have a key in
/// common. The keys follow Unicode's table of confusable characters (UTS #39) and ignore
/// spaces and the case of letters.
#[must_use]
pub(crate) fn looks(name: &str) -> [String; 2] {
    let tight: String = name.chars().filter(|&c| c != ' ').collect();
    let fold = |text: &str| text.to_lowercase();
    let skeleton = |text: &str| skeleton(text).collect::<String>();
    let lower = fold(&tight);
    let of_lower = skeleton(&lower);
    let first = fold(&of_lower);
    // Skeletons are most of the work. Without capitals, one is enough: a skeleton's own is
    // the same.
    let of_tight = if lower == tight {
        of_lower
    } else {
        skeleton(&tight)
    };
    let folded = fold(&of_tight);
    let second = if folded == of_tight {
        folded
    } else {
        fold(&skeleton(&folded))
    };
    // "Ivan" and "lvan" look alike as they are, "Ivan" and "IVAN" only in lower case.
    [first, second]
}

/// The [`looks`] of "Guest".
const GUEST_LOOKS: [&str; 2] = ["guest", "guest"];

/// Whether a name with these [`looks`] looks like one that the server gives to a user without
/// one.
#[must_use]
pub(crate) fn is_guest(looks: &[String; 2]) -> bool {
    looks.iter().any(|look| {
        GUEST_LOOKS.iter().any(|guest| {
            look.strip_prefix(guest)
                // In a key, digits that look like letters are letters: 0 is o, 1 is l.
                .is_some_and(|rest| {
                    rest.chars()
                        .all(|c| c.is_numeric() || matches!(c, 'o' | 'l'))
                })
        })
    })
}

/// Returns the number in a name that the server gave: 7 in "Guest 7". `None` for a name
/// that only looks like one.
#[must_use]
pub(crate) fn guest_number(name: &str) -> Option<u64> {
    let (guest, number) = name.split_at_checked("Guest".len())?;
    let number = number.strip_prefix(' ').unwrap_or(number);
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    (guest.eq_ignore_ascii_case("Guest") && is_number)
        .then(|| number.parse().ok())
        .flatten()
}

/// Whether a character is invisible although it is a letter or a symbol: a Hangul filler,
/// or the empty Braille pattern.
fn is_blank(character: char) -> bool {
    let mut buffer = [0; 4];
    // In Unicode's table, the skeleton of an ignorable character is empty.
    !character.is_ascii()
        && (character == '\u{2800}'
            || skeleton(character.encode_utf8(&mut buffer))
                .next()
                .is_none())
}

/// Returns a room's name as the server writes it: normalised (NFKC), in lower case.
/// `None` if it is not a room's name: if it is empty or too long, or has characters other
/// than letters, digits, hyphens and underscores.
#[must_use]
pub(crate) fn room_name(raw: &str) -> Option<String> {
    if raw.len() > MAX_RAW_BYTES {
        return None;
    }
    if raw.is_ascii() {
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        let is_name = (1..=MAX_ROOM_NAME_CHARACTERS).contains(&raw.len());
        return (is_name && raw.bytes().all(is_plain)).then(|| raw.to_ascii_lowercase());
    }
    let normal = start(raw.nfkc(), MAX_NORMAL_ROOM_CHARACTERS)?;
    let name = start(normal.to_lowercase().nfkc(), MAX_ROOM_NAME_CHARACTERS)?;
    let is_plain = |c: char| c == '-' || c == '_' || c.is_alphanumeric() && !is_blank(c);
    (!name.is_empty() && name.chars().all(is_plain)).then_some(name)
}

/// Returns these characters, or `None` if they are more than `most`. The others are not even
/// computed.
fn start(characters: impl Iterator<Item = char>, most: usize) -> Option<String> {
    let mut characters = characters;
    let start = characters.by_ref().take(most).collect();
    characters.next().is_none().then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_client(raw: &str, expected: Option<&str>) {
        assert_eq!(client_name(raw).as_deref(), expected, "{raw:?}");
    }

    #[track_caller]
    fn check_alike(one: &str, other: &str, expected: bool) {
        let alike = looks(one).iter().any(|look| looks(other).contains(look));
        assert_eq!(alike, expected, "{one:?} and {other:?}");
    }

    #[test]
    fn a_users_name_may_be_in_any_script() {
        for name in [
            "Ann",
            "José",
            "Ólafur Þór",
            "李小龍",
            "नमस्ते",
            "R2-D2",
            "🦊",
            "o_O",
            "a",
        ] {
            check_client(name, Some(name));
        }
        check_client("  two   words ", Some("two words"));
        check_client("Jose\u{301}", Some("José"));
        check_client("Ｗｉｄｅ", Some("Wide"));
        check_client(&"x".repeat(24), Some(&"x".repeat(24)));
    }

    #[test]
    fn a_text_that_cannot_be_read_is_not_a_name() {
        let long = "x".repeat(25);
        let huge = "x".repeat(16_000);
        for raw in [
            "",
            " ",
            "...",
            "a\nb",
            "a\tb",
            "\u{7}",
            "a\u{202e}b",
            "a\u{200b}b",
            "\u{2066}a",
            "\u{feff}a",
            "a\u{2028}b",
            "\u{e000}",
            "\u{301}a",
            "\u{301}",
            "a\u{301}\u{302}\u{303}\u{304}",
            "´",
            // Invisible letters and symbols.
            "\u{115f}",
            "\u{3164}",
            "Ann\u{ffa0}",
            "\u{2800}",
            &long,
            &huge,
        ] {
            check_client(raw, None);
        }
    }

    #[test]
    fn names_that_look_alike_are_found() {
        check_alike("Ann", "ann", true);
        check_alike("Ivan", "lvan", true);
        check_alike("Ivan", "IVAN", true);
        // A Cyrillic а, a Greek ο, and one space more.
        check_alike("pal", "p\u{430}l", true);
        check_alike("Bob", "B\u{3bf}b", true);
        check_alike("Lord of all", "LordOfAll", true);
        check_alike("Ann", "Anne", false);
        check_alike("李", "王", false);
    }

    /// [`looks`] relies on it.
    #[test]
    fn the_skeleton_of_a_skeleton_is_the_same() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let once: String = skeleton(&text).collect();
            let is_same = |c: char| skeleton(c.encode_utf8(&mut [0; 4])).eq([c]);
            assert!(once.chars().all(is_same), "{character:?}");
        }
    }

    #[test]
    fn a_name_that_the_server_gives_is_recognised_in_any_look() {
        for name in ["Guest 7", "guest7", "GUEST 100", "Gu\u{435}st 1", "Guest"] {
            assert!(is_guest(&looks(name)), "{name}");
        }
        for name in ["Guesty", "Guest of honour", "Ann 7"] {
            assert!(!is_guest(&looks(name)), "{name}");
        }
        assert_eq!(looks("Guest"), GUEST_LOOKS);
    }

    #[test]
    fn a_name_is_as_long_as_its_normal_form() {
        // Of this character, NFKC makes 18, some of them spaces.
        let ligature = "\u{fdfa}";
        check_client(ligature, Some("صلى الله عليه وسلم"));
        check_client(&ligature.repeat(2), None);
        check_client(&ligature.repeat(83), None);
        check_client(&format!("{}a", " ".repeat(255)), Some("a"));
        check_client(
            &format!("  {}   b ", "x".repeat(22)),
            Some(&format!("{} b", "x".repeat(22))),
        );
        check_client(&format!("  {}   b ", "x".repeat(23)), None);
        // And of these two, one; but only in lower case.
        let room = |count| room_name(&"H\u{331}".repeat(count));
        assert_eq!(room(32), Some("\u{1e96}".repeat(32)));
        assert_eq!(room(33), None);
        assert_eq!(room_name(&ligature.repeat(83)), None);
    }

    #[test]
    fn a_room_name_is_plain_and_in_lower_case() {
        assert_eq!(room_name("Lobby").as_deref(), Some("lobby"));
        assert_eq!(room_name("ÜBER-raum_1").as_deref(), Some("über-raum_1"));
        let longest = "x".repeat(MAX_ROOM_NAME_CHARACTERS);
        assert_eq!(room_name(&longest), Some(longest));
        let long = "x".repeat(MAX_ROOM_NAME_CHARACTERS + 1);
        for raw in [
            "",
            "two words",
            "#red",
            "a/b",
            "a\u{202e}",
            "\n",
            "lobby\u{3164}",
            &long,
        ] {
            assert_eq!(room_name(raw), None, "{raw:?}");
        }
    }
}
