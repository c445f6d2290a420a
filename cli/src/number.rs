//! Numbers on the command line and in variables.

use std::ops::RangeInclusive;

/// Returns a parser of whole numbers within a range, whose error says what is expected. A
/// range up to `u64::MAX` has no end.
pub(crate) fn number<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        // The parser of numbers takes a sign, too.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok();
        let number = number.filter(|number| is_plain && range.contains(number));
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| match *range.end() {
                u64::MAX => format!("expected a whole number, {} or more", range.start()),
                most => format!("expected a whole number from {} to {most}", range.start()),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: RangeInclusive<u64>, text: &str, expected: Result<u16, &str>) {
        let found = number::<u16>(range)(text);
        assert_eq!(found, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn a_number_is_in_its_range() {
        for text in ["1", "9", "09"] {
            check(1..=9, text, Ok(text.parse().unwrap()));
        }
        for text in [
            "",
            "0",
            "10",
            "+1",
            "-1",
            " 1",
            "1.0",
            "1k",
            "0x1",
            "99999999999999999999",
        ] {
            check(1..=9, text, Err("expected a whole number from 1 to 9"));
        }
        let up = 1..=u64::MAX;
        check(up.clone(), "65535", Ok(65_535));
        check(up.clone(), "0", Err("expected a whole number, 1 or more"));
        // More than the type can hold.
        check(up, "65536", Err("expected a whole number, 1 or more"));
    }
}
