//! The ready mappings, row by row: what each state of a platform's row tells, and that its newest state wins.
//! It must never need a file of the machine.

use super::{facts, read, ready};
use crate::domain::order::What;
use crate::domain::order::fact::{LineFact, Snapshot, Track, View};
use crate::intake::emit::Told;
use crate::intake::plan::Plan;
use crate::money::{Currency, Minor, Rate};

fn only(told: &[Told]) -> &LineFact {
    assert_eq!(told.len(), 1, "{told:?}");
    fact(&told[0])
}

fn fact(told: &Told) -> &LineFact {
    match told {
        Told::Fact(fact) => fact,
        Told::Click(_) | Told::Return(_) | Told::Receipt(_) | Told::Offer(_) => panic!("no fact of an order"),
    }
}

fn snapshot(fact: &LineFact) -> &Snapshot {
    match &fact.what {
        What::Snapshot(snapshot) => snapshot,
        other => panic!("{other:?}"),
    }
}

fn track(gross: i64, base: i64, ppm: Option<u32>) -> Track {
    Track {
        base: Some(Minor(base)),
        rate: ppm.map(|ppm| Rate::from_ppm(ppm).unwrap()),
        gross: Minor(gross),
        content_fee: None,
        fees: Vec::new(),
        subsidies: Vec::new(),
    }
}

fn time(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// One line of the alliance in every state, as an export tells it: without a time of its last change.
fn export(status: &str, role: &str) -> String {
    let settled = if status == "订单结算" {
        "2020-02-01 09:00:00"
    } else {
        "--"
    };
    format!(
        "订单编号,子订单编号,订单状态,推广者角色,创建时间,付款时间,结算时间,商品ID,商品数,付款金额,结算金额,提成,付款预估收入,\
         结算预估收入,技术服务费,会员ID,媒体ID,推广位ID,维权标签\n\
         \"=\"\"821039008321125985\"\"\",\"=\"\"821039008321125986\"\"\",{status},{role},2020-01-17 18:27:07,2020-01-17 18:27:12,{settled},607309460202,1,\
         3.80,3.70,30.00%,1.14,1.11,0.11,132021823,45408225,109946850496,0\n"
    )
}

#[test]
fn an_export_of_the_alliance_in_chinese_tells_each_state_later_than_the_one_before() {
    let plan = ready("taobao-tbk-orders");
    let mut times = Vec::new();
    for status in ["订单付款", "订单成功", "订单失效", "订单结算"] {
        let rows = read(&plan, export(status, "二方").as_bytes());
        let fact = only(rows[0].as_ref().unwrap());
        assert_eq!(fact.line_no.as_str(), "821039008321125986");
        assert_eq!(fact.about.order_no.as_ref().unwrap().as_str(), "821039008321125985");
        assert_eq!(fact.about.account.as_ref().unwrap().as_str(), "132021823");
        assert_eq!(
            fact.about.pid.as_ref().unwrap().as_str(),
            "mm_132021823_45408225_109946850496"
        );
        assert_eq!((fact.view(), fact.currency), (View::Owner, Some(Currency::CNY)));
        times.push(fact.at);
        let snapshot = snapshot(fact);
        let reported = fact.reported.as_ref().unwrap();
        assert_eq!(snapshot.paid, Some(Minor(380)));
        assert_eq!(
            snapshot.received_at.is_some(),
            ["订单成功", "订单结算"].contains(&status)
        );
        assert_eq!(snapshot.closed_at.is_some(), status == "订单失效");
        assert_eq!(reported.settled.is_some(), status == "订单结算");
        let estimated = reported.estimated.as_ref().unwrap();
        assert_eq!((estimated.gross, estimated.rate.unwrap().ppm()), (Minor(114), 300_000));
        if status == "订单结算" {
            assert_eq!(snapshot.settled_base, Some(Minor(370)));
            let settled = reported.settled.as_ref().unwrap();
            assert_eq!((settled.gross, settled.fees[0].amount), (Minor(111), Minor(11)));
            assert!(estimated.fees.is_empty(), "the fee is the settlement's now");
        } else {
            assert_eq!(estimated.fees[0].amount, Minor(11));
        }
    }
    assert!(
        times.is_sorted() && times.windows(2).all(|pair| pair[0] < pair[1]),
        "{times:?}"
    );
}

#[test]
fn the_row_of_a_sharer_is_another_view_of_the_same_line() {
    let plan = ready("taobao-tbk-orders");
    let owner = read(&plan, export("订单付款", "2").as_bytes());
    let sharer = read(&plan, export("订单付款", "3").as_bytes());
    let (owner, sharer) = (only(owner[0].as_ref().unwrap()), only(sharer[0].as_ref().unwrap()));
    assert_eq!((owner.view(), sharer.view()), (View::Owner, View::Sharer));
    assert_eq!(owner.line, sharer.line);
    assert_ne!(owner.identity(), sharer.identity());
}

/// A settled row of the documented form, with both parts of the income.
const SETTLED: &str = r#"{"publisher_order_dto":[{"trade_id":"9","trade_parent_id":"8","tk_status":3,"tk_order_role":2,
"tk_create_time":"2024-01-01 10:00:00","tk_paid_time":"2024-01-01 10:01:00","tk_earning_time":"2024-01-10 00:00:00",
"modified_time":"2024-01-10 00:00:05","alipay_total_price":"100.00","pay_price":"90.00","tk_total_rate":"10",
"pub_share_pre_fee":"11.00","pub_share_pre_fee_for_commission":"10.00","pub_share_pre_fee_for_sdy":"1.00",
"pub_share_fee":"9.90","pub_share_fee_for_commission":"9.00","pub_share_fee_for_sdy":"0.90","alimama_share_fee":"0.90",
"alimm_share_info_dto":{"alimm_tech_service_pre_fee":"1.00","alimm_tech_service_fee":"0.90","alimm_agent_service_pre_fee":"0.20",
"alimm_agent_service_fee":"0.18"},"platform_special_service_fee":"2.70","refund_tag":1,"pub_id":1,"site_id":2,"adzone_id":3}]}"#;

#[test]
fn a_settled_row_tells_both_tracks_with_fees_and_subsidies_and_that_a_case_exists() {
    let rows = read(&ready("taobao-tbk-orders"), SETTLED.as_bytes());
    let told = rows[0].as_ref().unwrap();
    let row = fact(&told[0]);
    let reported = row.reported.as_ref().unwrap();
    let names = |track: &Track| -> Vec<(String, i64)> {
        let named = track.fees.iter().chain(&track.subsidies);
        named.map(|named| (named.name.clone(), named.amount.0)).collect()
    };
    let estimated = reported.estimated.as_ref().unwrap();
    assert_eq!(
        (estimated.base, estimated.gross, estimated.content_fee),
        (Some(Minor(10_000)), Minor(1_000), None)
    );
    assert_eq!(
        names(estimated),
        [
            ("technical_fee".into(), 100),
            ("channel_fee".into(), 20),
            ("platform_subsidy".into(), 100)
        ]
    );
    let settled = reported.settled.as_ref().unwrap();
    assert_eq!((settled.gross, settled.content_fee), (Minor(900), Some(Minor(270))));
    assert_eq!(
        names(settled),
        [
            ("technical_fee".into(), 90),
            ("channel_fee".into(), 18),
            ("platform_subsidy".into(), 90)
        ]
    );
    assert_eq!(
        snapshot(row).settled_at.map(|at| at.to_string()),
        time("2024-01-09T16:00:00.000000Z")
    );
    let case = fact(&told[1]);
    assert_eq!(case.identity(), "refund_case.opened/tag-9");
    assert_eq!(
        case.at.to_string(),
        "2024-01-01T02:00:00.000000Z",
        "the same in every export"
    );
    assert!(case.reported.is_none());
}

#[test]
fn at_09_a_commission_above_the_payment_is_seen() {
    let row = "trade_id,tk_status,tk_create_time,tk_paid_time,tk_earning_time,alipay_total_price,pay_price,pub_share_pre_fee\n\
        1,12,2024-01-01 10:00:00,2024-01-01 10:01:00,,157.02,,200.36\n\
        2,12,2024-01-01 10:00:00,2024-01-01 10:01:00,,200.36,,157.02\n";
    let rows = read(&ready("taobao-tbk-orders"), row.as_bytes());
    assert!(only(rows[0].as_ref().unwrap()).exceeds_payment());
    assert!(!only(rows[1].as_ref().unwrap()).exceeds_payment());
}

#[test]
fn at_08_two_tracks_of_one_line_in_fen() {
    let plan = Plan::parse(
        "name = \"t\"\n[source]\nformat = \"ndjson\"\nplatform = \"p\"\ncurrency = \"CNY\"\n[[emit]]\nkind = \"snapshot\"\n\
         fields.line_no = \"no\"\nfields.at = { column = \"at\", time = \"epoch\" }\n\
         fields.paid = { column = \"paid\", unit = \"minor\" }\nfields.settled_base = { column = \"settled\", unit = \"minor\" }\n\
         fields.estimated_gross = { column = \"est\", unit = \"minor\" }\nfields.settled_gross = { column = \"real\", unit = \"minor\" }\n\
         fields.estimated_technical_fee = { column = \"est_fee\", unit = \"minor\" }\n\
         fields.settled_technical_fee = { column = \"real_fee\", unit = \"minor\" }\n",
    )
    .unwrap();
    let row = b"{\"no\":1,\"at\":1700000000,\"paid\":5000,\"settled\":4800,\"est\":600,\"real\":550,\"est_fee\":60,\"real_fee\":55}\n";
    let rows = read(&plan, row);
    let fact = only(rows[0].as_ref().unwrap());
    let (estimated, settled) = match fact.reported.as_deref() {
        Some(reported) => (reported.estimated.clone().unwrap(), reported.settled.clone().unwrap()),
        None => panic!(),
    };
    assert_eq!(
        (snapshot(fact).paid, snapshot(fact).settled_base),
        (Some(Minor(5_000)), Some(Minor(4_800)))
    );
    assert_eq!((estimated.gross, estimated.fees[0].amount), (Minor(600), Minor(60)));
    assert_eq!((settled.gross, settled.fees[0].amount), (Minor(550), Minor(55)));
}

/// One case in a state; the amounts are those of `show_return_fee`'s parts.
fn case(status: u8) -> String {
    format!(
        r#"{{"refund_suit_id":"77","tb_trade_id":3937003417209620800,"tb_trade_parent_id":3937003417209620800,
        "tb_trade_create_time":"2024-06-18 17:41:56","earning_time":"2024-06-21 14:38:28","tk_refund_time":"2024-06-21 14:35:53",
        "tk_refund_suit_time":"2024-06-22 04:48:00","modified_time":"2024-07-0{} 04:48:05","refund_fee":"49.9000",
        "refund_status":{status},"tk_commission_fee_refund":"4.00","tk_subsidy_fee_refund":"0.50",
        "tk_commission_alimm_refund_fee":"0.40","tk_subsidy_alimm_refund_fee":"0.05","tk_commission_agent_refund_fee":"0.10",
        "tk_subsidy_agent_refund_fee":"0.01","show_return_fee":"5.06"}}"#,
        status % 9 + 1
    )
}

#[test]
fn every_state_of_a_refund_case_tells_its_facts_and_a_win_told_thrice_is_one() {
    let plan = ready("taobao-refunds");
    let mut wins = Vec::new();
    for (status, expected) in [
        (4, vec!["refund_case.opened"]),
        (11, vec!["refund_case.opened"]),
        (2, vec!["refund_case.won"]),
        (12, vec!["refund_case.won"]),
        (13, vec!["refund_case.won", "refund_case.deducted"]),
        (3, vec!["refund_case.lost"]),
        (14, vec!["refund_case.lost"]),
        (15, vec!["refund_case.lost"]),
    ] {
        let document = format!(
            "{{\"tbk_relation_refund_response\":{{\"result\":{{\"data\":{{\"results\":{{\"result\":[{}]}}}}}}}}}}",
            case(status)
        );
        let rows = read(&plan, document.as_bytes());
        let told = rows[0].as_ref().unwrap();
        let kinds: Vec<&str> = facts(told).iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, expected, "{status}");
        assert_eq!(fact(&told[0]).line_no.as_str(), "3937003417209620800");
        if kinds[0] == "refund_case.won" {
            wins.push(told[0].clone());
        }
    }
    assert!(wins.windows(2).all(|pair| pair[0] == pair[1]));
    let What::RefundWon { goods, deducted, .. } = &fact(&wins[0]).what else {
        panic!()
    };
    assert_eq!((*goods, *deducted), (Minor(4_990), false));
}

#[test]
fn what_is_to_give_back_is_the_sum_of_its_parts() {
    let sum = |columns: &str| {
        let plan = Plan::parse(&format!(
            "name = \"t\"\n[source]\nformat = \"any\"\nrows = \"\"\nplatform = \"p\"\ncurrency = \"CNY\"\n[[emit]]\nkind = \"paid\"\n\
             fields.line_no = \"tb_trade_id\"\nfields.at = {{ value = \"2026-01-01T00:00:00Z\" }}\nfields.amount = \"{columns}\"\n"
        ));
        let rows = read(&plan.unwrap(), format!("[{}]", case(12)).as_bytes());
        match only(rows[0].as_ref().unwrap()).what {
            What::Paid { amount, .. } => amount.0,
            _ => panic!(),
        }
    };
    let parts = [
        "tk_commission_fee_refund",
        "tk_subsidy_fee_refund",
        "tk_commission_alimm_refund_fee",
        "tk_subsidy_alimm_refund_fee",
        "tk_commission_agent_refund_fee",
        "tk_subsidy_agent_refund_fee",
    ];
    assert_eq!(parts.into_iter().map(sum).sum::<i64>(), sum("show_return_fee"));
}

#[test]
fn a_punished_order_of_pinduoduo_is_paid_and_frozen_and_a_settled_one_has_both_tracks() {
    let row = |status: i8| {
        format!(
            "{{\"order_sn\":\"180710-1\",\"order_status\":{status},\"order_modify_at\":1531198470,\"order_create_time\":1531191299,\
             \"order_pay_time\":1531191305,\"order_amount\":790,\"promotion_rate\":350,\"promotion_amount\":276,\
             \"p_id\":\"240009_18781180\"}}\n"
        )
    };
    let told = |status| read(&ready("pinduoduo-ddk"), row(status).as_bytes()).remove(0).unwrap();
    let kinds = |told: &[Told]| facts(told).iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    assert_eq!(kinds(&told(10)), ["order.snapshot", "line.frozen"]);
    for status in [-1, 0, 1, 2, 3, 4, 5, 8] {
        let told = told(status);
        let fact = only(&told);
        assert_eq!(snapshot(fact).closed_at.is_some(), [4, 8].contains(&status));
        assert_eq!(snapshot(fact).received_at.is_some(), [2, 3, 5].contains(&status));
        let reported = fact.reported.as_ref().unwrap();
        assert_eq!(reported.estimated, Some(track(276, 790, Some(350_000))));
        assert_eq!(reported.settled.is_some(), status == 5);
    }
}

#[test]
fn a_bill_of_douyin_settles_and_refunds_lines_and_leaves_deposits_out() {
    let row = |kind: u8| {
        format!(
            "{{\"settle_time\":\"2021-05-17 11:05:56\",\"request_no\":\"6945807072718045454\",\"shop_order_id\":\"4778345176320227200\",\
             \"order_id\":\"4778345176320227201\",\"trade_type\":{kind},\"order_time\":\"2021-04-07 11:05:56\",\"goods_count\":1,\
             \"total_goods_amount\":-950,\"commission\":95,\"author_id\":\"1231231231\",\"author_name\":\"达人\"}}\n"
        )
    };
    let plan = ready("douyin-settle-bill");
    let settled = read(&plan, row(0).as_bytes());
    let fact_0 = only(settled[0].as_ref().unwrap());
    assert_eq!(
        (fact_0.what.kind(), fact_0.line_no.as_str()),
        ("order.settled", "4778345176320227201")
    );
    assert_eq!(
        fact_0.reported.as_ref().unwrap().settled.as_ref().unwrap().gross,
        Minor(95)
    );
    assert_eq!(fact_0.about.pid.as_ref().unwrap().as_str(), "1231231231");
    for kind in [1, 3] {
        let refunded = read(&plan, row(kind).as_bytes());
        let What::RefundWon { goods, deducted, .. } = only(refunded[0].as_ref().unwrap()).what else {
            panic!()
        };
        assert_eq!((goods, deducted), (Minor(950), true));
    }
    assert!(read(&plan, row(2).as_bytes())[0].as_ref().unwrap().is_empty());
    let flows = "动账时间,动账摘要,订单号,子订单号,动账金额\n2021-05-17 11:05:56,订单结算,1,2,9.50\n2021-05-18 00:00:00,提现,,,9.50\n\
        2021-05-18 00:00:00,贷款,,,9.50\n";
    let rows = read(&ready("douyin-cash-flow"), flows.as_bytes());
    assert_eq!(only(rows[0].as_ref().unwrap()).what, What::Settled { base: None });
    assert!(rows[1].as_ref().unwrap().is_empty());
    assert_eq!(
        rows[2].as_ref().unwrap_err().code,
        "row_matches_nothing",
        "a tag that the bill does not document"
    );
}

#[test]
fn an_invoice_is_units_times_price_with_what_the_currency_cannot_hold_named() {
    let file = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
        536365,85123A,\"WHITE, HANGING\",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n\
        C536383,35004C,DUCKS,-1,2010-12-01 09:49:00,4.65,15311.0,United Kingdom\n\
        537000,X,?,-10,2010-12-01 09:49:00,0.0,,United Kingdom\n\
        550193,PADS,PADS TO MATCH,3,2011-04-15 09:27:00,0.001,13952.0,United Kingdom\n";
    let rows = read(&ready("online-retail"), file.as_bytes());
    let row = only(rows[0].as_ref().unwrap());
    assert_eq!(snapshot(row).paid, Some(Minor(1_530)));
    assert_eq!(snapshot(row).created_at, Some(row.at));
    assert_eq!(row.about.buyer.as_ref().unwrap().as_str(), "17850");
    assert_eq!(row.about.quantity, Some(6));
    let [Told::Return(back)] = rows[1].as_ref().unwrap().as_slice() else {
        panic!("a return that names no order")
    };
    assert_eq!(
        (back.document.as_str(), back.units, back.amount),
        ("C536383", 1, Minor(465))
    );
    assert!(rows[2].as_ref().unwrap().is_empty());
    assert_eq!(snapshot(only(rows[3].as_ref().unwrap())).paid, Some(Minor(0)));
}

#[test]
fn a_generic_row_tells_a_snapshot_or_an_event_with_every_field_it_names() {
    let file = "platform,line_no,at,view,account,pid,nick,purpose,paid_at,paid,currency,estimated_rate,estimated_gross,estimated_live_share\n\
        x,1,2026-01-02T00:00:00Z,sharer,acc,mm_1,小店,gift,2026-01-01T00:00:00Z,100,JPY,0.2,20,4\n";
    let rows = read(&ready("generic-snapshots"), file.as_bytes());
    let row = only(rows[0].as_ref().unwrap());
    assert_eq!(
        (row.view(), row.currency.map(|c| c.code().to_owned())),
        (View::Sharer, Some("JPY".to_owned()))
    );
    assert_eq!(
        row.reported.as_ref().unwrap().estimated.as_ref().unwrap().gross,
        Minor(20)
    );
    assert!(!row.about.is_sale());
    let events = "{\"event\":\"click\",\"platform\":\"x\",\"at\":\"2026-01-01T00:00:00Z\",\"buyer\":\"b\",\"promoter\":\"a\",\"item_no\":1}\n\
        {\"event\":\"refund_won\",\"platform\":\"x\",\"at\":\"2026-01-03T00:00:00Z\",\"line_no\":\"1\",\"case\":\"c\",\"amount\":\"1.00\",\"currency\":\"CNY\",\"manner\":\"refund_only\"}\n\
        {\"event\":\"refund_won\",\"platform\":\"x\",\"at\":\"2026-01-03T00:00:00Z\",\"line_no\":\"1\",\"amount\":\"1.00\",\"currency\":\"CNY\"}\n";
    let rows = read(&ready("generic-events"), events.as_bytes());
    assert_eq!(facts(rows[0].as_ref().unwrap())[0].0, "click");
    assert_eq!(facts(rows[1].as_ref().unwrap())[0].0, "refund_case.won");
    assert_eq!(rows[2].as_ref().unwrap_err().code, "value_missing");
}

/// Flow number, amount in fen, payer and tag of each row that told a receipt; none for one left out.
fn receipts(mapping: &str, rows: &str) -> Vec<Option<(String, i64, String, String)>> {
    let plan = ready(mapping);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let told = |row: &Result<Vec<Told>, _>| {
        let told: &Vec<Told> = row
            .as_ref()
            .unwrap_or_else(|fault: &crate::intake::RowFault| panic!("{fault}"));
        match told.as_slice() {
            [] => None,
            [Told::Receipt(fact)] => Some((
                fact.flow_no.to_string(),
                fact.amount.0,
                text(&fact.payer),
                text(&fact.tag),
            )),
            other => panic!("{other:?}"),
        }
    };
    read(&plan, rows.as_bytes()).iter().map(told).collect()
}

fn receipt(flow_no: &str, fen: i64, payer: &str, tag: &str) -> Option<(String, i64, String, String)> {
    Some((flow_no.to_owned(), fen, payer.to_owned(), tag.to_owned()))
}

#[test]
fn a_bank_statement_tells_what_came_in_and_leaves_out_what_went_out() {
    let rows = "交易日期,流水号,借方发生额,贷方发生额,余额,对方户名,摘要,附言\n\
        2026-05-25 10:00:00,F1,,\"1,234.50\",\"9,999.00\",某品牌有限公司,货款,五月佣金\n\
        2026-05-25 11:00:00,F2,500.00,0.00,1.00,某供应商,付款,\n\
        2026/05/26 09:00:00,F3,0.00,20.00,1.00,别的公司,,\n\
        20260526 10:00:00,F4,--,--,1.00,,对账,\n";
    assert_eq!(
        receipts("bank-receipts", rows),
        [
            receipt("F1", 123_450, "某品牌有限公司", "货款"),
            None,
            receipt("F3", 2_000, "别的公司", ""),
            None,
        ]
    );
}

#[test]
fn an_alipay_statement_leaves_out_transfers_between_the_owners_own_accounts_and_fees() {
    let rows = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注\n\
        A1,B1,,佣金,2026-05-25 10:00:00,brand@example.com,88.00,,88.00,支付宝,在线支付,\n\
        A2,B2,,,2026-05-25 11:00:00,,,50.00,38.00,支付宝,提现,\n\
        A3,B3,,,2026-05-25 12:00:00,,,0.10,37.90,支付宝,收费,\n\
        A4,B4,,,2026-05-25 13:00:00,x@example.com,,7.00,30.90,支付宝,转账,\n";
    assert_eq!(
        receipts("alipay-receipts", rows),
        [receipt("A1", 8_800, "brand@example.com", "在线支付"), None, None, None]
    );
}

#[test]
fn a_cash_flow_bill_of_douyin_tells_what_was_paid_and_what_was_taken_back() {
    let rows = "动账时间,动账流水号,动账方向,动账金额,动账摘要,子订单号\n\
        2026-05-25 10:00:00,D1,入账,19.50,佣金,69001\n\
        2026-05-25 11:00:00,D2,1,-4.00,佣金退款,69001\n\
        2026-05-25 12:00:00,D3,出账,15.50,提现,\n\
        2026-05-25 13:00:00,D4,0,100.00,10,\n";
    assert_eq!(
        receipts("douyin-receipts", rows),
        [
            receipt("D1", 1_950, "douyin", "佣金"),
            receipt("D2", -400, "douyin", "佣金退款"),
            None,
            None,
        ]
    );
}
