impl Language {
    /// Its tag, such as "de" or "pt-BR".
    #[must_use]
    pub fn tag(self) -> &'static str {
        Self::TAGS[self as usize]
    }

    /// Its own name for itself, such as "Deutsch".
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The language for a tag such as "de-AT" or "`de_DE.UTF-8`"; English if there
    /// is no catalogue for it.
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        // How many parts of a catalogue's tag have to be the wanted ones.
        let fits = |catalogue: &str, parts: usize| {
            let mut wanted = tag.split(['-', '_', '.']);
            let mut parts = catalogue.split('-').take(parts);
            parts.all(|part| wanted.next().is_some_and(|it| it.eq_ignore_ascii_case(part)))
        };
        // From the end: "pt-BR" stands behind "pt", and is better for "pt-BR".
        let find = |parts| (Self::ALL.into_iter().rev()).find(|it| fits(it.tag(), parts));
        find(usize::MAX).or_else(|| find(1)).unwrap_or_default()
    }

    /// The text in this language.
    #[must_use]
    pub fn get(self, text: Text) -> &'static str {
        text.0[self as usize]
    }
}

/// A text without arguments, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(&'static [&'static str; COUNT]);

/// Puts arguments into a pattern, in which `{0}` and `{1}` stand for them. What is
/// in an argument is no pattern.
pub(super) fn fill(pattern: &str, arguments: &[&str]) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('{') {
        text += before;
        // A pattern has one digit between its braces.
        let index = behind.bytes().next().unwrap_or_default().wrapping_sub(b'0');
        text += arguments.get(usize::from(index)).unwrap_or(&"");
        rest = behind.get(2..).unwrap_or_default();
    }
    text + rest
}
