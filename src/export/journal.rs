//! The plain-text journal for auditors, in the spelling of hledger or of beancount: entries, accounts named from parties,
//! and what every account holds at the end of each month as an assertion that the reader checks.
//! Must never hold more than one page of entries, and must never let a name, number or kind end a line or a text early.
//!
//! Signs are those of the trade of plain-text accounting: debits are positive, so what the book owes (our `+`) is negative.
//! An entry stands on its business day; one that was stamped with a later month stands on that month's first day and says
//! where it points back to, so that month ends agree with statements.

use std::io::Write;

use chrono::NaiveDate;
use tokio_postgres::Client;

use super::words::one_line;
use crate::base::{LogId, Month, Zone};
use crate::ledger::{Account, AccountKind, Layer, Owner};
use crate::money::{Currency, Minor};
use crate::report::{
    At, BookFace, JournalAccount, JournalEntry, JournalFilter, ReportError, book_face, journal_accounts,
    journal_entries, journal_months,
};

/// Whose spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// hledger, ledger.
    #[default]
    Hledger,
    /// beancount.
    Beancount,
}

impl Dialect {
    /// Every dialect with its word.
    pub const ALL: [(&'static str, Dialect); 2] = [("hledger", Dialect::Hledger), ("beancount", Dialect::Beancount)];

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Dialect::Hledger => "journal",
            Dialect::Beancount => "beancount",
        }
    }
}

/// Writes the journal and answers the position it reflects. `client` has to be inside one snapshot.
///
/// With a month, its entries stand between an opening entry and its assertions; without one, everything stands from the
/// first entry on. Estimated entries carry no month, so they come only without one, under accounts of their own.
pub async fn write_journal(
    client: &Client,
    log: LogId,
    dialect: Dialect,
    filter: JournalFilter,
    out: &mut dyn Write,
) -> Result<i64, ReportError> {
    if filter.estimated && filter.period.is_some() {
        return Err(ReportError::Needs("no period with estimated entries: they carry none"));
    }
    let face = book_face(client, log, At::Now).await?;
    let months = journal_months(client, log).await?;
    let mut journal = Journal { dialect, out };
    journal.head(&face, filter)?;
    let source = Source { client, log };
    if let Some(last) = months.last() {
        source.declare(&mut journal, Layer::Settled, Some(*last)).await?;
    }
    if filter.estimated {
        source.declare(&mut journal, Layer::Estimated, None).await?;
    }
    if let Some(period) = filter.period {
        source.opening(&mut journal, period).await?;
    }
    let mut after = 0;
    loop {
        let entries = journal_entries(client, log, filter, after).await?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        for entry in &entries {
            journal.entry(entry, face.zone)?;
        }
    }
    for month in months {
        if filter.period.is_none_or(|period| period == month) {
            source.closing(&mut journal, month).await?;
        }
    }
    Ok(face.position)
}

struct Source<'a> {
    client: &'a Client,
    log: LogId,
}

impl Source<'_> {
    async fn page(
        &self,
        through: Option<Month>,
        after: Option<&JournalAccount>,
    ) -> Result<Vec<JournalAccount>, ReportError> {
        journal_accounts(self.client, self.log, through, after).await
    }

    async fn declare(
        &self,
        journal: &mut Journal<'_>,
        layer: Layer,
        through: Option<Month>,
    ) -> Result<(), ReportError> {
        let mut last: Option<JournalAccount> = None;
        loop {
            let page = self.page(through, last.as_ref()).await?;
            for account in &page {
                // An account of two currencies comes twice, one after the other.
                if last.as_ref().is_none_or(|last| last.account != account.account) {
                    journal.declare(account, layer)?;
                }
                last = Some(account.clone());
            }
            if page.is_empty() {
                return Ok(());
            }
        }
    }

    async fn opening(&self, journal: &mut Journal<'_>, period: Month) -> Result<(), ReportError> {
        let mut page = self.page(Some(period.previous()), None).await?;
        if page.iter().all(|account| account.balance.is_zero()) && page.is_empty() {
            return Ok(());
        }
        journal.title(
            period.first_day(),
            "opening balances",
            &format!("what {period} begins with"),
        )?;
        while let Some(last) = page.last().cloned() {
            for account in page.iter().filter(|account| !account.balance.is_zero()) {
                journal.posting(account, account.balance)?;
            }
            page = self.page(Some(period.previous()), Some(&last)).await?;
        }
        writeln!(journal.out)?;
        Ok(())
    }

    async fn closing(&self, journal: &mut Journal<'_>, month: Month) -> Result<(), ReportError> {
        let mut page = self.page(Some(month), None).await?;
        journal.closing_title(month)?;
        while let Some(last) = page.last().cloned() {
            for account in &page {
                journal.assertion(account, month)?;
            }
            page = self.page(Some(month), Some(&last)).await?;
        }
        writeln!(journal.out)?;
        Ok(())
    }
}

struct Journal<'a> {
    dialect: Dialect,
    out: &'a mut dyn Write,
}

impl Journal<'_> {
    fn head(&mut self, face: &BookFace, filter: JournalFilter) -> Result<(), ReportError> {
        let which = match filter.period {
            Some(period) => format!("accounting month {period}"),
            None => "every month".to_owned(),
        };
        let name = one_line(&face.name);
        writeln!(
            self.out,
            "; Fenzhang 分账: journal of {} at position {}, {which}",
            face.book, face.position
        )?;
        writeln!(
            self.out,
            "; {name}; days and months of {}; debits positive, credits negative",
            face.zone
        )?;
        if !filter.estimated {
            writeln!(self.out, "; settled entries; estimated ones are left out")?;
        }
        match self.dialect {
            Dialect::Hledger => {
                for currency in &face.currencies {
                    writeln!(self.out, "commodity {} {currency}", sample(*currency))?;
                }
            }
            Dialect::Beancount => {
                writeln!(self.out, "option \"title\" {}", quoted(&face.name))?;
                for currency in &face.currencies {
                    writeln!(self.out, "option \"operating_currency\" \"{currency}\"")?;
                }
            }
        }
        writeln!(self.out)?;
        Ok(())
    }

    fn declare(&mut self, account: &JournalAccount, layer: Layer) -> Result<(), ReportError> {
        let name = account_name(account.account, account.name.as_deref(), layer);
        let said = account.name.as_deref().unwrap_or("the book itself");
        match self.dialect {
            Dialect::Hledger => writeln!(self.out, "account {name}  ; {} {}", account.account, one_line(said))?,
            Dialect::Beancount => {
                writeln!(self.out, "1970-01-01 open {name}")?;
                writeln!(self.out, "  account: \"{}\"", account.account)?;
                writeln!(self.out, "  party: {}", quoted(said))?;
            }
        }
        Ok(())
    }

    /// The line that an entry begins with; both dialects take the date first.
    fn title(&mut self, day: NaiveDate, kind: &str, text: &str) -> Result<(), ReportError> {
        match self.dialect {
            Dialect::Hledger => {
                // A semicolon begins a comment, a bar a note.
                let text = one_line(text).replace([';', '|'], " ");
                writeln!(self.out, "{day} * {} {text}", one_line(kind).replace([';', '|'], " "))?;
            }
            Dialect::Beancount => writeln!(self.out, "{day} * {} {}", quoted(kind), quoted(text))?,
        }
        Ok(())
    }

    fn note(&mut self, key: &str, value: &str) -> Result<(), ReportError> {
        match self.dialect {
            Dialect::Hledger => writeln!(self.out, "    ; {key}: {}", one_line(value).replace(',', " "))?,
            Dialect::Beancount => writeln!(self.out, "  {key}: {}", quoted(value))?,
        }
        Ok(())
    }

    fn line(&mut self, name: &str, amount: Minor, currency: Currency) -> Result<(), ReportError> {
        let debit = amount.negated()?.display(currency);
        writeln!(self.out, "    {name}  {debit} {currency}")?;
        Ok(())
    }

    fn posting(&mut self, account: &JournalAccount, amount: Minor) -> Result<(), ReportError> {
        let name = account_name(account.account, account.name.as_deref(), Layer::Settled);
        self.line(&name, amount, account.currency)
    }

    fn entry(&mut self, entry: &JournalEntry, zone: Zone) -> Result<(), ReportError> {
        let text = entry.line_no.as_deref().unwrap_or("");
        self.title(day(entry, zone), &entry.kind, text)?;
        self.note("position", &entry.position.to_string())?;
        self.note("event", &entry.event.to_string())?;
        if let Some(back) = entry.points_back_to {
            self.note("happened", &zone.local(entry.at))?;
            self.note("pointsback", &back.to_string())?;
        }
        for leg in &entry.legs {
            let name = account_name(leg.account, leg.name.as_deref(), leg.layer);
            self.line(&name, leg.amount, leg.currency)?;
        }
        writeln!(self.out)?;
        Ok(())
    }

    /// hledger checks assertions of a day in the order of the file, so they stand after everything else; beancount checks
    /// them at the beginning of a day.
    fn closing_title(&mut self, month: Month) -> Result<(), ReportError> {
        match self.dialect {
            Dialect::Hledger => self.title(month.last_day(), "balances", &format!("at the end of {month}")),
            Dialect::Beancount => Ok(writeln!(self.out, "; balances at the end of {month}")?),
        }
    }

    fn assertion(&mut self, account: &JournalAccount, month: Month) -> Result<(), ReportError> {
        let name = account_name(account.account, account.name.as_deref(), Layer::Settled);
        let currency = account.currency;
        let holds = account.balance.negated()?.display(currency);
        match self.dialect {
            Dialect::Hledger => {
                let zero = Minor::ZERO.display(currency);
                writeln!(self.out, "    {name}  {zero} {currency} = {holds} {currency}")?;
            }
            Dialect::Beancount => {
                let day = month.next().first_day();
                writeln!(self.out, "{day} balance {name}  {holds} ~ 0 {currency}")?;
            }
        }
        Ok(())
    }
}

/// The day of an entry: its business day, kept inside the month that it is stamped with.
fn day(entry: &JournalEntry, zone: Zone) -> NaiveDate {
    let day = zone.day(entry.at);
    match entry.period {
        Some(period) => day.clamp(period.first_day(), period.last_day()),
        None => day,
    }
}

/// How amounts of a currency look in a `commodity` directive, which needs a decimal mark.
fn sample(currency: Currency) -> String {
    let text = Minor(1_000_i64.saturating_mul(10_i64.pow(currency.digits()))).display(currency);
    if currency.digits() == 0 {
        format!("{text}.")
    } else {
        text
    }
}

/// A text of beancount.
fn quoted(text: &str) -> String {
    let plain = one_line(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{plain}\"")
}

/// The account in words that both readers take: a root, the estimated layer apart, the party's name with the end of its id
/// (two parties may have one name), and what the account is for.
pub fn account_name(account: Account, name: Option<&str>, layer: Layer) -> String {
    let root = root(account.kind);
    let layer = match layer {
        Layer::Estimated => ":Estimated",
        Layer::Settled => "",
    };
    let kind = capitals(account.kind.word());
    match account.owner {
        Owner::Book => format!("{root}{layer}:Book:{kind}"),
        Owner::Party(party) => {
            let id = party.uuid().simple().to_string();
            let end = id.get(16..).unwrap_or(&id);
            let name = component(name.unwrap_or_default());
            format!("{root}{layer}:{}:{name}-{end}:{kind}", capitals(party.kind().word()))
        }
    }
}

/// What stands on which side of a balance sheet.
fn root(kind: AccountKind) -> &'static str {
    match kind.word() {
        "commission" | "clearing" | "advance" | "cash" | "purchases" => "Assets",
        "income" => "Income",
        "cutover" => "Equity",
        _ => "Liabilities",
    }
}

/// `clawback_due` is `ClawbackDue`.
fn capitals(word: &str) -> String {
    let parts = word.split('_').map(|part| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    parts.collect()
}

/// A name as a part of an account: letters, digits and hyphens that begin with a letter. Anything else would mean something
/// to one of the readers.
fn component(name: &str) -> String {
    let letter = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3041}'..='\u{3096}'
                | '\u{30a1}'..='\u{30fa}' | '\u{ac00}'..='\u{d7a3}' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
                | '\u{f8}'..='\u{17f}')
    };
    let kept: String = name.chars().map(|c| if letter(c) { c } else { '-' }).take(40).collect();
    let kept = kept.trim_matches('-');
    match kept.chars().next() {
        Some(first) if first.is_ascii_lowercase() => kept.replacen(first, &first.to_ascii_uppercase().to_string(), 1),
        Some(first) if first.is_ascii_digit() || first.is_uppercase() || first > '\u{17f}' => kept.to_owned(),
        _ => format!("N-{kept}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{PartyId, PartyKind};
    use uuid::Uuid;

    #[test]
    fn a_name_becomes_a_part_of_an_account_that_means_nothing_else() {
        for (name, part) in [
            ("李晓", "李晓"),
            ("lily & co", "Lily---co"),
            ("A:B;C\"D\\E\nF", "A-B-C-D-E-F"),
            ("=cmd|' /C'!A0", "Cmd----C--A0"),
            ("😀", "N-"),
            ("", "N-"),
            ("7 天", "7-天"),
        ] {
            assert_eq!(component(name), part, "{name:?}");
        }
    }

    #[test]
    fn accounts_stand_under_the_root_of_their_side_and_two_parties_of_one_name_apart() {
        let party = |n: u128| PartyId::tagged(PartyKind::Anchor, Uuid::from_u128(n));
        let name = |n, kind, layer| account_name(Account::of(party(n), kind), Some("李晓"), layer);
        assert_eq!(
            name(1, AccountKind::ClawbackDue, Layer::Settled),
            "Liabilities:Anchor:李晓-0000000000000001:ClawbackDue"
        );
        assert_eq!(
            name(2, AccountKind::Available, Layer::Estimated),
            "Liabilities:Estimated:Anchor:李晓-0000000000000002:Available"
        );
        assert_eq!(
            account_name(Account::book(AccountKind::Income), None, Layer::Settled),
            "Income:Book:Income"
        );
        let roots: Vec<&str> = AccountKind::ALL.into_iter().map(root).collect();
        assert_eq!(
            roots.iter().filter(|root| **root == "Assets").count(),
            roots.len() - 8,
            "{roots:?}"
        );
    }

    #[test]
    fn texts_never_end_early() {
        assert_eq!(quoted("a\"b\\c\nd\u{2028}e"), "\"a\\\"b\\\\c d e\"");
        assert_eq!(sample("JPY".parse().unwrap()), "1000.");
        assert_eq!(sample(Currency::CNY), "1000.00");
    }
}
