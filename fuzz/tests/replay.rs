//! The short run of each target: its committed inputs, and changes of them that are the same at
//! every run.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

use std::env;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use fastrand::Rng;
use guildhall_fuzz::{TARGETS, Target, mutation};

/// Multiplies the number of changes, for a longer run without libFuzzer.
const FACTOR: &str = "GUILDHALL_FUZZ_FACTOR";

/// The most bytes of all committed inputs.
const MOST_COMMITTED: usize = 200 * 1024;

/// The committed inputs of a target, in the order of their names.
fn inputs(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let files = fs::read_dir(&folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let inputs: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    inputs
}

/// Runs a target with its inputs, and with so many changes of them.
fn replay(name: &str, changes: usize) {
    let (_, run): Target = *(TARGETS.iter()).find(|target| target.0 == name).unwrap();
    let inputs = inputs(name);
    let try_one = |input: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(input))) {
            // So that it can be put into a test of its own.
            eprintln!("the input, {} bytes: {}", input.len(), input.escape_ascii());
            resume_unwind(panic);
        }
    };
    for input in &inputs {
        try_one(input);
    }
    let factor = env::var(FACTOR).map_or(1, |factor| factor.parse().unwrap());
    let mut random = Rng::with_seed(0x6775_696c_6468_616c);
    for _ in 0..changes * factor {
        let input = &inputs[random.usize(..inputs.len())];
        let other = &inputs[random.usize(..inputs.len())];
        try_one(&mutation::change(input, other, &mut random));
    }
}

#[test]
fn every_target_has_its_program_for_lib_fuzzer() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let program = |line: &'static str| {
        let path = line.strip_prefix("path = \"fuzz_targets/")?;
        path.strip_suffix(".rs\"")
    };
    let programs: Vec<_> = manifest.leak().lines().filter_map(program).collect();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
}

#[test]
fn every_target_is_fuzzed_each_week() {
    let workflow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/fuzz.yml");
    let workflow = fs::read_to_string(workflow).unwrap();
    let names = TARGETS.map(|(name, _)| name).join(", ");
    assert!(workflow.contains(&format!("[{names}]")), "{names}");
}

#[test]
fn the_committed_inputs_are_few_bytes() {
    let of_target = |(name, _): Target| inputs(name).iter().map(Vec::len).sum::<usize>();
    let bytes: usize = TARGETS.map(of_target).iter().sum();
    assert!(bytes <= MOST_COMMITTED, "{bytes} bytes");
}

/// A test for each target, with the number of its changes.
macro_rules! replays {
    ($($name:ident $changes:literal)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name), $changes);
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|(name, _)| name), replayed);
        }
    };
}

replays! {
    decode 50_000
    requests 3_000
    frames 30_000
    tokens 10_000
    settings 500
    proxy 50_000
    heads 30_000
    filters 3_000
    tls 1_000
    client 10_000
}
