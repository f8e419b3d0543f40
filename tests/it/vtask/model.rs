//! A second, plain account of a slot-fee contract in whole numbers, written from the rules and not from the code.
//! Must never call a decision, a split or a rounding of the product.

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Brand,
    Anchor,
    Book,
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Do {
    Fund(i64),
    Refund,
    Schedule(usize),
    Deliver(usize),
    Accept(usize),
    Revise(usize),
    Dispute(usize),
    Arbitrate(usize, u32, u32),
    Cancel(Option<usize>),
    Rate(u8),
}

/// Where a deliverable is, in the order in which a whole cancellation names what stands in its way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum At {
    Planned,
    Scheduled,
    Delivered,
    Revising,
    Accepted,
    Disputed,
    Closed,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub fee: i64,
    pub at: At,
    pub due: Option<i64>,
    overdue: bool,
    rounds: u32,
    review: i64,
    settle: i64,
}

/// Terms of the model.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub service: i64,
    pub penalty: i64,
    pub funding: i64,
    pub review: i64,
    pub settle: i64,
    pub rounds: u32,
    pub rating: i64,
    pub part: bool,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub now: i64,
    pub rules: Rules,
    pub items: Vec<Item>,
    /// 0 awarded, 1 funded, 2 running, 3 over.
    pub phase: u8,
    pub ending: &'static str,
    pub held: i64,
    pub brand: i64,
    pub agency: i64,
    pub anchor: i64,
    pub platform: i64,
    cancelled: Option<Who>,
    ended_at: i64,
    rated: [bool; 2],
}

/// `value x ppm / 1,000,000`, halves up.
fn part(value: i64, ppm: i64) -> i64 {
    (2 * value * ppm + 1_000_000).div_euclid(2_000_000)
}

fn obstacle(at: At) -> &'static str {
    match at {
        At::Planned => "not_scheduled",
        At::Scheduled | At::Revising => "not_delivered",
        At::Delivered => "delivered_already",
        At::Accepted => "accepted_already",
        At::Disputed => "in_dispute",
        At::Closed => "deliverable_closed",
    }
}

type Said = Result<(), &'static str>;

impl Model {
    pub fn new(rules: Rules, fees: &[(i64, Option<i64>)]) -> Model {
        let items = fees.iter().map(|(fee, due)| Item {
            fee: *fee,
            at: At::Planned,
            due: *due,
            overdue: false,
            rounds: 0,
            review: 0,
            settle: 0,
        });
        let mut model = Model {
            now: 0,
            rules,
            items: items.collect(),
            phase: 0,
            ending: "",
            held: 0,
            brand: 0,
            agency: 0,
            anchor: 0,
            platform: 0,
            cancelled: None,
            ended_at: 0,
            rated: [false; 2],
        };
        if model.needs(true) == 0 {
            model.phase = 1;
        }
        model
    }

    fn need(&self, fee: i64) -> i64 {
        fee + part(fee, self.rules.service)
    }

    fn needs(&self, planned_too: bool) -> i64 {
        let open = self
            .items
            .iter()
            .filter(|item| item.at != At::Closed && (planned_too || item.at != At::Planned));
        open.map(|item| self.need(item.fee)).sum()
    }

    /// What may still be set aside.
    pub fn room(&self) -> i64 {
        (self.needs(true) - self.held).max(0)
    }

    /// Time passes; whatever a clock does, it does at its own time, the earliest first.
    pub fn pass(&mut self, seconds: i64) {
        let until = self.now + seconds;
        loop {
            let mut next: Option<(i64, usize)> = None;
            if self.phase == 0 && self.rules.funding <= until {
                next = Some((self.rules.funding, usize::MAX));
            }
            for (n, item) in self.items.iter().enumerate().filter(|_| self.phase < 3) {
                let when = match item.at {
                    At::Scheduled if !item.overdue => item.due,
                    At::Delivered => Some(item.review),
                    At::Accepted => Some(item.settle),
                    _ => None,
                };
                if let Some(when) = when.filter(|when| *when <= until)
                    && next.is_none_or(|(first, _)| when < first)
                {
                    next = Some((when, n));
                }
            }
            let Some((when, n)) = next else { break };
            self.now = self.now.max(when);
            self.ring(when, n);
        }
        self.now = until;
    }

    fn ring(&mut self, when: i64, n: usize) {
        if n == usize::MAX {
            self.end(when, "lapsed");
            return;
        }
        match self.items[n].at {
            At::Scheduled => self.items[n].overdue = true,
            At::Delivered => self.accepted(n, when),
            _ => self.pay(n, self.items[n].fee, when),
        }
    }

    fn accepted(&mut self, n: usize, when: i64) {
        self.items[n].at = At::Accepted;
        self.items[n].settle = when + self.rules.settle;
        if self.rules.settle == 0 {
            self.pay(n, self.items[n].fee, when);
        }
    }

    fn pay(&mut self, n: usize, earned: i64, when: i64) {
        let fee = self.items[n].fee;
        let (service, agency) = (part(earned, self.rules.service), part(earned, 300_000));
        self.agency += agency;
        self.anchor += earned - agency;
        self.platform += service;
        self.brand += self.need(fee) - earned - service;
        self.held -= self.need(fee);
        self.items[n].at = At::Closed;
        self.perhaps_over(when);
    }

    fn perhaps_over(&mut self, when: i64) {
        if self.phase < 3 && self.items.iter().all(|item| item.at == At::Closed) {
            let how = match self.cancelled {
                None => "settled",
                Some(Who::Brand) => "cancelled_by_brand",
                Some(Who::Anchor) => "cancelled_by_anchor",
                Some(Who::Book) => "failed",
            };
            self.end(when, how);
        }
    }

    fn end(&mut self, when: i64, how: &'static str) {
        self.brand += self.held;
        self.held = 0;
        self.phase = 3;
        self.ending = how;
        self.ended_at = when;
    }

    /// Asks; says why not.
    pub fn ask(&mut self, who: Who, what: Do) -> Said {
        let theirs: &[Who] = match what {
            Do::Fund(_) | Do::Refund | Do::Accept(_) | Do::Revise(_) => &[Who::Brand],
            Do::Schedule(_) | Do::Deliver(_) => &[Who::Anchor],
            Do::Dispute(_) | Do::Rate(_) => &[Who::Brand, Who::Anchor],
            Do::Arbitrate(..) => &[Who::Book],
            Do::Cancel(_) => &[Who::Brand, Who::Anchor, Who::Book],
        };
        if !theirs.contains(&who) {
            return Err("not_this_side");
        }
        if let Do::Rate(stars) = what {
            return self.rate(who, stars);
        }
        if self.phase == 3 {
            return Err("contract_over");
        }
        match what {
            Do::Fund(amount) => self.fund(amount),
            Do::Refund => self.give_back(),
            Do::Schedule(n) => self.schedule(n),
            Do::Cancel(n) => self.cancel(who, n),
            Do::Rate(_) => Ok(()),
            Do::Deliver(n) | Do::Accept(n) | Do::Revise(n) | Do::Dispute(n) | Do::Arbitrate(n, ..) => {
                self.work(n, what)
            }
        }
    }

    fn rate(&mut self, who: Who, stars: u8) -> Said {
        let side = usize::from(who == Who::Anchor);
        if self.phase == 3 && self.rated[side] {
            return Err("rated_already");
        }
        let open = self.phase == 3 && self.ending != "lapsed" && self.now < self.ended_at + self.rules.rating;
        if !open {
            return Err("not_rateable");
        }
        if !(1..=5).contains(&stars) {
            return Err("stars_out_of_range");
        }
        self.rated[side] = true;
        Ok(())
    }

    fn fund(&mut self, amount: i64) -> Said {
        let room = self.needs(true) - self.held;
        if amount <= 0 {
            return Err("amount_not_positive");
        }
        if room <= 0 {
            return Err("funded_already");
        }
        if amount > room {
            return Err("escrow_exceeds_terms");
        }
        self.held += amount;
        self.brand -= amount;
        if self.phase == 0 && (self.rules.part || self.held >= self.needs(true)) {
            self.phase = 1;
        }
        Ok(())
    }

    fn give_back(&mut self) -> Said {
        let over = self.held - self.needs(true);
        if over <= 0 {
            return Err("nothing_to_refund");
        }
        self.held -= over;
        self.brand += over;
        Ok(())
    }

    fn schedule(&mut self, n: usize) -> Said {
        if self.phase == 0 {
            return Err("not_funded");
        }
        match self.items[n].at {
            At::Planned => {}
            At::Scheduled | At::Revising => return Err("scheduled_already"),
            other => return Err(obstacle(other)),
        }
        if self.needs(false) + self.need(self.items[n].fee) > self.held {
            return Err("escrow_insufficient");
        }
        let now = self.now;
        let item = &mut self.items[n];
        item.at = At::Scheduled;
        // A due time that has passed already rings no more.
        item.due = item.due.filter(|due| *due > now);
        self.phase = 2;
        Ok(())
    }

    fn work(&mut self, n: usize, what: Do) -> Said {
        let at = self.items[n].at;
        let fits = match what {
            Do::Deliver(_) => matches!(at, At::Scheduled | At::Revising),
            Do::Accept(_) | Do::Revise(_) => at == At::Delivered,
            Do::Dispute(_) => matches!(at, At::Delivered | At::Revising),
            _ => at == At::Disputed,
        };
        if !fits {
            return Err(obstacle(at));
        }
        match what {
            Do::Deliver(_) => {
                self.items[n].at = At::Delivered;
                self.items[n].overdue = false;
                self.items[n].review = self.now + self.rules.review;
            }
            Do::Accept(_) => self.accepted(n, self.now),
            Do::Revise(_) if self.items[n].rounds >= self.rules.rounds => return Err("revisions_exhausted"),
            Do::Revise(_) => {
                self.items[n].rounds += 1;
                self.items[n].at = At::Revising;
            }
            Do::Dispute(_) => self.items[n].at = At::Disputed,
            Do::Arbitrate(_, 0, 0) => return Err("weights_zero"),
            Do::Arbitrate(_, anchor, brand) => {
                let (fee, a, b) = (self.items[n].fee, i64::from(anchor), i64::from(brand));
                let sum = a + b;
                // One fen at most is left over: it goes to the larger remainder, to the anchor's side when they are equal.
                let left = fee - fee * a / sum - fee * b / sum;
                let to_anchor = left > 0 && fee * a % sum >= fee * b % sum;
                self.pay(n, fee * a / sum + i64::from(to_anchor), self.now);
            }
            _ => {}
        }
        Ok(())
    }

    fn cancel(&mut self, who: Who, n: Option<usize>) -> Said {
        let open = |at: At| matches!(at, At::Planned | At::Scheduled | At::Delivered | At::Revising);
        let targets: Vec<usize> = match n {
            Some(n) if !open(self.items[n].at) => return Err(obstacle(self.items[n].at)),
            Some(n) => vec![n],
            None => (0..self.items.len()).filter(|n| open(self.items[*n].at)).collect(),
        };
        if targets.is_empty() {
            let first = self.items.iter().map(|item| item.at).min();
            return Err(first.map_or("deliverable_closed", obstacle));
        }
        if n.is_none() {
            self.cancelled = Some(who);
        }
        let now = self.now;
        for n in targets {
            let item = self.items[n].clone();
            match item.at {
                At::Planned => self.items[n].at = At::Closed,
                At::Delivered | At::Revising if who != Who::Anchor => self.items[n].at = At::Disputed,
                At::Scheduled if who == Who::Brand && !item.overdue => {
                    // The end of the contract is looked at when all are dealt with.
                    self.settle_quietly(n, part(item.fee, self.rules.penalty));
                }
                _ => self.settle_quietly(n, 0),
            }
        }
        if self.items.iter().any(|item| item.at != At::Closed) {
            let _ = self.give_back();
        }
        self.perhaps_over(now);
        Ok(())
    }

    fn settle_quietly(&mut self, n: usize, earned: i64) {
        let phase = self.phase;
        self.phase = 9;
        self.pay(n, earned, self.now);
        self.phase = phase;
    }
}
