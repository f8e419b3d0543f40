//! Windows of time: how long one may be, which comes next, and what is missing between those that were pulled.
//! Must never read a clock or leave a hole: the next window begins where the last one ended.
//!
//! Windows are of whole seconds, as the platforms' times are. Two neighbours share their common second: whether a platform
//! counts the end in or not is not documented, a row read twice is one row, and a row read never would be lost.

use std::fmt;

use super::config::Source;
use crate::base::Instant;

const SECOND: i64 = 1_000_000;

/// From and to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Where it begins.
    pub from: Instant,
    /// Where it ends.
    pub to: Instant,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

impl Window {
    /// Whole seconds.
    pub fn seconds(self) -> i64 {
        (self.to.micros() - self.from.micros()) / SECOND
    }

    /// The first `seconds` of it.
    #[must_use]
    pub fn first(self, seconds: i64) -> Window {
        Window {
            from: self.from,
            to: self.to.min(self.from.plus_seconds(seconds)),
        }
    }

    fn touches(self, other: Window) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// The whole second an instant lies in.
pub fn whole(at: Instant) -> Instant {
    Instant::from_micros(at.micros().div_euclid(SECOND) * SECOND).unwrap_or(at)
}

/// Longest window that may be asked at `now` beginning at `from`, in seconds. A promotion counts when the request is made in
/// it or the window reaches into it: what the platforms mean is not documented, and the shorter one is right for both.
pub fn longest(source: &Source, from: Instant, now: Instant) -> i64 {
    let normal = i64::from(source.window_minutes()) * 60;
    let asked = Window {
        from,
        to: from.plus_seconds(normal),
    };
    let at_once = Window {
        from: now,
        to: now.plus_seconds(1),
    };
    let promotions = source.promotion.iter().filter(|promotion| {
        let during = Window {
            from: promotion.from,
            to: promotion.to,
        };
        during.touches(asked) || during.touches(at_once)
    });
    let limits = promotions.map(|promotion| i64::from(promotion.window_minutes) * 60);
    limits.fold(normal, i64::min).max(1)
}

/// The next window from `cursor` up to `horizon`; none while there is not a whole second.
pub fn next(cursor: Instant, horizon: Instant, seconds: i64) -> Option<Window> {
    let window = Window {
        from: whole(cursor),
        to: whole(horizon),
    };
    (window.to > window.from).then(|| window.first(seconds))
}

/// What of `whole` is not covered; `covered` in order of time.
pub fn gaps(whole: Window, covered: &[Window]) -> Vec<Window> {
    let mut gaps = Vec::new();
    let mut at = whole.from;
    for done in covered {
        if done.from > at && at < whole.to {
            gaps.push(Window {
                from: at,
                to: done.from.min(whole.to),
            });
        }
        at = at.max(done.to);
    }
    if at < whole.to {
        gaps.push(Window { from: at, to: whole.to });
    }
    gaps
}
