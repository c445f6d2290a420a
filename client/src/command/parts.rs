//! The parts of what a user types: words, names in quotes, numbers of lines.

use alloc::string::String;

use guildhall_protocol::is_unseen;

/// White space in every client: blanks and control characters.
pub(super) fn is_space(character: char) -> bool {
    character <= ' '
}

/// Without the characters at the start that nobody sees, as a byte-order mark or a space
/// that was copied from a page: a whisper behind one of them must not become public.
pub(super) fn without_unseen_start(input: &str) -> &str {
    // White space does not count: a line that begins with it is said.
    input.trim_start_matches(|character: char| !is_space(character) && is_unseen(character))
}

pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Whether it begins with a slash and a letter.
pub(super) fn begins_command(input: &str) -> bool {
    matches!(input.as_bytes(), [b'/', letter, ..] if letter.is_ascii_alphabetic())
}

/// The first word, and the rest.
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(is_space).unwrap_or((text, ""));
    (word, trim(rest))
}

/// The first word, which may be in quotes, and the rest. `None` if the quotes have no end.
pub(super) fn quoted_word(text: &str) -> Option<(String, &str)> {
    match text.strip_prefix('"') {
        None => {
            let (word, rest) = first_word(text);
            Some((word.into(), rest))
        }
        Some(quoted) => {
            let (word, rest) = unquote(quoted);
            Some((word, trim(rest?)))
        }
    }
}

/// The text in quotes, of which the first is left out; and the rest, behind the last
/// quote, if there is one. A quote or a backslash that belongs to the text has a backslash
/// before it.
pub(super) fn unquote(quoted: &str) -> (String, Option<&str>) {
    let mut text = String::new();
    let mut rest = quoted;
    while let Some((before, behind)) = rest.split_once(['"', '\\']) {
        text.push_str(before);
        if rest.as_bytes().get(before.len()) == Some(&b'"') {
            return (text, Some(behind));
        }
        let mut escaped = behind.chars();
        if let Some(mark @ ('"' | '\\')) = escaped.next() {
            text.push(mark);
            rest = escaped.as_str();
        } else {
            text.push('\\');
            rest = behind;
        }
    }
    text.push_str(rest);
    (text, None)
}

/// The number of a line, which may have a `#` before it.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = digits.parse().ok().filter(|_| is_digits(digits));
    number.filter(|number| *number > 0)
}

/// Whether it has digits and nothing else. (A number that Rust parses may have a sign.)
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a line and what is behind it. What has nothing behind it is no number.
pub(super) fn numbered(text: &str) -> (Option<u64>, &str) {
    let (word, rest) = first_word(text);
    match number(word) {
        Some(number) if !rest.is_empty() => (Some(number), rest),
        _ => (None, text),
    }
}

/// A room's name, without the `#` that a user may type.
pub(super) fn room(text: &str) -> &str {
    trim(text.strip_prefix('#').unwrap_or(text))
}

pub(super) fn quote_if_needed(name: &str) -> String {
    if name.contains(is_space) || name.starts_with('"') {
        quote(name)
    } else {
        name.into()
    }
}

/// The name in quotes, see [`unquote`].
pub(super) fn quote(name: &str) -> String {
    let mut quoted = String::from("\"");
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

pub(super) fn begins(whole: &str, beginning: &str) -> bool {
    let same = whole.get(..beginning.len());
    same.is_some_and(|same| same.eq_ignore_ascii_case(beginning))
}

pub(super) fn matching<'a>(
    all: impl Iterator<Item = &'a str>,
    beginning: &str,
) -> impl Iterator<Item = &'a str> {
    all.filter(move |whole| begins(whole, beginning))
}
