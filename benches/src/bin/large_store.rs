//! `large_store DIR`: fills a store with many lines, opens it again and reads it, as a Markdown
//! table. The folder has to be on the disk to be measured, and is removed again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use guildhall_server::store::reindex;
use guildhall_server::testing::StoreProbe;

/// How many lines are handed over at a time.
const BATCH: u64 = 4_096;

/// A text of the usual length.
const TEXT: &str =
    "See you at the gate of the old mine, and bring the others and a few torches, it is dark";

/// The word that is looked for, and in how many lines one has it.
const WORD: (&str, u64) = ("lantern", 5_000);

/// In how many rooms it is looked for.
const SEARCHED_ROOMS: usize = 16;

/// How many searches are made.
const SEARCHES: usize = 200;

/// Measures a large store: how long it takes to be opened, to read a page, and to find a word.
#[derive(Debug, Parser)]
struct Arguments {
    /// A folder that does not exist yet
    folder: PathBuf,

    /// How many lines the store has
    #[arg(long, default_value_t = 10_000_000)]
    lines: u64,

    /// In how many rooms they are
    #[arg(long, default_value_t = 4_096)]
    rooms: usize,

    /// How many pages are read
    #[arg(long, default_value_t = 10_000)]
    pages: usize,

    /// How many lines a second store has, in which words are looked for
    #[arg(long, default_value_t = 1_000_000)]
    searched: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(
        !cfg!(debug_assertions),
        "figures of a debug build mean nothing: cargo run --release"
    );
    ensure!(
        !arguments.folder.exists(),
        "{} is there already: name a new folder",
        arguments.folder.display()
    );
    let result = measure(&arguments);
    // Nobody needs the store any more.
    let _ = fs::remove_dir_all(&arguments.folder);
    result
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments {
        folder,
        lines,
        rooms,
        pages,
        searched,
    } = arguments;
    let open = || {
        StoreProbe::open(folder, *rooms, Duration::ZERO)
            .with_context(|| format!("cannot open {}", folder.display()))
    };
    let mut store = open()?;
    let start = Instant::now();
    let mut said = 0;
    while said < *lines {
        let batch = BATCH.min(lines - said);
        store.say(batch, TEXT);
        said += batch;
        if said % (1 << 20) < BATCH {
            eprintln!("{said} of {lines} lines");
        }
    }
    let rate = u128::from(*lines) * 1_000 / start.elapsed().as_millis().max(1);
    drop(store);
    let size = size(folder)?;
    println!("| figure | value |\n|---|---|");
    println!("| lines, rooms | {lines}, {rooms} |");
    println!("| lines kept a second | {rate} |");
    println!("| bytes a line | {} |", size / lines);
    let start = Instant::now();
    let store = open()?;
    println!("| opened in | {:.1} ms |", millis(start.elapsed()));
    let newest = times(*pages, || store.page(fastrand::usize(..rooms), 0));
    println!("| the newest page of a room | {newest} |");
    let last = lines / *rooms as u64;
    let older = times(*pages, || {
        store.page(fastrand::usize(..rooms), fastrand::u64(51..=last.max(51)))
    });
    println!("| an older page | {older} |");
    println!("| memory of the process | {} |", memory()?);
    drop(store);
    measure_search(&folder.join("searched"), *searched)
}

/// Looks for a word in a store of its own, with its index and without.
fn measure_search(folder: &Path, lines: u64) -> anyhow::Result<()> {
    let open = || {
        StoreProbe::open(folder, SEARCHED_ROOMS, Duration::ZERO)
            .with_context(|| format!("cannot open {}", folder.display()))
    };
    let (word, distance) = WORD;
    let mut store = open()?;
    let with_word = format!("{TEXT}, or a {word}");
    let mut said = 0;
    while said < lines {
        let others = (distance - 1).min(lines - said);
        store.say(others, TEXT);
        store.say(1, &with_word);
        said += others + 1;
    }
    drop(store);
    let search = |store: &StoreProbe, words: &str| times(SEARCHES, || store.search(words));
    let start = Instant::now();
    reindex(folder, |_, _| {})?;
    println!("| lines to search, rooms | {said}, {SEARCHED_ROOMS} |");
    println!(
        "| the index is made in | {:.1} s |",
        start.elapsed().as_secs_f64()
    );
    let store = open()?;
    println!("| a rare word, with the index | {} |", search(&store, word));
    println!("| a word of every line | {} |", search(&store, "torches"));
    println!(
        "| two words | {} |",
        search(&store, &format!("torches {word}"))
    );
    drop(store);
    fs::remove_file(folder.join("search.db"))?;
    // The thread that makes the index again begins meanwhile.
    let store = open()?;
    let one = |words: &str| {
        let start = Instant::now();
        let lines = store.search(words);
        format!("{:.1} ms, {lines} lines", millis(start.elapsed()))
    };
    println!("| a word of every line, without | {} |", one("torches"));
    println!("| a rare word, without | {} |", one(word));
    Ok(())
}

/// Reads this many times, and returns the median and the time that one in a hundred exceeds.
fn times(reads: usize, mut read: impl FnMut() -> usize) -> String {
    let mut times = Vec::with_capacity(reads);
    for _ in 0..reads {
        let start = Instant::now();
        let lines = read();
        times.push(start.elapsed());
        assert!(lines > 0, "every page has lines");
    }
    times.sort_unstable();
    let at = |part: usize| millis(times[(times.len() * part / 100).min(times.len() - 1)]);
    format!("p50 {:.3} ms, p99 {:.3} ms", at(50), at(99))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// How many bytes the files in a folder have.
fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for file in fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}

/// The resident memory of this process, in words.
fn memory() -> anyhow::Result<String> {
    let status = fs::read_to_string("/proc/self/status").context("Linux's /proc")?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(resident.context("a VmRSS")?.trim().to_owned())
}
