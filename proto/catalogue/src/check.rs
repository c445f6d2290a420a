//! Whether catalogues agree: each has the messages of the English one, with the
//! same arguments, and in each the plural forms that its language has.

use std::collections::BTreeSet;

use crate::file::{File, LANGUAGE_NAME, Message};
use crate::pattern::{Part, Text};

/// What is wrong in these files: a line for each mistake.
pub(crate) fn mistakes(english: &File, others: &[File]) -> Vec<String> {
    let mut mistakes = Vec::new();
    if english.message(LANGUAGE_NAME).is_none() {
        mistakes.push(format!("{}: {LANGUAGE_NAME} is missing", english.name));
    }
    for message in &english.messages {
        let found = own_mistakes(english, message);
        mistakes.extend(found.map(|it| format!("{}: {}: {it}", english.name, message.id)));
    }
    for file in others {
        for message in &english.messages {
            if file.message(&message.id).is_none() {
                mistakes.push(format!("{}: {} is missing", file.name, message.id));
            }
        }
        for message in &file.messages {
            let Some(original) = english.message(&message.id) else {
                let english = &english.name;
                mistakes.push(format!("{}: {} is not in {english}", file.name, message.id));
                continue;
            };
            let found = own_mistakes(file, message).chain(translation_mistakes(original, message));
            mistakes.extend(found.map(|it| format!("{}: {}: {it}", file.name, message.id)));
        }
    }
    mistakes
}

/// What is wrong with a message, whatever the English one says.
fn own_mistakes(file: &File, message: &Message) -> impl Iterator<Item = String> {
    let mut mistakes = Vec::new();
    if let Text::Plural { argument, forms } = &message.text {
        let categories = file.plural_rules.categories();
        for category in &categories {
            if !forms.contains_key(category) {
                mistakes.push(format!("the plural form {category} is missing"));
            }
        }
        for category in forms.keys().filter(|it| !categories.contains(it)) {
            let tag = &file.tag;
            mistakes.push(format!("{tag} has no plural form {category}"));
        }
        // One number may stand for a whole form: "One message is missing".
        let everywhere = message.text.patterns().into_iter().map(|pattern| {
            let names = pattern.0.iter().filter_map(|part| match part {
                Part::Argument(name) if name != argument => Some(name),
                _ => None,
            });
            names.collect::<BTreeSet<_>>()
        });
        let everywhere: BTreeSet<_> = everywhere.collect();
        if everywhere.len() > 1 {
            mistakes.push("its plural forms have different arguments".into());
        }
    }
    mistakes.into_iter()
}

/// What is wrong with a translation of `original`.
fn translation_mistakes(original: &Message, message: &Message) -> impl Iterator<Item = String> {
    let mut mistakes = Vec::new();
    for argument in &original.arguments {
        if !message.arguments.iter().any(|it| it.name == argument.name) {
            mistakes.push(format!("the argument ${} is missing", argument.name));
        }
    }
    for argument in &message.arguments {
        match original
            .arguments
            .iter()
            .find(|it| it.name == argument.name)
        {
            None => mistakes.push(format!("there is no argument ${}", argument.name)),
            Some(known) if argument.is_number && !known.is_number => {
                mistakes.push(format!("the argument ${} is no number", argument.name));
            }
            Some(_) => {}
        }
    }
    mistakes.into_iter()
}

#[cfg(test)]
mod tests {
    use crate::Catalogues;

    const ENGLISH: &str = "\
language-name = English
plain = Plain
welcome = Welcome, { $name }!
left = { NUMBER($count) } left
lines = { $count ->
    [one] One line in { $room }
   *[other] { $count } lines in { $room }
}
";

    const POLISH: &str = "\
language-name = Polski
plain = Zwykły
welcome = Witaj, { $name }!
left = { $count ->
    [one] Pozostał { $count }
    [few] Pozostały { $count }
    [many] Pozostało { $count }
   *[other] Pozostało { $count }
}
lines = { $count ->
    [one] Jeden wiersz w { $room }
    [few] { $count } wiersze w { $room }
    [many] { $count } wierszy w { $room }
   *[other] { $count } wiersza w { $room }
}
";

    fn mistakes(english: &str, polish: &str) -> Vec<String> {
        match Catalogues::parse(&[("en", english), ("pl", polish)]) {
            Ok(_) => Vec::new(),
            Err(error) => error.to_string().lines().map(str::to_owned).collect(),
        }
    }

    /// Plants a mistake into the Polish catalogue.
    #[track_caller]
    fn planted(from: &str, to: &str, expected: &[&str]) {
        assert!(POLISH.contains(from), "{from}");
        assert_eq!(mistakes(ENGLISH, &POLISH.replace(from, to)), expected);
    }

    /// Plants a mistake into the English catalogue.
    #[track_caller]
    fn planted_in_english(from: &str, to: &str, expected: &[&str]) {
        assert!(ENGLISH.contains(from), "{from}");
        assert_eq!(mistakes(&ENGLISH.replace(from, to), POLISH), expected);
    }

    #[test]
    fn catalogues_that_agree_have_no_mistakes() {
        assert_eq!(mistakes(ENGLISH, POLISH), [""; 0]);
        let both = [("en", ENGLISH), ("pl", POLISH)];
        let catalogues = Catalogues::parse(&both).unwrap();
        let tags: Vec<_> = catalogues.languages.iter().map(|it| &it.tag).collect();
        assert_eq!(tags, ["en", "pl"]);
        assert_eq!(catalogues.languages[1].name, "Polski");
        assert_eq!(catalogues.entries.len(), 5);
    }

    #[test]
    fn a_message_that_is_missing_is_found() {
        planted("plain = Zwykły\n", "", &["pl.ftl: plain is missing"]);
        planted(
            "plain =",
            "plan =",
            &["pl.ftl: plain is missing", "pl.ftl: plan is not in en.ftl"],
        );
        planted_in_english(
            "language-name = English\n",
            "",
            &[
                "en.ftl: language-name is missing",
                "pl.ftl: language-name is not in en.ftl",
            ],
        );
    }

    #[test]
    fn a_wrong_argument_is_found() {
        planted(
            "Witaj, { $name }!",
            "Witaj!",
            &["pl.ftl: welcome: the argument $name is missing"],
        );
        planted(
            "Witaj, { $name }!",
            "Witaj, { $name } w { $room }!",
            &["pl.ftl: welcome: there is no argument $room"],
        );
        planted(
            "{ $name }",
            "{ NUMBER($name) }",
            &["pl.ftl: welcome: the argument $name is no number"],
        );
        planted(
            "Jeden wiersz w { $room }",
            "Jeden wiersz",
            &["pl.ftl: lines: its plural forms have different arguments"],
        );
        // What is no number in English is none that a translation may ask.
        planted_in_english(
            "{ NUMBER($count) } left",
            "{ $count } left",
            &["pl.ftl: left: the argument $count is no number"],
        );
    }

    #[test]
    fn a_wrong_plural_form_is_found() {
        planted(
            "    [few] { $count } wiersze w { $room }\n",
            "",
            &["pl.ftl: lines: the plural form few is missing"],
        );
        planted(
            "    [few] Pozostały { $count }\n",
            "    [two] Pozostały { $count }\n",
            &[
                "pl.ftl: left: the plural form few is missing",
                "pl.ftl: left: pl has no plural form two",
            ],
        );
        planted_in_english(
            "    [one] One line in { $room }\n",
            "",
            &["en.ftl: lines: the plural form one is missing"],
        );
    }

    #[test]
    fn a_file_that_is_no_catalogue_is_found() {
        planted(
            "plain = Zwykły",
            "plain Zwykły",
            &["pl.ftl: line 2: Expected a token starting with \"=\""],
        );
        planted(
            "plain = Zwykły",
            "plain = Zwykły\nplain = Nowy",
            &["pl.ftl: a message: plain is there twice"],
        );
        planted(
            "plain = Zwykły",
            "plain = Zwykły\n    .title = Nowy",
            &[
                "pl.ftl: plain: attributes are not supported",
                "pl.ftl: plain is missing",
            ],
        );
        let error = Catalogues::parse(&[("pl", POLISH)]).unwrap_err();
        assert_eq!(error.to_string(), "there is no en.ftl");
        let error = Catalogues::parse(&[("en", ENGLISH), ("PL", POLISH)]).unwrap_err();
        assert!(error.to_string().contains("is written pl"), "{error}");
    }
}
