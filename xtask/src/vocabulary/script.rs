//! The names that a script declares: GDScript, JavaScript or Python. The words
//! before a name tell what it is; there is no need of a parser for each language.

use super::{Kind, Name};

/// Words before a name that declare it.
const DECLARE: [(&str, Kind); 10] = [
    ("class", Kind::Type),
    ("class_name", Kind::Type),
    ("enum", Kind::Type),
    ("func", Kind::Function),
    ("function", Kind::Function),
    ("def", Kind::Function),
    ("signal", Kind::Function),
    ("var", Kind::Value),
    ("let", Kind::Value),
    ("const", Kind::Value),
];
/// Words that may come before the name of a method or a field in a JavaScript class.
const MODIFIERS: [&str; 4] = ["async", "static", "get", "set"];

/// All that can be told from single lines.
pub(crate) fn names(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut add = |kind, text: &str| {
            let text = text.to_owned();
            names.push(Name {
                kind,
                text,
                line: number + 1,
            });
        };
        let code = line.trim_start();
        if ["#", "//", "*", "/*"]
            .iter()
            .any(|mark| code.starts_with(mark))
            && !is_private(code)
        {
            continue;
        }
        let words: Vec<_> = code
            .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            if let Some((_, kind)) = DECLARE.iter().find(|(word, _)| *word == pair[0]) {
                add(*kind, pair[1]);
            }
        }
        if let Some((kind, name)) = member(code) {
            add(kind, name);
        }
    }
    names
}

/// Whether a line begins with a private name of JavaScript, which is no comment.
fn is_private(code: &str) -> bool {
    let mut letters = code.chars();
    letters.next() == Some('#') && letters.next().is_some_and(char::is_alphabetic)
}

/// A method or a field of a JavaScript class that begins on this line.
fn member(code: &str) -> Option<(Kind, &str)> {
    let mut rest = code;
    while let Some((word, after)) = rest.split_once(' ') {
        if !MODIFIERS.contains(&word) {
            break;
        }
        rest = after;
    }
    let rest = rest.trim_start_matches('#');
    let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'))?;
    let (name, after) = rest.split_at(end);
    let is_statement = ["if", "for", "while", "switch", "catch", "return", "super"].contains(&name);
    if after.starts_with('(') && after.ends_with('{') && !is_statement {
        return Some((Kind::Function, name));
    }
    let is_field = after.ends_with(';') && (after == ";" || after.starts_with(" = "));
    is_field.then_some((Kind::Value, name))
}
