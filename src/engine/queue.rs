//! The queue in front of a writer: bounded, two lanes, each ticket claimed once (decision B6).
//! Must never hold a command whose caller was told that nothing happened.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant as Deadline;

use super::api::{EngineError, Lane};

const WAITING: u8 = 0;
const CLAIMED: u8 = 1;
const EXPIRED: u8 = 2;

/// How long a caller waits beyond its deadline for a command that was already taken up.
const GRACE: Duration = Duration::from_millis(900);

/// One waiting piece of work and where its answer goes.
pub struct Ticket<Work, Reply> {
    /// What is asked.
    pub work: Work,
    claim: Arc<AtomicU8>,
    reply: oneshot::Sender<Result<Reply, EngineError>>,
}

impl<Work, Reply> Ticket<Work, Reply> {
    /// Answers the caller; a caller that left is not missed.
    pub fn answer(self, reply: Result<Reply, EngineError>) {
        let _ = self.reply.send(reply);
    }
}

struct Lanes<Work, Reply> {
    interactive: VecDeque<Ticket<Work, Reply>>,
    bulk: VecDeque<Ticket<Work, Reply>>,
    closed: bool,
}

/// Two bounded lanes: interactive first, bulk at most half of a batch while both wait.
pub struct Queue<Work, Reply> {
    lanes: Mutex<Lanes<Work, Reply>>,
    arrived: Notify,
    capacity: usize,
    weigh: fn(&Work) -> usize,
}

impl<Work, Reply> Queue<Work, Reply> {
    /// An empty queue that holds at most `capacity` tickets per lane; `weigh` tells how much of a batch a ticket fills.
    pub fn new(capacity: usize, weigh: fn(&Work) -> usize) -> Queue<Work, Reply> {
        let lanes = Lanes {
            interactive: VecDeque::new(),
            bulk: VecDeque::new(),
            closed: false,
        };
        Queue {
            lanes: Mutex::new(lanes),
            arrived: Notify::new(),
            capacity,
            weigh,
        }
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Lanes<Work, Reply>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the answer until the deadline. A ticket not yet claimed then is withdrawn: nothing happened.
    /// One already claimed is waited for a little longer, then its outcome is unknown.
    pub async fn ask(&self, work: Work, lane: Lane, wait: Duration) -> Result<Reply, EngineError> {
        let claim = Arc::new(AtomicU8::new(WAITING));
        let (reply, mut answer) = oneshot::channel();
        let deadline = Deadline::now() + wait;
        {
            let mut lanes = self.lanes();
            if lanes.closed {
                return Err(EngineError::NotStarted);
            }
            let queue = match lane {
                Lane::Interactive => &mut lanes.interactive,
                Lane::Bulk => &mut lanes.bulk,
            };
            if queue.len() >= self.capacity {
                return Err(EngineError::NotStarted);
            }
            queue.push_back(Ticket {
                work,
                claim: Arc::clone(&claim),
                reply,
            });
        }
        self.arrived.notify_one();
        match tokio::time::timeout_at(deadline, &mut answer).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(EngineError::Unknown),
            Err(_)
                if claim
                    .compare_exchange(WAITING, EXPIRED, Ordering::AcqRel, Ordering::Acquire)
                    .is_ok() =>
            {
                Err(EngineError::NotStarted)
            }
            Err(_) => match tokio::time::timeout(GRACE, answer).await {
                Ok(Ok(reply)) => reply,
                _ => Err(EngineError::Unknown),
            },
        }
    }

    /// Takes and claims tickets up to a weight of `most` (always at least one), waiting until there is one.
    /// None when the queue is closed and empty.
    pub async fn take(&self, most: usize) -> Option<Vec<Ticket<Work, Reply>>> {
        loop {
            let arrived = self.arrived.notified();
            {
                let mut lanes = self.lanes();
                let batch = claim_up_to(&mut lanes, most, self.weigh);
                if !batch.is_empty() {
                    return Some(batch);
                }
                if lanes.closed {
                    return None;
                }
            }
            arrived.await;
        }
    }

    /// Refuses what comes from now on; what waits is still taken.
    pub fn close(&self) {
        self.lanes().closed = true;
        self.arrived.notify_one();
    }

    /// True when nothing more is taken in: the engine stops, or the log has a successor.
    pub fn is_closed(&self) -> bool {
        self.lanes().closed
    }

    /// How many tickets wait.
    pub fn len(&self) -> usize {
        let lanes = self.lanes();
        lanes.interactive.len() + lanes.bulk.len()
    }
}

fn claim_up_to<Work, Reply>(
    lanes: &mut Lanes<Work, Reply>,
    most: usize,
    weigh: fn(&Work) -> usize,
) -> Vec<Ticket<Work, Reply>> {
    let mut batch = Vec::new();
    let mut filled = 0;
    let people = if lanes.bulk.is_empty() { most } else { most.div_ceil(2) };
    while filled < people {
        let Some(ticket) = lanes.interactive.pop_front() else {
            break;
        };
        filled += weigh(&ticket.work);
        claim(ticket, &mut batch);
    }
    while filled < most {
        let Some(ticket) = lanes.bulk.pop_front() else { break };
        filled += weigh(&ticket.work);
        claim(ticket, &mut batch);
    }
    batch
}

fn claim<Work, Reply>(ticket: Ticket<Work, Reply>, batch: &mut Vec<Ticket<Work, Reply>>) {
    if ticket
        .claim
        .compare_exchange(WAITING, CLAIMED, Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
    {
        batch.push(ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_that_expires_before_it_is_claimed_is_never_taken_up() {
        let queue: Queue<u8, u8> = Queue::new(8, |_| 1);
        let outcome = queue.ask(1, Lane::Interactive, Duration::from_millis(5)).await;
        assert!(matches!(outcome, Err(EngineError::NotStarted)));
        queue.close();
        assert!(queue.take(8).await.is_none());
    }

    #[tokio::test]
    async fn a_claimed_ticket_without_an_answer_is_unknown() {
        let queue: Arc<Queue<u8, u8>> = Arc::new(Queue::new(8, |_| 1));
        let asker = Arc::clone(&queue);
        let asked = tokio::spawn(async move { asker.ask(1, Lane::Interactive, Duration::from_millis(50)).await });
        let batch = queue.take(8).await;
        assert!(matches!(asked.await.unwrap(), Err(EngineError::Unknown)));
        drop(batch);
    }

    #[tokio::test]
    async fn bulk_takes_at_most_half_of_a_batch_while_people_wait() {
        let queue: Arc<Queue<u8, u8>> = Arc::new(Queue::new(100, |_| 1));
        for n in 0..40_u8 {
            let (queue, lane) = (
                Arc::clone(&queue),
                if n % 2 == 0 { Lane::Bulk } else { Lane::Interactive },
            );
            tokio::spawn(async move { queue.ask(n % 2, lane, Duration::from_secs(5)).await });
        }
        while queue.len() < 40 {
            tokio::task::yield_now().await;
        }
        let batch = queue.take(10).await.unwrap();
        assert_eq!(batch.iter().filter(|ticket| ticket.work == 1).count(), 5);
        assert_eq!(batch.len(), 10);
    }

    #[tokio::test]
    async fn a_full_lane_answers_at_once() {
        let queue: Queue<u8, u8> = Queue::new(0, |_| 1);
        assert!(matches!(
            queue.ask(1, Lane::Bulk, Duration::from_secs(5)).await,
            Err(EngineError::NotStarted)
        ));
    }
}
