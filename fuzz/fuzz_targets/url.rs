#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| obsctl::fuzzing::run("url", data));
