use super::*;

/// The parts of a text that the list finds.
fn found<'a>(list: &str, matches: WordMatch, text: &'a str) -> Vec<&'a str> {
    let list = WordList::parse(list, matches).unwrap();
    let found = list.find(&normal::forms(text));
    found.into_iter().map(|range| &text[range]).collect()
}

#[track_caller]
fn check(list: &str, text: &str, expected: &[&str]) {
    assert_eq!(found(list, WordMatch::Word, text), expected, "{text:?}");
}

#[track_caller]
fn check_part(list: &str, text: &str, expected: &[&str]) {
    assert_eq!(found(list, WordMatch::Part, text), expected, "{text:?}");
}

#[test]
fn a_word_is_found_however_it_is_written() {
    for text in [
        "fuck",
        "FUCK",
        "fUcK",
        "fuuuuuck",
        "ffuucckk",
        "f.u.c.k",
        "f u c k",
        "f-u-c-k",
        "f_u_c_k",
        "f. u. c. k",
        "fu.ck",
        "f*u*c*k",
        "fück",
        "f\u{301}u\u{308}ck",
        "f\u{200b}u\u{200d}c\u{ad}k",
        "ｆｕｃｋ",
        "𝕗𝕦𝕔𝕜",
        "ⓕⓤⓒⓚ",
        "fu\u{441}k",
        "FU\u{421}K",
        "🅵🅤🅒🅚",
        "🇫🇺🇨🇰",
        "ƒuck",
        "f.u.c\u{200b}.k",
    ] {
        check("fuck", text, &[text]);
    }
    check(
        "shit",
        "well sh1t, $h!t and 5h1t",
        &["sh1t", "$h!t", "5h1t"],
    );
    check("shit", "shlt", &[]);
    check("kill", "k1ll", &["k1ll"]);
    check("kill", "ki11", &["ki11"]);
    check("bitch", "b1tch BITCH b!tch", &["b1tch", "BITCH", "b!tch"]);
    check("ass", "a$$ @ss as5 aSs", &["a$$", "@ss", "as5", "aSs"]);
}

#[test]
fn words_that_only_have_it_inside_are_spared() {
    for text in [
        "Scunthorpe",
        "Penistone",
        "Essex",
        "assassin",
        "classic",
        "Dickens",
        "Sussex",
        "cockpit",
        "shiitake",
        "Arsenal",
        "analysis",
        "therapist",
        "he'll",
        "good",
        "I'd",
        "as",
        "level 455",
        "bus.hit",
        "pass.it",
        "hello.shell",
        "grapes",
        "a 55 b",
    ] {
        check(
            "cunt\npenis\nsex\nass\nclas\ndick\ncock\nshit\narse\nanal\nrapist\nhell\nsit\nrape",
            text,
            &[],
        );
    }
}

#[test]
fn letters_that_stand_twice_in_an_entry_stand_twice_in_the_text() {
    check("ass", "as", &[]);
    check("ass", "ass asssss", &["ass", "asssss"]);
    check("ass\nas", "as", &["as"]);
    // An entry finds longer runs, and what must be spared is said.
    check("nob", "noob", &["noob"]);
    check("nob\n!noob", "noob nob nooob", &["nob"]);
}

#[test]
fn parts_are_found_in_words_and_whole_words_can_be_spared() {
    check_part("cunt", "Scunthorpe", &["cunt"]);
    check_part("cunt\n!scunthorpe", "Scunthorpe", &[]);
    check_part("cunt\n!scunthorpe", "Scunthorpes", &["cunt"]);
    check_part("cunt\n!scunthorpe*", "Scunthorpes, cunts", &["cunt"]);
    check_part("fuck", "motherfucker f.u.c.k.i.n.g", &["fuck", "f.u.c.k"]);
    // Of two words that signs part, only such that begin with it.
    check_part("shit", "bus.hit shi.thead", &["shi.t"]);
}

#[test]
fn a_star_says_where_a_word_may_go_on() {
    check("cat*", "cats concat cat", &["cat", "cat"]);
    check("*cat", "cats concat cat", &["cat", "cat"]);
    check("*cat*", "scating scatter", &["cat", "catt"]);
    check_part("cat*", "cats concat", &["cat", "cat"]);
}

#[test]
fn an_entry_can_have_several_words() {
    check("kill yourself", "go KILL   yourself!", &["KILL   yourself"]);
    check("kill yourself", "kill-your-self", &[]);
    check("kill-yourself", "kill.yourself", &["kill.yourself"]);
}

#[test]
fn words_of_other_scripts_are_found() {
    check("сука", "Сука! су.ка сукa", &["Сука", "су.ка", "сукa"]);
    check("хуй", "хуй Хуй", &["хуй", "Хуй"]);
    check("вор", "Вор вор", &["Вор", "вор"]);
    check("傻逼", "你是傻逼吗", &["傻逼"]);
    check("ばか", "おばかさん はか", &["ばか"]);
    check(
        "시발",
        "시발 \u{1109}\u{1175}\u{1107}\u{1161}\u{11af}",
        &["시발", "\u{1109}\u{1175}\u{1107}\u{1161}\u{11af}"],
    );
    check("كلب", "كَلْب", &["كَلْب"]);
}

#[test]
fn a_list_has_comments_and_says_what_is_wrong_with_it() {
    let parse = |text: &str| WordList::parse(text, WordMatch::Word);
    let list = parse("\u{feff}# words\n\n one \r\nTwo\n").unwrap();
    assert_eq!(list.len(), 2);
    assert!(parse("").unwrap().is_empty());
    assert!(
        parse("")
            .unwrap()
            .find(&normal::forms("any text"))
            .is_empty()
    );
    assert_eq!(parse("a\n...").unwrap_err(), WordListError::Empty(2));
    assert_eq!(parse("!*").unwrap_err(), WordListError::Empty(1));
    let long = "ab".repeat(33);
    assert_eq!(parse(&long).unwrap_err(), WordListError::TooLong(1));
}

#[test]
fn what_is_found_is_bounded_and_never_parts_a_character() {
    let list = (1..60).map(|count| "ab".repeat(count)).collect::<Vec<_>>();
    let list = WordList::parse(&list.join("\n"), WordMatch::Part);
    // Entries of more than 64 letters are refused.
    assert_eq!(list.unwrap_err(), WordListError::TooLong(33));
    let list = (1..32).map(|count| "ab".repeat(count)).collect::<Vec<_>>();
    let list = WordList::parse(&list.join("\n"), WordMatch::Part).unwrap();
    let text = "ab".repeat(1_000);
    assert!(!list.find(&normal::forms(&text)).is_empty());
    let list = WordList::parse("a\né\nя", WordMatch::Part).unwrap();
    for text in [
        "a\u{301}\u{302}é",
        "яa\u{301}",
        &"\u{301}".repeat(1_000),
        "🇦🇧a",
    ] {
        for range in list.find(&normal::forms(text)) {
            assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
        }
    }
}
