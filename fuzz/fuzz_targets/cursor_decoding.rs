//! libFuzzer's door to `cursor_decoding`.
//! It must never hold a check: the plain function does.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fenzhang_fuzz::cursor_decoding(data));
