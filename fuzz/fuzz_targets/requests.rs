//! The target `requests` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| guildhall_fuzz::requests::run(data));
