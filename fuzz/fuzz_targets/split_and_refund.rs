//! libFuzzer's door to `split_and_refund`.
//! It must never hold a check: the plain function does.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fenzhang_fuzz::split_and_refund(data));
