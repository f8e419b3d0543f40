//! Layering: which module of the product may name which, by resolving every `crate::`, `super::` and `self::` path.
//! It must never be loosened for one file: a module that needs more says why in the table.

use super::{Source, none, sources};

const WORDS: &[&str] = &["money", "base", "ledger", "domain::refusal"];

/// Module, what it may name beside itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("base", &["money"]),
    ("ledger", &["money", "base"]),
    ("domain::adjustment", WORDS),
    // A pending command is a command; who must agree is said by a policy, in roles of persons.
    (
        "domain::approval",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::command",
            "domain::policy",
            "domain::person",
        ],
    ),
    ("domain::freeze", WORDS),
    ("domain::payment", WORDS),
    (
        "domain::policy",
        &["money", "base", "ledger", "domain::refusal", "domain::person"],
    ),
    // A receipt keeps the position of its fact.
    (
        "domain::receipt",
        &["money", "base", "ledger", "domain::refusal", "domain::world"],
    ),
    // A formula speaks of a line's fees, funders and settling in the words of the pin; terms of settlement are dated in the
    // book.
    (
        "domain::book",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::order",
            "domain::settlement",
        ],
    ),
    // An item stands in the pool on its own stream.
    (
        "domain::catalogue",
        &["money", "base", "ledger", "domain::refusal", "domain::pool"],
    ),
    ("domain::pool", WORDS),
    // What is submitted, selected or watched is an entry of the pool.
    (
        "domain::submission",
        &["money", "base", "ledger", "domain::refusal", "domain::pool"],
    ),
    (
        "domain::selection",
        &["money", "base", "ledger", "domain::refusal", "domain::pool"],
    ),
    (
        "domain::watch",
        &["money", "base", "ledger", "domain::refusal", "domain::pool"],
    ),
    ("domain::contract", WORDS),
    // A quote is the terms of a contract to be.
    (
        "domain::brief",
        &["money", "base", "ledger", "domain::refusal", "domain::contract"],
    ),
    ("domain::purchase", WORDS),
    ("domain::sample", WORDS),
    ("domain::import", WORDS),
    ("domain::parked", WORDS),
    ("domain::supplier", WORDS),
    // Scores of offers are read as those of suppliers.
    (
        "domain::offer",
        &["money", "base", "ledger", "domain::refusal", "domain::supplier"],
    ),
    ("domain::recon", WORDS),
    ("domain::dispute", WORDS),
    ("domain::click", WORDS),
    // A line keeps the position of its facts; it and a contract speak of a share's formula in the words of that slice.
    (
        "domain::order",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::world",
            "domain::share",
        ],
    ),
    (
        "domain::party",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::entity",
            "domain::share",
        ],
    ),
    ("domain::entity", WORDS),
    ("domain::person", WORDS),
    ("domain::placement", WORDS),
    ("domain::plan", WORDS),
    ("domain::returns", WORDS),
    // A sheet sets timers by position; a guarantee is a term of a contract's share.
    (
        "domain::settlement",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::share",
            "domain::world",
        ],
    ),
    ("domain::share", WORDS),
    (
        "domain::pricing",
        &[
            "money",
            "base",
            "ledger",
            "domain::refusal",
            "domain::book",
            "domain::catalogue",
            "domain::click",
            "domain::order",
            "domain::party",
            "domain::placement",
            "domain::plan",
            "domain::share",
        ],
    ),
    ("domain", &["money", "base", "ledger"]),
    ("store", &["money", "base", "ledger", "domain"]),
    ("report", &["money", "base", "ledger", "domain", "store"]),
    ("export", &["money", "base", "ledger", "report"]),
    ("engine", &["money", "base", "ledger", "domain", "store"]),
    ("access", &["money", "base", "ledger", "domain", "store", "report"]),
    ("launcher", &["store"]),
    ("intake", &["money", "base", "ledger", "domain", "engine", "store"]),
    (
        "pull",
        &["money", "base", "ledger", "domain", "engine", "store", "intake"],
    ),
    ("sample", &["money", "base", "ledger", "domain", "engine", "store"]),
    (
        "http",
        &[
            "money", "base", "ledger", "domain", "engine", "report", "export", "access", "intake",
        ],
    ),
    (
        "cli",
        &[
            "money", "base", "ledger", "domain", "engine", "report", "export", "access", "http", "intake", "pull",
            "sample", "launcher", "store",
        ],
    ),
];

/// Module, what it must never name although its layer would allow it.
const NEVER: &[(&str, &[&str])] = &[
    (
        "store",
        &[
            "domain::pricing",
            "domain::flow::decide",
            "domain::order::decide",
            "domain::plan::decide",
        ],
    ),
    (
        "report",
        &[
            "domain::flow",
            "domain::order::decide",
            "domain::plan::decide",
            "domain::pricing",
        ],
    ),
    (
        "http",
        &[
            "domain::order::state",
            "domain::world",
            "domain::flow",
            "domain::pricing",
        ],
    ),
];

/// Words that betray I/O, clocks or chance, by module.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("money", PURE),
    ("base", PURE),
    ("ledger", PURE),
    ("domain", PURE),
    ("engine", &["actix", "StatusCode"]),
    ("store", &["actix"]),
    ("report", &["actix", "StatusCode"]),
    ("export", &["actix", "StatusCode"]),
];

const PURE: &[&str] = &[
    "tokio",
    "actix",
    "deadpool",
    "std::env",
    "std::fs",
    "std::net",
    "SystemTime",
    "Utc::now",
    "rand::",
    "new_v4",
    "now_v7",
    "async fn",
    "serde_json::Value",
    "f32",
    "f64",
];

/// `src/domain/order/fact.rs` is `domain::order::fact`.
fn module(path: &str) -> Vec<&str> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<&str> = inner.split('/').collect();
    if parts.last() == Some(&"mod") {
        parts.pop();
    }
    parts
}

/// The text without comments and without the file's own test module.
fn code(text: &str) -> String {
    let end = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\n#[allow"]
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    let lines = text[..end].lines().map(|line| match line.find("//") {
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path that the code names from the crate's root, resolved: `["domain", "book"]` and so on.
fn named(path: &str, text: &str) -> Vec<Vec<String>> {
    let here = module(path);
    let code = code(text);
    let mut found = Vec::new();
    for root in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut base: Vec<String> = match root {
                "crate::" => Vec::new(),
                _ => here.iter().map(|part| (*part).to_owned()).collect(),
            };
            let mut rest = &code[at..];
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            rest = rest
                .strip_prefix("crate::")
                .or_else(|| rest.strip_prefix("self::"))
                .unwrap_or(rest);
            expand(&base, rest, &mut found);
        }
    }
    found
}

/// Follows `a::b::{c, d::e}` from a base and keeps every leaf.
fn expand(base: &[String], rest: &str, found: &mut Vec<Vec<String>>) {
    let mut path = base.to_vec();
    let mut rest = rest;
    loop {
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if word.is_empty() {
            break;
        }
        rest = &rest[word.len()..];
        path.push(word);
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => break,
        }
    }
    let Some(group) = rest.strip_prefix('{') else {
        found.push(path);
        return;
    };
    let mut depth = 0;
    let mut start = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                expand(&path, group[start..at].trim(), found);
                return;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&path, group[start..at].trim(), found);
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn within(name: &str, module: &str) -> bool {
    name == module || name.starts_with(&format!("{module}::"))
}

fn objections(sources: &[Source]) -> Vec<String> {
    let mut objections = Vec::new();
    for source in sources {
        let own = module(&source.path).join("::");
        for (module, words) in FORBIDDEN.iter().filter(|(module, _)| within(&own, module)) {
            let code = code(&source.text);
            for word in words.iter().filter(|word| code.contains(**word)) {
                objections.push(format!("{}: {module} must never name {word}", source.path));
            }
        }
        let Some((layer, allowed)) = LAYERS.iter().find(|(layer, _)| within(&own, layer)) else {
            continue;
        };
        for name in named(&source.path, &source.text) {
            let name = name.join("::");
            let top = name.split("::").next().unwrap_or("");
            if !LAYERS.iter().any(|(layer, _)| layer.split("::").next() == Some(top)) {
                continue;
            }
            // `use super::Event` of a slice meets a type of `domain` itself: those begin with a capital.
            let parent = layer.split("::").next().filter(|_| layer.contains("::"));
            let own_type = name
                .split("::")
                .nth(1)
                .is_none_or(|part| part.starts_with(char::is_uppercase));
            let in_parent = parent == Some(top) && own_type;
            let fine = within(&name, layer) || in_parent || allowed.iter().any(|other| within(&name, other));
            if !fine {
                objections.push(format!("{}: {layer} may not name {name}", source.path));
            }
            for (_, never) in NEVER.iter().filter(|(module, _)| within(&own, module)) {
                if never.iter().any(|other| within(&name, other)) {
                    objections.push(format!("{}: {layer} must never name {name}", source.path));
                }
            }
        }
    }
    objections
}

#[test]
fn every_module_names_only_the_layers_below_it() {
    none(objections(&sources(&["src"], ".rs")));
}

#[test]
fn a_path_into_a_layer_above_or_another_slice_is_found_however_it_is_written() {
    for (path, text) in [
        ("src/money/amount.rs", "use crate::base::Instant;"),
        ("src/ledger/entry.rs", "fn f() -> crate::store::Error {}"),
        (
            "src/domain/party/decide.rs",
            "use crate::domain::{refusal::Refusal, order::Pin};",
        ),
        ("src/domain/party/decide.rs", "use super::super::order::Pin;"),
        (
            "src/domain/plan/state.rs",
            "use crate::{base::Instant, engine::Engine};",
        ),
        ("src/domain/order/decide.rs", "let now = chrono::Utc::now();"),
        ("src/domain/order/decide.rs", "fn f(rate: f64) {}"),
        ("src/store/tail.rs", "use crate::domain::flow::{Recorded, decide};"),
        ("src/store/load.rs", "use crate::engine::Meta;"),
        ("src/engine/writer.rs", "use actix_web::http::StatusCode;"),
        ("src/http/orders.rs", "use crate::store::load::streams;"),
        ("src/http/orders.rs", "use crate::domain::order::state::LineState;"),
    ] {
        let objections = objections(&[Source::new(path, text)]);
        assert!(!objections.is_empty(), "{path}: {text}");
    }
    let fine = Source::new(
        "src/domain/pricing/mod.rs",
        "use super::book::BookState;\n// crate::engine in a comment\n",
    );
    none(objections(&[fine]));
}
