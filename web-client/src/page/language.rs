//! The page in the user's language: the labels of the markup, and texts that are shown
//! again when the user chooses another language.

pub(in crate::page) mod labels;
pub(in crate::page) mod localized_texts;
pub(in crate::page) mod localizer;
