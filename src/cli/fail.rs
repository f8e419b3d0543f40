//! How a command ends when it does not succeed: one plain sentence, what to do next, an exit code.
//! Must never print a secret or a stack of causes that repeat each other.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

/// Why a command did not succeed.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    sentence: String,
    next: Option<String>,
}

impl Failure {
    /// It could not be done.
    pub(super) fn new(sentence: impl Into<String>) -> Failure {
        Failure {
            code: 1,
            sentence: sentence.into(),
            next: None,
        }
    }

    /// The arguments make no sense.
    pub(super) fn usage(sentence: impl Into<String>) -> Failure {
        Failure {
            code: 2,
            ..Failure::new(sentence)
        }
    }

    /// Verify or rebuild found a difference.
    pub(super) fn difference(sentence: impl Into<String>) -> Failure {
        Failure {
            code: 3,
            ..Failure::new(sentence)
        }
    }

    /// What to do next.
    #[must_use]
    pub(super) fn next(mut self, next: impl Into<String>) -> Failure {
        self.next = Some(next.into());
        self
    }

    /// What to do next when the code of a refusal is why, from pairs of code and advice.
    #[must_use]
    pub(super) fn advised(mut self, advice: &[(&str, &str)]) -> Failure {
        let code = self.sentence.split_once(": ").map_or("", |(code, _)| code);
        let found = advice.iter().find(|(of, _)| *of == code);
        if let (None, Some((_, next))) = (&self.next, found) {
            self.next = Some((*next).to_owned());
        }
        self
    }

    /// Prints it and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        eprintln!("fenzhang: {}", self.sentence);
        if let Some(next) = &self.next {
            eprintln!("  what next: {next}");
        }
        ExitCode::from(self.code)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let mut sentence = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !sentence.contains(&text) {
                let _ = write!(sentence, ": {text}");
            }
            source = cause.source();
        }
        Failure::new(sentence)
    }
}
