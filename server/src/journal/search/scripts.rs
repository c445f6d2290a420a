//! Lines in many scripts, and the searches that find them: for the tests of every search, with an
//! index and without one.

/// The texts of the lines.
pub(crate) const TEXTS: [&str; 7] = [
    "The Dragon sleeps",
    "Wir treffen uns am Brückentor, Straße 5",
    "我们明天去打龙",
    "明日はドラゴンを倒す",
    "พรุ่งนี้เราจะสู้กับมังกร",
    "gg 🎉",
    "a \"quoted\" word AND NOT (another) OR text:umn *",
];

/// Checks searches in lines that have exactly these texts. `found` returns the texts that a
/// search finds.
#[track_caller]
pub(crate) fn check(mut found: impl FnMut(&str) -> Vec<String>) {
    for (wanted, index) in [
        ("dragon", 0),
        ("SLEEPS the", 0),
        ("brückentor", 1),
        ("BRUCKENTOR strasse", 1),
        ("打龙", 2),
        ("龙", 2),
        ("ドラゴン", 3),
        ("มังกร", 4),
        ("🎉", 5),
        ("\"quoted\"", 6),
        ("NOT and (another", 6),
        ("text:umn", 6),
        ("word*", 6),
    ] {
        assert_eq!(found(wanted), [TEXTS[index]], "{wanted:?}");
    }
    for wanted in [
        "drag",
        "*",
        "\"",
        "'; --",
        "龙打",
        "NEAR(the)",
        "author:i7",
        "^the -x",
    ] {
        assert_eq!(found(wanted), [""; 0], "{wanted:?}");
    }
    assert_eq!(found("").len(), TEXTS.len());
}
