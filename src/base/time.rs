//! Instants to the microsecond, and the business calendar of a zone: days, months, next midnight.
//! Must never read a clock; a fixed offset is never used where a zone is meant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("not an RFC 3339 time with an offset, such as 2026-06-18T20:00:00+08:00")]
    Form,
    /// A leap second: no database keeps it, so it would move to the next minute, day or month.
    #[error("a leap second (:60) is not accepted")]
    LeapSecond,
    /// Before 1970 or after 2999.
    #[error("time outside 1970 to 2999")]
    OutOfRange,
    /// Not an IANA zone.
    #[error("unknown time zone")]
    Zone,
    /// Not of the form 2026-06.
    #[error("not a month of the form 2026-06")]
    Month,
}

/// A point in time, UTC, to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(DateTime<Utc>);

impl Instant {
    /// Cuts a time to microseconds, the resolution of the log.
    pub fn from_utc(time: DateTime<Utc>) -> Instant {
        Instant(DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time))
    }

    /// From microseconds since 1970.
    pub fn from_micros(micros: i64) -> Result<Instant, TimeError> {
        DateTime::from_timestamp_micros(micros)
            .map(Instant)
            .ok_or(TimeError::OutOfRange)
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// As chrono's type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// This instant moved by a number of seconds; stays put at the end of time.
    pub fn plus_seconds(self, seconds: i64) -> Instant {
        TimeDelta::try_seconds(seconds)
            .and_then(|d| self.0.checked_add_signed(d))
            .map_or(self, Instant)
    }

    /// This instant moved by whole days of 24 hours.
    pub fn plus_days(self, days: i64) -> Instant {
        self.plus_seconds(days.saturating_mul(86_400))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.0;
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )?;
        write!(f, ".{:06}Z", t.timestamp_subsec_micros().min(999_999))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Instant {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Instant, TimeError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError::Form)?;
        if time.timestamp_subsec_nanos() >= 1_000_000_000 {
            return Err(TimeError::LeapSecond);
        }
        let utc = time.with_timezone(&Utc);
        if !(1970..3000).contains(&utc.year()) {
            return Err(TimeError::OutOfRange);
        }
        Ok(Instant::from_utc(utc))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An IANA time zone, from a zone database compiled in, so that host and database settings do not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Asia/Shanghai: the default zone of a book.
    pub const SHANGHAI: Zone = Zone(chrono_tz::Asia::Shanghai);

    /// The calendar day on which an instant falls.
    pub fn day(self, at: Instant) -> NaiveDate {
        at.0.with_timezone(&self.0).date_naive()
    }

    /// The calendar month in which an instant falls.
    pub fn month(self, at: Instant) -> Month {
        let day = self.day(at);
        Month {
            year: day.year(),
            month: day.month(),
        }
    }

    /// The first instant of a day.
    pub fn midnight(self, day: NaiveDate) -> Instant {
        let local = day.and_hms_opt(0, 0, 0).unwrap_or_default();
        match self.0.from_local_datetime(&local).earliest() {
            Some(time) => Instant(time.with_timezone(&Utc)),
            // A day without a midnight (a clock change at 00:00) begins at 01:00.
            None => {
                let later = local.checked_add_signed(TimeDelta::hours(1)).unwrap_or(local);
                self.0
                    .from_local_datetime(&later)
                    .earliest()
                    .map_or(Instant(later.and_utc()), |t| Instant(t.with_timezone(&Utc)))
            }
        }
    }

    /// The first midnight after an instant: when a rate cut asked for now takes effect.
    pub fn next_midnight(self, at: Instant) -> Instant {
        let day = self.day(at);
        self.midnight(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// Local date and time for people, such as `2026-06-18 20:00:00`.
    pub fn local(self, at: Instant) -> String {
        at.0.with_timezone(&self.0).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// Reads a local time without offset, as files of the trade write it.
    pub fn parse_local(self, text: &str, format: &str) -> Result<Instant, TimeError> {
        let local = chrono::NaiveDateTime::parse_from_str(text, format).map_err(|_| TimeError::Form)?;
        if local.nanosecond() >= 1_000_000_000 {
            return Err(TimeError::LeapSecond);
        }
        self.0
            .from_local_datetime(&local)
            .earliest()
            .map(|t| Instant::from_utc(t.with_timezone(&Utc)))
            .ok_or(TimeError::Form)
    }
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::SHANGHAI
    }
}

impl FromStr for Zone {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Zone, TimeError> {
        text.parse().map(Zone).map_err(|_| TimeError::Zone)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A calendar month, written `2026-06`: the accounting period of a book.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    /// Calendar year.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// As one sortable number, such as 202606.
    pub fn number(self) -> i32 {
        self.year * 100 + i32::try_from(self.month).unwrap_or(1)
    }

    /// From the sortable number.
    pub fn from_number(number: i32) -> Result<Month, TimeError> {
        let month = u32::try_from(number % 100).map_err(|_| TimeError::Month)?;
        if (197_001..=299_912).contains(&number) && (1..=12).contains(&month) {
            Ok(Month {
                year: number / 100,
                month,
            })
        } else {
            Err(TimeError::Month)
        }
    }

    /// The month after.
    pub fn next(self) -> Month {
        if self.month == 12 {
            Month {
                year: self.year + 1,
                month: 1,
            }
        } else {
            Month {
                year: self.year,
                month: self.month + 1,
            }
        }
    }

    /// The month before.
    pub fn previous(self) -> Month {
        if self.month == 1 {
            Month {
                year: self.year - 1,
                month: 12,
            }
        } else {
            Month {
                year: self.year,
                month: self.month - 1,
            }
        }
    }

    /// First day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// Last day.
    pub fn last_day(self) -> NaiveDate {
        let next = self.next().first_day();
        next.pred_opt().unwrap_or(next)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Month {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Month, TimeError> {
        let (year, month) = text.split_once('-').ok_or(TimeError::Month)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(TimeError::Month);
        }
        let number = year.parse::<i32>().map_err(|_| TimeError::Month)? * 100
            + month.parse::<i32>().map_err(|_| TimeError::Month)?;
        Month::from_number(number)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_millisecond_of_a_shanghai_year_belongs_to_december() {
        assert_eq!(
            Zone::SHANGHAI.month(at("2025-12-31T15:59:59.999Z")).to_string(),
            "2025-12"
        );
        assert_eq!(
            Zone::SHANGHAI.month(at("2025-12-31T16:00:00.000Z")).to_string(),
            "2026-01"
        );
    }

    #[test]
    fn summer_time_of_1988_comes_from_the_zone_database() {
        assert_eq!(Zone::SHANGHAI.local(at("1988-06-30T15:30:00Z")), "1988-07-01 00:30:00");
    }

    #[test]
    fn a_leap_second_is_refused_before_any_database_can_move_it() {
        assert_eq!("2016-12-31T23:59:60Z".parse::<Instant>(), Err(TimeError::LeapSecond));
    }

    #[test]
    fn a_cut_asked_for_at_any_time_of_a_day_waits_for_its_midnight() {
        assert_eq!(
            Zone::SHANGHAI.next_midnight(at("2026-06-18T10:00:00Z")),
            at("2026-06-18T16:00:00Z")
        );
        assert_eq!(
            Zone::SHANGHAI.next_midnight(at("2026-06-18T16:00:00Z")),
            at("2026-06-19T16:00:00Z")
        );
    }

    #[test]
    fn an_instant_has_one_spelling_with_six_decimals() {
        assert_eq!(
            at("2026-06-18T20:00:00+08:00").to_string(),
            "2026-06-18T12:00:00.000000Z"
        );
    }
}
