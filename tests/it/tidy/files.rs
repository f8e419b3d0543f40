//! Files: two-line heads, sizes, one `unsafe`, words that must not leave the place where the code was written.
//! It must never judge taste that a reader can judge better.

use super::{Source, none, root, sources};

/// Lines at which a file is named, and at which it is refused.
const WARN: usize = 500;
const FAIL: usize = 900;

/// Table-like files, which may be longer.
const TABLES: &[&str] = &[];

/// The only file that may allow unsafe code.
const UNSAFE: &str = "src/launcher/spawn.rs";

fn heads(sources: &[Source]) -> Vec<String> {
    let headless = sources.iter().filter(|source| {
        let mut lines = source.text.lines();
        let mut said = || {
            lines
                .next()
                .is_some_and(|line| line.starts_with("//! ") && line.len() > 12)
        };
        !(said() && said())
    });
    headless
        .map(|source| format!("{}: begins without two //! lines", source.path))
        .collect()
}

fn sizes(sources: &[Source]) -> Vec<String> {
    let mut objections = Vec::new();
    for source in sources.iter().filter(|source| !TABLES.contains(&source.path.as_str())) {
        let lines = source.text.lines().count();
        if lines >= FAIL {
            objections.push(format!("{}: {lines} lines", source.path));
        } else if lines >= WARN {
            eprintln!("warning: {} has {lines} lines", source.path);
        }
    }
    objections
}

fn unsafes(sources: &[Source]) -> Vec<String> {
    let allow = concat!("allow(", "unsafe_code)");
    let word = concat!("unsafe", " {");
    let elsewhere = sources.iter().filter(|source| source.path != UNSAFE);
    let found = elsewhere.filter(|source| source.text.contains(allow) || source.text.contains(word));
    found
        .map(|source| format!("{}: only {UNSAFE} may hold unsafe code", source.path))
        .collect()
}

/// Folders of one machine, and the hosts of private mirrors, are of no use to a reader elsewhere.
fn words(sources: &[Source]) -> Vec<String> {
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/tm", "p/"),
        concat!("arti", "factory"),
        concat!("index.crates", ".io/mirror"),
        concat!("registry.npmjs", ".org/mirror"),
    ];
    let mut objections = Vec::new();
    for source in sources {
        for word in forbidden.iter().filter(|word| source.text.contains(**word)) {
            objections.push(format!("{}: holds {word:?}", source.path));
        }
    }
    objections
}

fn long_functions(sources: &[Source]) -> Vec<String> {
    let mut objections = Vec::new();
    for source in sources {
        let mut begun: Option<(usize, &str, String)> = None;
        for (number, line) in source.text.lines().enumerate() {
            let inner = line.trim_start();
            let indent = &line[..line.len() - inner.len()];
            let starts = [
                "fn ",
                "pub fn ",
                "async fn ",
                "pub async fn ",
                "pub(super) fn ",
                "pub(super) async fn ",
                "pub(crate) fn ",
                "pub(crate) async fn ",
            ];
            if begun.is_none() && starts.iter().any(|start| inner.starts_with(start)) {
                begun = Some((number, inner, format!("{indent}}}")));
            } else if let Some((start, name, end)) = &begun
                && line == end
            {
                let body = number - start - 1;
                if body > 70 {
                    objections.push(format!("{}:{}: {body} lines: {name}", source.path, start + 1));
                }
                begun = None;
            }
        }
    }
    objections
}

fn all() -> Vec<Source> {
    sources(&["src", "tests"], ".rs")
}

#[test]
fn every_file_says_what_it_holds_and_what_it_must_never_do() {
    none(heads(&all()));
    assert!(
        !heads(&[Source::new(
            "a.rs",
            "//! One line only, which is long enough.\nuse x;\n"
        )])
        .is_empty()
    );
}

#[test]
fn no_file_has_nine_hundred_lines() {
    none(sizes(&all()));
    assert!(!sizes(&[Source::new("a.rs", &"\n".repeat(FAIL))]).is_empty());
}

#[test]
fn no_function_of_the_product_has_more_than_seventy_lines_inside() {
    none(long_functions(&sources(&["src"], ".rs")));
    let long = format!("    fn f() {{\n{}    }}\n", "        g();\n".repeat(71));
    assert!(!long_functions(&[Source::new("a.rs", &long)]).is_empty());
}

#[test]
fn unsafe_code_stands_in_one_file() {
    none(unsafes(&all()));
    let text = std::fs::read_to_string(root().join(UNSAFE)).unwrap();
    assert!(!unsafes(&[Source::new("src/x.rs", &text)]).is_empty());
}

#[test]
fn nothing_names_a_folder_or_a_host_of_one_machine() {
    let mut texts = all();
    for (folder, ending) in [
        ("src", ".sql"),
        ("src", ".toml"),
        ("migrations", ".sql"),
        ("tests/golden", ".json"),
    ] {
        if root().join(folder).exists() {
            texts.extend(sources(&[folder], ending));
        }
    }
    for name in ["README.md", "Cargo.toml", "Cargo.lock", ".ci/run"] {
        if let Ok(text) = std::fs::read_to_string(root().join(name)) {
            texts.push(Source::new(name, &text));
        }
    }
    none(words(&texts));
    assert!(!words(&[Source::new("a.rs", concat!("let x = \"/wo", "rk/data\";"))]).is_empty());
}
