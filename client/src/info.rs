//! The looks of a user beside the name (docs/client.md, "Users"). They are in the `info` of
//! members and lines, which the game's backend has put into the user's token. The rules are the
//! same in every client; `proto/testdata/traces/infos.json` holds them together.

use alloc::string::String;
use core::iter::Peekable;
use core::str::Chars;

use guildhall_protocol::is_unseen;

/// The longest badge, in characters.
const LONGEST_BADGE: usize = 16;

/// The longest address of an avatar, in bytes.
const LONGEST_AVATAR: usize = 512;

/// So deep may values be in one another.
const DEEPEST: u32 = 32;

/// The part of an `info` that clients know. A value that breaks a rule is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Info {
    /// The colour of the name: red, green, blue.
    pub color: Option<[u8; 3]>,
    /// A short text beside the name; empty: none.
    pub badge: String,
    /// The address of a picture, which begins with `https://`; empty: none.
    pub avatar: String,
}

impl Info {
    /// Reads the JSON text of an `info`. Nothing is known of one that is not a JSON object.
    ///
    /// # Example
    ///
    /// ```
    /// use guildhall_client::info::Info;
    ///
    /// let info = Info::read(r##"{"color": "#fc0", "badge": " Elder ", "level": 7}"##);
    /// assert_eq!(info.color, Some([0xff, 0xcc, 0]));
    /// assert_eq!(info.badge, "Elder");
    /// assert_eq!(info.avatar, "");
    /// ```
    #[must_use]
    pub fn read(json: &str) -> Self {
        let mut info = Self::default();
        let mut reader = Reader(json.chars().peekable());
        if reader.object(&mut info).is_none() || reader.next().is_some() {
            return Self::default();
        }
        info
    }

    fn set(&mut self, key: &str, value: &str) {
        match key {
            "color" => self.color = color(value),
            "badge" => self.badge = badge(value),
            "avatar" => self.avatar = avatar(value),
            _ => {}
        }
    }
}

/// `#rgb` or `#rrggbb`.
fn color(text: &str) -> Option<[u8; 3]> {
    let hex = text.strip_prefix('#')?;
    let mut digits = [0; 6];
    let step = match hex.len() {
        3 => 1,
        6 => 2,
        _ => return None,
    };
    for (index, digit) in digits.iter_mut().enumerate() {
        let at = if step == 1 { index / 2 } else { index };
        *digit = char::from(hex.as_bytes()[at]).to_digit(16)?;
    }
    let byte = |index: usize| u8::try_from(digits[index] * 16 + digits[index + 1]).ok();
    Some([byte(0)?, byte(2)?, byte(4)?])
}

/// The visible characters of a text, with spaces only between them.
fn badge(text: &str) -> String {
    let seen = text.chars().filter(|it| *it == ' ' || !is_unseen(*it));
    let seen: String = seen.collect();
    let short: String = seen.trim_matches(' ').chars().take(LONGEST_BADGE).collect();
    String::from(short.trim_end_matches(' '))
}

/// An `https` address with a host and without a user, of characters that need no escape.
fn avatar(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'<>\\`".contains(&byte);
    let rest = text.strip_prefix("https://").unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_good = text.len() <= LONGEST_AVATAR
        && text.bytes().all(is_plain)
        && !host.is_empty()
        && !host.contains('@');
    String::from(if is_good { text } else { "" })
}

/// Whether a word is a number. The library's parser of numbers would be ten kilobytes for a
/// browser to load.
fn is_number(word: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let has_needless_zero = whole.len() > 1 && whole.starts_with('0');
    are_digits(whole) && !has_needless_zero && are_digits(fraction) && are_digits(exponent)
}

/// Reads as much of JSON (RFC 8259) as it takes to find the texts of an object.
struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    /// The next character that is not white space.
    fn next(&mut self) -> Option<char> {
        self.peek();
        self.0.next()
    }

    fn peek(&mut self) -> Option<char> {
        while self
            .0
            .next_if(|it| matches!(it, ' ' | '\t' | '\n' | '\r'))
            .is_some()
        {}
        self.0.peek().copied()
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    fn object(&mut self, info: &mut Info) -> Option<()> {
        self.take('{')?;
        if self.peek()? == '}' {
            return self.take('}');
        }
        loop {
            self.take('"')?;
            let key = self.text()?;
            self.take(':')?;
            if self.peek()? == '"' {
                self.take('"')?;
                info.set(&key, &self.text()?);
            } else {
                // Not a text: as if it were empty.
                self.value(DEEPEST)?;
                info.set(&key, "");
            }
            match self.next()? {
                ',' => {}
                '}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// A value that is of no use.
    fn value(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let first = self.next()?;
        let end = match first {
            '"' => return self.text().map(|_| ()),
            '{' => '}',
            '[' => ']',
            _ => return self.word(first),
        };
        if self.peek()? == end {
            return self.take(end);
        }
        loop {
            if first == '{' {
                self.take('"')?;
                self.text()?;
                self.take(':')?;
            }
            self.value(depth)?;
            match self.next()? {
                ',' => {}
                last => return (last == end).then_some(()),
            }
        }
    }

    /// A number, or `true`, `false` or `null`.
    fn word(&mut self, first: char) -> Option<()> {
        let mut word = String::from(first);
        let is_part = |it: &char| it.is_ascii_alphanumeric() || matches!(it, '+' | '-' | '.');
        while let Some(next) = self.0.next_if(is_part) {
            word.push(next);
        }
        let is_good = matches!(word.as_str(), "true" | "false" | "null") || is_number(&word);
        is_good.then_some(())
    }

    /// The rest of a text whose first quote is read.
    fn text(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let next = match self.0.next()? {
                '"' => return Some(text),
                '\\' => self.escape()?,
                control if control < ' ' => return None,
                other => other,
            };
            text.push(next);
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.0.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut units = [self.unit()?, 0];
                let is_pair = (0xd800..0xdc00).contains(&units[0]);
                if is_pair {
                    (self.0.next()? == '\\' && self.0.next()? == 'u').then_some(())?;
                    units[1] = self.unit()?;
                }
                let units = &units[..=usize::from(is_pair)];
                char::decode_utf16(units.iter().copied()).next()?.ok()?
            }
            plain @ ('"' | '\\' | '/') => plain,
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u16> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + self.0.next()?.to_digit(16)?;
        }
        u16::try_from(unit).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::is_number;

    #[test]
    fn a_number_is_what_json_says() {
        for number in [
            "0", "-0", "7", "-12", "1.50", "0.1", "1e9", "-2.5e+3", "1E-7",
        ] {
            assert!(is_number(number), "{number}");
        }
        for other in [
            "", "-", "+1", "01", "-01", "1.", ".5", "1.e3", "1e", "1e+", "1.2.3", "1e1e1", "inf",
            "NaN", "0x1f", "--1", "1-2",
        ] {
            assert!(!is_number(other), "{other}");
        }
    }
}
