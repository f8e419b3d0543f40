//! Vouchers 凭证 for the general ledger: a month's settled entries summed by day or month, under the subjects of a mapping,
//! debits and credits in columns of their own.
//! Must never leave a moved account out: one that the mapping does not name is an error, not a gap; nor write a voucher that
//! does not balance.

use std::collections::BTreeMap;
use std::io::{Seek, Write};

use chrono::NaiveDate;
use serde::Deserialize;
use tokio_postgres::Client;

use crate::base::LogId;
use crate::ledger::AccountKind;
use crate::money::{Currency, Minor};
use crate::report::{At, Cell, CsvRows, ReportError, VoucherAsk, VoucherSum, XlsxRows, book_face, voucher_sums};

/// The sample that is shipped. It says itself that it is one.
pub const SAMPLE: &str = include_str!("subjects.toml");

/// A mapping of accounts to subjects, as people write it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// True in the sample.
    #[serde(default)]
    sample: bool,
    name: String,
    subject: Vec<Subject>,
}

#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    account: String,
    owner: Option<String>,
    code: String,
    name: String,
}

/// A mapping of accounts to subjects 科目.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subjects {
    /// Its name.
    pub name: String,
    /// It is the sample: nobody has put own codes in yet.
    pub sample: bool,
    subjects: BTreeMap<(String, Option<String>), (String, String)>,
}

/// Words for the kinds of owner.
const OWNERS: [&str; 8] = [
    "book", "anchor", "agency", "brand", "supplier", "promoter", "platform", "other",
];

/// Kinds of account that a later version may move; a mapping may name them already.
const LATER: [&str; 1] = ["cash"];

impl Subjects {
    /// Reads a mapping. Every line has to name an account and an owner there are, once.
    pub fn read(text: &str) -> Result<Subjects, ReportError> {
        let wrong = |why: String| ReportError::Subjects(why);
        let file: File = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        let mut subjects = BTreeMap::new();
        for subject in file.subject {
            let known = AccountKind::ALL.iter().any(|kind| kind.word() == subject.account);
            if !known && !LATER.contains(&subject.account.as_str()) {
                return Err(wrong(format!("there is no account {:?}", subject.account)));
            }
            if subject
                .owner
                .as_ref()
                .is_some_and(|owner| !OWNERS.contains(&owner.as_str()))
            {
                return Err(wrong(format!(
                    "{:?}: owner is one of {}",
                    subject.account,
                    OWNERS.join(", ")
                )));
            }
            let empty = |text: &str| text.trim().is_empty() || text.chars().count() > 100;
            if empty(&subject.code) || empty(&subject.name) {
                return Err(wrong(format!(
                    "{:?}: code and name are 1 to 100 characters",
                    subject.account
                )));
            }
            let key = (subject.account, subject.owner);
            if subjects.insert(key.clone(), (subject.code, subject.name)).is_some() {
                return Err(wrong(format!("{:?} is named twice", key.0)));
            }
        }
        Ok(Subjects {
            name: file.name,
            sample: file.sample,
            subjects,
        })
    }

    /// Code and name of the subject of an account: the one of its owner's kind before the general one.
    fn of(&self, account: AccountKind, owner: &str) -> Result<(&str, &str), ReportError> {
        let own = self.subjects.get(&(account.word().to_owned(), Some(owner.to_owned())));
        let found = own.or_else(|| self.subjects.get(&(account.word().to_owned(), None)));
        let (code, name) = found.ok_or_else(|| {
            ReportError::Subjects(format!(
                "{owner}:{} moved in this month and has no subject",
                account.word()
            ))
        })?;
        Ok((code, name))
    }
}

/// The columns of a file of vouchers.
pub const COLUMNS: [&str; 12] = [
    "voucher 凭证号",
    "date 日期",
    "row 行号",
    "summary 摘要",
    "subject 科目编码",
    "subject_name 科目名称",
    "party 往来单位编码",
    "party_name 往来单位",
    "debit 借方金额",
    "credit 贷方金额",
    "currency 币种",
    "entries 分录来源数",
];

/// Files that rows of vouchers go to.
pub trait Rows {
    /// Writes one row.
    fn row(&mut self, row: &[Cell]) -> Result<(), ReportError>;
}

impl<W: Write> Rows for CsvRows<W> {
    fn row(&mut self, row: &[Cell]) -> Result<(), ReportError> {
        CsvRows::row(self, row)
    }
}

impl Rows for XlsxRows {
    fn row(&mut self, row: &[Cell]) -> Result<(), ReportError> {
        XlsxRows::row(self, row)
    }
}

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// The position it reflects.
    pub position: i64,
    /// Vouchers.
    pub vouchers: u32,
    /// Debits of each currency, equal to its credits.
    pub turnover: BTreeMap<Currency, Minor>,
}

/// Hands every row of a month's vouchers to `rows`. `client` has to be inside one snapshot. One voucher per day (or month)
/// and currency; an account that moved both ways has a row for its debits and one for its credits.
pub async fn vouchers(
    client: &Client,
    log: LogId,
    ask: VoucherAsk,
    subjects: &Subjects,
    rows: &mut impl Rows,
) -> Result<Written, ReportError> {
    let face = book_face(client, log, At::Now).await?;
    let mut desk = Desk {
        ask,
        subjects,
        rows,
        open: None,
        written: Written::default(),
    };
    voucher_sums(client, log, face.zone, ask, |sum| desk.take(&sum)).await?;
    desk.close()?;
    desk.written.position = face.position;
    Ok(desk.written)
}

/// The voucher that is being written.
struct Open {
    day: NaiveDate,
    currency: Currency,
    rows: i64,
    debits: Minor,
    credits: Minor,
    /// By code and name of the subject: accounts of several kinds may share one. Empty where every party has its row.
    subjects: BTreeMap<(String, String), Subtotal>,
}

#[derive(Clone, Copy, Default)]
struct Subtotal {
    debits: Minor,
    credits: Minor,
    entries: i64,
}

struct Desk<'a, R> {
    ask: VoucherAsk,
    subjects: &'a Subjects,
    rows: &'a mut R,
    open: Option<Open>,
    written: Written,
}

impl<R: Rows> Desk<'_, R> {
    fn take(&mut self, sum: &VoucherSum) -> Result<(), ReportError> {
        let same = |open: &Open| open.day == sum.day && open.currency == sum.currency;
        if !self.open.as_ref().is_some_and(same) {
            self.close()?;
            self.written.vouchers += 1;
            self.open = Some(Open {
                day: sum.day,
                currency: sum.currency,
                rows: 0,
                debits: Minor::ZERO,
                credits: Minor::ZERO,
                subjects: BTreeMap::new(),
            });
        }
        let (code, name) = self.subjects.of(sum.account, sum.owner)?;
        let subject = (code.to_owned(), name.to_owned());
        let subtotal = Subtotal {
            debits: sum.debits,
            credits: sum.credits,
            entries: sum.entries,
        };
        if self.ask.by_party {
            return self.rows_of(
                &subject,
                [sum.party.map(|id| id.to_string()), sum.name.clone()],
                subtotal,
            );
        }
        if let Some(open) = &mut self.open {
            let sum = open.subjects.entry(subject).or_default();
            sum.debits = sum.debits.plus(subtotal.debits)?;
            sum.credits = sum.credits.plus(subtotal.credits)?;
            sum.entries = sum.entries.saturating_add(subtotal.entries);
        }
        Ok(())
    }

    fn rows_of(
        &mut self,
        (code, name): &(String, String),
        party: [Option<String>; 2],
        sums: Subtotal,
    ) -> Result<(), ReportError> {
        let period = self.ask.period;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.debits = open.debits.plus(sums.debits)?;
        open.credits = open.credits.plus(sums.credits)?;
        let number = format!("FZ-{:06}-{:04}", period.number(), self.written.vouchers);
        let summary = match self.ask.by_day {
            true => format!("{} 分佣结算汇总", open.day),
            false => format!("{period} 分佣结算汇总"),
        };
        for (debit, amount) in [(true, sums.debits), (false, sums.credits)] {
            if amount.is_zero() {
                continue;
            }
            open.rows += 1;
            let figure = Cell::Number(amount.display(open.currency));
            let (debits, credits) = match debit {
                true => (figure, Cell::Empty),
                false => (Cell::Empty, figure),
            };
            let [id, called] = party.clone();
            self.rows.row(&[
                number.as_str().into(),
                open.day.to_string().into(),
                open.rows.into(),
                summary.as_str().into(),
                code.as_str().into(),
                name.as_str().into(),
                id.into(),
                called.into(),
                debits,
                credits,
                open.currency.code().into(),
                sums.entries.into(),
            ])?;
        }
        Ok(())
    }

    /// INVARIANT: the debits of every voucher are its credits.
    fn close(&mut self) -> Result<(), ReportError> {
        let merged = self.open.as_mut().map(|open| std::mem::take(&mut open.subjects));
        for (subject, sums) in merged.unwrap_or_default() {
            self.rows_of(&subject, [None, None], sums)?;
        }
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.debits != open.credits {
            return Err(ReportError::Stored("a voucher that does not balance"));
        }
        let turnover = self.written.turnover.entry(open.currency).or_default();
        *turnover = turnover.plus(open.debits)?;
        Ok(())
    }
}

/// Vouchers as CSV.
pub async fn vouchers_csv(
    client: &Client,
    log: LogId,
    ask: VoucherAsk,
    subjects: &Subjects,
    out: impl Write,
) -> Result<Written, ReportError> {
    let mut rows = CsvRows::start(out, &COLUMNS)?;
    let written = vouchers(client, log, ask, subjects, &mut rows).await?;
    rows.finish()?;
    Ok(written)
}

/// Vouchers as a workbook.
pub async fn vouchers_xlsx(
    client: &Client,
    log: LogId,
    ask: VoucherAsk,
    subjects: &Subjects,
    out: impl Write + Seek + Send,
) -> Result<Written, ReportError> {
    let mut rows = XlsxRows::start(&COLUMNS)?;
    let written = vouchers(client, log, ask, subjects, &mut rows).await?;
    rows.finish(out)?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_says_that_it_is_one_and_names_every_account_there_is() {
        let sample = Subjects::read(SAMPLE).unwrap();
        assert!(sample.sample && sample.name.contains("示例"));
        for kind in AccountKind::ALL {
            for owner in OWNERS {
                sample.of(kind, owner).unwrap();
            }
        }
        assert_eq!(sample.of(AccountKind::Available, "platform").unwrap().0, "2202.02");
        assert_eq!(sample.of(AccountKind::Available, "anchor").unwrap().0, "2202.01");
    }

    #[test]
    fn a_mapping_that_cannot_be_used_says_why() {
        let line = |account: &str, more: &str| {
            format!("name = \"x\"\n[[subject]]\naccount = \"{account}\"\ncode = \"1\"\nname = \"n\"\n{more}")
        };
        for (text, says) in [
            (line("avialable", ""), "there is no account"),
            (line("income", "owner = \"nobody\""), "owner is one of"),
            (line("income", "colour = 1"), "colour"),
            (
                line(
                    "income",
                    "[[subject]]\naccount = \"income\"\ncode = \"2\"\nname = \"m\"",
                ),
                "named twice",
            ),
            ("name = 1".to_owned(), ""),
        ] {
            let error = Subjects::read(&text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let only = Subjects::read(&line("income", "")).unwrap();
        let error = only.of(AccountKind::Available, "anchor").unwrap_err().to_string();
        assert!(
            error.contains("anchor:available moved in this month and has no subject"),
            "{error}"
        );
    }
}
