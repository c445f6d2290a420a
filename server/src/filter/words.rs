//! A list of words, as an operator writes it in a file, and how a text is searched for them.
//!
//! All words of a list are found in one pass over each [normal form](super::normal) of a text,
//! whatever their number. So the time does not depend on the list but for what it finds.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::normal::{self, Normal, Reading};

/// The most entries of a list.
const MOST_ENTRIES: usize = 500_000;

/// The most letters of an entry.
const MOST_LETTERS: usize = 64;

/// How many places of a text are looked at closely, before the rest of it is not searched any
/// more. A text that has so many has enough of them.
const MOST_FOUND: usize = 16_384;

/// Whether an entry is a whole word, or may be a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WordMatch {
    /// It is a whole word.
    #[default]
    Word,
    /// It may be a part of a word.
    Part,
}

/// A list of words, ready to be searched for.
pub struct WordList {
    found: AhoCorasick,
    /// The entries of each pattern: those that are the same but for the counts of their letters.
    entries: Vec<Vec<Entry>>,
    /// How many entries the file has.
    len: usize,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// How often each letter has to stand in a row, at least.
    runs: Box<[u16]>,
    /// Whether a word has to begin with it.
    begins: bool,
    /// Whether a word has to end with it.
    ends: bool,
    /// Whether it spares what it finds.
    spares: bool,
}

/// Why a list is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordListError {
    /// An entry has no letter or digit.
    #[error("line {0}: there is no letter and no digit in it")]
    Empty(usize),
    /// An entry is too long.
    #[error("line {0}: an entry has at most {MOST_LETTERS} letters")]
    TooLong(usize),
    /// There are too many entries.
    #[error("there are more than {MOST_ENTRIES} entries")]
    TooMany,
    /// The list cannot be made ready.
    #[error("the list is too large: {0}")]
    TooLarge(String),
}

impl WordList {
    /// Reads a list: an entry on each line, of one word or several. Lines that are empty or begin
    /// with `#` are left out. A `!` before an entry spares the words that it is; a `*` before or
    /// behind it means that a word may go on there, whatever `matches` says.
    ///
    /// # Errors
    ///
    /// [`WordListError`].
    pub fn parse(text: &str, matches: WordMatch) -> Result<Self, WordListError> {
        let mut patterns: Vec<String> = Vec::new();
        let mut entries: Vec<Vec<Entry>> = Vec::new();
        let mut by_pattern: HashMap<String, usize> = HashMap::new();
        let mut len = 0;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (line, entry) in (1..).zip(text.lines()) {
            let entry = entry.trim();
            if entry.is_empty() || entry.starts_with('#') {
                continue;
            }
            len += 1;
            if len > MOST_ENTRIES {
                return Err(WordListError::TooMany);
            }
            for (normal, entry) in forms(entry, matches) {
                match normal.units.len() {
                    0 => return Err(WordListError::Empty(line)),
                    1..=MOST_LETTERS => {}
                    _ => return Err(WordListError::TooLong(line)),
                }
                let of = *by_pattern.entry(normal.text).or_insert_with_key(|text| {
                    patterns.push(text.clone());
                    entries.push(Vec::new());
                    entries.len() - 1
                });
                add(&mut entries[of], entry);
            }
        }
        let kind = (patterns.len() > 64).then_some(AhoCorasickKind::ContiguousNFA);
        let found = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(kind)
            .build(&patterns)
            .map_err(|error| WordListError::TooLarge(error.to_string()))?;
        Ok(Self {
            found,
            entries,
            len,
        })
    }

    /// How many entries the list has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes of the text in which words of the list are, the first first, apart from each
    /// other.
    pub(super) fn find(&self, forms: &[(Normal, bool)]) -> Vec<Range<usize>> {
        let (mut found, mut spared) = (Vec::new(), Vec::new());
        let mut looks = MOST_FOUND;
        'forms: for (normal, is_joined) in forms {
            for one in self.found.find_overlapping_iter(&normal.text) {
                let Some(first) = normal.unit_at(one.start()) else {
                    continue;
                };
                for entry in &self.entries[one.pattern().as_usize()] {
                    if looks == 0 {
                        break 'forms;
                    }
                    looks -= 1;
                    let Some(source) = entry.source_in(normal, first, *is_joined) else {
                        continue;
                    };
                    let sources: &mut Vec<Range<usize>> = if entry.spares {
                        &mut spared
                    } else {
                        &mut found
                    };
                    sources.push(source);
                }
            }
        }
        let is_in = |inner: &Range<usize>, outer: &Range<usize>| {
            outer.start <= inner.start && inner.end <= outer.end
        };
        let spared = merged(spared);
        found.retain(|one| {
            let before = spared.partition_point(|spared| spared.end < one.end);
            !spared.get(before).is_some_and(|spared| is_in(one, spared))
        });
        merged(found)
    }
}

/// Ranges as those of one text, the first first, apart from each other.
pub(super) fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// The forms of an entry: with its letters as they are, and with those that look like others as
/// these.
fn forms(entry: &str, matches: WordMatch) -> impl Iterator<Item = (Normal, Entry)> {
    let (spares, entry) = match entry.strip_prefix('!') {
        Some(entry) => (true, entry.trim_start()),
        None => (false, entry),
    };
    let is_whole = spares || matches == WordMatch::Word;
    let (begins, entry) = match entry.strip_prefix('*') {
        Some(entry) => (false, entry),
        None => (is_whole, entry),
    };
    let (ends, entry) = match entry.strip_suffix('*') {
        Some(entry) => (false, entry),
        None => (is_whole, entry),
    };
    let plain = normal::of_entry(entry, Reading::Plain);
    let looks = normal::of_entry(entry, Reading::Looks('i'));
    let looks = (looks.text != plain.text).then_some(looks);
    [Some(plain), looks]
        .into_iter()
        .flatten()
        .map(move |normal| {
            let runs = normal.runs();
            let entry = Entry {
                runs,
                begins,
                ends,
                spares,
            };
            (normal, entry)
        })
}

/// Adds an entry, unless one is there that finds all that it does.
fn add(entries: &mut Vec<Entry>, entry: Entry) {
    let includes = |one: &Entry, other: &Entry| {
        one.spares == other.spares
            && (other.begins || !one.begins)
            && (other.ends || !one.ends)
            && one
                .runs
                .iter()
                .zip(&other.runs)
                .all(|(one, other)| one <= other)
    };
    if !entries.iter().any(|one| includes(one, &entry)) {
        entries.retain(|one| !includes(&entry, one));
        entries.push(entry);
    }
}

impl Entry {
    /// The bytes of the text that the entry is, if it is at this unit of a normal form. In one in
    /// which words are joined, it has to begin with a word, so that "bus.hit" has no other word.
    fn source_in(&self, normal: &Normal, first: usize, is_joined: bool) -> Option<Range<usize>> {
        let units = normal.units.get(first..first + self.runs.len())?;
        let (begin, end) = (units.first()?, units.last()?);
        let is_whole = (begin.begins || !(self.begins || is_joined)) && (end.ends || !self.ends);
        let are_long = || {
            units
                .iter()
                .zip(&self.runs)
                .all(|(unit, run)| unit.run >= *run)
        };
        (is_whole && are_long()).then_some(begin.source.start..end.source.end)
    }
}

impl fmt::Debug for WordList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WordList")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
