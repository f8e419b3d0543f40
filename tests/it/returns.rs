//! Returns that name no order, on real invoices: every cancellation is matched or parked, whatever order the months come
//! in. The files lie outside the repository, see `import.rs`.
//! It must never take a number from the product that a count over the raw files does not give as well.
//!
//! The ordinary run takes the real rows that bear on a cancellation: those of every customer and item that a C row names,
//! and the C rows without a customer. With `FENZHANG_CAMPAIGN=returns` whole months are taken (minutes, with --release).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use fenzhang::base::BookId;
use fenzhang::intake::tally::Tally;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::import::{Stage, count, data, shows, sum};

const MONTHS: [&str; 7] = [
    "2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06",
];

fn campaign() -> bool {
    std::env::var("FENZHANG_CAMPAIGN").is_ok_and(|names| names.split(',').any(|name| name == "returns"))
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

/// Files of the rows that bear on a cancellation; whole months in a campaign.
fn files(folder: &Path, months: &[&str], rows: &[Vec<Row>]) -> Vec<PathBuf> {
    let of_return = |row: &&Row| row.is_return() && !row.buyer.is_empty();
    let keys: BTreeSet<_> = rows.iter().flatten().filter(of_return).map(Row::key).collect();
    let bears = |row: &&Row| campaign() || row.is_return() || keys.contains(&row.key());
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

/// Matched, parked with candidates, parked without: counted over the raw rows by the rule as it is stated.
fn by_the_rule(rows: &[Vec<Row>]) -> [i64; 3] {
    let mut groups: BTreeMap<(String, String), (Vec<&Row>, Vec<&Row>)> = BTreeMap::new();
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
    let returns = "select concat_ws(' ', document, row_no, state, code, line, candidates) from returned order by 1";
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

async fn imported(files: &[PathBuf]) -> (Stage, Vec<Tally>) {
    let stage = Stage::of("online-retail", BookId(Uuid::from_u128(7))).await;
    let mut tallies = Vec::new();
    for file in files {
        let started = std::time::Instant::now();
        let tally = stage.import(file).await.tally;
        eprintln!("{} rows in {:?}", tally.rows, started.elapsed());
        assert_eq!(tally.rejected_rows(), 0);
        tallies.push(tally);
    }
    (stage, tallies)
}

/// Imports the months in both orders and holds what comes out against the rule, against each other, and against a second
/// import. Gives the three numbers.
async fn in_both_orders(months: &[&str]) -> Option<[i64; 3]> {
    let rows = rows(months)?;
    let folder = tempfile::tempdir().unwrap();
    let mut files = files(folder.path(), months, &rows);
    let (stage, tallies) = imported(&files).await;
    let numbers = three(&stage).await;
    assert_eq!(numbers, by_the_rule(&rows));
    let told: u64 = tallies.iter().map(|tally| count(tally, "told", "return.told")).sum();
    let read: Decimal = tallies
        .iter()
        .map(|tally| sum(tally, "return.amount").parse::<Decimal>().unwrap())
        .sum();
    let raw = |row: &&Row| row.is_return();
    let raw = || rows.iter().flatten().filter(raw);
    assert_eq!(told, u64::try_from(raw().count()).unwrap());
    assert_eq!(read, raw().map(|row| Decimal::from(-row.quantity) * row.price).sum());
    let report = stage.report("returns").await;
    assert!(shows(&report, "matched", &numbers[0].to_string()), "{report}");
    eprintln!("{report}");
    let one = end(&stage).await;
    stage.verify().await;
    stage.engine.stop().await;
    files.reverse();
    let (other, _) = imported(&files).await;
    assert_eq!(end(&other).await, one);
    let events = other.events().await;
    for file in &files {
        other.import(file).await;
    }
    assert_eq!(other.events().await, events);
    other.verify().await;
    other.engine.stop().await;
    Some(numbers)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_months_of_cancellations_end_the_same_in_either_order_and_a_second_import_changes_nothing() {
    if let Some(numbers) = in_both_orders(&["2011-01", "2011-02"]).await {
        assert_eq!(numbers.iter().sum::<i64>(), 1_176);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cancellation_of_seven_months_is_matched_or_parked() {
    if let Some(numbers) = in_both_orders(&MONTHS).await {
        assert_eq!(numbers.iter().sum::<i64>(), 4_494);
        assert_eq!(numbers[0], 2_386, "{numbers:?}");
    }
}
