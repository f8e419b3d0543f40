//! One source pulled up to now, window by window and page by page, and again after a while.
//! Must never go past a window because the platform was slow, busy or did not know us: only a window that it keeps refusing
//! is skipped in the end, and stays a gap that `--status` lists and `--refill` asks again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::RngExt;
use uuid::Uuid;

use super::answer::{self, Answer};
use super::ask::{self, Credentials, Place};
use super::clock::Clock;
use super::config::Source;
use super::fault::{Fault, PullError};
use super::net::{Net, NetError};
use super::secret::SecretError;
use super::tell;
use super::window::{self, Window};
use crate::base::{BookId, Instant};
use crate::engine::Engine;
use crate::intake::Plan;
use crate::intake::object::Objects;
use crate::intake::tally::Outcomes;
use crate::store::pulls::{self, Asked, Counts, Lease, Progress, Span};

/// Longest wait inside a round: the lease outlasts it. A longer one ends the round.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Longest wait between failed rounds.
const LONGEST_BACK_OFF: u64 = 900;

/// What a round came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Round {
    /// Windows finished.
    pub windows: u64,
    /// Pages, rows, facts, rejected rows.
    pub counts: Counts,
    /// What became of the facts.
    pub outcomes: Outcomes,
    /// Windows given up in it.
    pub skipped: u64,
    /// Another server is at it, or the platform asked to wait: nothing was done.
    pub put_off: bool,
}

/// Why a poller cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PullerError {
    /// A secret.
    #[error("source {0:?}: {1}")]
    Secret(String, SecretError),
    /// The endpoint.
    #[error("source {0:?}: {1}")]
    Net(String, NetError),
}

/// The poller of one source.
pub struct Puller {
    engine: Engine,
    source: Source,
    book: BookId,
    plan: Plan,
    objects: Objects,
    keys: Credentials,
    net: Net,
    clock: Arc<dyn Clock>,
    lease: Lease,
    /// Microseconds by which the platform's clock is ahead of ours.
    ahead: AtomicI64,
    /// When the last request was sent.
    sent: AtomicI64,
}

/// How a window stands while it is read.
struct Reading {
    window: Window,
    place: Place,
}

impl Puller {
    /// Fetches the secrets and prepares the client; asks nothing yet.
    pub fn new(
        engine: Engine,
        source: Source,
        book: BookId,
        plan: Plan,
        clock: Arc<dyn Clock>,
    ) -> Result<Puller, PullerError> {
        let fetched = source.app_secret.fetch();
        let secret = fetched.map_err(|error| PullerError::Secret(source.name.clone(), error))?;
        let fetched = source.access_token.as_ref().map(|token| token.fetch()).transpose();
        let token = fetched.map_err(|error| PullerError::Secret(source.name.clone(), error))?;
        let net = Net::new(&source).map_err(|error| PullerError::Net(source.name.clone(), error))?;
        Ok(Puller {
            lease: Lease {
                book,
                source: source.name.clone(),
                owner: Uuid::now_v7(),
            },
            objects: Objects::of(&plan),
            keys: Credentials { secret, token },
            ahead: AtomicI64::new(0),
            sent: AtomicI64::new(0),
            engine,
            source,
            book,
            plan,
            net,
            clock,
        })
    }

    /// The source.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Pulls round after round, for as long as the future is polled. It may be dropped at any point.
    pub async fn run(&self) {
        loop {
            match self.round(None).await {
                Ok(round) if round.skipped > 0 => {
                    tracing::warn!(
                        source = self.source.name,
                        skipped = round.skipped,
                        "windows were given up"
                    );
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(source = self.source.name, %error, "the round ended early"),
            }
            let interval = Duration::from_secs(u64::from(self.source.interval_seconds));
            self.clock.sleep(interval).await;
        }
    }

    /// Pulls what is due, up to `until` or to now.
    pub async fn round(&self, until: Option<Instant>) -> Result<Round, PullError> {
        self.leased(async |progress| self.windows(progress, until).await).await
    }

    /// Asks once more for everything between the start and what was reached that is not covered.
    pub async fn refill(&self) -> Result<Round, PullError> {
        self.leased(async |progress| self.gaps(progress).await).await
    }

    async fn leased(&self, work: impl AsyncFnOnce(Progress) -> Result<Round, PullError>) -> Result<Round, PullError> {
        let query = self.source.query();
        let asked = Asked {
            api: self.source.api.word(),
            account: &self.source.account,
            query: &query,
            starts_at: window::whole(self.source.start),
        };
        let put_off = Round {
            put_off: true,
            ..Round::default()
        };
        let taken = pulls::take(&*self.db().await?, &self.lease, &asked).await?;
        let Some(progress) = taken else { return Ok(put_off) };
        let done = if progress.query != query {
            Err(PullError::OtherQuery(self.source.name.clone()))
        } else if progress.wait_until.is_some_and(|until| until > self.clock.now()) {
            Ok(put_off)
        } else {
            work(progress).await
        };
        let freed = pulls::free(&*self.db().await?, &self.lease).await;
        let round = done?;
        freed?;
        Ok(round)
    }

    async fn db(&self) -> Result<deadpool_postgres::Object, PullError> {
        Ok(self.engine.pool().get().await?)
    }

    /// Now by the platform's clock, as far as it is known.
    fn now(&self) -> Instant {
        shifted(self.clock.now(), self.ahead.load(Ordering::Relaxed))
    }

    async fn windows(&self, progress: Progress, until: Option<Instant>) -> Result<Round, PullError> {
        let mut round = Round::default();
        let (mut failures, mut refusals) = (progress.failures, progress.refusals);
        let overlap = i64::from(self.source.overlap_seconds);
        let mut cursor = progress.reached.plus_seconds(-overlap).max(self.source.start);
        let mut reading = self.resumed(&progress)?;
        let mut most = i64::MAX;
        loop {
            cursor = self.within_reach(cursor).await?;
            let (now, lag) = (self.now(), i64::from(self.source.lag_seconds));
            let horizon = until.unwrap_or(now).min(now.plus_seconds(-lag));
            let longest = window::longest(&self.source, cursor, now).min(most);
            let mut at = match reading.take() {
                Some(reading) => reading,
                None => match window::next(cursor, horizon, longest) {
                    Some(window) => Reading {
                        window,
                        place: Place::first(),
                    },
                    None => return Ok(round),
                },
            };
            let fault = match self.read(&mut at, &mut round).await? {
                Ok(()) => {
                    cursor = at.window.to;
                    (failures, refusals) = (0, 0);
                    continue;
                }
                Err(fault) => fault,
            };
            if let Some(smaller) = self.smaller(&at, &fault) {
                most = most.min(smaller.window.seconds());
                reading = Some(smaller);
                continue;
            }
            failures = failures.saturating_add(1);
            refusals = if fault.is_of_the_window() {
                refusals.saturating_add(1)
            } else {
                0
            };
            if u32::try_from(refusals).unwrap_or(0) >= self.source.give_up_after {
                let why = format!("given up: {}: {fault}", at.window);
                if !pulls::skip(&*self.db().await?, &self.lease, at.window.to, Some(&why)).await? {
                    return Err(PullError::Lost);
                }
                round.skipped += 1;
                cursor = at.window.to;
                (failures, refusals) = (0, 0);
                continue;
            }
            return Err(self.failed(at.window, fault, failures).await?);
        }
    }

    async fn gaps(&self, progress: Progress) -> Result<Round, PullError> {
        let mut round = Round::default();
        let covered = pulls::covered(&*self.db().await?, self.book).await?;
        let own = covered.into_iter().filter(|covered| covered.source == self.source.name);
        let spans: Vec<Window> = own.map(|covered| covered.span.into()).collect();
        let whole = Window {
            from: window::whole(self.source.start),
            to: progress.reached,
        };
        for gap in window::gaps(whole, &spans) {
            let (mut cursor, mut reading) = (gap.from, None);
            loop {
                let longest = window::longest(&self.source, cursor, self.now());
                let next = || window::next(cursor, gap.to, longest);
                let first = |window| Reading {
                    window,
                    place: Place::first(),
                };
                let Some(mut at) = reading.take().or_else(|| next().map(first)) else {
                    break;
                };
                match self.read(&mut at, &mut round).await? {
                    Ok(()) => cursor = at.window.to,
                    Err(fault) => match self.smaller(&at, &fault) {
                        Some(smaller) => reading = Some(smaller),
                        None => return Err(self.failed(at.window, fault, progress.failures + 1).await?),
                    },
                }
            }
        }
        Ok(round)
    }

    fn resumed(&self, progress: &Progress) -> Result<Option<Reading>, PullError> {
        let Some((span, place)) = &progress.window else {
            return Ok(None);
        };
        let place = serde_json::from_str(place).map_err(|_| PullError::Place(self.source.name.clone()))?;
        Ok(Some(Reading {
            window: (*span).into(),
            place,
        }))
    }

    /// What lies further back than the platform answers is left behind, uncovered.
    async fn within_reach(&self, cursor: Instant) -> Result<Instant, PullError> {
        let Some(days) = self.source.reach_days else {
            return Ok(cursor);
        };
        let first = window::whole(self.now().plus_days(-i64::from(days))).plus_seconds(1);
        if first <= cursor {
            return Ok(cursor);
        }
        if !pulls::skip(&*self.db().await?, &self.lease, first, None).await? {
            return Err(PullError::Lost);
        }
        Ok(first)
    }

    /// A smaller window or an earlier page that may get through where this one did not.
    fn smaller(&self, at: &Reading, fault: &Fault) -> Option<Reading> {
        let seconds = at.window.seconds();
        let shortest = self.source.shortest_seconds();
        let window = match fault {
            Fault::TooMany if seconds > 1 => at.window.first(seconds / 2),
            Fault::Refused(_) if at.place != Place::first() => at.window,
            Fault::Refused(_) if seconds > shortest => at.window.first(shortest),
            _ => return None,
        };
        Some(Reading {
            window,
            place: Place::first(),
        })
    }

    /// Writes down that a round failed, and when the next one may begin.
    async fn failed(&self, window: Window, fault: Fault, failures: i32) -> Result<PullError, PullError> {
        let doubled = 1_u64 << u32::try_from(failures.clamp(0, 20)).unwrap_or(0);
        let back_off = match &fault {
            Fault::Denied(_) => 300.max(doubled),
            Fault::Limited { wait: Some(wait), .. } => wait.as_secs().max(1),
            _ => doubled,
        };
        let seconds = back_off.min(LONGEST_BACK_OFF.max(match &fault {
            Fault::Limited { wait: Some(wait), .. } => wait.as_secs().min(86_400),
            _ => 0,
        }));
        let until = self.clock.now().plus_seconds(i64::try_from(seconds).unwrap_or(60));
        let why = format!("{window}: {fault}");
        pulls::fail(&*self.db().await?, &self.lease, &why, until, fault.is_of_the_window()).await?;
        Ok(PullError::Fault {
            source_name: self.source.name.clone(),
            window: window.to_string(),
            fault,
        })
    }

    /// Reads a window to its end. The inner result is the platform's, the outer one ours.
    async fn read(&self, at: &mut Reading, round: &mut Round) -> Result<Result<(), Fault>, PullError> {
        loop {
            let (body, answer) = match self.ask(at).await? {
                Ok(answered) => answered,
                Err(fault) => return Ok(Err(fault)),
            };
            if at.place == Place::first() {
                // Our clock may run ahead of the platform's: what it has not lived through yet is not covered.
                let lag = i64::from(self.source.lag_seconds);
                at.window.to = at.window.to.min(window::whole(self.now().plus_seconds(-lag)));
                if at.window.to <= at.window.from {
                    return Ok(Err(Fault::Transient("its clock is behind ours; measured now".into())));
                }
            }
            let next = match answer::next_place(&self.source, &at.place, &answer) {
                Ok(next) => next,
                Err(fault) => return Ok(Err(fault)),
            };
            let mapped = tell::map(self.book, &self.plan, &self.objects, &answer.rows);
            let counts = mapped.counts();
            let client = self.db().await?;
            tell::keep(&client, &self.lease, at.window.into(), &body, &answer.rows, &mapped).await?;
            drop(client);
            tell::tell(&self.engine, self.book, mapped, &mut round.outcomes).await?;
            let client = self.db().await?;
            let kept = match &next {
                Some(place) => {
                    let text = serde_json::to_string(place).unwrap_or_default();
                    pulls::page(&client, &self.lease, at.window.into(), &text, counts).await?
                }
                None => pulls::finish(&client, &self.lease, at.window.into(), counts).await?,
            };
            if !kept {
                return Err(PullError::Lost);
            }
            add(&mut round.counts, counts);
            match next {
                Some(place) => at.place = place,
                None => {
                    round.windows += 1;
                    return Ok(Ok(()));
                }
            }
        }
    }

    /// Asks for a page, several times if it must.
    async fn ask(&self, at: &Reading) -> Result<Result<(String, Answer), Fault>, PullError> {
        let mut tried = 0;
        loop {
            self.pace().await;
            let fault = match self.once(at).await {
                Ok(answered) => return Ok(Ok(answered)),
                Err(fault) => fault,
            };
            tried += 1;
            let wait = match &fault {
                Fault::Transient(_) => jitter(tried),
                Fault::Limited { wait, .. } => wait.unwrap_or_default().max(jitter(tried)),
                _ => return Ok(Err(fault)),
            };
            if tried >= self.source.tries || wait > LONGEST_SLEEP {
                return Ok(Err(fault));
            }
            if !pulls::renew(&*self.db().await?, &self.lease).await? {
                return Err(PullError::Lost);
            }
            self.clock.sleep(wait).await;
        }
    }

    async fn once(&self, at: &Reading) -> Result<(String, Answer), Fault> {
        let request = ask::request(&self.source, &self.keys, at.window, &at.place, self.now());
        let received = self.net.send(&request).await?;
        if let Some(date) = received.date {
            let ahead = date.micros().saturating_sub(window::whole(self.clock.now()).micros());
            self.ahead.store(ahead, Ordering::Relaxed);
        }
        let read = match received.fault() {
            Some(fault) => Err(fault),
            None => answer::read(self.source.api, &received.body),
        };
        match read {
            Ok(answer) => Ok((received.body, answer)),
            Err(fault) => Err(self.safe(fault)),
        }
    }

    /// The platform's words without what it was sent, and not many of them.
    fn safe(&self, fault: Fault) -> Fault {
        let safe = |words: String| {
            let mut words = self.keys.secret.redact(&words);
            if let Some(token) = &self.keys.token {
                words = token.redact(&words);
            }
            words.chars().filter(|c| !c.is_control()).take(300).collect()
        };
        match fault {
            Fault::Transient(words) => Fault::Transient(safe(words)),
            Fault::Denied(words) => Fault::Denied(safe(words)),
            Fault::Refused(words) => Fault::Refused(safe(words)),
            Fault::Unreadable(words) => Fault::Unreadable(safe(words)),
            Fault::Limited { wait, message } => Fault::Limited {
                wait,
                message: safe(message),
            },
            Fault::TooMany => Fault::TooMany,
        }
    }

    /// Keeps the least time between two requests.
    async fn pace(&self) {
        let pace = i64::from(self.source.pace_ms).saturating_mul(1_000);
        let now = self.clock.now().micros();
        let wait = self
            .sent
            .load(Ordering::Relaxed)
            .saturating_add(pace)
            .saturating_sub(now);
        if let Some(wait) = u64::try_from(wait.min(pace)).ok().filter(|wait| *wait > 0) {
            self.clock.sleep(Duration::from_micros(wait)).await;
        }
        self.sent.store(self.clock.now().micros(), Ordering::Relaxed);
    }
}

/// Between nothing and twice as long with every try, at most twenty seconds.
fn jitter(tried: u32) -> Duration {
    let most = 500_u64.saturating_mul(1 << tried.min(10)).min(20_000);
    Duration::from_millis(rand::rng().random_range(0..=most))
}

fn shifted(at: Instant, micros: i64) -> Instant {
    Instant::from_micros(at.micros().saturating_add(micros)).unwrap_or(at)
}

fn add(sum: &mut Counts, counts: Counts) {
    sum.pages += counts.pages;
    sum.rows += counts.rows;
    sum.facts += counts.facts;
    sum.rejected += counts.rejected;
}

impl From<Window> for Span {
    fn from(window: Window) -> Span {
        Span {
            from: window.from,
            to: window.to,
        }
    }
}

impl From<Span> for Window {
    fn from(span: Span) -> Window {
        Window {
            from: span.from,
            to: span.to,
        }
    }
}
