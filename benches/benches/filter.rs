//! The cost of filters: with usual texts, and with the worst that a client can send, with lists of
//! up to 100,000 words. The time of a text must be bounded, whatever is in it.

#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use guildhall_server::filter::{
    AllowedLinks, Capitals, Filter, FilterAct, Filters, Location, Look, Mentions, WordList,
    WordMatch,
};

/// The most bytes of a text.
const MOST: usize = 2_000;

fn filter(look: Look, act: FilterAct) -> Filter {
    Filter {
        look,
        act,
        rooms: None,
        label: "bench".into(),
    }
}

/// A list of so many words, like those of a language.
fn list(words: usize, matches: WordMatch) -> Look {
    fastrand::seed(7);
    let syllables = [
        "ba", "co", "du", "fe", "gi", "ka", "lo", "mu", "ne", "pi", "ra", "sto", "tu", "ve", "zi",
    ];
    let word = |_| {
        let count = fastrand::usize(2..5);
        (0..count)
            .map(|_| *fastrand::choice(&syllables).unwrap_or(&"x"))
            .collect::<String>()
    };
    let text: Vec<String> = (0..words).map(word).collect();
    let list = WordList::parse(&text.join("\n"), matches);
    Look::Words(Arc::new(list.unwrap_or_else(|error| panic!("{error}"))))
}

/// A text of the most bytes that repeats this.
fn most(text: &str) -> String {
    text.repeat(MOST / text.len())
}

fn texts() -> Vec<(&'static str, String)> {
    let line =
        "hello everybody, who wants to come to the dungeon with me at 8? I have 2 potions left";
    vec![
        ("a line of 85 bytes", line.to_owned()),
        (
            "a line of Russian",
            "привет всем, кто хочет пойти со мной в подземелье?".to_owned(),
        ),
        ("2,000 bytes of words", most("hello everybody ")),
        ("2,000 bytes of one letter", most("a")),
        ("2,000 bytes of marks", most("\u{301}")),
        (
            "2,000 bytes of letters with marks",
            most("a\u{301}\u{302}\u{303}"),
        ),
        (
            "2,000 bytes of look-alikes",
            most("\u{430}\u{435}\u{43e}\u{440}"),
        ),
        ("2,000 bytes of signs for letters", most("1!|0a$")),
        ("2,000 bytes of single letters", most("b.a.c.o.")),
        ("2,000 bytes of syllables of the list", most("baco")),
        ("2,000 bytes of ligatures", most("\u{fdfa}")),
        ("2,000 bytes of dots", most("a.")),
    ]
}

fn filters(criterion: &mut Criterion) {
    let all = |words: usize, matches| {
        Filters::new(vec![
            filter(list(words, matches), FilterAct::Mask),
            filter(Look::Links(AllowedLinks::default()), FilterAct::Mask),
            filter(
                Look::Capitals(Capitals {
                    percent: 70,
                    least: 10,
                }),
                FilterAct::Mask,
            ),
            filter(Look::Mentions(Mentions { most: 5 }), FilterAct::Flag),
        ])
    };
    for (name, words, matches) in [
        ("100 words", 100, WordMatch::Word),
        ("100,000 words", 100_000, WordMatch::Word),
        ("100,000 parts of words", 100_000, WordMatch::Part),
    ] {
        let filters = all(words, matches);
        let mut group = criterion.benchmark_group(name);
        group.measurement_time(Duration::from_secs(2));
        for (name, text) in texts() {
            group.bench_function(name, |bencher| {
                bencher.iter(|| filters.check(Location::Whisper, black_box(&text)));
            });
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("making a list");
    group
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("100,000 words", |bencher| {
        bencher.iter(|| list(black_box(100_000), WordMatch::Word));
    });
    group.finish();
}

criterion_group!(benches, filters);
criterion_main!(benches);
