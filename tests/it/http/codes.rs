//! Every refusal and problem code that the source can answer is in `openapi/error-codes.md`, and nothing else is.
//! It must never be satisfied by a code in a comment.

use std::collections::BTreeSet;
use std::path::Path;

/// After these a code stands as the first text, or as the second after a comma.
const MAKERS: [&str; 8] = [
    "Refusal::invalid(",
    "Refusal::conflict(",
    "Refusal::new(",
    "Problem::bad_request(",
    "Problem::new(",
    "Fault::new(",
    "RowFault::new(",
    "let code = match",
];

/// After these a code stands right before the sentence for people: wrong fields, and rows of a file.
const TOLD: [&str; 5] = [".add(", ".when(", " add(", "wrong(", ".problem("];

/// Where facts get their codes, and what stands right before one there.
const FACTS: [&str; 11] = [
    "domain/order/brought.rs",
    "domain/order/event.rs",
    "domain/order/fact.rs",
    "domain/order/pin.rs",
    "domain/order/decide.rs",
    "domain/order/state.rs",
    "domain/returns/event.rs",
    "domain/flow/returns.rs",
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
        // A row's fault may be given its code by a name; what follows then is no code.
        if maker.ends_with("Fault::new(") && !statement.trim_start().starts_with('"') {
            continue;
        }
        let mut quoted = statement.split('"').skip(1).step_by(2);
        let codes: Vec<&str> = if maker.starts_with("let") {
            quoted.collect()
        } else {
            quoted.next().into_iter().collect()
        };
        found.extend(codes.into_iter().filter(|text| like_a_code(text)).map(str::to_owned));
    }
    found
}

/// The texts of a call, from after its opening parenthesis to its closing one.
fn texts_of_call(rest: &str) -> Vec<String> {
    let (mut depth, mut found) = (1, Vec::new());
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    text.push(c);
                    if c == '\\' {
                        text.extend(chars.next());
                    }
                }
                found.push(text);
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn like_a_code(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    text.len() > 2 && text.bytes().all(sign)
}

/// The text that looks like a code right before a sentence, in each call after an opener.
fn codes_before_sentences(text: &str, opener: &str) -> BTreeSet<String> {
    let calls = text
        .match_indices(opener)
        .map(|(start, _)| texts_of_call(&text[start + opener.len()..]));
    let told = calls.filter_map(|texts| {
        // Where the sentence has a name of its own, the code is the last text, after the field it is about.
        let named = || texts.iter().any(|text| text.starts_with('/')).then_some(texts.len());
        let sentence = texts.iter().position(|text| text.contains(' ')).or_else(named)?;
        let code = texts.get(sentence.checked_sub(1)?)?;
        like_a_code(code).then(|| code.clone())
    });
    told.collect()
}

#[test]
fn a_code_is_found_wherever_a_wrong_field_or_a_row_gets_one() {
    let text = r#"
        wrong.when(a == "x_y", "/to", "window_empty", "the end (of it) comes first");
        wrong.add(format!("/a/{n}"), "steps_order", "they rise");
        add("name", "name_form", "a \"name\" is short");
        wrong("one_of", format!("give {name} or that"));
        wrong.add("/to", "too_late", message);
        sums.add("fees", amount("x"));
    "#;
    let mut found = BTreeSet::new();
    for opener in TOLD {
        found.extend(codes_before_sentences(text, opener));
    }
    let expected = ["name_form", "one_of", "steps_order", "too_late", "window_empty"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn every_code_in_the_source_is_in_the_list_and_every_listed_code_is_in_the_source() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for part in ["domain", "http", "access", "engine", "intake"] {
        sources(&root.join("src").join(part), &mut texts);
    }
    let mut used: BTreeSet<String> = BTreeSet::from(["not_found".to_owned()]);
    for text in &texts {
        for maker in MAKERS {
            used.extend(codes_after(text, maker));
        }
        for opener in TOLD {
            used.extend(codes_before_sentences(text, opener));
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
    let head = "# Error codes\n\nEvery stable `code` of a problem, of a wrong field, of a row of a file,\nor of a fact that was not simply applied. A code is never given another meaning.\n\n";
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
