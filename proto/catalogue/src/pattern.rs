//! One message in one language, as a catalogue has it: what a Fluent pattern
//! becomes.
//!
//! Supported is what chat texts need: arguments, numbers as arguments, and one
//! choice between plural forms. Anything else is an error, never a text that
//! looks different from what its translator wrote.

use std::collections::BTreeMap;

use fluent_syntax::ast::{self, Expression, InlineExpression, PatternElement, VariantKey};
use fluent_syntax::unicode::unescape_unicode_to_string;

use crate::plural::Category;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it is shown.
    Text(String),
    /// The value of the argument with this name.
    Argument(String),
}

/// A text with places for arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pattern(pub Vec<Part>);

/// A message in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The same for all numbers.
    One(Pattern),
    /// A form for each category of plurals that the language has.
    Plural {
        /// The argument that chooses.
        argument: String,
        /// The forms.
        forms: BTreeMap<Category, Pattern>,
    },
}

/// An argument of a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Argument {
    /// Its name, which no other argument of the message has.
    pub name: String,
    /// Whether it is a number, which may choose between plural forms.
    pub is_number: bool,
}

impl Pattern {
    /// The text with `place(name)` where an argument goes.
    #[must_use]
    pub fn to_string_with(&self, mut place: impl FnMut(&str) -> String) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Argument(name) => place(name),
        });
        parts.collect()
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Part::Text(last)) = self.0.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.0.push(Part::Text(text.into()));
        }
    }
}

impl Text {
    /// All patterns of it: one, or one for each plural form.
    #[must_use]
    pub fn patterns(&self) -> Vec<&Pattern> {
        match self {
            Self::One(pattern) => vec![pattern],
            Self::Plural { forms, .. } => forms.values().collect(),
        }
    }
}

/// What reading a pattern finds besides its text.
#[derive(Debug, Default)]
struct Reader {
    arguments: Vec<Argument>,
}

/// Reads a message's pattern. Returns the text, and the arguments in the order in
/// which they appear.
pub(crate) fn read(pattern: &ast::Pattern<&str>) -> Result<(Text, Vec<Argument>), String> {
    let mut reader = Reader::default();
    // Before the choice between plural forms, in it, and behind it.
    let mut before = Pattern::default();
    let mut choice: Option<(String, BTreeMap<Category, Pattern>)> = None;
    for element in &pattern.elements {
        let mut here = Pattern::default();
        if let PatternElement::Placeable {
            expression: Expression::Select { selector, variants },
        } = element
        {
            if choice.is_some() {
                return Err("it chooses between plural forms twice".into());
            }
            let argument = reader.selector(selector)?;
            let mut forms = BTreeMap::new();
            for variant in variants {
                let category = category(&variant.key)?;
                let mut form = before.clone();
                reader.elements(&mut form, &variant.value)?;
                if forms.insert(category, form).is_some() {
                    return Err(format!("the plural form {category} is there twice"));
                }
            }
            choice = Some((argument, forms));
            continue;
        }
        reader.element(&mut here, element)?;
        let places = match &mut choice {
            None => vec![&mut before],
            Some((_, forms)) => forms.values_mut().collect(),
        };
        for place in places {
            append(place, &here);
        }
    }
    let text = match choice {
        None => Text::One(before),
        Some((argument, forms)) => Text::Plural { argument, forms },
    };
    let is_empty = |pattern: &&Pattern| pattern.0.is_empty();
    if text.patterns().iter().any(is_empty) {
        return Err("it is empty".into());
    }
    Ok((text, reader.arguments))
}

fn append(to: &mut Pattern, what: &Pattern) {
    for part in &what.0 {
        match part {
            Part::Text(text) => to.push_text(text),
            Part::Argument(_) => to.0.push(part.clone()),
        }
    }
}

fn category(key: &VariantKey<&str>) -> Result<Category, String> {
    let (VariantKey::Identifier { name } | VariantKey::NumberLiteral { value: name }) = key;
    Category::from_name(name).ok_or_else(|| format!("[{name}] is no plural form"))
}

impl Reader {
    fn elements(&mut self, to: &mut Pattern, from: &ast::Pattern<&str>) -> Result<(), String> {
        for element in &from.elements {
            self.element(to, element)?;
        }
        Ok(())
    }

    fn element(&mut self, to: &mut Pattern, element: &PatternElement<&str>) -> Result<(), String> {
        match element {
            PatternElement::TextElement { value } => {
                to.push_text(value);
                Ok(())
            }
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(inline) => self.inline(to, inline),
                Expression::Select { .. } => {
                    Err("it chooses between plural forms within another choice".into())
                }
            },
        }
    }

    fn inline(&mut self, to: &mut Pattern, inline: &InlineExpression<&str>) -> Result<(), String> {
        match inline {
            InlineExpression::StringLiteral { value } => {
                let text = unescape_unicode_to_string(value);
                if text.contains(['{', '}']) {
                    return Err("it shows a brace, which patterns keep for arguments".into());
                }
                to.push_text(&text);
            }
            InlineExpression::NumberLiteral { value } => to.push_text(value),
            InlineExpression::VariableReference { id } => {
                self.argument(id.name, false)?;
                to.0.push(Part::Argument(id.name.into()));
            }
            InlineExpression::FunctionReference { .. } => {
                let name = self.number(inline)?;
                to.0.push(Part::Argument(name));
            }
            InlineExpression::MessageReference { id, .. }
            | InlineExpression::TermReference { id, .. } => {
                return Err(format!(
                    "it refers to {}: write the text out instead",
                    id.name
                ));
            }
            InlineExpression::Placeable { .. } => {
                return Err("it has braces within braces".into());
            }
        }
        Ok(())
    }

    fn selector(&mut self, selector: &InlineExpression<&str>) -> Result<String, String> {
        match selector {
            InlineExpression::VariableReference { id } => {
                self.argument(id.name, true)?;
                Ok(id.name.into())
            }
            other => self.number(other),
        }
    }

    /// The argument in `NUMBER($argument)`.
    fn number(&mut self, function: &InlineExpression<&str>) -> Result<String, String> {
        if let InlineExpression::FunctionReference { id, arguments } = function
            && id.name == "NUMBER"
            && arguments.named.is_empty()
            && let [InlineExpression::VariableReference { id }] = &arguments.positional[..]
        {
            self.argument(id.name, true)?;
            return Ok(id.name.into());
        }
        Err("of Fluent's functions, only NUMBER($argument) is supported".into())
    }

    fn argument(&mut self, name: &str, is_number: bool) -> Result<(), String> {
        let is_usable = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        if !name.bytes().all(is_usable) {
            return Err(format!("the argument ${name} has more than small letters"));
        }
        match self.arguments.iter_mut().find(|it| it.name == name) {
            Some(known) => known.is_number |= is_number,
            None => self.arguments.push(Argument {
                name: name.into(),
                is_number,
            }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(source: &str) -> Result<(Text, Vec<Argument>), String> {
        let source = format!("it = {source}\n");
        let resource = fluent_syntax::parser::parse(source.as_str()).expect("Fluent");
        let [ast::Entry::Message(message)] = &resource.body[..] else {
            panic!("{resource:?}")
        };
        read(message.value.as_ref().expect("a value"))
    }

    #[track_caller]
    fn check(source: &str, patterns: &[&str], arguments: &[(&str, bool)]) {
        let (text, found) = parsed(source).unwrap();
        let shown: Vec<String> = text
            .patterns()
            .iter()
            .map(|pattern| pattern.to_string_with(|name| format!("<{name}>")))
            .collect();
        assert_eq!(shown, patterns);
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.name.as_str(), it.is_number))
            .collect();
        assert_eq!(found, arguments);
    }

    #[track_caller]
    fn refused(source: &str, why: &str) {
        let error = parsed(source).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn a_pattern_has_text_and_arguments() {
        check("Not connected.", &["Not connected."], &[]);
        check(
            "“{ $name }” of { $room }",
            &["“<name>” of <room>"],
            &[("name", false), ("room", false)],
        );
        check("{ \" \" }now { 5 }", &[" now 5"], &[]);
        check("{ NUMBER($n) } B", &["<n> B"], &[("n", true)]);
    }

    #[test]
    fn what_is_around_a_choice_belongs_to_every_form() {
        check(
            "In { $room } { $n ->\n    [one] is { $n } line\n   *[other] are { $n } lines\n } left.",
            &[
                "In <room> is <n> line left.",
                "In <room> are <n> lines left.",
            ],
            &[("room", false), ("n", true)],
        );
    }

    #[test]
    fn what_is_not_supported_is_said() {
        refused("{ -brand } chat", "refers to brand");
        refused("{ other }", "refers to other");
        refused("{ DATETIME($day) }", "only NUMBER");
        refused("{ NUMBER($n, minimumFractionDigits: 2) }", "only NUMBER");
        refused("{ \"{\" }", "a brace");
        refused("{ $Name }", "small letters");
        refused("{ $n ->\n   *[masculine] x\n }", "no plural form");
        refused("{ $n ->\n    [0] none\n   *[other] x\n }", "no plural form");
        refused(
            "{ $n ->\n    [one] a\n    [one] b\n   *[other] x\n }",
            "twice",
        );
        let choice = "{ $n ->\n   *[other] x\n }";
        refused(&format!("{choice} {choice}"), "twice");
        let nested = format!("{{ $n ->\n   *[other] {choice}\n }}");
        refused(&nested, "within another");
        refused("{ \"\" }", "empty");
    }
}
