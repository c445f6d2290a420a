//! What a name looks like, as keys: names that look alike have a key in common.

use std::sync::Arc;

use icu_properties::CodePointSetData;
use icu_properties::props::QuotationMark;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

use super::characters::is_mark;

/// Two keys of what a name looks like, see [`looks`].
pub(crate) type Looks = [Arc<str>; 2];

/// Returns two keys of what a name looks like. Two names look alike if they have a key in
/// common. The keys follow Unicode's table of confusable characters (UTS #39) and ignore
/// spaces, quotes and the case of letters.
#[must_use]
pub(crate) fn looks(name: &str) -> Looks {
    keys(name).map(Arc::from)
}

pub(super) fn keys(name: &str) -> [String; 2] {
    // NFKC once more, for the letters that keep their spelling.
    let mut seen: Vec<char> = name.nfkc().filter(|&c| is_seen(c)).collect();
    // Of some scripts, such as Thai, marks look the same in any order.
    for marks in seen.chunk_by_mut(|&one, &next| is_mark(one) && is_mark(next)) {
        marks.sort_unstable();
    }
    let tight: String = seen.into_iter().collect();
    let fold = |text: &str| text.to_lowercase();
    let skeleton = |text: &str| skeleton(text).collect::<String>();
    let lower = super::without_dots(fold(&tight).chars()).collect::<String>();
    let of_lower = skeleton(&lower);
    let first = fold(&of_lower);
    // Skeletons are most of the work. Without capitals, one is enough: a skeleton's own is
    // the same.
    let of_tight = if lower == tight {
        of_lower
    } else {
        skeleton(&tight)
    };
    let folded = fold(&of_tight);
    let second = if folded == of_tight {
        folded
    } else {
        fold(&skeleton(&folded))
    };
    // "Ivan" and "lvan" look alike as they are, "Ivan" and "IVAN" only in lower case.
    [first, second].map(without_quotes)
}

fn is_seen(character: char) -> bool {
    if character.is_ascii() {
        return !matches!(character, ' ' | '"' | '\'' | '`');
    }
    !CodePointSetData::new::<QuotationMark>().contains(character)
}

/// Without what looks like a quote: in a skeleton, all such characters are one.
fn without_quotes(skeleton: String) -> String {
    if skeleton.contains('\'') {
        skeleton.replace('\'', "")
    } else {
        skeleton
    }
}

/// Returns the number in a name that the server gave: 7 in "Guest 7". `None` for a name
/// that only looks like one.
#[must_use]
pub(crate) fn guest_number(name: &str) -> Option<u64> {
    let (guest, number) = name.split_at_checked("Guest".len())?;
    let number = number.strip_prefix(' ').unwrap_or(number);
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    (guest.eq_ignore_ascii_case("Guest") && is_number)
        .then(|| number.parse().ok())
        .flatten()
}
