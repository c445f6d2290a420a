//! A third language is a file and no code: the real catalogues with a Polish one
//! beside them become a program that speaks it.

use std::fs;
use std::path::Path;
use std::process::Command;

use guildhall_catalogue::{Catalogues, reserved, rust};

const PROGRAM: &str = r#"
#![allow(dead_code)]
extern crate alloc;
#[path = "texts.rs"]
mod texts;
use texts::*;

fn main() {
    for language in Language::ALL {
        println!("{} {}", language.tag(), language.name());
    }
    for tag in ["pl_PL.UTF-8", "PL", "fr"] {
        println!("{tag}: {}", Language::from_tag(tag).tag());
    }
    let polish = Language::from_tag("pl");
    println!("{}", polish.get(SEND));
    println!("{}", member_renamed(polish, "{1}", "Bo"));
    for count in [1, 3, 5, 22, 112] {
        println!("{}", older_lines(polish, count));
    }
    println!("{}", older_lines(Language::De, 2));
}
"#;

const SAYS: &str = "\
en English
de Deutsch
pl Polski
pl_PL.UTF-8: pl
PL: pl
fr: en
Wyślij
{1} is now Bo.
1 older line:
3 starsze wiersze:
5 starszych wierszy:
22 starsze wiersze:
112 starszych wierszy:
2 ältere Zeilen:
";

/// The English catalogue, with the forms that Polish has, and some Polish texts.
fn polish(english: &str) -> String {
    let mut polish = String::new();
    for line in english.lines() {
        polish.push_str(line);
        polish.push('\n');
        if let Some((before, behind)) = line.split_once("[one]") {
            for form in ["few", "many"] {
                polish.extend([before, "[", form, "]", behind, "\n"]);
            }
        }
    }
    for (from, to) in [
        ("language-name = English", "language-name = Polski"),
        ("\nsend = Send\n", "\nsend = Wyślij\n"),
        ("\nyou = You\n", "\nyou = Ty\n"),
        ("= System, Server, Admin,", "= System, Serwer, Admin,"),
        (
            "[few] { $count } older line:",
            "[few] { $count } starsze wiersze:",
        ),
        (
            "[many] { $count } older line:",
            "[many] { $count } starszych wierszy:",
        ),
    ] {
        assert!(polish.contains(from), "{from}");
        polish = polish.replace(from, to);
    }
    polish
}

#[test]
fn a_third_language_is_a_file() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("third-language");
    fs::create_dir_all(&folder).unwrap();
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../words");
    for name in ["en.ftl", "de.ftl"] {
        fs::copy(real.join(name), folder.join(name)).unwrap();
    }
    let english = fs::read_to_string(real.join("en.ftl")).unwrap();
    fs::write(folder.join("pl.ftl"), polish(&english)).unwrap();

    let catalogues = Catalogues::read(&folder).unwrap();
    fs::write(folder.join("texts.rs"), rust::generate(&catalogues)).unwrap();
    fs::write(folder.join("main.rs"), PROGRAM).unwrap();
    let output = Command::new(option_env!("RUSTC").unwrap_or("rustc"))
        .args(["--edition", "2024", "-Dwarnings", "-o", "says", "main.rs"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let says = Command::new(folder.join("says")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&says.stdout), SAYS);

    // The words that nobody gets as a name are those of all three.
    let reserved = reserved::words(&catalogues);
    for word in ["You", "Du", "Ty", "Server", "Serwer", "Admin", "Moderator"] {
        assert!(reserved.iter().any(|it| it == word), "{word}: {reserved:?}");
    }
    let generated = reserved::generate(&catalogues);
    assert!(generated.contains("\n    \"Serwer\",\n"), "{generated}");
}

#[test]
fn a_catalogue_without_a_message_is_refused() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("missing-message");
    fs::create_dir_all(&folder).unwrap();
    let english = "language-name = English\nsend = Send\n";
    fs::write(folder.join("en.ftl"), english).unwrap();
    fs::write(folder.join("fr.ftl"), "language-name = Français\n").unwrap();
    let error = Catalogues::read(&folder).unwrap_err();
    assert_eq!(error.to_string(), "fr.ftl: send is missing");
}
