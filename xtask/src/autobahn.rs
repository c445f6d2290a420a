//! `cargo xtask autobahn`: the cases of the Autobahn test suite against the server's own reading
//! and writing of frames, and the table of their results in the documents.
//!
//! Autobahn's own program needs Python 2.7, which no system has any more. Kosoku runs
//! Autobahn's cases, and judges them in its way.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::machine::{PYTHON, Tool};
use crate::packages;
use crate::process;
use crate::workspace::Workspace;

/// The tools that the machine must have for it.
pub(crate) const TOOLS: &[Tool] = &[PYTHON];
/// The folder with its Python packages.
pub(crate) const FOLDERS: &[&str] = &[FOLDER];

const FOLDER: &str = "server/tests/autobahn";

/// The document that has the table, between these two lines.
const DOCUMENT: &str = "docs/autobahn.md";
const BEGIN: &str = "<!-- The table is written by cargo xtask autobahn. -->\n\n";
const END: &str = "\n<!-- The end of the table. -->\n";

/// The sections of the suite that are run, by their numbers. 8 has no cases, 11 has none either,
/// and 12 and 13 are about compression, which the server does not offer.
const SECTIONS: [(u32, &str); 9] = [
    (1, "Framing"),
    (2, "Pings and pongs"),
    (3, "Reserved bits"),
    (4, "Opcodes"),
    (5, "Fragmentation"),
    (6, "UTF-8"),
    (7, "Closing"),
    (9, "Limits: up to 16 MiB"),
    (10, "Automatic fragmentation"),
];

/// The result of one case, as the report has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CaseResult {
    behavior: String,
    behavior_close: String,
}

/// The results of all cases, by the cases' numbers.
type Report = BTreeMap<CaseNumber, CaseResult>;

/// The number of a case, such as 6.4.1.
type CaseNumber = Vec<u32>;

/// Runs the suite. Writes the table, or only says whether the committed one is stale.
///
/// # Errors
///
/// If a case fails, or the table is stale.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<()> {
    packages::pip(workspace, FOLDER)?;
    let mut build = workspace.cargo();
    // As the tests build the server, so most of it is there already.
    build.args(["build", "--workspace", "--locked", "--example", "echo"]);
    process::run(&mut build)?;
    let reports = workspace.own_target("autobahn");
    if reports.exists() {
        fs::remove_dir_all(&reports)?;
    }
    let echo = Echo::start(workspace)?;
    let python = packages::python(workspace, FOLDER);
    let mut suite = workspace.command(python.with_file_name("kosoku"));
    suite.args(["--mode", "fuzzingclient", "--outdir"]);
    suite.arg(&reports).arg(format!("ws://{}/ws", echo.address));
    for (section, _) in SECTIONS {
        suite.args(["--include", &format!("{section}.*")]);
    }
    let ended = process::run(&mut suite);
    drop(echo);
    let report = match read(&reports.join("index.json")) {
        Ok(report) => report,
        // There is none if the suite could not run.
        Err(error) => return Err(ended.err().unwrap_or(error)),
    };
    let failed = failures(&report);
    if !failed.is_empty() {
        println!("{}", failed.join("\n"));
        let folder = reports.display();
        bail!(
            "{} cases failed; {folder} has a page for each",
            failed.len()
        );
    }
    ended?;
    let table = table(&report)?;
    println!("{table}\nAll {} cases passed.", report.len());
    update(&workspace.root.join(DOCUMENT), &table, check)
}

/// Some case was run.
pub(crate) fn cases_ran(output: &str) -> Result<()> {
    let ran = (output.lines()).any(|line| line.starts_with("All ") && line.ends_with(" passed."));
    ensure!(ran, "no case ran");
    Ok(())
}

/// The server that echoes, which ends when this is dropped.
struct Echo {
    child: Child,
    address: String,
}

impl Echo {
    fn start(workspace: &Workspace) -> Result<Self> {
        let mut command = workspace.command(workspace.target.join("debug/examples/echo"));
        let mut child = (command.stdin(Stdio::null()).stdout(Stdio::piped())).spawn()?;
        let output = child.stdout.take().context("its output is piped")?;
        let mut echo = Self {
            child,
            address: String::new(),
        };
        BufReader::new(output).read_line(&mut echo.address)?;
        echo.address.truncate(echo.address.trim_end().len());
        ensure!(!echo.address.is_empty(), "the echo did not start");
        Ok(echo)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(index: &Path) -> Result<Report> {
    let text = fs::read_to_string(index).with_context(|| index.display().to_string())?;
    parse(&text)
}

/// Reads the index of a report: for each tested program, the cases by their numbers.
fn parse(index: &str) -> Result<Report> {
    let index: BTreeMap<String, BTreeMap<String, CaseResult>> = serde_json::from_str(index)?;
    let mut report = Report::new();
    for (number, result) in index.into_values().flatten() {
        let parts: Result<CaseNumber, _> = number.split('.').map(str::parse).collect();
        report.insert(parts.with_context(|| number.clone())?, result);
    }
    Ok(report)
}

/// The cases that failed, each with what the suite says.
fn failures(report: &Report) -> Vec<String> {
    let passed = |result: &CaseResult| {
        let CaseResult {
            behavior,
            behavior_close,
        } = result;
        matches!(behavior.as_str(), "OK" | "NON-STRICT" | "INFORMATIONAL")
            && matches!(behavior_close.as_str(), "OK" | "INFORMATIONAL")
    };
    let failed = report.iter().filter(|(_, result)| !passed(result));
    let line = |(number, result): (&CaseNumber, &CaseResult)| {
        let (behavior, close) = (&result.behavior, &result.behavior_close);
        format!("case {}: {behavior}, its close: {close}", dotted(number))
    };
    failed.map(line).collect()
}

/// The table of the results by section.
fn table(report: &Report) -> Result<String> {
    let mut table = "| section | cases | OK | non-strict | informational |\n".to_owned();
    table.push_str("| --- | --- | --- | --- | --- |\n");
    let mut total = [0; 4];
    for (section, title) in SECTIONS {
        let mut of_section = Vec::new();
        for (number, result) in report {
            if number[0] == section {
                of_section.push(result.behavior.as_str());
            }
        }
        let count = |behavior: &str| of_section.iter().filter(|it| **it == behavior).count();
        let [ok, non_strict, informational] = ["OK", "NON-STRICT", "INFORMATIONAL"].map(count);
        let counts = [of_section.len(), ok, non_strict, informational];
        ensure!(counts[0] > 0, "no case of section {section} ran");
        let cases = counts[0];
        let _ = writeln!(
            table,
            "| {section} {title} | {cases} | {ok} | {non_strict} | {informational} |"
        );
        for (sum, count) in total.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    let [cases, ok, non_strict, informational] = total;
    ensure!(
        cases == report.len(),
        "cases of a section that is not named"
    );
    let _ = writeln!(
        table,
        "| all | {cases} | {ok} | {non_strict} | {informational} |"
    );
    for (title, behavior) in [
        ("Non-strict", "NON-STRICT"),
        ("Informational", "INFORMATIONAL"),
    ] {
        let mut named = Vec::new();
        for (number, result) in report {
            if result.behavior == behavior {
                named.push(dotted(number));
            }
        }
        if !named.is_empty() {
            let _ = writeln!(table, "\n{title}: {}.", named.join(", "));
        }
    }
    Ok(table)
}

fn dotted(number: &[u32]) -> String {
    let parts: Vec<_> = number.iter().map(ToString::to_string).collect();
    parts.join(".")
}

/// Puts the table into the document, or says whether it is there.
fn update(document: &Path, table: &str, check: bool) -> Result<()> {
    let old = fs::read_to_string(document).context(DOCUMENT)?;
    let new = with_table(&old, table).with_context(|| format!("{DOCUMENT} has no {BEGIN:?}"))?;
    if old == new {
        return Ok(());
    }
    if check {
        bail!("the table in {DOCUMENT} is stale: cargo xtask autobahn");
    }
    fs::write(document, new).context(DOCUMENT)
}

/// The document with this table in place of its own.
fn with_table(document: &str, table: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{table}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, Report, SECTIONS, failures, parse, table, with_table};

    /// A report with one good case in each section, and these.
    fn report(more: &[(&str, &str, &str)]) -> Report {
        let good = SECTIONS.map(|(section, _)| (format!("{section}.1"), "OK", "OK"));
        let more = more
            .iter()
            .map(|(number, behavior, close)| ((*number).to_owned(), *behavior, *close));
        let cases: Vec<_> = (good.into_iter().chain(more))
            .map(|(number, behavior, close)| {
                format!(r#""{number}": {{"behavior": "{behavior}", "behaviorClose": "{close}", "duration": 1}}"#)
            })
            .collect();
        parse(&format!(r#"{{"agent": {{{}}}}}"#, cases.join(","))).unwrap()
    }

    #[test]
    fn every_case_that_failed_is_named() {
        let check = |behavior, close, failed: &[&str]| {
            let report = report(&[("6.4.10", behavior, close)]);
            assert_eq!(failures(&report), failed);
        };
        check("OK", "OK", &[]);
        check("NON-STRICT", "OK", &[]);
        check("INFORMATIONAL", "INFORMATIONAL", &[]);
        check("FAILED", "OK", &["case 6.4.10: FAILED, its close: OK"]);
        check("OK", "UNCLEAN", &["case 6.4.10: OK, its close: UNCLEAN"]);
        check(
            "UNIMPLEMENTED",
            "OK",
            &["case 6.4.10: UNIMPLEMENTED, its close: OK"],
        );
        check("", "", &["case 6.4.10: , its close: "]);
    }

    #[test]
    fn the_table_counts_by_section_and_names_what_is_not_ok() {
        let report = report(&[
            ("6.10.1", "NON-STRICT", "OK"),
            ("6.2.1", "NON-STRICT", "OK"),
            ("7.1", "INFORMATIONAL", "INFORMATIONAL"),
        ]);
        let table = table(&report).unwrap();
        for line in [
            "| 6 UTF-8 | 3 | 1 | 2 | 0 |\n",
            "| 7 Closing | 1 | 0 | 0 | 1 |\n",
            "| all | 11 | 8 | 2 | 1 |\n",
            "\nNon-strict: 6.2.1, 6.10.1.\n",
            "\nInformational: 7.1.\n",
        ] {
            assert!(table.contains(line), "{line}{table}");
        }
    }

    #[test]
    fn cases_that_are_missing_or_unknown_are_no_pass() {
        let mut fewer = report(&[]);
        assert!(table(&fewer).is_ok());
        fewer.remove(&vec![3, 1]);
        assert!(table(&fewer).is_err());
        assert!(table(&report(&[("12.1.1", "OK", "OK")])).is_err());
    }

    #[test]
    fn the_table_replaces_the_one_in_the_document() {
        let document = |table: &str| format!("Text.\n\n{BEGIN}{table}{END}More.\n");
        assert_eq!(
            with_table(&document("old\n"), "new\n"),
            Some(document("new\n"))
        );
        assert_eq!(with_table("Text.", "new"), None);
    }
}
