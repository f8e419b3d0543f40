//! Business days 工作日 of a book: a dated list, year by year, of the days that depart from its weeks 节假日与调休.
//! Must never guess a year: without its list no day of it is counted.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::domain::refusal::{Refusal, Wrong};

/// Most days of one year's list.
const MOST_DAYS: usize = 366;
/// Longest name of a day.
const LONGEST_NAME: usize = 64;

/// A day that departs from its week.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CalendarDay {
    /// Which.
    pub on: NaiveDate,
    /// It is worked (a rest day that is made up for 调休), or is not (a holiday 节假日).
    pub working: bool,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// `calendar.set`: the list of one year, in place of the one before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CalendarSet {
    /// Which year.
    pub year: i32,
    /// Days of the week that are not worked: 1 is Monday, 7 is Sunday.
    pub rest: Vec<u8>,
    /// Days that depart from that.
    pub days: Vec<CalendarDay>,
}

impl CalendarSet {
    /// Refuses a list that makes no sense.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut wrong = Wrong::default();
        wrong.when(
            !(2000..2100).contains(&self.year),
            "/year",
            "year_range",
            "a year from 2000 to 2099",
        );
        let weekdays: BTreeSet<u8> = self.rest.iter().copied().collect();
        wrong.when(
            weekdays.len() != self.rest.len()
                || weekdays.len() > 6
                || weekdays.iter().any(|day| !(1..=7).contains(day)),
            "/rest",
            "weekday_range",
            "days of the week from 1 (Monday) to 7 (Sunday), each once, and one of them is worked",
        );
        wrong.when(self.days.len() > MOST_DAYS, "/days", "too_many", "at most 366 days");
        let mut seen = BTreeSet::new();
        for (index, day) in self.days.iter().enumerate().take(MOST_DAYS) {
            let at = |field: &str| format!("/days/{index}/{field}");
            if day.on.year() != self.year {
                wrong.add(at("on"), "day_of_other_year", "the day is of another year");
            }
            if !seen.insert(day.on) {
                wrong.add(at("on"), "day_repeated", "a day is named twice");
            }
            if (day.name.as_ref()).is_some_and(|name| name.is_empty() || name.chars().count() > LONGEST_NAME) {
                wrong.add(at("name"), "text_length", "a name of 1 to 64 characters");
            }
        }
        wrong.check()
    }

    fn works(&self, day: NaiveDate) -> bool {
        let weekday = u8::try_from(day.weekday().number_from_monday()).unwrap_or(1);
        let listed = self.days.iter().find(|listed| listed.on == day);
        listed.map_or(!self.rest.contains(&weekday), |listed| listed.working)
    }
}

/// The lists of every year.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar(BTreeMap<i32, CalendarSet>);

impl Calendar {
    /// Puts a year's list in place of the one before.
    pub fn set(&mut self, set: &CalendarSet) {
        self.0.insert(set.year, set.clone());
    }

    /// Every year's list.
    pub fn years(&self) -> impl Iterator<Item = &CalendarSet> {
        self.0.values()
    }

    /// The day so many business days after another, which does not count itself.
    pub fn after(&self, day: NaiveDate, count: u32) -> Result<NaiveDate, Refusal> {
        let (mut day, mut left) = (day, count);
        while left > 0 {
            day = day.succ_opt().ok_or_else(|| missing(day.year()))?;
            let year = self.0.get(&day.year()).ok_or_else(|| missing(day.year()))?;
            if year.works(day) {
                left -= 1;
            }
        }
        Ok(day)
    }
}

fn missing(year: i32) -> Refusal {
    Refusal::conflict(
        "calendar_missing",
        format!("business days of {year} are not known: set its calendar first"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The days of the Dragon Boat Festival and the National Day of 2026, and a Sunday that is made up for.
    fn year() -> CalendarSet {
        let of = |text: &str, working| CalendarDay {
            on: day(text),
            working,
            name: None,
        };
        CalendarSet {
            year: 2026,
            rest: vec![6, 7],
            days: vec![
                of("2026-06-19", false),
                of("2026-10-01", false),
                of("2026-10-02", false),
                of("2026-09-27", true),
            ],
        }
    }

    #[test]
    fn weekends_and_holidays_do_not_count_and_days_made_up_for_do() {
        let mut calendar = Calendar::default();
        calendar.set(&year());
        let after = |from: &str, count| calendar.after(day(from), count).unwrap();
        // Thursday; Friday is the festival, then comes a weekend.
        assert_eq!(after("2026-06-18", 1), day("2026-06-22"));
        assert_eq!(after("2026-06-18", 3), day("2026-06-24"));
        // The Sunday counts.
        assert_eq!(after("2026-09-25", 1), day("2026-09-27"));
        assert_eq!(after("2026-06-20", 0), day("2026-06-20"));
    }

    #[test]
    fn a_year_without_its_list_is_never_guessed() {
        let mut calendar = Calendar::default();
        calendar.set(&year());
        assert_eq!(
            calendar.after(day("2026-12-30"), 2).unwrap_err().code,
            "calendar_missing"
        );
        assert_eq!(calendar.after(day("2026-12-30"), 1).unwrap(), day("2026-12-31"));
    }

    #[test]
    fn a_list_that_makes_no_sense_is_refused() {
        assert!(year().check().is_ok());
        let mut twice = year();
        twice.days.push(twice.days[0].clone());
        assert!(twice.check().is_err());
        let never = CalendarSet {
            rest: (1..=7).collect(),
            ..year()
        };
        assert!(never.check().is_err());
        let other = CalendarSet { year: 2027, ..year() };
        assert!(other.check().is_err());
    }
}
