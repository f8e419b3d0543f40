//! Imports 导入批次 as the log knows them: that one was committed, that its reversal began, that it was reversed.
//! Must never hold rows or files: those stand beside the log, and every fact of a batch is an event of its own line.

pub mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::base::{ImportId, Month};

/// `import.committed`: every row of a file was told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportCommitted {
    /// Which.
    pub import: ImportId,
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// Name of the mapping.
    pub mapping: String,
    /// SHA-256 of the mapping's text, hexadecimal.
    pub mapping_sha256: String,
    /// Which attempt at this file with this mapping, from 1: a reversed one may be followed by another.
    pub attempt: u32,
    /// Rows read.
    pub rows: u32,
    /// Rows rejected.
    pub rejected: u32,
}

/// `import.reversal_begun`: the facts of the batch are being taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportReversal {
    /// Which.
    pub import: ImportId,
    /// SHA-256 of the file, hexadecimal.
    pub file: String,
    /// Accounting months that legs of its lines were stamped with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub months: Vec<Month>,
}

/// `import.reversed`: every fact that only this batch told is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImportReversed {
    /// Which.
    pub import: ImportId,
    /// Facts taken back.
    pub withdrawn: u32,
    /// Facts that stay, because another batch or another sender tells them too.
    pub kept: u32,
}

/// What happened to an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ImportEvent {
    /// `import.committed`
    Committed(ImportCommitted),
    /// `import.reversal_begun`
    ReversalBegun(ImportReversal),
    /// `import.reversed`
    Reversed(ImportReversed),
}

/// How far an import is, as the log knows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum ImportStatus {
    /// Its facts are being told, or its telling was broken off.
    #[default]
    Told,
    /// Told to its end.
    Committed,
    /// Its facts are being taken back.
    Reversing,
    /// Taken back.
    Reversed,
}

/// An import as the log knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ImportState {
    /// How far.
    pub status: ImportStatus,
}

impl ImportState {
    /// Folds one event.
    pub fn evolve(&mut self, event: &ImportEvent) {
        self.status = match event {
            ImportEvent::Committed(_) => ImportStatus::Committed,
            ImportEvent::ReversalBegun(_) => ImportStatus::Reversing,
            ImportEvent::Reversed(_) => ImportStatus::Reversed,
        };
    }
}
