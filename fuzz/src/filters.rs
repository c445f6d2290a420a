//! The target `filters`: a list of words, and a text that somebody says.

use std::sync::Arc;

use guildhall_server::filter::{
    AllowedLinks, Capitals, Filter, FilterAct, Filters, Location, Look, Mentions, WordList,
    WordMatch,
};

use crate::input::Input;

/// Reads the act, the list up to a zero byte, and the text behind it.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte().unwrap_or_default();
    let list = String::from_utf8_lossy(input.up_to_zero());
    let text = String::from_utf8_lossy(input.0);
    let act = [
        FilterAct::Mask,
        FilterAct::Block,
        FilterAct::Hold,
        FilterAct::Flag,
    ];
    let act = act[usize::from(choice % 4)];
    let matches = [WordMatch::Word, WordMatch::Part][usize::from(choice / 4 % 2)];
    let words = WordList::parse(&list, matches).ok().map(Arc::new);
    let links = AllowedLinks::new(["example.org", "game.example"]).expect("two hosts");
    let looks = [
        words.clone().map(Look::Words),
        Some(Look::Links(links)),
        Some(Look::Capitals(Capitals {
            percent: 70,
            least: 8,
        })),
        Some(Look::Mentions(Mentions { most: 3 })),
    ];
    let filter = |look: Look| Filter {
        act: if look.can_mask() || act != FilterAct::Mask {
            act
        } else {
            FilterAct::Flag
        },
        look,
        rooms: None,
        label: "a filter".into(),
    };
    let filters = Filters::new(looks.into_iter().flatten().map(filter).collect());
    for location in [Location::Room("red"), Location::Whisper, Location::UserName] {
        let checked = filters.check(location, &text);
        if let Some(masked) = checked.masked {
            assert!(act == FilterAct::Mask && location != Location::UserName);
            assert_ne!(masked, text);
            // A text stays within the limits that it was checked for before.
            assert_eq!(masked.chars().count(), text.chars().count());
            assert!(masked.len() <= text.len(), "{masked:?} of {text:?}");
        }
        assert!(checked.refused.is_none() || act != FilterAct::Flag);
    }
    let _ = filters.refuse_room_name(&text);
    if let Some(words) = words {
        check_each_word(words, &list);
    }
}

/// A list finds each of its own plain words, unless something in it spares words.
fn check_each_word(words: Arc<WordList>, list: &str) {
    if list.contains('!') {
        return;
    }
    let filters = Filters::new(vec![Filter {
        look: Look::Words(words),
        act: FilterAct::Block,
        rooms: None,
        label: "a filter".into(),
    }]);
    for word in list.lines().map(str::trim) {
        let is_plain = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        if is_plain {
            let text = format!("so {word} it is");
            let checked = filters.check(Location::Whisper, &text);
            assert!(checked.refused.is_some(), "{text:?} is let through");
        }
    }
}
