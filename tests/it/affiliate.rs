//! The affiliate rows of the data folder, read back: every value of every row as it stands, and every fact they tell.
//! It must never write beside the files; without them the tests say so and pass, unless FENZHANG_REQUIRE names `data`.

use std::collections::BTreeMap;

use fenzhang::base::{BookId, ExternalId, PartyId, PartyKind};
use fenzhang::domain::command::Command;
use fenzhang::domain::order::What;
use fenzhang::domain::order::fact::{LineFact, NamedAmount, Snapshot, Track, View};
use fenzhang::domain::placement::{Holder, PlacementKind};
use fenzhang::engine::Meta;
use fenzhang::intake::emit::{Emitted, Figure, Told};
use fenzhang::intake::plan::Cells;
use fenzhang::intake::source::{Next, Rows};
use fenzhang::intake::{Plan, detect, ready};
use fenzhang::ledger::{AccountKind, Layer};
use fenzhang::money::{Minor, Rate};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::import::{Stage, data};

const BOOK: BookId = BookId(Uuid::from_u128(7));

/// Every row of a file: the row as it stands, what it told, and its figures.
fn rows(file: &std::path::Path, plan: &Plan) -> Vec<(String, Vec<Told>, Vec<Figure>)> {
    let mut rows = Rows::open(file, plan).unwrap();
    let (mut cells, mut out, mut all) = (Cells::default(), Emitted::default(), Vec::new());
    loop {
        match rows.next(&mut cells).unwrap() {
            Next::Row => {
                plan.row(BOOK, &cells, 1, &mut out)
                    .unwrap_or_else(|fault| panic!("{fault}: {}", rows.raw()));
                all.push((rows.raw().into_owned(), out.told.clone(), out.figures.clone()));
            }
            Next::Bad(fault) => panic!("{fault}"),
            Next::End => return all,
        }
    }
}

/// The facts of a file under a ready mapping, which detection names too.
fn facts(name: &str, file: &str) -> Option<Vec<Vec<LineFact>>> {
    let file = data(file)?;
    assert_eq!(detect::file(&file).unwrap().best, Some(name));
    let plan = Plan::parse(ready::find(name).unwrap()).unwrap();
    let facts = |told: Vec<Told>| {
        let fact = |told| match told {
            Told::Fact(fact) => *fact,
            Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => panic!("no fact of an order"),
        };
        told.into_iter().map(fact).collect()
    };
    Some(rows(&file, &plan).into_iter().map(|(_, told, _)| facts(told)).collect())
}

fn snapshot(fact: &LineFact) -> &Snapshot {
    match &fact.what {
        What::Snapshot(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

fn text(id: Option<&ExternalId>) -> &str {
    id.map_or("", ExternalId::as_str)
}

fn track(base: Option<i64>, ppm: Option<u32>, gross: i64, technical_fee: i64) -> Option<Track> {
    let fee = NamedAmount {
        name: "technical_fee".to_owned(),
        amount: Minor(technical_fee),
    };
    Some(Track {
        base: base.map(Minor),
        rate: ppm.map(|ppm| Rate::from_ppm(ppm).unwrap()),
        gross: Minor(gross),
        content_fee: None,
        fees: if technical_fee == 0 { Vec::new() } else { vec![fee] },
        subsidies: Vec::new(),
    })
}

fn times(snapshot: &Snapshot) -> [String; 5] {
    let text =
        |time: Option<fenzhang::base::Instant>| time.map_or(String::new(), |time| time.to_string()[..19].to_owned());
    [
        text(snapshot.created_at),
        text(snapshot.paid_at),
        text(snapshot.received_at),
        text(snapshot.settled_at),
        text(snapshot.closed_at),
    ]
}

/// What a row of the alliance is expected to tell.
struct Alliance {
    line: &'static str,
    order: &'static str,
    item: &'static str,
    quantity: u32,
    category: &'static str,
    account: &'static str,
    pid: &'static str,
    at: &'static str,
    times: [&'static str; 5],
    paid: i64,
    ppm: u32,
    gross: i64,
    technical_fee: i64,
}

impl Alliance {
    fn holds(&self, fact: &LineFact) {
        assert_eq!(fact.line_no.as_str(), self.line);
        assert_eq!(text(fact.about.order_no.as_ref()), self.order);
        assert_eq!(text(fact.about.item_no.as_ref()), self.item);
        assert_eq!(fact.about.quantity, Some(self.quantity));
        assert_eq!(fact.about.category.as_deref(), Some(self.category));
        assert_eq!(text(fact.about.account.as_ref()), self.account);
        assert_eq!(text(fact.about.pid.as_ref()), self.pid);
        assert_eq!(&fact.at.to_string()[..19], self.at);
        assert_eq!(fact.view(), View::Owner);
        let row = snapshot(fact);
        assert_eq!(times(row), self.times);
        assert_eq!(
            (row.paid, row.settled_base, row.refunded),
            (Some(Minor(self.paid)), None, None)
        );
        let mut estimated = fact.reported.as_ref().and_then(|reported| reported.estimated.clone());
        let content_fee = estimated.as_mut().and_then(|track| track.content_fee.take());
        assert_eq!(content_fee, Some(Minor::ZERO));
        assert_eq!(
            estimated,
            track(Some(self.paid), Some(self.ppm), self.gross, self.technical_fee)
        );
        assert_eq!(
            fact.reported.as_ref().and_then(|reported| reported.settled.clone()),
            None
        );
    }
}

#[test]
fn the_three_real_rows_of_the_alliance_are_read_back_field_by_field() {
    let Some(facts) = facts("taobao-tbk-orders", "affiliate/taobao-tbk-orders-real.json") else {
        return;
    };
    let expected = [
        Alliance {
            line: "821039008321125986",
            order: "821039008321125986",
            item: "607309460202",
            quantity: 1,
            category: "节庆用品/礼品",
            account: "132021823",
            pid: "mm_132021823_45408225_109946850496",
            at: "2020-01-17T10:27:12",
            times: ["2020-01-17T10:27:07", "2020-01-17T10:27:12", "", "", ""],
            paid: 380,
            ppm: 300_000,
            gross: 114,
            technical_fee: 11,
        },
        Alliance {
            line: "1876057285108350796",
            order: "1876057285106350796",
            item: "nXtQUotkQRC0tP-d2qOpq7TnymanG2vUn",
            quantity: 1,
            category: "文具电教/文化用品/商务用品",
            account: "859350174",
            pid: "mm_859350174_1251850405_110595300409",
            at: "2023-04-25T05:21:55",
            times: ["2023-04-25T05:19:29", "2023-04-25T05:21:55", "", "", ""],
            paid: 280,
            ppm: 50_000,
            gross: 14,
            technical_fee: 1,
        },
        Alliance {
            line: "1446862356240876331",
            order: "1446862356240876331",
            item: "631237418743",
            quantity: 1,
            category: "五金/工具",
            account: "128572012",
            pid: "mm_128572012_2181300208_111067000033",
            at: "2020-12-17T02:48:18",
            times: [
                "2020-12-17T02:42:57",
                "2020-12-17T02:48:17",
                "2020-12-17T02:48:18",
                "",
                "",
            ],
            paid: 100,
            ppm: 13_500,
            gross: 1,
            technical_fee: 0,
        },
    ];
    assert_eq!(facts.len(), expected.len());
    for (facts, expected) in facts.iter().zip(&expected) {
        assert_eq!(facts.len(), 1);
        expected.holds(&facts[0]);
    }
}

#[test]
fn at_10_the_documented_row_of_the_alliance_is_read_back_field_by_field() {
    let Some(facts) = facts(
        "taobao-tbk-orders",
        "affiliate/taobao-tbk-order-details-documented.json",
    ) else {
        return;
    };
    assert_eq!(facts.len(), 1);
    let expected = Alliance {
        line: "294159887445064307",
        order: "294159887445064307",
        item: "590141576510",
        quantity: 2,
        category: "服装",
        account: "98836808",
        pid: "mm_98836808_45598009_111112234455",
        at: "2019-09-09T04:01:01",
        times: [
            "2019-04-22T07:15:05",
            "2019-04-22T07:15:05",
            "",
            "",
            "2019-09-09T04:01:01",
        ],
        paid: 1_122,
        ppm: 99_900,
        gross: 0,
        technical_fee: 0,
    };
    expected.holds(&facts[0][0]);
    let deposit = &facts[0][1];
    assert_eq!(deposit.what, What::Deposit { amount: Minor(2_232) });
    assert_eq!(deposit.at.to_string(), "2019-09-09T04:01:01.000000Z");
    assert_eq!(facts[0].len(), 2);
}

#[test]
fn the_two_real_rows_of_pinduoduo_are_read_back_field_by_field() {
    let Some(facts) = facts("pinduoduo-ddk", "affiliate/pinduoduo-ddk-orders-real.json") else {
        return;
    };
    let expected = [
        (
            "180710-367485256392167",
            "2018-07-10T04:54:30",
            [
                "2018-07-10T02:54:59",
                "2018-07-10T02:55:05",
                "",
                "",
                "2018-07-10T04:54:30",
            ],
        ),
        (
            "180710-142705951612167",
            "2018-07-10T03:18:41",
            ["2018-07-10T03:01:19", "2018-07-10T03:18:30", "", "", ""],
        ),
    ];
    assert_eq!(facts.len(), 2);
    for (facts, (line, at, expected)) in facts.iter().zip(expected) {
        let [fact] = facts.as_slice() else { panic!() };
        assert_eq!((fact.line_no.as_str(), &fact.at.to_string()[..19]), (line, at));
        assert_eq!(text(fact.about.item_no.as_ref()), "864621591");
        assert_eq!(fact.about.quantity, Some(1));
        assert_eq!(
            (text(fact.about.pid.as_ref()), text(fact.about.account.as_ref())),
            ("240009_18781180", "240009")
        );
        assert_eq!(
            (times(snapshot(fact)), snapshot(fact).paid),
            (expected.map(str::to_owned), Some(Minor(790)))
        );
        let reported = fact.reported.as_ref().unwrap();
        assert_eq!(
            (&reported.estimated, &reported.settled),
            (&track(Some(790), Some(350_000), 276, 0), &None)
        );
    }
}

#[test]
fn the_two_documented_rows_of_ganet_are_two_lines_of_one_order_with_the_yen_they_cannot_hold_named() {
    let Some(facts) = facts("ganet", "affiliate/ganet-transaction-report-documented.json") else {
        return;
    };
    let file = data("affiliate/ganet-transaction-report-documented.json").unwrap();
    let plan = Plan::parse(ready::find("ganet").unwrap()).unwrap();
    let figures: Vec<Vec<Figure>> = rows(&file, &plan).into_iter().map(|(.., figures)| figures).collect();
    let expected = [
        ("6841023", 2_480, "99.2", 99, "0.2"),
        ("6841115", 2_037, "64.78", 65, "-0.22"),
    ];
    assert_eq!(facts.len(), 2);
    for ((facts, figures), (line, paid, raw, booked, difference)) in facts.iter().zip(&figures).zip(expected) {
        let [fact] = facts.as_slice() else { panic!() };
        assert_eq!(fact.line_no.as_str(), line);
        assert_eq!(text(fact.about.order_no.as_ref()), "101287743697_1517414400");
        assert_eq!(
            (text(fact.about.account.as_ref()), text(fact.about.shop_no.as_ref())),
            ("218", "2914")
        );
        assert_eq!(fact.about.quantity, Some(1));
        assert_eq!(fact.currency.unwrap().code(), "JPY");
        let row = snapshot(fact);
        let (order, verdict) = ("2018-12-01T00:00:00", "2018-12-01T00:00:01");
        assert_eq!(times(row), [order, order, verdict, verdict, ""]);
        assert_eq!((row.paid, row.settled_base), (Some(Minor(paid)), Some(Minor(paid))));
        let reported = fact.reported.as_ref().unwrap();
        assert_eq!(reported.estimated, track(None, None, booked, 0));
        assert_eq!(reported.settled, track(Some(paid), None, booked, 0));
        let gross = figures
            .iter()
            .find(|figure| figure.field == "settled_gross")
            .unwrap()
            .amount;
        assert_eq!(
            (gross.raw.to_string(), gross.difference.to_string()),
            (raw.to_owned(), difference.to_owned())
        );
        assert_eq!(
            figures.iter().filter(|figure| figure.field == "settled_base").count(),
            1
        );
    }
}

/// Every value of an object by its path, as it stands in the file: an independent reading.
fn values(path: &str, object: &RawValue, found: &mut Vec<(String, String)>) {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(object.get()).unwrap();
    for (name, value) in members {
        let path = if path.is_empty() {
            name
        } else {
            format!("{path}.{name}")
        };
        match value.get().as_bytes()[0] {
            b'{' => values(&path, &value, found),
            b'[' => {
                let items: Vec<Box<RawValue>> = serde_json::from_str(value.get()).unwrap();
                for (n, item) in items.iter().enumerate() {
                    values(&format!("{path}.{n}"), item, found);
                }
            }
            b'"' => found.push((path, serde_json::from_str(value.get()).unwrap())),
            _ => found.push((path, value.get().to_owned())),
        }
    }
}

#[test]
fn every_value_of_every_affiliate_row_is_read_exactly_as_it_stands() {
    let mut checked = 0;
    for (file, list) in [
        ("taobao-tbk-orders-real.json", "publisher_order_dto"),
        (
            "taobao-tbk-order-details-documented.json",
            "tbk_order_details_get_response.data.results.publisher_order_dto",
        ),
        ("pinduoduo-ddk-orders-real.json", "order_list_get_response.order_list"),
        ("ganet-transaction-report-documented.json", "transactions"),
    ] {
        let Some(path) = data(&format!("affiliate/{file}")) else {
            return;
        };
        let document = std::fs::read_to_string(&path).unwrap();
        let mut objects: Box<RawValue> = serde_json::from_str(&document).unwrap();
        for name in list.split('.') {
            let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(objects.get()).unwrap();
            objects = members.remove(name).unwrap();
        }
        let objects: Vec<Box<RawValue>> = serde_json::from_str(objects.get()).unwrap();
        for (n, object) in objects.iter().enumerate() {
            let mut expected = Vec::new();
            values("", object, &mut expected);
            for (path_in_row, value) in expected {
                let plan = Plan::parse(&format!(
                    "name = \"t\"\n[source]\nformat = \"json\"\nrows = \"{list}\"\nplatform = \"p\"\n[[emit]]\nkind = \"closed\"\n\
                     fields.line_no = {{ value = \"1\" }}\nfields.at = {{ value = \"2026-01-01T00:00:00Z\" }}\n\
                     fields.reason = {{ column = \"{path_in_row}\", optional = true }}\n"
                ))
                .unwrap();
                let (raw, told, _) = rows(&path, &plan).swap_remove(n);
                assert_eq!(raw, object.get(), "the row as it stands");
                let Told::Fact(fact) = &told[0] else { panic!() };
                let value = (value != "null" && !value.trim().is_empty()).then(|| value.trim().to_owned());
                assert_eq!(fact.what, What::Closed { reason: value }, "{file} {n} {path_in_row}");
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 327, "values in the eight rows");
}

/// One line of the alliance in a state, as an export tells it: without a time of its last change.
fn export(status: &str, role: &str, income: &str) -> String {
    let settled = if status == "订单结算" {
        "2020-02-01 09:00:00"
    } else {
        "--"
    };
    format!(
        "订单编号,子订单编号,订单状态,推广者角色,创建时间,付款时间,结算时间,付款金额,结算金额,提成,付款预估收入,结算预估收入,\
         技术服务费,会员ID,媒体ID,推广位ID\n\
         821039008321125985,821039008321125986,{status},{role},2020-01-17 18:27:07,2020-01-17 18:27:12,{settled},3.80,3.70,30.00,\
         {income},{income},0.11,1,2,3\n"
    )
}

/// What the anchor has, by layer; and how many lines and facts there are.
async fn standing(stage: &Stage) -> [i64; 4] {
    let anchor = PartyId::of(stage.book, PartyKind::Anchor, "a1");
    let of = |layer: Layer| {
        format!(
            "select coalesce(sum(amount), 0)::bigint from leg where owner = '{}' and account = {} and layer = {}",
            anchor.uuid(),
            AccountKind::Available.code(),
            layer.code()
        )
    };
    [
        stage.number(&of(Layer::Estimated)).await,
        stage.number(&of(Layer::Settled)).await,
        stage
            .number("select count(distinct stream) from event where kind = 'order.snapshot'")
            .await,
        stage
            .number("select count(*) from event where kind = 'order.snapshot'")
            .await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_order_exported_three_times_and_once_by_the_sharer_is_one_line_in_any_order_of_the_files() {
    let files = [
        export("订单付款", "二方", "1.14"),
        export("订单成功", "二方", "1.14"),
        export("订单结算", "二方", "1.11"),
        export("订单付款", "三方", "0.50"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (n, text) in files.iter().enumerate() {
        std::fs::write(folder.path().join(n.to_string()), text).unwrap();
    }
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let stage = Stage::new("taobao-tbk-orders").await;
        stand_in_anchor(&stage, "taobao", "mm_1_2_3").await;
        for file in order {
            let imported = stage.import(&folder.path().join(file.to_string())).await.tally;
            assert_eq!((imported.rows, imported.rejected_rows()), (1, 0));
            assert_eq!(
                imported.outcomes.in_state("parked") + imported.outcomes.in_state("conflict"),
                0
            );
        }
        // Settled income 1.11 less the technical fee of 0.11; the estimate is gone.
        let told = standing(&stage).await;
        assert_eq!((told[0], told[1], told[2]), (0, 100, 1), "{order:?}");
        let events = stage.events().await;
        for file in order {
            stage.import(&folder.path().join(file.to_string())).await;
        }
        assert_eq!(stage.events().await, events, "the same files again change nothing");
        stage.verify().await;
        stage.engine.stop().await;
    }
}

/// An anchor to whom the position of the rows belongs.
async fn stand_in_anchor(stage: &Stage, platform: &str, pid: &str) {
    let register = Command::RegisterParty {
        kind: PartyKind::Anchor,
        external_id: Some("a1".parse().unwrap()),
        name: "Anchor".parse().unwrap(),
    };
    let assign = Command::AssignPlacement {
        platform: platform.parse().unwrap(),
        kind: PlacementKind::Pid,
        number: pid.parse().unwrap(),
        holder: Holder::Party(PartyId::of(stage.book, PartyKind::Anchor, "a1")),
        from: "2016-01-01T00:00:00Z".parse().unwrap(),
        to: None,
    };
    for (key, command) in [("register", register), ("assign", assign)] {
        let mut meta = Meta::system("test");
        meta.key = Some(key.to_owned());
        stage.engine.submit(stage.book, command, meta).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_09_a_commission_above_the_payment_is_parked_and_posts_nothing() {
    let stage = Stage::new("taobao-tbk-orders").await;
    stand_in_anchor(&stage, "taobao", "mm_1_2_3").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    let text = export("订单付款", "二方", "200.36").replace(",3.80,", ",157.02,");
    std::fs::write(&file, text).unwrap();
    let imported = stage.import(&file).await.tally;
    let parked = imported
        .lines()
        .into_iter()
        .find(|line| line.code.contains("commission_exceeds_payment"));
    assert_eq!(parked.map(|line| line.count), Some(1), "{:?}", imported.outcomes);
    assert_eq!(stage.number("select count(*) from leg").await, 0);
    stage.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_the_two_rows_of_pinduoduo_the_one_whose_audit_failed_gives_nothing() {
    let Some(file) = data("affiliate/pinduoduo-ddk-orders-real.json") else {
        return;
    };
    let stage = Stage::new("pinduoduo-ddk").await;
    stand_in_anchor(&stage, "pinduoduo", "240009_18781180").await;
    let imported = stage.import(&file).await.tally;
    assert_eq!(imported.outcomes.in_state("applied"), 2, "{:?}", imported.outcomes);
    assert_eq!(standing(&stage).await, [276, 0, 2, 2]);
    stage.verify().await;
    stage.engine.stop().await;
}
