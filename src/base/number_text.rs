//! A 64-bit number as text inside an event (decision B10), for `#[serde(with = "crate::base::number_text")]`.
//! Must never write a JSON number: readers elsewhere keep only 53 bits of one.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes the digits.
pub fn serialize<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Reads the digits.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
