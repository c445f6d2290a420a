//! Names that are allowed, names that are not, and names that look alike.

mod cldr;

use super::*;
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

#[track_caller]
fn check_client(raw: &str, expected: Option<&str>) {
    assert_eq!(client_name(raw).ok().as_deref(), expected, "{raw:?}");
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

/// Persian, Sinhala, Malayalam in both spellings, Bengali, Kannada.
#[test]
fn a_joiner_that_changes_what_is_seen_stays_in_a_name() {
    for name in [
        "می\u{200c}خواهم",
        "ශ්\u{200d}රී",
        "ന്\u{200d}",
        "അബ്\u{200c}ഖ",
        "র\u{200d}\u{9cd}য\u{9be}ব",
        "ক্\u{200d}ষ",
        "ಜೋಂಗ್\u{200c}ಖಾ",
        "葛\u{e0100}",
        "ᠪᠠ\u{180e}ᠠ",
    ] {
        check_client(name, Some(name));
        assert_eq!(room_name(name).as_deref(), Ok(name), "{name:?}");
    }
    for raw in [
        "a\u{200c}b",
        "a\u{200d}b",
        "\u{200d}a",
        "م\u{200d}م",
        "د\u{200c}م",
    ] {
        check_client(raw, None);
        assert!(room_name(raw).is_err(), "{raw:?}");
    }
}

#[test]
fn what_shows_nothing_at_its_place_is_left_out() {
    for (raw, expected) in [
        ("\u{200f}שלום", "שלום"),
        ("Ann\u{200c}", "Ann"),
        ("Ann\u{fe0f}", "Ann"),
        ("ខ្មែរ\u{200b}ខ្មែរ", "ខ្មែរខ្មែរ"),
        ("ক্\u{200c} ক", "ক্ ক"),
        // What it parted is one letter then, or one space.
        ("e\u{34f}\u{301}", "é"),
        ("a \u{fe0f} b \u{fe0f}", "a b"),
    ] {
        check_client(raw, Some(expected));
        check_client(expected, Some(expected));
    }
    assert_eq!(room_name("ខ្មែរ\u{200b}ខ្មែរ").as_deref(), Ok("ខ្មែរខ្មែរ"));
    check_client("\u{fe0f}", None);
    check_client("\u{200f}", None);
}

#[test]
fn a_letter_has_as_many_marks_as_its_script_needs() {
    // Burmese, Hebrew, Khmer, Thai, Vietnamese, Tibetan.
    for name in [
        "ကျော်",
        "လျှော့်",
        "ש\u{5b4}\u{5bc}\u{5c1}ן",
        "ស្ត្រី",
        "น้ำ",
        "ปี่",
        "Nguyễn",
        "བསྐྲུན",
        "a\u{300}\u{331}",
    ] {
        assert!(client_name(name).is_ok(), "{name:?}");
        assert!(room_name(name).is_ok(), "{name:?}");
    }
    let marks = Err(NameRule::Marks.into());
    for raw in [
        "Z\u{335}\u{321}\u{322}",
        "ก\u{e47}\u{e47}",
        "ก\u{e31}\u{e34}\u{e48}\u{e49}\u{e4c}",
        "ש\u{5b0}\u{5b1}\u{5b2}\u{5b3}\u{5b4}",
    ] {
        assert_eq!(client_name(raw), marks, "{raw:?}");
        assert_eq!(room_name(raw), marks, "{raw:?}");
    }
    // Upon a space, nothing, or a full stop.
    for raw in ["a \u{301}", "\u{5b4}", "a.\u{301}"] {
        let rule = client_name(raw).unwrap_err().rule;
        assert_eq!(rule, NameRule::Place, "{raw:?}");
    }
}

#[test]
fn every_emoji_of_unicodes_list_is_a_name() {
    let variants = emojis::iter().flat_map(|emoji| {
        let tones = emoji.skin_tones().into_iter().flatten();
        tones.chain([emoji])
    });
    // Some are letters in NFKC, such as the Japanese ones in a circle.
    let is_kept = |emoji: &str| spelling::normal(emoji).eq(emoji.chars());
    let mut count = 0;
    for emoji in variants.filter(|emoji| is_kept(emoji.as_str())) {
        let name = format!("Ann{emoji}");
        check_client(&name, Some(&name));
        count += 1;
    }
    assert!(count > 3_600, "{count}");
    for name in [
        "🧑\u{200d}🚀",
        "Bo 👩\u{200d}👩\u{200d}👧",
        "1\u{fe0f}\u{20e3}st",
        "🏳\u{200d}🌈",
        "👍🏽",
        "🇩🇪",
    ] {
        check_client(name, Some(name));
    }
    for raw in [
        "🚀\u{200d}🚀",
        "🦊\u{200d}",
        "\u{200d}🦊",
        "🦊\u{e0067}",
        "🦊\u{200d}\u{200d}🦊",
    ] {
        check_client(raw, None);
    }
}

#[test]
fn letters_keep_the_spelling_of_their_language() {
    for name in ["น้ำ", "ນ້ຳ", "Սևան", "ㅋㅋ"] {
        check_client(name, Some(name));
        assert_eq!(room_name(name), Ok(name.to_lowercase()));
        let apart: String = name.nfkc().collect();
        assert_ne!(apart, name);
        check_alike(name, &apart, true);
    }
}

/// [`characters`] leaves blank letters to the list of ignorable characters.
#[test]
fn no_blank_letter_is_in_a_name() {
    for character in '\0'..=char::MAX {
        let is_blank = skeleton(character.encode_utf8(&mut [0; 4]))
            .next()
            .is_none();
        if is_blank {
            check_client(&character.to_string(), None);
            let beside = client_name(&format!("a{character}b"));
            assert!(
                beside.is_err() || beside.as_deref() == Ok("ab"),
                "{character:?}"
            );
        }
    }
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
    // Quotes.
    for name in [
        "\"Zed\"",
        "'Zed'",
        "“Zed”",
        "«Zed»",
        "„Zed“",
        "‹Zed›",
        "「Zed」",
        "`Zed`",
        "Z'ed",
        "Z״ed",
    ] {
        check_alike("Zed", name, true);
        check_alike("ZED", name, true);
    }
    // Joiners, a choice of a picture, and a dot that is there anyway.
    check_alike("می\u{200c}خواهم", "میخواهم", true);
    check_alike("👩\u{200d}🚀", "👩🚀", true);
    check_alike("❤\u{fe0f}", "❤", true);
    // Marks in another order.
    check_alike("น้ำ", "น\u{e4d}\u{e49}า", true);
    check_alike("ကော့်", "ကော်\u{1037}", true);
    check_alike("Dina", "Di\u{307}na", true);
    check_alike("Dina", "DİNA", true);
    check_alike("Dina", "dına", true);
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
    let room = |count| room_name(&"H\u{331}".repeat(count)).ok();
    assert_eq!(room(32), Some("\u{1e96}".repeat(32)));
    assert_eq!(room(33), None);
    assert!(room_name(&ligature.repeat(83)).is_err());
}

#[test]
fn a_room_name_is_plain_and_in_lower_case() {
    assert_eq!(room_name("Lobby").as_deref(), Ok("lobby"));
    assert_eq!(room_name("ÜBER-raum_1").as_deref(), Ok("über-raum_1"));
    let longest = "x".repeat(MAX_ROOM_NAME_CHARACTERS);
    assert_eq!(room_name(&longest), Ok(longest));
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
        assert!(room_name(raw).is_err(), "{raw:?}");
    }
    for raw in [
        "a\u{307}",
        "Ann",
        "हिन्दी",
        "தமிழ்",
        "ห้อง",
        "བོད་སྐད་",
        "צה״ל",
        "col·lecció",
        "๓",
    ] {
        assert!(room_name(raw).is_ok(), "{raw:?}");
    }
    // In lower case, this is an i with a dot above.
    assert_eq!(room_name("İstanbul").as_deref(), Ok("istanbul"));
    assert_eq!(room_name("İ\u{307}\u{301}").as_deref(), Ok("í"));
}

/// Characters that mean something else beside others.
const TRICKY: &str = "aéİiß \u{301}\u{307}\u{327}\u{34f}\u{200b}\u{200c}\u{200d}\u{200f}\u{fe0f}\u{20e3}\
    \u{202e}1#-_.\"'ﷺﬁ々葛\u{e0100}มี้ำກຳໜណ្ណက်ှာ\u{94d}कষ\u{9cd}যشـدَّᠠ\u{180b}\u{180e}👩🚀❤🏽🇩Σㅋㅏ";

proptest! {
    #[test]
    fn a_name_as_the_server_writes_it_is_the_same_name(
        raw in prop::collection::vec(prop::sample::select(TRICKY.chars().collect::<Vec<_>>()), 0..20)
    ) {
        let raw: String = raw.into_iter().collect();
        if let Ok(name) = client_name(&raw) {
            prop_assert_eq!(client_name(&name), Ok(name.clone()));
            prop_assert!(!is_blank_text(&name) && name.chars().count() <= MAX_NAME_CHARACTERS);
            prop_assert!(!name.chars().any(is_control));
        }
        if let Ok(name) = room_name(&raw) {
            prop_assert_eq!(room_name(&name), Ok(name.clone()));
            prop_assert!(name.chars().count() <= MAX_ROOM_NAME_CHARACTERS);
            prop_assert!(!name.chars().any(|c| is_control(c) || c == ' '));
        }
    }
}
