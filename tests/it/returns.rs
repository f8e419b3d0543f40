//! Returns that name no order, on real invoices: every cancellation is matched or parked, whatever order the months come
//! in. The files lie outside the repository, see `import.rs`.
//! It must never take a number from the product that a count over the raw files does not give as well.
//!
//! The ordinary run reads all seven months with the mapping and takes two through the database: of these the real rows that
//! bear on a cancellation, which are those of every customer and item that a C row names, and the C rows without a customer.
//! `FENZHANG_MONTHS=7` takes that many whole months through the database (minutes).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use fenzhang::base::{BookId, LineId, ReturnsId};
use fenzhang::domain::order::{LineFact, What};
use fenzhang::domain::returns::{Returned, Sale, Verdict, matching};
use fenzhang::intake::emit::Emitted;
use fenzhang::intake::plan::Cells;
use fenzhang::intake::source::Next;
use fenzhang::intake::{Imported, Plan, Rows, Tally, Told, ready};
use fenzhang::report::rows_of_line;
use fenzhang::store::books;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::import::{Stage, count, data, shows, sum};

const MONTHS: [&str; 7] = [
    "2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06",
];

/// How many whole months go through the database, when asked for.
fn whole_months() -> Option<usize> {
    std::env::var("FENZHANG_MONTHS").ok()?.parse().ok()
}

/// Rows of a file as they stand, and the few cells that the count below needs.
struct Row {
    text: String,
    invoice: String,
    item: String,
    quantity: i64,
    at: String,
    price: Decimal,
    buyer: String,
}

impl Row {
    fn read(text: &str) -> Row {
        // Only the description, the third cell, has commas inside.
        let mut front = text.splitn(3, ',');
        let (invoice, item, rest) = (front.next(), front.next(), front.next());
        let back: Vec<&str> = rest.unwrap().rsplitn(6, ',').collect();
        Row {
            text: text.to_owned(),
            invoice: invoice.unwrap().to_owned(),
            item: item.unwrap().to_owned(),
            quantity: back[4].parse().unwrap(),
            at: back[3].to_owned(),
            price: back[2].parse().unwrap(),
            buyer: back[1].to_owned(),
        }
    }

    fn is_return(&self) -> bool {
        self.invoice.starts_with('C')
    }

    fn key(&self) -> (String, String) {
        (self.buyer.clone(), self.item.clone())
    }
}

/// The months' rows, or none when the files are not there.
fn rows(months: &[&str]) -> Option<Vec<Vec<Row>>> {
    let month = |month: &&str| {
        let file = data(&format!("orders/online-retail-{month}.csv.gz"))?;
        let mut text = String::new();
        let gzip = flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap());
        std::io::BufReader::new(gzip).read_to_string(&mut text).unwrap();
        Some(text.lines().skip(1).map(Row::read).collect())
    };
    months.iter().map(month).collect()
}

/// Files of the rows that bear on a cancellation; whole months when asked for.
fn files(folder: &Path, months: &[&str], rows: &[Vec<Row>]) -> Vec<PathBuf> {
    let of_return = |row: &&Row| row.is_return() && !row.buyer.is_empty();
    let keys: BTreeSet<_> = rows.iter().flatten().filter(of_return).map(Row::key).collect();
    let bears = |row: &&Row| whole_months().is_some() || row.is_return() || keys.contains(&row.key());
    let write = |(month, rows): (&&str, &Vec<Row>)| {
        let path = folder.join(format!("{month}.csv"));
        let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
        writeln!(
            file,
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
        )
        .unwrap();
        for row in rows.iter().filter(bears) {
            writeln!(file, "{}", row.text).unwrap();
        }
        file.flush().unwrap();
        path
    };
    months.iter().zip(rows).map(write).collect()
}

/// Sales and returns of a buyer and item.
type Sides<'a> = (Vec<&'a Row>, Vec<&'a Row>);

/// Matched, parked with candidates, parked without: counted over the raw rows by the rule as it is stated.
fn by_the_rule(rows: &[Vec<Row>]) -> [i64; 3] {
    let mut groups: BTreeMap<(String, String), Sides> = BTreeMap::new();
    let mut counts = [0, 0, 0];
    for row in rows.iter().flatten() {
        let (sales, returns) = groups.entry(row.key()).or_default();
        match row.is_return() {
            true if row.buyer.is_empty() => counts[2] += 1,
            true => returns.push(row),
            false if row.quantity > 0 => sales.push(row),
            false => {}
        }
    }
    for (sales, returns) in groups.values_mut() {
        let mut left: Vec<i64> = sales.iter().map(|sale| sale.quantity).collect();
        returns.sort_by_key(|row| (row.at.clone(), row.invoice.clone()));
        for row in returns {
            let earlier = |n: &usize| sales[*n].at < row.at && left[*n] > 0;
            let earlier: Vec<usize> = (0..sales.len()).filter(earlier).collect();
            let fits = |n: &&usize| sales[**n].price == row.price && left[**n] >= -row.quantity;
            let fitting: Vec<usize> = earlier.iter().filter(fits).copied().collect();
            match fitting.as_slice() {
                [only] => {
                    left[*only] += row.quantity;
                    counts[0] += 1;
                }
                _ => counts[if earlier.is_empty() { 2 } else { 1 }] += 1,
            }
        }
    }
    counts
}

/// What a book ends in.
#[derive(PartialEq, Eq, Debug)]
struct End {
    /// What every account holds of every line.
    balances: Vec<String>,
    /// Every return with its verdict.
    returns: Vec<String>,
}

async fn end(stage: &Stage) -> End {
    let balances = "select concat_ws(' ', line, owner, account, layer, sum(amount)) from leg
        group by line, owner, account, layer having sum(amount) <> 0 order by 1";
    let returns = "select concat_ws(' ', document, row_no, state, code, line, candidates) from returned
        where state <> 'withdrawn' order by 1";
    End {
        balances: stage.texts(balances).await,
        returns: stage.texts(returns).await,
    }
}

async fn three(stage: &Stage) -> [i64; 3] {
    let of = |condition: &str| format!("select count(*) from returned where {condition}");
    [
        stage.number(&of("state = 'matched'")).await,
        stage.number(&of("state = 'parked' and candidates is not null")).await,
        stage.number(&of("state = 'parked' and candidates is null")).await,
    ]
}

async fn stage() -> Stage {
    Stage::of("online-retail", BOOK).await
}

async fn import(stage: &Stage, file: &Path) -> Imported {
    let started = std::time::Instant::now();
    let imported = stage.import(file).await;
    eprintln!("{} rows in {:?}", imported.tally.rows, started.elapsed());
    assert_eq!(imported.tally.rejected_rows(), 0);
    imported
}

/// What the imports say they read, against the raw rows.
fn reads_every_return(tallies: &[Imported], rows: &[Vec<Row>]) {
    let told = |imported: &Imported| count(&imported.tally, "told", "return.told");
    let read = |imported: &Imported| sum(&imported.tally, "return.amount").parse::<Decimal>().unwrap();
    let raw = || rows.iter().flatten().filter(|row| row.is_return());
    assert_eq!(
        tallies.iter().map(told).sum::<u64>(),
        u64::try_from(raw().count()).unwrap()
    );
    assert_eq!(
        tallies.iter().map(read).sum::<Decimal>(),
        raw().map(|row| Decimal::from(-row.quantity) * row.price).sum()
    );
}

/// From a refunded line back to the row of the file that says so.
async fn matched_lines_name_the_rows_of_their_returns(stage: &Stage, matched: i64) {
    let client = stage.engine.pool().get().await.unwrap();
    let log = books::of_book(&client, BOOK).await.unwrap().unwrap().money;
    let lines = "select distinct line::text from returned where state = 'matched' order by 1 limit 20";
    let mut found = 0;
    for line in stage.texts(lines).await {
        let line = LineId(line.parse().unwrap());
        let rows = rows_of_line(&client, log, line).await.unwrap().rows;
        let of_return = rows.iter().filter(|row| row.told.fact.starts_with("return.told/"));
        let cancelled = of_return.clone().filter(|row| row.raw.starts_with('C'));
        assert_eq!(cancelled.count(), of_return.count());
        assert_eq!(rows.iter().filter(|row| row.told.fact.starts_with("order.")).count(), 1);
        found += i64::try_from(rows.len()).unwrap() - 1;
    }
    assert!((20..=matched).contains(&found), "{found}");
}

/// Takes the months back from the last to the first: after each the book ends as it stood before that month came.
async fn reversed_from_the_last(stage: &Stage, tallies: &[Imported], stood: &[End]) {
    for (imported, before) in tallies.iter().zip(stood).rev() {
        let started = std::time::Instant::now();
        stage.reverse(imported.id).await;
        eprintln!("{} rows taken back in {:?}", imported.tally.rows, started.elapsed());
        assert_eq!(&end(stage).await, before);
    }
    stage.verify().await;
}

/// Imports the months in both orders and holds what comes out against the rule, against each other, against a second
/// import and against a reversal. Gives the three numbers.
async fn through_the_database(months: &[&str]) -> Option<[i64; 3]> {
    let rows = rows(months)?;
    let folder = tempfile::tempdir().unwrap();
    let mut files = files(folder.path(), months, &rows);
    let one = stage().await;
    let (mut tallies, mut stood) = (Vec::new(), Vec::new());
    for file in &files {
        stood.push(end(&one).await);
        tallies.push(import(&one, file).await);
    }
    let numbers = three(&one).await;
    assert_eq!(numbers, by_the_rule(&rows));
    reads_every_return(&tallies, &rows);
    let report = one.report("returns").await;
    assert!(shows(&report, "matched", &numbers[0].to_string()), "{report}");
    eprintln!("{report}{numbers:?}");
    matched_lines_name_the_rows_of_their_returns(&one, numbers[0]).await;
    let whole = end(&one).await;
    assert!(!whole.balances.is_empty());
    one.verify().await;
    reversed_from_the_last(&one, &tallies, &stood).await;
    files.reverse();
    for file in &files {
        import(&one, file).await;
    }
    assert_eq!(end(&one).await, whole, "imported anew after all was taken back");
    one.engine.stop().await;
    let other = stage().await;
    for file in &files {
        import(&other, file).await;
    }
    assert_eq!(end(&other).await, whole, "from the last month to the first");
    let events = other.events().await;
    for file in &files {
        import(&other, file).await;
    }
    assert_eq!(other.events().await, events, "imported again");
    assert_eq!(end(&other).await, whole);
    other.verify().await;
    other.engine.stop().await;
    Some(numbers)
}

#[tokio::test(flavor = "multi_thread")]
async fn months_of_cancellations_end_the_same_in_either_order_and_an_import_taken_back_leaves_nothing() {
    let months = whole_months().map_or(&MONTHS[1..3], |number| &MONTHS[..number]);
    let numbers = through_the_database(months).await;
    match (numbers, months.len()) {
        (Some(numbers), 2) if whole_months().is_none() => assert_eq!(numbers, [526, 69, 581]),
        (Some(numbers), 7) => assert_eq!(numbers, [2_386, 917, 1_191]),
        _ => {}
    }
}

/// What the returns of one buyer and item are matched with.
#[derive(Default)]
struct Pair {
    sales: Vec<Sale>,
    returns: Vec<Returned>,
}

/// Everything that the mapping makes of a month, kept by buyer and item.
#[derive(Default)]
struct Mapped {
    tally: Tally,
    pairs: BTreeMap<ReturnsId, Pair>,
    without_buyer: i64,
}

const BOOK: BookId = BookId(Uuid::from_u128(7));

impl Mapped {
    fn read(&mut self, plan: &Plan, file: &Path) {
        let mut rows = Rows::open(file, plan).unwrap();
        let (mut cells, mut out, mut seen) = (Cells::default(), Emitted::default(), HashMap::<u64, u32>::new());
        loop {
            match rows.next(&mut cells).unwrap() {
                Next::End => break,
                Next::Bad(fault) => panic!("row {}: {fault}", rows.number()),
                Next::Row => {}
            }
            let times = seen.entry(cells.row_hash).or_insert(0);
            *times += 1;
            let taken = plan.row(BOOK, &cells, *times, &mut out).unwrap();
            self.tally.row(taken, &out.figures);
            out.told.drain(..).for_each(|told| self.take(told));
        }
    }

    fn take(&mut self, told: Told) {
        match told {
            Told::Click(_) | Told::Receipt(_) | Told::Offer(_) => panic!("no clicks or receipts are in it"),
            Told::Return(back) => {
                self.tally.told("return.told");
                match back.buyer.is_some() {
                    true => self.pairs.entry(back.stream(BOOK)).or_default().returns.push(*back),
                    false => self.without_buyer += 1,
                }
            }
            Told::Fact(fact) => self.sold(&fact),
        }
    }

    fn sold(&mut self, fact: &LineFact) {
        let (Some(buyer), Some(item)) = (&fact.about.buyer, &fact.about.item_no) else {
            return;
        };
        let What::Snapshot(row) = &fact.what else {
            panic!("a row is a snapshot")
        };
        let id = ReturnsId::of(BOOK, fact.platform.as_str(), buyer.as_str(), item.as_str());
        let units = fact.about.quantity.unwrap();
        self.pairs.entry(id).or_default().sales.push(Sale {
            line: fact.line,
            at: row.created_at.unwrap(),
            currency: fact.currency.unwrap(),
            units,
            paid: row.paid.unwrap(),
            left: units,
        });
    }

    fn three(&self) -> [i64; 3] {
        let mut counts = [0, 0, self.without_buyer];
        for pair in self.pairs.values() {
            let returns: Vec<&Returned> = pair.returns.iter().collect();
            for (_, verdict) in matching::verdicts(&pair.sales, &returns) {
                counts[match verdict {
                    Verdict::Matched { .. } => 0,
                    Verdict::Parked { candidates, .. } if !candidates.is_empty() => 1,
                    Verdict::Parked { .. } => 2,
                }] += 1;
            }
        }
        counts
    }
}

#[test]
fn seven_months_of_invoices_come_to_the_sums_of_their_source_and_every_cancellation_is_matched_or_parked() {
    let plan = Plan::parse(ready::find("online-retail").unwrap()).unwrap();
    let mut mapped = Mapped::default();
    for month in MONTHS {
        let Some(file) = data(&format!("orders/online-retail-{month}.csv.gz")) else {
            return;
        };
        mapped.read(&plan, &file);
    }
    let tally = &mapped.tally;
    assert_eq!((tally.rows, tally.rejected_rows()), (245_903, 0));
    assert_eq!(count(tally, "told", "return.told"), 4_494);
    assert_eq!(count(tally, "rows left out", "stock_correction"), 758);
    assert_eq!(sum(tally, "snapshot.paid"), "4826466.491");
    // Quantities of C invoices are negative: the source states -428,515.73.
    assert_eq!(sum(tally, "return.amount"), "428515.73");
    assert_eq!(mapped.three(), [2_386, 917, 1_191]);
    assert_eq!(by_the_rule(&rows(&MONTHS).unwrap()), mapped.three());
}
