//! One JSON object of an NDJSON line, flattened: a nested value is named `outer.inner`, a list's by its place; the list itself is told whole, as its text.
//! Must never turn a number into a float: numbers stay as they are written.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::emit::RowFault;

/// Deepest nesting that is looked into.
const DEPTH: usize = 8;

/// Tells each value of an object by its path; `null` is absent.
pub(super) fn flatten(line: &str, tell: &mut impl FnMut(&str, &str)) -> Result<(), RowFault> {
    object(line, "", DEPTH, tell)
}

fn wrong() -> RowFault {
    RowFault::new("json_form", "not one JSON object on one line")
}

fn object(text: &str, path: &str, depth: usize, tell: &mut impl FnMut(&str, &str)) -> Result<(), RowFault> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| wrong())?;
    for (name, value) in members {
        let path = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        member(value.get(), &path, depth, tell)?;
    }
    Ok(())
}

fn member(text: &str, path: &str, depth: usize, tell: &mut impl FnMut(&str, &str)) -> Result<(), RowFault> {
    match text.bytes().next() {
        Some(b'{' | b'[') if depth == 0 => Err(RowFault::new("json_depth", "nested deeper than 8 levels")),
        Some(b'{') => object(text, path, depth - 1, tell),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| wrong())?;
            if !items.is_empty() {
                tell(path, text);
            }
            for (index, item) in items.into_iter().enumerate() {
                member(item.get(), &format!("{path}.{index}"), depth - 1, tell)?;
            }
            Ok(())
        }
        Some(b'"') => {
            let value: String = serde_json::from_str(text).map_err(|_| wrong())?;
            tell(path, &value);
            Ok(())
        }
        Some(b'n') => Ok(()),
        _ => {
            tell(path, text);
            Ok(())
        }
    }
}
