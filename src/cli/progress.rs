//! Progress for people: a bar on a terminal, a plain line now and then elsewhere.
//! Must never write to standard output: that is for results.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(5);

/// A bar, or plain lines.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    what: String,
    unit: &'static str,
    started: Instant,
    told: Instant,
    total: u64,
}

impl Bar {
    /// Begins; `total` in the unit of `step`'s first number, `unit` the word for its second.
    pub(super) fn begin(what: &str, unit: &'static str, total: u64) -> Bar {
        let bar = std::io::stderr().is_terminal().then(|| {
            let form = "{msg} {bar:30} {percent}% {prefix} eta {eta}";
            let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        Bar {
            bar,
            what: what.to_owned(),
            unit,
            started: Instant::now(),
            told: Instant::now(),
            total,
        }
    }

    /// Tells how many of how many steps are done.
    pub(super) fn of(&mut self, done: u64, total: u64) {
        if self.total != total {
            self.total = total;
            if let Some(bar) = &self.bar {
                bar.set_length(total);
            }
        }
        self.step(done, done);
    }

    /// Tells how far it is, and how many rows that were.
    pub(super) fn step(&mut self, done: u64, rows: u64) {
        let millis = u64::try_from(self.started.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let speed = rows.saturating_mul(1_000) / millis;
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("{rows} {0}, {speed} {0}/s", self.unit));
            bar.set_position(done.min(self.total));
        } else if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            let percent = done.saturating_mul(100) / self.total.max(1);
            let left =
                u128::from(millis) * u128::from(self.total.saturating_sub(done)) / u128::from(done.max(1)) / 1_000;
            let Bar { what, unit, .. } = self;
            eprintln!("{what}: {percent} %, {rows} {unit}, {speed} {unit}/s, about {left} s left");
        }
    }

    /// Ends; the bar disappears.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
