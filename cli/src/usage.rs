//! A wrong command line, or a wrong variable, in one line that says what would be right.

use clap::Command;
use clap::error::{ContextKind, ContextValue};

/// The line for an error of the command line.
#[must_use]
pub fn line(error: &clap::Error) -> String {
    format!("{} (see guildhall --help)", problem(error))
}

/// The mistake in the value of a setting in a file, whose key is this.
#[must_use]
pub(crate) fn problem_of(error: &clap::Error, key: &str) -> String {
    let problem = problem(error);
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => {
            problem.replace(&format!("'{flag}'"), &format!("`{key}`"))
        }
        _ => problem,
    }
}

fn problem(error: &clap::Error) -> String {
    let text = error.to_string();
    // What is missing stands in lines of its own.
    let lines = text.lines().take_while(|line| !line.is_empty());
    let line = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    let tip = suggestion(error).map_or_else(String::new, |it| format!("; did you mean '{it}'?"));
    format!("{line}{tip}")
}

/// The same for an error of the environment, which names the variables of `command`.
#[must_use]
pub fn line_of_environment(error: &clap::Error, mut command: Command) -> String {
    let mut line = line(error);
    // Before that, an argument cannot be shown.
    command.build();
    for argument in command.get_arguments() {
        if let Some(name) = argument.get_env() {
            let flag = format!("'{argument}'");
            line = line.replace(&flag, &name.to_string_lossy());
        }
    }
    line
}

/// The word that the user may have meant.
pub(crate) fn suggestion(error: &clap::Error) -> Option<&str> {
    [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .find_map(|kind| match error.get(kind)? {
        ContextValue::String(one) => Some(one.as_str()),
        // The last is the most similar one.
        ContextValue::Strings(all) => all.last().map(String::as_str),
        _ => None,
    })
}
