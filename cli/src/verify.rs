//! `guildhall verify`: whether reports, their evidence and the audit log are as they were kept. How
//! that is found out is the server's; this says it in words.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use guildhall_server::store::{self, Head, Verified};
use serde_json::{Value, json};

use crate::arguments::VerifyArguments;
use crate::output::print;
use crate::store::{Counted, busy, folder};

/// Verifies the store that the arguments name.
///
/// # Errors
///
/// A sentence for the user: it cannot be done, or something was changed.
pub fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let folder = folder(&arguments.place)?;
    let earlier = match &arguments.since {
        Some(file) => heads(file)?,
        None => Vec::new(),
    };
    let verified = busy("reading the evidence", || store::verify(&folder, &earlier))?;
    if arguments.json {
        print(format_args!("{}\n", as_json(&verified)))?;
    } else {
        say(&verified)?;
    }
    if verified.problems.is_empty() {
        return Ok(());
    }
    bail!(
        "the evidence or the audit log is not as it was kept. Keep a copy of {} as it is, find out \
         who could write there, and compare it with the last backup",
        folder.display()
    )
}

fn say(verified: &Verified) -> anyhow::Result<()> {
    let Verified {
        reports,
        acts,
        heads,
        problems,
    } = verified;
    for problem in problems {
        print(format_args!("{problem}\n"))?;
    }
    for Head {
        chain,
        number,
        hash,
    } in heads
    {
        print(format_args!("{chain}: {number}, {hash}\n"))?;
    }
    let (reports, acts) = (Counted(*reports, "report"), Counted(*acts, "act"));
    print(format_args!(
        "{reports} with evidence, {acts} in the audit log\n"
    ))?;
    if problems.is_empty() {
        print("All of it is as it was kept.\n")?;
    }
    Ok(())
}

fn as_json(verified: &Verified) -> Value {
    let heads = verified.heads.iter();
    let heads: Vec<_> = heads
        .map(|head| json!({ "chain": head.chain, "number": head.number, "hash": head.hash }))
        .collect();
    json!({
        "reports": verified.reports,
        "acts": verified.acts,
        "heads": heads,
        "problems": verified.problems,
    })
}

/// The heads in a file that `--json` has printed.
fn heads(file: &Path) -> anyhow::Result<Vec<Head>> {
    let text = fs::read_to_string(file);
    let text = text.with_context(|| format!("cannot read {}", file.display()))?;
    let found = serde_json::from_str::<Value>(&text).ok();
    let found = found.and_then(|value| {
        let heads = value.get("heads")?.as_array()?;
        let head = |head: &Value| {
            Some(Head {
                chain: head.get("chain")?.as_str()?.to_owned(),
                number: head.get("number")?.as_u64()?,
                hash: head.get("hash")?.as_str()?.to_owned(),
            })
        };
        heads.iter().map(head).collect()
    });
    found.with_context(|| {
        let file = file.display();
        format!("{file} is not what `guildhall verify --json` prints")
    })
}
