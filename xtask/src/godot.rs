//! The Godot project's tests: the project packed and run in a real engine.

mod corpus;
mod pack;

pub(crate) use corpus::{Corpus, Subject};
pub(crate) use pack::Pack;
