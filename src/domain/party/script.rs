//! Scripts of a sandbox's anchors 脚本主播: how somebody behaves whom the program plays.
//! Must never give a right: what a scripted party asks is decided like anybody's, and refused like anybody's.

use serde::{Deserialize, Serialize};

/// How a scripted anchor behaves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Does everything in time.
    Steady,
    /// Asks a fifth more, and accepts what the brand answers.
    Pricey,
    /// Delivers a day late.
    Late,
    /// Takes a revision that is asked for to the arbiter, and contests a sales result.
    Disputes,
    /// Applies, schedules, and never delivers.
    Silent,
}

impl Script {
    /// Every script.
    pub const ALL: [Script; 5] = [
        Script::Steady,
        Script::Pricey,
        Script::Late,
        Script::Disputes,
        Script::Silent,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Script::Steady => "steady",
            Script::Pricey => "pricey",
            Script::Late => "late",
            Script::Disputes => "disputes",
            Script::Silent => "silent",
        }
    }

    /// The script of a word.
    pub fn of(word: &str) -> Option<Script> {
        Script::ALL.into_iter().find(|script| script.word() == word)
    }

    /// What it does, for people.
    pub fn says(self) -> &'static str {
        match self {
            Script::Steady => "does everything in time",
            Script::Pricey => "asks a fifth more, and accepts a counter-quote",
            Script::Late => "delivers a day late",
            Script::Disputes => "takes a revision to the arbiter, and contests a sales result",
            Script::Silent => "applies, schedules, and never delivers",
        }
    }
}
