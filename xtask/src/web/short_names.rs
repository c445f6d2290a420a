//! Short names for what the page's script and its wasm file give each other. The names that
//! wasm-bindgen makes have hashes in them, which every player would download twice and which
//! do not compress.

use std::collections::HashMap;

/// How the names begin that wasm-bindgen makes. All others are the program's own.
const MADE: [&str; 3] = ["__externref", "__wb", "wasm_bindgen_"];

/// Short names by the long ones.
#[derive(Debug, Default)]
pub(crate) struct ShortNames(HashMap<String, String>);

impl ShortNames {
    /// Shortens the names of a wasm file's imports and exports.
    pub(crate) fn shorten<'a>(names: impl Iterator<Item = &'a mut String>) -> Self {
        let mut short = HashMap::new();
        for name in names.filter(|name| MADE.iter().any(|it| name.starts_with(it))) {
            // No name that wasm-bindgen makes begins like this.
            let next = format!("${}", short.len());
            let name_before = name.clone();
            name.clone_from(short.entry(name_before).or_insert(next));
        }
        Self(short)
    }

    /// The script with the short names.
    pub(crate) fn apply(&self, script: &str) -> String {
        let mut short = String::new();
        // Each part is a name, which may be empty, and the character behind it.
        for part in script.split_inclusive(|it| !is_of_name(it)) {
            let name = part.trim_end_matches(|it| !is_of_name(it));
            short.push_str(self.0.get(name).map_or(name, String::as_str));
            short.push_str(&part[name.len()..]);
        }
        short
    }
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::ShortNames;

    #[test]
    fn what_wasm_bindgen_names_gets_short_names_in_both_files() {
        let mut names =
            ["memory", "__wbg_close_4c46", "__wbg_close", "startPage"].map(String::from);
        let short = ShortNames::shorten(names.iter_mut());
        assert_eq!(names, ["memory", "$0", "$1", "startPage"]);
        assert_eq!(
            short.apply("wasm.memory, __wbg_close_4c46: x_startPage(__wbg_close);\n"),
            "wasm.memory, $0: x_startPage($1);\n"
        );
    }

    #[test]
    fn a_name_that_is_imported_and_exported_stays_one_name() {
        let mut names = ["__wbg_a", "__wbg_b", "__wbg_a"].map(String::from);
        let short = ShortNames::shorten(names.iter_mut());
        assert_eq!(names, ["$0", "$1", "$0"]);
        assert_eq!(short.apply("__wbg_abc __wbg_a"), "__wbg_abc $0");
    }
}
