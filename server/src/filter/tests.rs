use super::*;

fn words(list: &str, act: FilterAct) -> Filter {
    Filter {
        look: Look::Words(Arc::new(WordList::parse(list, WordMatch::Word).unwrap())),
        act,
        rooms: None,
        label: "words".into(),
    }
}

fn filter(look: Look, act: FilterAct) -> Filter {
    Filter {
        look,
        act,
        rooms: None,
        label: "it".into(),
    }
}

fn check(filters: &[Filter], text: &str) -> Checked {
    Filters::new(filters.to_vec()).check(Location::Room("red"), text)
}

#[test]
fn a_text_is_refused_held_masked_or_flagged() {
    let filters = [
        words("bad", FilterAct::Flag),
        words("worse", FilterAct::Mask),
        words("worst", FilterAct::Hold),
        words("never", FilterAct::Block),
    ];
    assert_eq!(check(&filters, "hello"), Checked::default());
    let flagged = check(&filters, "bad");
    assert_eq!(flagged.flags, [(FilterKind::Words, "words".into())]);
    assert_eq!(
        (flagged.masked, flagged.held, flagged.refused),
        (None, None, None)
    );
    let masked = check(&filters, "so w.o.r.s.e, bad");
    assert_eq!(masked.masked.as_deref(), Some("so *********, bad"));
    assert_eq!(masked.flags.len(), 1);
    let held = check(&filters, "worse worst");
    assert_eq!(held.held, Some(FilterKind::Words));
    assert_eq!(held.masked.as_deref(), Some("***** worst"));
    let refused = check(&filters, "bad worse worst never");
    let expected = Checked {
        refused: Some(FilterKind::Words),
        ..Checked::default()
    };
    assert_eq!(refused, expected);
}

#[test]
fn masking_keeps_the_number_of_characters_and_the_spaces() {
    let filters = [words("f u c k\nfuck\nкот\né", FilterAct::Mask)];
    for (text, expected) in [
        ("oh fuck!", "oh ****!"),
        ("f u c k", "* * * *"),
        ("🎉 fu\u{301}ck 🎉", "🎉 ***** 🎉"),
        ("КОТ кот", "*** ***"),
        ("e\u{301}", "**"),
        ("f\u{200b}uck you", "***** you"),
    ] {
        let masked = check(&filters, text).masked.unwrap();
        assert_eq!(masked, expected);
        assert_eq!(masked.chars().count(), text.chars().count());
    }
}

#[test]
fn a_filter_of_some_rooms_looks_at_no_whisper_and_no_user() {
    let here = Filter {
        rooms: Some(vec![Pattern::new("guild-*")]),
        ..words("bad", FilterAct::Block)
    };
    let filters = Filters::new(vec![here]);
    let refused = |location| filters.check(location, "bad").refused.is_some();
    assert!(refused(Location::Room("guild-1")));
    assert!(refused(Location::RoomName("guild-1")));
    assert!(!refused(Location::Room("lobby")));
    assert!(!refused(Location::Whisper));
    assert!(!refused(Location::UserName));
}

#[test]
fn a_name_is_refused_by_what_would_hold_or_mask_a_text() {
    for act in [FilterAct::Block, FilterAct::Hold, FilterAct::Mask] {
        let filters = Filters::new(vec![words("bad", act)]);
        assert_eq!(filters.refuse_user_name("B A D"), Some(FilterKind::Words));
        assert_eq!(filters.refuse_room_name("b-a-d"), Some(FilterKind::Words));
        assert_eq!(filters.refuse_user_name("Badger"), None);
    }
    let filters = Filters::new(vec![words("bad", FilterAct::Flag)]);
    assert_eq!(filters.refuse_user_name("bad"), None);
    assert_eq!(filters.check(Location::UserName, "bad").flags.len(), 1);
    let capitals = Look::Capitals(Capitals {
        percent: 50,
        least: 1,
    });
    let filters = Filters::new(vec![filter(capitals, FilterAct::Block)]);
    assert_eq!(filters.refuse_user_name("ANN"), None);
}

#[test]
fn a_whisper_is_not_held_but_refused() {
    let filters = Filters::new(vec![words("bad", FilterAct::Hold)]);
    let checked = filters.check(Location::Whisper, "bad");
    assert_eq!(checked.refused, Some(FilterKind::Words));
    assert_eq!(checked.held, None);
}

#[test]
fn links_capitals_mentions_and_repeats_are_found() {
    let kind = |look: Look, text: &str| check(&[filter(look, FilterAct::Block)], text).refused;
    let links = || Look::Links(AllowedLinks::default());
    assert_eq!(kind(links(), "see evil.com"), Some(FilterKind::Links));
    assert_eq!(kind(links(), "see you"), None);
    let capitals = || {
        Look::Capitals(Capitals {
            percent: 70,
            least: 6,
        })
    };
    assert_eq!(kind(capitals(), "SHOUTING"), Some(FilterKind::Capitals));
    assert_eq!(kind(capitals(), "Shouting"), None);
    let mentions = || Look::Mentions(Mentions { most: 2 });
    assert_eq!(kind(mentions(), "@a @b @c"), Some(FilterKind::Mentions));
    assert_eq!(kind(mentions(), "@a @b"), None);
    let repeats = Look::Repeats(Repeats {
        times: 1,
        within: Duration::from_secs(9),
    });
    let filters = Filters::new(vec![filter(repeats, FilterAct::Block)]);
    assert!(filters.has_repeats());
    let (mut recent, now) = (RecentTexts::default(), Instant::now());
    let refused = |recent: &RecentTexts| {
        let location = Location::Room("red");
        filters
            .check_after(location, "hello", Some((recent, None, now)))
            .refused
    };
    assert_eq!(refused(&recent), None);
    recent.said("hello", None, now);
    assert_eq!(refused(&recent), Some(FilterKind::Repeats));
}

#[test]
fn masked_capitals_are_small_and_masked_links_are_hidden() {
    let capitals = Look::Capitals(Capitals {
        percent: 40,
        least: 3,
    });
    let links = Look::Links(AllowedLinks::default());
    let filters = [
        filter(capitals, FilterAct::Mask),
        filter(links, FilterAct::Mask),
    ];
    let masked = check(&filters, "GO TO evil.com NOW").masked;
    assert_eq!(masked.as_deref(), Some("go to ******** now"));
}
