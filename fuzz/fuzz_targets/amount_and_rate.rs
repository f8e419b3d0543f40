//! libFuzzer's door to `amount_and_rate`.
//! It must never hold a check: the plain function does.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fenzhang_fuzz::amount_and_rate(data));
