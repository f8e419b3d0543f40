//! Every refusal and problem code that the source can answer is in `openapi/error-codes.md`, and nothing else is.
//! It must never be satisfied by a code in a comment.

use std::collections::BTreeSet;
use std::path::Path;

/// After these a code stands as the first text, or as the second after a comma.
const MAKERS: [&str; 7] = [
    "Refusal::invalid(",
    "Refusal::conflict(",
    "Refusal::new(",
    "Problem::bad_request(",
    "Problem::new(",
    "Fault::new(",
    "let code = match",
];

/// Where facts get their codes, and what stands right before one there.
const FACTS: [&str; 9] = [
    "domain/order/brought.rs",
    "domain/order/event.rs",
    "domain/order/fact.rs",
    "domain/order/pin.rs",
    "domain/order/decide.rs",
    "domain/order/state.rs",
    "domain/pricing/mod.rs",
    "domain/receipt/decide.rs",
    "domain/pricing/candidates.rs",
];
const BEFORE: [&str; 7] = [
    "Some(\"",
    ".then_some(\"",
    "FactState::Parked, \"",
    "FactState::Conflict, \"",
    "FactState::Stale, \"",
    "lapsed(\"",
    ": &str = \"",
];

fn sources(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            out.push(text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned());
        }
    }
}

/// The texts in the first statement or match after a maker that look like codes.
fn codes_after(text: &str, maker: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (start, _) in text.match_indices(maker) {
        let rest = &text[start + maker.len()..];
        let end = if maker.starts_with("let") {
            rest.find("};")
        } else {
            rest.find([';', '}'])
        };
        let statement = &rest[..end.unwrap_or(rest.len())];
        let mut quoted = statement.split('"').skip(1).step_by(2);
        let codes: Vec<&str> = if maker.starts_with("let") {
            quoted.collect()
        } else {
            quoted.next().into_iter().collect()
        };
        let code = |text: &&str| {
            text.len() > 2
                && text
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        found.extend(codes.into_iter().filter(code).map(str::to_owned));
    }
    found
}

#[test]
fn every_code_in_the_source_is_in_the_list_and_every_listed_code_is_in_the_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for part in ["domain", "http", "access", "engine"] {
        sources(&root.join("src").join(part), &mut texts);
    }
    let mut used: BTreeSet<String> = BTreeSet::from(["not_found".to_owned()]);
    for text in &texts {
        for maker in MAKERS {
            used.extend(codes_after(text, maker));
        }
    }
    for file in FACTS {
        let text = std::fs::read_to_string(root.join("src").join(file)).unwrap();
        for before in BEFORE {
            let codes = text.split(before).skip(1).filter_map(|rest| rest.split('"').next());
            used.extend(codes.map(str::to_owned));
        }
    }
    let path = root.join("openapi/error-codes.md");
    let head = "# Error codes\n\nEvery stable `code` of a problem, of a wrong field, or of a fact that was not simply applied. A code is never given another meaning.\n\n";
    let list: String = used.iter().map(|code| format!("- `{code}`\n")).collect();
    if std::env::var_os("FENZHANG_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{list}")).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let listed: BTreeSet<String> = committed
        .lines()
        .filter_map(|line| Some(line.strip_prefix("- `")?.split('`').next()?.to_owned()))
        .collect();
    assert_eq!(listed, used, "openapi/error-codes.md is not what the source answers");
}
