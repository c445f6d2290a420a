//! Catalogues as Rust: an enum of the languages, a constant for each message
//! without arguments, and a function for each with some.
//!
//! So the compiler finds a message that does not exist and a wrong argument, and
//! the linker leaves out what a client does not use.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::catalogues::{Catalogues, Entry, Language};
use crate::pattern::{Argument, Pattern, Text};
use crate::plural::{Category, Condition};

/// What is the same whatever the catalogues say.
const RUNTIME: &str = include_str!("../templates/runtime.rs");

/// The Rust for these catalogues: the contents of a module. It needs `alloc`.
///
/// # Examples
///
/// ```
/// use guildhall_catalogue::{Catalogues, rust};
///
/// let english = "language-name = English\nwelcome = Welcome, { $name }!\n";
/// let catalogues = Catalogues::parse(&[("en", english)])?;
/// let code = rust::generate(&catalogues);
/// assert!(code.contains("pub fn welcome(language: Language, name: &str) -> String"));
/// # Ok::<_, guildhall_catalogue::Error>(())
/// ```
#[must_use]
pub fn generate(catalogues: &Catalogues) -> String {
    let mut code = String::from("// Generated from the catalogues of texts.\n\n");
    add_languages(&mut code, &catalogues.languages);
    code.push_str(RUNTIME);
    let plural = used_categories(catalogues);
    for entry in &catalogues.entries {
        add_entry(&mut code, entry, &catalogues.languages, &plural);
    }
    add_plurals(&mut code, catalogues, &plural);
    code
}

fn add_languages(code: &mut String, languages: &[Language]) {
    code.push_str(
        "/// A language that there is a catalogue of. English is the default.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]\n\
         pub enum Language {\n",
    );
    for (index, language) in languages.iter().enumerate() {
        let default = if index == 0 { "    #[default]\n" } else { "" };
        let (name, variant) = (&language.name, variant(&language.tag));
        let _ = writeln!(code, "    /// {name}.\n{default}    {variant},");
    }
    let count = languages.len();
    let variants = |value: &dyn Fn(&Language) -> String| -> String {
        let values = languages.iter().map(value);
        values.collect::<Vec<_>>().join(", ")
    };
    let _ = write!(
        code,
        "}}\n\n\
         const COUNT: usize = {count};\n\n\
         impl Language {{\n\
         \x20   /// Every language: English, then the others by their tags.\n\
         \x20   pub const ALL: [Self; COUNT] = [{}];\n\n\
         \x20   const TAGS: [&'static str; COUNT] = [{}];\n\n\
         \x20   const NAMES: [&'static str; COUNT] = [{}];\n\
         }}\n\n",
        variants(&|it| format!("Self::{}", variant(&it.tag))),
        variants(&|it| format!("{:?}", it.tag)),
        variants(&|it| format!("{:?}", it.name)),
    );
}

/// A language's name in Rust: `PtBr` for `pt-BR`.
fn variant(tag: &str) -> String {
    let parts = tag.split('-').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + &rest.to_lowercase()
    });
    parts.collect()
}

/// The plural forms that any language has of any message.
fn used_categories(catalogues: &Catalogues) -> BTreeSet<Category> {
    let texts = catalogues.entries.iter().flat_map(|entry| &entry.texts);
    let forms = texts.filter_map(|text| match text {
        Text::Plural { forms, .. } => Some(forms.keys().copied()),
        Text::One(_) => None,
    });
    forms.flatten().collect()
}

fn add_entry(
    code: &mut String,
    entry: &Entry,
    languages: &[Language],
    plural: &BTreeSet<Category>,
) {
    code.push('\n');
    for pattern in entry.texts[0].patterns() {
        let shown = pattern.to_string_with(|name| format!("{{{name}}}"));
        let _ = writeln!(code, "/// > {}\n///", shown.replace('[', "\\["));
    }
    for line in &entry.comment {
        let _ = writeln!(code, "/// {}", line.replace('[', "\\["));
    }
    let name = entry.id.replace('-', "_");
    if entry.arguments.is_empty() {
        let texts = entry
            .texts
            .iter()
            .map(|text| literal(text.patterns()[0], entry));
        let _ = writeln!(
            code,
            "pub const {}: Text = Text(&[{}]);",
            name.to_uppercase(),
            texts.collect::<Vec<_>>().join(", ")
        );
        return;
    }
    let parameters = entry.arguments.iter().map(|Argument { name, is_number }| {
        format!(", {name}: {}", if *is_number { "u64" } else { "&str" })
    });
    let arguments = entry.arguments.iter().map(|Argument { name, is_number }| {
        if *is_number {
            format!("&{name}.to_string()")
        } else {
            name.clone()
        }
    });
    let pattern = pattern_code(entry, languages, plural);
    let _ = writeln!(
        code,
        "#[must_use]\n\
         pub fn {name}(language: Language{}) -> String {{\n    fill({pattern}, &[{}])\n}}",
        parameters.collect::<String>(),
        arguments.collect::<Vec<_>>().join(", "),
    );
}

/// The expression for the pattern that the language and the numbers choose.
fn pattern_code(entry: &Entry, languages: &[Language], plural: &BTreeSet<Category>) -> String {
    let has_plural = |text: &Text| matches!(text, Text::Plural { .. });
    if !entry.texts.iter().any(has_plural) {
        let literals = entry
            .texts
            .iter()
            .map(|it| literal(it.patterns()[0], entry));
        let literals = literals.collect::<Vec<_>>().join(", ");
        return format!("language.get(Text(&[{literals}]))");
    }
    let mut arms = String::from("match language {\n");
    for (language, text) in languages.iter().zip(&entry.texts) {
        let pattern = match text {
            Text::One(pattern) => literal(pattern, entry),
            Text::Plural { argument, forms } => {
                let function = plural_function(language);
                let arms = forms.iter().map(|(category, pattern)| {
                    let name = match category {
                        Category::Other if forms.len() < plural.len() => "_".to_owned(),
                        category => format!("Plural::{category:?}"),
                    };
                    format!("{name} => {}", literal(pattern, entry))
                });
                let arms = arms.collect::<Vec<_>>().join(", ");
                format!("match {function}({argument}) {{ {arms} }}")
            }
        };
        let variant = variant(&language.tag);
        let _ = writeln!(arms, "        Language::{variant} => {pattern},");
    }
    arms + "    }"
}

/// The pattern as a literal of Rust, with `{0}` for the first argument.
fn literal(pattern: &Pattern, entry: &Entry) -> String {
    let text = pattern.to_string_with(|name| {
        let index = entry.arguments.iter().position(|it| it.name == name);
        format!("{{{}}}", index.expect("the check knows every argument"))
    });
    format!("{text:?}")
}

fn plural_function(language: &Language) -> String {
    format!("plural_{}", language.tag.replace('-', "_").to_lowercase())
}

fn add_plurals(code: &mut String, catalogues: &Catalogues, plural: &BTreeSet<Category>) {
    let mut functions = String::new();
    for (index, language) in catalogues.languages.iter().enumerate() {
        let is_plural = |entry: &Entry| matches!(entry.texts[index], Text::Plural { .. });
        if !catalogues.entries.iter().any(is_plural) {
            continue;
        }
        let _ = write!(
            functions,
            "\n/// The plural form of a number in {}.\n\
             const fn {}(number: u64) -> Plural {{\n    ",
            language.name,
            plural_function(language)
        );
        for (category, condition) in &language.plural_rules.conditions {
            let condition = condition_code(condition);
            let _ = write!(
                functions,
                "if {condition} {{\n        Plural::{category:?}\n    }} else "
            );
        }
        let _ = match language.plural_rules.conditions[..] {
            [] => writeln!(functions, "let _ = number;\n    Plural::Other\n}}"),
            _ => writeln!(functions, "{{\n        Plural::Other\n    }}\n}}"),
        };
    }
    if functions.is_empty() {
        return;
    }
    let names = plural.iter().map(|it| format!("    {it:?},\n"));
    let _ = write!(
        code,
        "\n/// A plural form.\n#[derive(Clone, Copy)]\nenum Plural {{\n{}}}\n{functions}",
        names.collect::<String>()
    );
}

fn condition_code(condition: &Condition) -> String {
    let alternatives = |numbers: &BTreeSet<u64>| {
        let numbers = numbers.iter().map(u64::to_string);
        numbers.collect::<Vec<_>>().join(" | ")
    };
    let (below, endings) = (
        alternatives(&condition.below_100),
        alternatives(&condition.endings),
    );
    if below == endings {
        format!("matches!(number % 100, {endings})")
    } else if endings.is_empty() {
        format!("matches!(number, {below})")
    } else if below.is_empty() {
        format!("number >= 100 && matches!(number % 100, {endings})")
    } else {
        format!("matches!(number, {below}) || number >= 100 && matches!(number % 100, {endings})")
    }
}
