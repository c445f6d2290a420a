//! The target `settings`: the text of a settings file.

use std::process;
use std::{env, fs, thread};

use guildhall_cli::accounts::KeySets;
use guildhall_cli::arguments::environment::parse_file;

/// Reads the file, and makes the settings of a server of it if it is right.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A setting can name a file, and some of the system's have no end.
    if text.contains("/dev") || text.contains("/proc") || text.contains("\\u") {
        return;
    }
    let name = format!(
        "guildhall-fuzz-{}-{:?}",
        process::id(),
        thread::current().id()
    );
    let file = env::temp_dir().join(name);
    fs::write(&file, data).expect("there is a folder for files like this");
    let parsed = parse_file(Some(&file));
    fs::remove_file(&file).expect("it was written");
    match parsed {
        Ok(parsed) => {
            let _ = parsed.warnings();
            // Nothing is fetched from an address.
            if !text.contains("://") {
                let _ = parsed.config(&KeySets::default());
            }
        }
        Err(problem) => assert!(!problem.contains('\n'), "more than a line: {problem}"),
    }
}
