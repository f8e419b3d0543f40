//! One line on both sides: what the platform's rows say beside what the ledger holds gives findings, each of one class.
//! Must never find a difference twice: what follows from another base, rate or commission is no finding of its own.

use super::sides::{FeeBasis, Finding, Frame, OnLine, OurRefund, Ours, Stage, TheirCash, Theirs, Value};
use super::words::{BreakClass, CashTag, Cause, Proposal};
use crate::money::{Minor, MoneyError, Rate};

/// Days after which a status is looked at again.
const RECHECK_DAYS: i64 = 7;

/// Compares one line.
pub fn compare(line: &OnLine, frame: &Frame) -> Result<Vec<Finding>, MoneyError> {
    let mut found = Findings { frame, all: Vec::new() };
    let settled: Vec<&Theirs> = standing(&line.theirs);
    found.repeated(line, &settled)?;
    match (&line.ours, settled.first()) {
        (None, Some(theirs)) => found.unknown(theirs)?,
        (Some(ours), Some(theirs)) => found.both(ours, theirs)?,
        (Some(ours), None) if frame.tells_settlements => found.not_reported(ours)?,
        _ => {}
    }
    found.refunds(line)?;
    found.cash(line, settled.first().copied())?;
    Ok(found.all)
}

/// The rows that count: of rows as they stand the newest, then every settlement told again.
fn standing(rows: &[Theirs]) -> Vec<&Theirs> {
    let newest = rows
        .iter()
        .filter(|row| row.snapshot)
        .max_by_key(|row| (row.told_at, std::cmp::Reverse(row.row)));
    let mut counting: Vec<&Theirs> = rows
        .iter()
        .filter(|row| match newest {
            // An older row as it stood is only history, unless it tells of another settlement.
            Some(newest) if row.snapshot => {
                row.told_at == newest.told_at
                    || row.stage == Stage::Settled
                        && newest.stage == Stage::Settled
                        && row.settled_at != newest.settled_at
            }
            _ => true,
        })
        .collect();
    counting.sort_by_key(|row| (std::cmp::Reverse(row.stage == Stage::Settled), row.row));
    counting
}

struct Findings<'a> {
    frame: &'a Frame,
    all: Vec<Finding>,
}

fn money(amount: Option<Minor>) -> Value {
    amount.map_or(Value::None, Value::Money)
}

impl Findings<'_> {
    fn finding(&self, class: BreakClass, cause: Cause, component: &str, proposal: Proposal) -> Finding {
        let until = match (proposal, class) {
            (Proposal::Wait, BreakClass::B07 | BreakClass::B11) => Some(self.frame.now.plus_days(RECHECK_DAYS)),
            (Proposal::Wait, _) => Some(self.frame.patience),
            _ => None,
        };
        Finding {
            class,
            cause,
            component: component.to_owned(),
            case: None,
            row: None,
            ours: Value::None,
            theirs: Value::None,
            difference: None,
            proposal,
            until,
        }
    }

    fn patient(&self, after: Proposal) -> Proposal {
        if self.frame.now < self.frame.patience {
            Proposal::Wait
        } else {
            after
        }
    }

    /// B08: one settlement wins, every further one is a break unless the platform corrected it.
    fn repeated(&mut self, line: &OnLine, settled: &[&Theirs]) -> Result<(), MoneyError> {
        let again = settled.iter().skip(1).filter(|row| row.stage == Stage::Settled);
        let mut corrections = line.cash.iter().filter(|cash| cash.tag == CashTag::DuplicateCorrected);
        for row in again {
            let (cause, proposal) = match corrections.next() {
                Some(_) => (Cause::Corrected, Proposal::Close),
                None => (Cause::Repeated, Proposal::AskPlatform),
            };
            let mut found = self.finding(BreakClass::B08, cause, "line", proposal);
            found.row = Some(row.row);
            found.theirs = money(row.commission.or(row.base));
            found.difference = match cause {
                Cause::Corrected => Some(Minor::ZERO),
                _ => row.commission,
            };
            self.all.push(found);
        }
        for alone in corrections {
            let mut found = self.finding(BreakClass::B08, Cause::CorrectionAlone, "cash", Proposal::AskPlatform);
            found.row = Some(alone.row);
            found.theirs = Value::Money(alone.amount);
            found.difference = Some(alone.amount.negated()?);
            self.all.push(found);
        }
        Ok(())
    }

    /// B10 first: figures that cannot be right are compared no further.
    fn impossible(&mut self, theirs: &Theirs, ours: Option<Minor>) -> Result<bool, MoneyError> {
        let payment = theirs.base.into_iter().chain(theirs.paid).max();
        let (Some(commission), Some(payment)) = (theirs.commission, payment) else {
            return Ok(false);
        };
        if commission <= payment {
            return Ok(false);
        }
        let cause = Cause::CommissionExceedsPayment;
        let mut found = self.finding(BreakClass::B10, cause, "commission", Proposal::AskPlatform);
        found.row = Some(theirs.row);
        found.ours = money(ours);
        found.theirs = Value::Money(commission);
        found.difference = Some(commission.minus(ours.unwrap_or_default())?);
        self.all.push(found);
        Ok(true)
    }

    fn unknown(&mut self, theirs: &Theirs) -> Result<(), MoneyError> {
        if theirs.stage == Stage::Closed || self.impossible(theirs, None)? {
            return Ok(());
        }
        let proposal = match theirs.tellable {
            true => Proposal::TellFacts,
            false => Proposal::AskPlatform,
        };
        let mut found = self.finding(BreakClass::B01, Cause::LineUnknown, "line", proposal);
        found.row = Some(theirs.row);
        found.theirs = money(theirs.commission.or(theirs.base));
        found.difference = theirs.commission;
        self.all.push(found);
        Ok(())
    }

    fn not_reported(&mut self, ours: &Ours) -> Result<(), MoneyError> {
        let due = ours.stage == Stage::Settled && ours.month == Some(self.frame.period) && !ours.commission.is_zero();
        if !due {
            return Ok(());
        }
        let after = match ours.reversible {
            true => Proposal::Adjust,
            false => Proposal::AskPlatform,
        };
        let proposal = self.patient(after);
        let mut found = self.finding(BreakClass::B02, Cause::NotReported, "line", proposal);
        found.ours = Value::Money(ours.commission);
        found.difference = Some(ours.commission.negated()?);
        self.all.push(found);
        Ok(())
    }

    fn both(&mut self, ours: &Ours, theirs: &Theirs) -> Result<(), MoneyError> {
        let known = (ours.stage == Stage::Settled).then_some(ours.commission);
        if self.impossible(theirs, known)? || !self.same_stage(ours, theirs) {
            return Ok(());
        }
        if theirs.stage != Stage::Settled {
            return Ok(());
        }
        if !ours.earns {
            if theirs.commission.is_some_and(|commission| !commission.is_zero()) {
                let mut found = self.finding(BreakClass::B01, Cause::NotAttributed, "line", Proposal::AskPlatform);
                found.row = Some(theirs.row);
                found.theirs = money(theirs.commission);
                found.difference = theirs.commission;
                self.all.push(found);
            }
            return Ok(());
        }
        if let (Some(here), Some(there)) = (ours.month, theirs.month)
            && here != there
        {
            let mut found = self.finding(BreakClass::B12, Cause::OtherMonth, "period", Proposal::Close);
            found.row = Some(theirs.row);
            found.ours = Value::Month(here);
            found.theirs = Value::Month(there);
            self.all.push(found);
        }
        self.amounts(ours, theirs)
    }

    /// B07: the stages differ and nothing further can be compared.
    fn same_stage(&mut self, ours: &Ours, theirs: &Theirs) -> bool {
        let (cause, proposal) = match (ours.stage, theirs.stage) {
            (here, there) if here == there => return true,
            (Stage::Open, Stage::Settled) if theirs.tellable => (Cause::BehindHere, Proposal::TellFacts),
            (Stage::Open, Stage::Closed) if theirs.tellable => (Cause::InvalidThere, Proposal::TellFacts),
            (Stage::Open, _) => (Cause::StatementOlder, Proposal::Wait),
            (Stage::Settled, Stage::Open) => (Cause::BehindThere, Proposal::Wait),
            (Stage::Settled, _) => (Cause::InvalidThere, Proposal::Wait),
            (Stage::Closed, Stage::Settled) => (Cause::ClosedHere, Proposal::AskPlatform),
            (Stage::Closed, _) => (Cause::BehindThere, Proposal::Wait),
        };
        let mut found = self.finding(BreakClass::B07, cause, "status", proposal);
        found.row = Some(theirs.row);
        found.ours = Value::Word(ours.stage.word());
        found.theirs = Value::Word(theirs.stage.word());
        self.all.push(found);
        false
    }

    fn amounts(&mut self, ours: &Ours, theirs: &Theirs) -> Result<(), MoneyError> {
        let base = theirs.base.filter(|base| Some(*base) != ours.base);
        if let (Some(there), Some(here)) = (base, ours.base) {
            let proposal = match (theirs.tellable, ours.base_correctable) {
                (true, true) => Proposal::TellFacts,
                _ => Proposal::AskPlatform,
            };
            let cause = match theirs.tellable || ours.own_rules {
                true => Cause::BaseDiffers,
                false => Cause::StatementOlder,
            };
            let mut found = self.finding(BreakClass::B03, cause, "base", proposal);
            found.row = Some(theirs.row);
            found.ours = Value::Money(here);
            found.theirs = Value::Money(there);
            found.difference = Some(there.minus(here)?);
            self.all.push(found);
            if !ours.own_rules {
                // The platform's figures are taken as a whole: with the row everything follows.
                return Ok(());
            }
        }
        let rate = theirs.rate.filter(|_| ours.own_rules).zip(ours.rate);
        let rate = rate.filter(|(there, here)| there != here);
        let expected = self.expected(ours, base, rate.map(|(there, _)| there))?;
        if let Some((there, here)) = rate {
            let mut found = self.finding(BreakClass::B04, Cause::RateDiffers, "rate", Proposal::AskPlatform);
            found.row = Some(theirs.row);
            found.ours = Value::Rate(here);
            found.theirs = Value::Rate(there);
            found.difference = Some(expected.minus(ours.commission)?);
            self.all.push(found);
        }
        if let Some(there) = theirs.commission {
            let proposal = match (ours.own_rules, theirs.tellable) {
                (false, true) => Proposal::TellFacts,
                _ => Proposal::AskPlatform,
            };
            let both = (expected, there);
            self.amount("commission", both, (Cause::CommissionDiffers, proposal), theirs.row)?;
        }
        self.fees(ours, theirs)
    }

    /// The commission that another base or rate alone would give.
    fn expected(&self, ours: &Ours, base: Option<Minor>, rate: Option<Rate>) -> Result<Minor, MoneyError> {
        if base.is_none() && rate.is_none() {
            return Ok(ours.commission);
        }
        let base = base.or(ours.base).unwrap_or_default();
        let given = match (rate.or(ours.rate), ours.base) {
            (Some(rate), _) => rate.of(base, ours.rounding)?,
            (None, Some(whole)) if whole.0 > 0 => {
                ours.rounding
                    .scale(ours.commission, i128::from(base.0), i128::from(whole.0))?
            }
            (None, _) => ours.commission,
        };
        Ok(ours.cap.map_or(given, |cap| given.min(cap)))
    }

    fn fees(&mut self, ours: &Ours, theirs: &Theirs) -> Result<(), MoneyError> {
        let commission = theirs.commission.unwrap_or(ours.commission);
        let base = theirs.base.or(ours.base).unwrap_or_default();
        let mut left = commission;
        for fee in &ours.fees {
            let same = commission == ours.commission;
            let expected = match fee.of {
                FeeBasis::Commission(_) | FeeBasis::Remainder(_) if same => fee.amount,
                FeeBasis::Commission(rate) => rate.of(commission, ours.rounding)?.min(left),
                FeeBasis::Remainder(rate) => rate.of(left, ours.rounding)?.min(left),
                FeeBasis::Base(_) if Some(base) == ours.base => fee.amount,
                FeeBasis::Base(rate) => rate.of(base, ours.rounding)?,
                FeeBasis::Given => fee.amount,
            };
            if !matches!(fee.of, FeeBasis::Base(_)) {
                left = left.minus(expected)?;
            }
            let Some((_, there)) = theirs.fees.iter().find(|(name, _)| *name == fee.name) else {
                continue;
            };
            let proposal = match (ours.own_rules, theirs.tellable, fee.adjustable) {
                (false, true, _) => Proposal::TellFacts,
                (true, _, true) => Proposal::Adjust,
                _ => Proposal::AskPlatform,
            };
            self.amount(&fee.name, (expected, *there), (Cause::FeeDiffers, proposal), theirs.row)?;
        }
        Ok(())
    }

    /// B05 or B06.
    fn amount(
        &mut self,
        component: &str,
        (ours, theirs): (Minor, Minor),
        (cause, proposal): (Cause, Proposal),
        row: i64,
    ) -> Result<(), MoneyError> {
        let difference = theirs.minus(ours)?;
        let mut found = match difference.0.unsigned_abs() {
            0 => return Ok(()),
            1 => self.finding(BreakClass::B05, Cause::Rounding, component, Proposal::Close),
            _ => self.finding(BreakClass::B06, cause, component, proposal),
        };
        found.row = Some(row);
        found.ours = Value::Money(ours);
        found.theirs = Value::Money(theirs);
        found.difference = Some(difference);
        self.all.push(found);
        Ok(())
    }

    fn refunds(&mut self, line: &OnLine) -> Result<(), MoneyError> {
        let known: &[OurRefund] = line.ours.as_ref().map_or(&[], |ours| &ours.refunds);
        if line.ours.as_ref().is_none_or(|ours| ours.stage != Stage::Settled) {
            // A case of a line that is not settled here takes nothing back; the line itself is the break.
            return Ok(());
        }
        for theirs in &line.refunds {
            let here = known.iter().find(|refund| refund.case == theirs.case);
            let (class, cause, proposal, ours) = match here {
                None => (BreakClass::B09, Cause::RefundUnknown, Proposal::TellFacts, None),
                Some(here) if here.goods != theirs.goods => {
                    let proposal = Proposal::AskPlatform;
                    (BreakClass::B03, Cause::RefundAmount, proposal, Some(here.goods))
                }
                Some(here) if theirs.deducted && !here.deducted => {
                    let proposal = Proposal::TellFacts;
                    (BreakClass::B09, Cause::DeductedThere, proposal, Some(here.goods))
                }
                Some(here) if here.deducted && !theirs.deducted => {
                    let proposal = self.patient(Proposal::AskPlatform);
                    (BreakClass::B09, Cause::StillToDeduct, proposal, Some(here.goods))
                }
                Some(_) => continue,
            };
            let mut found = self.finding(class, cause, "refund", proposal);
            found.case = Some(theirs.case.clone());
            found.row = Some(theirs.row);
            found.ours = money(ours);
            found.theirs = Value::Money(theirs.goods);
            found.difference = Some(theirs.goods.minus(ours.unwrap_or_default())?);
            self.all.push(found);
        }
        if !self.frame.tells_refunds {
            return Ok(());
        }
        let period = self.frame.period;
        let told = |case: &str| line.refunds.iter().any(|theirs| theirs.case == case);
        for here in known.iter().filter(|here| here.month == period && !told(&here.case)) {
            let proposal = self.patient(Proposal::AskPlatform);
            let mut found = self.finding(BreakClass::B09, Cause::StillToDeduct, "refund", proposal);
            found.case = Some(here.case.clone());
            found.ours = Value::Money(here.goods);
            found.difference = Some(here.goods.negated()?);
            self.all.push(found);
        }
        Ok(())
    }

    /// B11: commission that moved as cash beside the statement's own, or ours where it has none.
    fn cash(&mut self, line: &OnLine, theirs: Option<&Theirs>) -> Result<(), MoneyError> {
        let paid: Vec<&TheirCash> = line
            .cash
            .iter()
            .filter(|cash| cash.tag == CashTag::Commission)
            .collect();
        let Some(first) = paid.first() else { return Ok(()) };
        let settled = line.ours.as_ref().filter(|ours| ours.stage == Stage::Settled);
        let said = theirs.and_then(|theirs| theirs.commission);
        let said = said.or(settled.map(|ours| ours.commission));
        let moved = Minor::sum(paid.iter().map(|cash| cash.amount))?;
        if said == Some(moved) {
            return Ok(());
        }
        let mut found = self.finding(BreakClass::B11, Cause::CashDiffers, "cash", Proposal::AskPlatform);
        found.row = Some(first.row);
        found.ours = money(said);
        found.theirs = Value::Money(moved);
        found.difference = Some(moved.minus(said.unwrap_or_default())?);
        self.all.push(found);
        Ok(())
    }
}

/// B11 of a movement that belongs to no line: only a withdrawal that came back is a break.
pub fn compare_cash(cash: &TheirCash, frame: &Frame) -> Option<Finding> {
    if cash.tag != CashTag::WithdrawalBounced {
        return None;
    }
    let findings = Findings { frame, all: Vec::new() };
    let finding = findings.finding(BreakClass::B11, Cause::WithdrawalBounced, "cash", Proposal::Wait);
    Some(Finding {
        row: Some(cash.row),
        theirs: Value::Money(cash.amount),
        difference: Some(cash.amount),
        ..finding
    })
}
