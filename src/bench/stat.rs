//! Figures of a run: rates, percentiles, medians and ratios, all in integers.
//! It must never average away a slow answer: percentiles are of every answer.

use std::fmt;
use std::time::Duration;

/// What one stretch of load did.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Answers, or rows.
    pub done: u64,
    /// Time it took.
    pub took: Duration,
    /// Time of each answer in microseconds, where answers are counted.
    pub micros: Vec<u32>,
    /// Answers that were not what was asked for.
    pub failed: u64,
    /// One of them.
    pub failure: Option<String>,
}

impl Stretch {
    /// A stretch that is counted in rows.
    pub fn rows(done: u64, took: Duration) -> Stretch {
        Stretch {
            done,
            took,
            ..Stretch::default()
        }
    }

    /// Done a second.
    pub fn rate(&self) -> u64 {
        let micros = self.took.as_micros().max(1);
        u64::try_from(u128::from(self.done) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }

    /// The time within which `percent` of the answers came, in microseconds.
    pub fn percentile(&self, percent: usize) -> u32 {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(rank).copied().unwrap_or(0)
    }

    /// Adds what another connection did at the same time.
    pub fn join(&mut self, other: Stretch) {
        self.done += other.done;
        self.failed += other.failed;
        self.took = self.took.max(other.took);
        self.micros.extend(other.micros);
        self.failure = self.failure.take().or(other.failure);
    }
}

/// The middle of several rounds, with the lowest and the highest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// Median.
    pub median: u64,
    /// Lowest.
    pub least: u64,
    /// Highest.
    pub most: u64,
}

impl Spread {
    /// Of the figures of the rounds.
    pub fn of(figures: impl IntoIterator<Item = u64>) -> Spread {
        let mut sorted: Vec<u64> = figures.into_iter().collect();
        sorted.sort_unstable();
        Spread {
            median: sorted.get(sorted.len() / 2).copied().unwrap_or(0),
            least: sorted.first().copied().unwrap_or(0),
            most: sorted.last().copied().unwrap_or(0),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.least == self.most {
            return f.write_str(&grouped(self.median));
        }
        let (median, least, most) = (grouped(self.median), grouped(self.least), grouped(self.most));
        write!(f, "{median} [{least}–{most}]")
    }
}

/// A ratio of two figures in hundredths, so that no float is needed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ratio(pub u64);

impl Ratio {
    /// `part` over `whole`; of nothing, zero.
    pub fn of(part: u64, whole: u64) -> Ratio {
        let hundredths = u128::from(part) * 100 / u128::from(whole.max(1));
        Ratio(u64::try_from(hundredths).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let stretch = Stretch {
            micros: (1..=200).rev().collect(),
            ..Stretch::default()
        };
        assert_eq!((stretch.percentile(50), stretch.percentile(99)), (100, 198));
        assert_eq!(Stretch::default().percentile(99), 0);
    }

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(Ratio::of(45, 100).to_string(), "0.45");
        assert_eq!(Ratio::of(1_000, 180).to_string(), "5.55");
        assert_eq!(Spread::of([3000, 1000, 2000]).to_string(), "2,000 [1,000–3,000]");
    }

    #[test]
    fn a_rate_is_what_was_done_in_a_second() {
        assert_eq!(Stretch::rows(500, Duration::from_millis(250)).rate(), 2_000);
    }
}
