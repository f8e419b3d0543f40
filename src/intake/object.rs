//! JSON objects that come one at a time, not from a file: their values become cells of a mapping.
//! Must never read a file or a network: the text is given.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use super::emit::RowFault;
use super::ndjson;
use super::plan::{Cells, Plan};
use super::source::ROW_LIMIT;

/// The columns of a mapping by the path of their value in an object.
#[derive(Clone, Debug)]
pub struct Objects {
    by_path: HashMap<String, Vec<usize>>,
    slots: usize,
}

impl Objects {
    /// For a compiled mapping.
    pub fn of(plan: &Plan) -> Objects {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        for (slot, column) in plan.columns.iter().enumerate() {
            by_path.entry(column.name.clone()).or_default().push(slot);
        }
        Objects {
            by_path,
            slots: plan.columns.len(),
        }
    }

    /// Fills the cells with one object.
    pub fn fill(&self, object: &str, cells: &mut Cells) -> Result<(), RowFault> {
        cells.reset(self.slots);
        if object.len() > ROW_LIMIT {
            return Err(RowFault::new("row_too_long", "the row is longer than 64 KiB"));
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(object.as_bytes());
        cells.row_hash = hasher.finish();
        ndjson::flatten(object, &mut |path, value| {
            for slot in self.by_path.get(path).into_iter().flatten() {
                cells.set(*slot, value);
            }
        })
    }
}
