//! The target `settings` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::settings::run(data));
