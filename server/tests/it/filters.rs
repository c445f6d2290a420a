//! Filters, the game's hook, and what is held, as clients see them.

mod hook;
mod texts;

use std::sync::Arc;

use guildhall_protocol::{ErrorCode, RequestError};
use guildhall_server::Config;
use guildhall_server::filter::{Filter, FilterAct, Filters, Look, WordList, WordMatch};
use guildhall_server::policy::Pattern;
use guildhall_testing::test_server::brisk;

/// A filter for whole words.
pub(crate) fn words(list: &str, act: FilterAct) -> Filter {
    let list = WordList::parse(list, WordMatch::Word).unwrap();
    filter(Look::Words(Arc::new(list)), act)
}

pub(crate) fn filter(look: Look, act: FilterAct) -> Filter {
    Filter {
        look,
        act,
        rooms: None,
        label: "test".into(),
    }
}

/// The same filter for these rooms alone.
pub(crate) fn only_in(rooms: &str, filter: Filter) -> Filter {
    Filter {
        rooms: Some(vec![Pattern::new(rooms)]),
        ..filter
    }
}

pub(crate) fn config(filters: &[Filter]) -> Config {
    Config {
        filters: Filters::new(filters.to_vec()),
        ..brisk()
    }
}

/// Checks that a text was refused by a filter of this kind, and returns the game's words.
#[track_caller]
pub(crate) fn refused(outcome: Result<(), RequestError>, kind: &str) -> String {
    let error = outcome.expect_err("it is refused");
    assert_eq!(error.code(), ErrorCode::RefusedText, "{error:?}");
    assert!(!error.temporary);
    assert_eq!(error.arguments[0], kind);
    error.arguments[1].clone()
}
