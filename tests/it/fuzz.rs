//! The fuzz targets on the stable compiler: their seeds, then mutations of them. A short run by default; with
//! `FENZHANG_FUZZ_SECONDS=60` that long for each target.
//! It must never be seeded from anything but a number that a finding prints.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::histories::chance::Chance;

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "the fuzz package is a library of its own")]
mod targets;

/// Mutations of a target in the ordinary run.
const ROUNDS: u64 = 3_000;

/// Bytes that break parsers.
const TOKENS: [&[u8]; 22] = [
    b"\"",
    b"'",
    b"-",
    b"0",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e308",
    b"null",
    b"{",
    b"}",
    b"[",
    b"\\u0000",
    b"\\ud800",
    b",",
    b"\n",
    b"\r\n",
    b"\0",
    b"~",
    b".",
    "１".as_bytes(),
    "\u{feff}".as_bytes(),
    b"\xff",
];

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    if target == "event_decoding" {
        // Every golden event is a seed.
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events");
        for entry in std::fs::read_dir(golden).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let (kind, schema) = name.trim_end_matches(".json").rsplit_once(".v").unwrap();
            seeds.push(format!("{kind} {schema}\n{}", std::fs::read_to_string(&path).unwrap()).into_bytes());
        }
        seeds.sort();
    }
    assert!(seeds.len() >= 5, "{target} has too few seeds");
    seeds
}

fn mutate(chance: &mut Chance, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut data = chance.pick(seeds).clone();
    let place = |chance: &mut Chance, data: &[u8]| usize::try_from(chance.below(data.len() as u64 + 1)).unwrap();
    for _ in 0..1 + chance.below(4) {
        let at = place(chance, &data);
        let to = (at + usize::try_from(chance.below(16)).unwrap()).min(data.len());
        match chance.below(7) {
            0 if at < data.len() => data[at] ^= 1 << chance.below(8),
            1 if at < data.len() => data[at] = u8::try_from(chance.below(256)).unwrap(),
            2 => drop(data.drain(at..to)),
            3 => {
                let token = *chance.pick(&TOKENS);
                data.splice(at..at, token.iter().copied());
            }
            4 => {
                let copy = data[at..to].to_vec();
                let at = place(chance, &data);
                data.splice(at..at, copy);
            }
            5 => {
                let other = chance.pick(seeds);
                let from = place(chance, other);
                data.truncate(at);
                data.extend_from_slice(&other[from..]);
            }
            _ => {
                let token = *chance.pick(&TOKENS);
                data.splice(at..to, token.iter().copied());
            }
        }
    }
    data.truncate(64 * 1024);
    data
}

fn run(name: &str, target: fn(&[u8])) {
    let seconds: Option<u64> = std::env::var("FENZHANG_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let seeds = seeds(name);
    let try_one = |data: &[u8], from: &str| {
        if catch_unwind(AssertUnwindSafe(|| target(data))).is_err() {
            panic!("{name} breaks on {from}: {:?}", String::from_utf8_lossy(data));
        }
    };
    for seed in &seeds {
        try_one(seed, "a seed");
    }
    let begun = Instant::now();
    let mut rounds = 0;
    let more = |rounds| match seconds {
        Some(seconds) => begun.elapsed() < Duration::from_secs(seconds),
        None => rounds < ROUNDS,
    };
    while more(rounds) {
        rounds += 1;
        try_one(&mutate(&mut Chance::new(rounds), &seeds), &format!("round {rounds}"));
    }
    println!("{name}: {} seeds, {rounds} mutations", seeds.len());
}

#[test]
fn every_target_has_its_door_and_its_seeds() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, _) in targets::TARGETS {
        assert!(root.join(format!("fuzz_targets/{name}.rs")).exists(), "{name}");
        assert!(!seeds(name).is_empty(), "{name}");
    }
}

#[test]
fn event_decoding_never_panics_and_has_one_canonical_form() {
    run("event_decoding", targets::event_decoding);
}

#[test]
fn amounts_and_rates_have_one_spelling() {
    run("amount_and_rate", targets::amount_and_rate);
}

#[test]
fn splits_and_refunds_of_any_formula_balance_and_end_at_nothing() {
    run("split_and_refund", targets::split_and_refund);
}

#[test]
fn mapping_files_and_the_files_they_read_never_panic() {
    run("mapping_import", targets::mapping_import);
}

#[test]
fn cursors_and_ids_have_one_spelling() {
    run("cursor_decoding", targets::cursor_decoding);
}

#[test]
fn a_target_that_panics_is_a_finding() {
    let broken: fn(&[u8]) = |data| assert!(data.len() < 3);
    assert!(catch_unwind(|| run("amount_and_rate", broken)).is_err());
}
