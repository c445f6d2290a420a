//! A search looks at a few lines before it asks the index.

use super::super::find::Sample;
use super::*;

use crate::journal::search::Wanted;
use crate::store::StoreOptions;
use crate::store::tests::options;

#[test]
fn a_search_asks_the_index_for_what_few_lines_have() {
    let wanted = Wanted::new(&search("Torches brass"));
    let mut sample = Sample::new(&wanted);
    assert_eq!(
        sample.query(),
        "text : \"torches\" AND text : \"brass\"",
        "nothing is known of either"
    );
    let line = |text: &str| Line {
        text: text.into(),
        ..Line::default()
    };
    let lines: Vec<_> = (0..16).map(|_| line("the torches burn")).collect();
    sample.add(&lines);
    assert_eq!(sample.query(), "text : \"brass\"");
    // Both are in many lines, so the rarer one is asked for.
    sample.add(&vec![line("torches of brass"); 8]);
    assert_eq!(sample.query(), "text : \"brass\"");
    let alone = Wanted::new(&search("torches"));
    let mut sample = Sample::new(&alone);
    sample.add(&lines);
    assert_eq!(sample.query(), "text : \"torches\"");
}

#[test]
fn a_search_finds_the_same_whether_it_looks_at_lines_first_or_not() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    for nonce in 100..160 {
        let rare = if nonce % 20 == 0 { "brass" } else { "iron" };
        room.said(&store, line("hall", nonce, &format!("torches {rare}")));
    }
    wait_for_index(&folder);
    drop((store, room));
    let pages = |looks_first: u64| -> Vec<Vec<Seq>> {
        let (store, _) = folder.open_with(&StoreOptions {
            looks_first,
            ..options()
        });
        let all = |text: &str| {
            let mut seqs = Vec::new();
            let mut from = Bytes::new();
            loop {
                let asked = SearchRead {
                    most: 7,
                    from,
                    ..search(text)
                };
                let (lines, next) = page(&store, asked);
                seqs.extend(lines.iter().map(|line| Seq(line.seq)));
                from = next;
                if from.is_empty() {
                    return seqs;
                }
            }
        };
        let found = ["torches", "torches brass", "brass", "iron torches"].map(all);
        found.into()
    };
    let by_index = pages(0);
    assert_eq!(
        by_index.iter().map(Vec::len).collect::<Vec<_>>(),
        [60, 3, 3, 57]
    );
    for looks_first in [1, 8, 64, 512] {
        assert_eq!(pages(looks_first), by_index, "{looks_first}");
    }
}
