//! libFuzzer's door to `mapping_import`.
//! It must never hold a check: the plain function does.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fenzhang_fuzz::mapping_import(data));
