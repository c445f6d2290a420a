//! Texts for others, without what is nobody's business.

/// A value of a settings file without the secrets of webhooks, and the passwords of addresses, in
/// it.
#[must_use]
pub(crate) fn without_secrets(value: &str) -> String {
    let mut parts = value.split("whsec_");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_secret = |letter: char| letter.is_ascii_alphanumeric() || "+/=".contains(letter);
        shown.push_str("whsec_…");
        shown.push_str(part.trim_start_matches(is_secret));
    }
    without_passwords(&shown)
}

/// The same text without what is in front of an `@` in the authority of its addresses.
fn without_passwords(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_end = |letter: char| "/?#\"' ".contains(letter);
        let (authority, rest) = part.split_at(part.find(is_end).unwrap_or(part.len()));
        shown.push_str("://");
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str("…@");
                shown.push_str(host);
            }
            None => shown.push_str(authority),
        }
        shown.push_str(rest);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_shown() {
        for (value, shown) in [
            (
                "[{ secret = \"whsec_Abc+/=9\" }]",
                "[{ secret = \"whsec_…\" }]",
            ),
            (
                "\"https://me:pass@a.example/x?y\"",
                "\"https://…@a.example/x?y\"",
            ),
            ("[\"https://a.example/@me\"]", "[\"https://a.example/@me\"]"),
            (
                "[\"wss://a\", \"wss://b:c@d\"]",
                "[\"wss://a\", \"wss://…@d\"]",
            ),
        ] {
            assert_eq!(without_secrets(value), shown);
        }
    }
}
