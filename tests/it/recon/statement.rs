//! A platform's statement of the sample month as CSV, and defects put into it by a seeded generator.
//! It must never make a defect that an honest reader could not see.

use std::collections::{BTreeMap, BTreeSet};

use fenzhang::base::{Instant, Zone};
use fenzhang::sample::MONTH;

use super::oracle::{Case, Line, share};

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    kind: &'static str,
    line_no: String,
    cells: BTreeMap<&'static str, String>,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    pub rows: Vec<Row>,
}

const COLUMNS: [&str; 25] = [
    "kind",
    "platform",
    "line_no",
    "at",
    "currency",
    "order_no",
    "item_no",
    "shop_no",
    "category",
    "quantity",
    "promoter",
    "created_at",
    "paid_at",
    "settled_at",
    "paid",
    "base",
    "rate",
    "commission",
    "technical_fee",
    "live_share",
    "case",
    "refund",
    "deducted",
    "tag",
    "amount",
];

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn fraction(ppm: i64) -> String {
    format!("0.{ppm:06}")
}

fn in_month(at: Instant) -> bool {
    Zone::SHANGHAI.month(at) == MONTH
}

impl Row {
    fn new(kind: &'static str, line_no: &str, at: Instant) -> Row {
        let mut row = Row {
            kind,
            line_no: line_no.to_owned(),
            cells: BTreeMap::new(),
        };
        row.set("at", at.to_string());
        row
    }

    fn set(&mut self, column: &'static str, value: impl ToString) -> &mut Row {
        self.cells.insert(column, value.to_string());
        self
    }

    /// A settled line with everything that its base gives.
    fn settled(line: &Line, settled: Instant, base: i64, rate: Option<i64>, commission: i64) -> Row {
        let mut row = Row::new("settlement", &line.line_no, settled.plus_seconds(3_600));
        row.set("order_no", &line.order_no)
            .set("item_no", &line.item_no)
            .set("shop_no", &line.shop_no);
        row.set("category", &line.category)
            .set("quantity", line.quantity)
            .set("promoter", line.promoter());
        row.set("created_at", line.created.unwrap())
            .set("paid_at", line.paid_at.unwrap())
            .set("settled_at", settled);
        row.set("paid", yuan(line.paid)).set("base", yuan(base));
        if let Some(rate) = rate {
            row.set("rate", fraction(rate));
        }
        row.money(commission);
        row
    }

    /// Commission with its fees: a tenth and a fifth of it.
    fn money(&mut self, commission: i64) {
        self.set("commission", yuan(commission));
        self.set("technical_fee", yuan(share(commission, 1, 10)));
        self.set("live_share", yuan(share(commission, 1, 5)));
    }

    fn refund(line: &Line, case: &Case) -> Row {
        let mut row = Row::new("refund", &line.line_no, case.at);
        row.set("case", &case.case)
            .set("refund", yuan(case.goods))
            .set("deducted", case.deducted);
        row
    }

    fn cash(line_no: &str, at: Instant, tag: &str, amount: i64) -> Row {
        let mut row = Row::new("cash", line_no, at);
        row.set("tag", tag).set("amount", yuan(amount));
        row
    }

    fn text(&self) -> String {
        let cell = |column: &&str| match *column {
            "kind" => self.kind.to_owned(),
            "platform" => "taobao".to_owned(),
            "line_no" => self.line_no.clone(),
            "currency" => "CNY".to_owned(),
            other => self.cells.get(other).cloned().unwrap_or_default(),
        };
        COLUMNS.iter().map(cell).collect::<Vec<_>>().join(",")
    }
}

/// A small generator; the same seed gives the same defects.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn take<T>(&mut self, from: &mut Vec<T>) -> T {
        assert!(!from.is_empty(), "the sample has too few lines for this many defects");
        let index = self.below(from.len());
        from.swap_remove(index)
    }
}

/// Class and line of every defect.
pub type Expected = BTreeMap<(String, String), u32>;

impl Statement {
    /// What the platform would honestly say of the month.
    pub fn of(lines: &[Line]) -> Statement {
        let mut rows = Vec::new();
        for line in lines.iter().filter(|line| line.earns()) {
            let Some(settled) = line.settled else { continue };
            let (base, rate) = (line.base(), line.rate());
            let commission = line.commission(base);
            if in_month(settled) && commission > 0 {
                rows.push(Row::settled(line, settled, base, rate, commission));
                rows.push(Row::cash(
                    &line.line_no,
                    settled.plus_seconds(7_200),
                    "commission",
                    commission,
                ));
            }
            let cases = line.after();
            rows.extend(
                cases
                    .iter()
                    .filter(|case| in_month(case.at))
                    .map(|case| Row::refund(line, case)),
            );
        }
        let end = lines
            .iter()
            .filter_map(|line| line.settled)
            .filter(|at| in_month(*at))
            .max()
            .unwrap();
        rows.push(Row::cash("", end, "withdrawal", 100_000));
        Statement { rows }
    }

    pub fn text(&self) -> String {
        let mut text = COLUMNS.join(",");
        for row in &self.rows {
            text.push('\n');
            text.push_str(&row.text());
        }
        text.push('\n');
        text
    }

    fn row(&mut self, kind: &str, line_no: &str) -> &mut Row {
        self.rows
            .iter_mut()
            .find(|row| row.kind == kind && row.line_no == line_no)
            .unwrap()
    }

    /// The same statement with so many defects, every class in turn, each on a line of its own.
    pub fn with_defects(&self, lines: &[Line], count: usize, seed: u64) -> (Statement, Expected) {
        let mut chance = Chance(seed);
        let told: BTreeSet<&str> = self
            .rows
            .iter()
            .filter(|row| row.kind == "settlement")
            .map(|row| row.line_no.as_str())
            .collect();
        let whole = |line: &&Line| told.contains(line.line_no.as_str());
        let quiet = |line: &&Line| line.after().is_empty() && line.base() > 3_000 && line.commission(line.base()) > 500;
        let mut plain: Vec<&Line> = lines
            .iter()
            .filter(whole)
            .filter(quiet)
            .filter(|line| line.is_plain())
            .collect();
        let models = plain.clone();
        let mut refunded: Vec<&Line> = lines
            .iter()
            .filter(whole)
            .filter(|line| {
                let cases = line.after();
                cases.len() == 1 && in_month(cases[0].at)
            })
            .collect();
        let mut unsettled: Vec<&Line> = lines
            .iter()
            .filter(|line| line.earns() && line.is_plain() && line.settled.is_none())
            .filter(|line| line.received.is_some_and(|at| in_month(at.plus_days(2))))
            .collect();
        let (mut statement, mut expected) = (self.clone(), Expected::new());
        for n in 0..count {
            let class = n % 12 + 1;
            let round = n / 12;
            let line_no = match (class, round % 3) {
                (1, _) => statement.unknown(models[chance.below(models.len())], n),
                (7, 0) => statement.settled_there(chance.take(&mut unsettled)),
                (9, 0) => statement.not_taken_back(chance.take(&mut refunded)),
                (11, 0) => statement.bounced(n),
                _ => statement.defect(class, round, chance.take(&mut plain)),
            };
            *expected.entry((format!("B{class:02}"), line_no)).or_default() += 1;
        }
        (statement, expected)
    }

    fn unknown(&mut self, model: &Line, n: usize) -> String {
        let mut line = model.clone();
        line.line_no = format!("X{n:06}-1");
        line.order_no = format!("X{n:06}");
        let base = line.base();
        // Paid what it settles on: the model's refunds before are none of its own.
        line.paid = base;
        let row = Row::settled(&line, line.settled.unwrap(), base, line.rate(), line.commission(base));
        self.rows.push(row);
        line.line_no
    }

    fn settled_there(&mut self, line: &Line) -> String {
        let base = line.base();
        let settled = line.received.unwrap().plus_days(2);
        self.rows
            .push(Row::settled(line, settled, base, line.rate(), line.commission(base)));
        line.line_no.clone()
    }

    fn not_taken_back(&mut self, line: &Line) -> String {
        self.rows
            .retain(|row| row.kind != "refund" || row.line_no != line.line_no);
        line.line_no.clone()
    }

    fn bounced(&mut self, n: usize) -> String {
        let at = self.rows.iter().find(|row| row.kind == "cash").unwrap().cells["at"]
            .parse()
            .unwrap();
        self.rows.push(Row::cash(
            "",
            at,
            "withdrawal_bounced",
            50_000 + i64::try_from(n).unwrap(),
        ));
        String::new()
    }

    fn defect(&mut self, class: usize, round: usize, line: &Line) -> String {
        let no = line.line_no.as_str();
        let (base, settled) = (line.base(), line.settled.unwrap());
        let commission = line.commission(base);
        let set_money = |statement: &mut Statement, commission: i64| {
            statement.row("settlement", no).money(commission);
            statement.row("cash", no).set("amount", yuan(commission));
        };
        match class {
            2 => self.rows.retain(|row| row.line_no != no),
            3 => {
                let other = base - 700;
                self.row("settlement", no).set("base", yuan(other));
                set_money(self, line.commission(other));
            }
            4 => {
                let rate = line.rate().unwrap() + 10_000;
                self.row("settlement", no).set("rate", fraction(rate));
                set_money(self, share(base, rate, 1_000_000));
            }
            5 => {
                let off = if round.is_multiple_of(2) { 1 } else { -1 };
                let fee = share(commission, 1, 10) + off;
                self.row("settlement", no).set("technical_fee", yuan(fee));
            }
            6 => {
                let fee = share(commission, 1, 5) + 37;
                self.row("settlement", no).set("live_share", yuan(fee));
            }
            7 => {
                self.row("settlement", no).set("settled_at", "");
            }
            8 => {
                let again = self.row("settlement", no).clone();
                self.rows.push(again);
                if round.is_multiple_of(2) {
                    self.rows
                        .push(Row::cash(no, settled, "duplicate_corrected", commission));
                }
            }
            9 => {
                let case = Case {
                    case: format!("untold-{no}"),
                    at: settled.plus_seconds(60),
                    goods: base / 4,
                    deducted: true,
                };
                self.rows.push(Row::refund(line, &case));
            }
            10 => set_money(self, line.paid + 4_334),
            11 => {
                self.row("cash", no).set("amount", yuan(commission - 30));
            }
            12 => {
                let next = Zone::SHANGHAI
                    .midnight(MONTH.next().first_day())
                    .plus_seconds(8 * 3_600);
                self.row("settlement", no).set("settled_at", next);
            }
            _ => unreachable!("{class} has a way of its own"),
        }
        no.to_owned()
    }
}
