//! The clock of the pollers, so that a day of a promotion can be lived through in a test.
//! Must never be used for money: recorded times come from the database.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::base::Instant;

/// Tells the time and waits.
pub trait Clock: Send + Sync {
    /// Now, by this machine.
    fn now(&self) -> Instant;
    /// Waits.
    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::from_utc(chrono::Utc::now())
    }

    fn sleep(&self, wait: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(wait))
    }
}
