//! Keys that are being decided on this server, for the question "what became of it?".
//! Must never be trusted for exactly-once: receipts are.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::BookId;

type Key = (BookId, String, String);

/// The keys in flight.
#[derive(Clone, Default)]
pub struct Flights {
    keys: Arc<Mutex<HashMap<Key, usize>>>,
}

impl Flights {
    /// Marks a key until the guard is dropped.
    pub fn begin(&self, key: Key) -> Flight {
        *self
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key.clone())
            .or_default() += 1;
        Flight {
            flights: self.clone(),
            key,
        }
    }

    /// True while a request with this key is being decided.
    pub fn has(&self, key: &Key) -> bool {
        self.keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(key)
    }
}

/// One request in flight; lives in its job, so it outlives a caller that left.
pub struct Flight {
    flights: Flights,
    key: Key,
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flight")
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut keys = self.flights.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = keys.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                keys.remove(&self.key);
            }
        }
    }
}
