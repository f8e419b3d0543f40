//! Reads on a database with a month of one anchor.
//! It must never go through the engine, and must never assert how a row is laid out.

mod month;

use fenzhang::base::*;
use fenzhang::domain::book::{BookEvent, PeriodCutOff};
use fenzhang::domain::event::Event;
use fenzhang::domain::order::What;
use fenzhang::ledger::{Account, AccountKind};
use fenzhang::money::Minor;
use fenzhang::report::{self, *};
use fenzhang::store::connect::{TakeRole, connect};

use self::month::Month;
use crate::store::sample::at;
use crate::support::pg::fresh_db;

const ALL: Viewer = Viewer::All;

#[tokio::test]
async fn a_full_refund_in_july_opens_at_19_50_and_closes_at_zero() {
    let mut month = Month::begin().await;
    let settled = month.settled_in_june().await;
    month.refunded_in_july().await;
    let (client, log) = (&month.client, month.log());
    let sums = |view: &StatementView| {
        let sum = view.sums.first().unwrap();
        [sum.opening.amount.clone(), sum.closing.amount.clone()]
    };
    let page = Page::default();
    let june = statement(client, log, ALL, month.key("2026-06"), At::Now, &page)
        .await
        .unwrap();
    assert_eq!(sums(&june), ["0.00", "19.50"]);
    let july = statement(client, log, ALL, month.key("2026-07"), At::Now, &page)
        .await
        .unwrap();
    assert_eq!(sums(&july), ["19.50", "0.00"]);
    assert_eq!(july.lines.len(), 1);
    assert_eq!(
        (
            july.lines[0].amount.amount.as_str(),
            july.lines[0].balance.amount.as_str()
        ),
        ("-19.50", "0.00")
    );
    assert_eq!(july.lines[0].line, Some(month.line("1")));
    let before = statement(client, log, ALL, month.key("2026-07"), At::Position(settled), &page)
        .await
        .unwrap();
    assert_eq!(
        (sums(&before), before.lines.len()),
        (["19.50".into(), "19.50".into()], 0),
        "as known before the refund"
    );

    let mut csv = Vec::new();
    statement_csv(client, log, ALL, month.key("2026-07"), At::Now, &mut csv)
        .await
        .unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert!(csv.starts_with('\u{feff}') && lines.len() == 5, "{csv}");
    assert!(
        lines[1].contains("opening,期初") && lines[1].contains(",19.50,CNY"),
        "{csv}"
    );
    assert!(
        lines[2].starts_with("2026-07-05 20:00:00,claw-back for a refund") && lines[2].contains(",-19.50,0.00,CNY")
    );
    assert!(
        lines[3].contains("closing,期末") && lines[3].contains(",0.00,CNY"),
        "{csv}"
    );
}

#[tokio::test]
async fn a_leg_past_the_cut_off_points_back_and_the_issued_month_stays() {
    let mut month = Month::begin().await;
    month.settled_in_june().await;
    let cut = PeriodCutOff {
        period: "2026-07".parse().unwrap(),
    };
    let book = month.sample.book;
    month
        .write(vec![(book.into(), Event::Book(BookEvent::PeriodCutOff(cut)))])
        .await;
    month.refunded_in_july().await;
    let page = Page::default();
    let (client, log) = (&month.client, month.log());
    let july = statement(client, log, ALL, month.key("2026-07"), At::Now, &page)
        .await
        .unwrap();
    assert!(july.cut_off && july.lines.is_empty() && july.sums[0].closing.amount == "19.50");
    let august = statement(client, log, ALL, month.key("2026-08"), At::Now, &page)
        .await
        .unwrap();
    assert_eq!(august.lines[0].points_back_to, Some("2026-07".parse().unwrap()));
    assert_eq!(
        (
            august.sums[0].opening.amount.as_str(),
            august.sums[0].closing.amount.as_str()
        ),
        ("19.50", "0.00")
    );
    let line = report::line(client, log, ALL, month.line("1"), At::Now).await.unwrap();
    let months: Vec<String> = line.accounting_months.iter().map(ToString::to_string).collect();
    assert_eq!(months, ["2026-06", "2026-08"]);
}

#[tokio::test]
async fn balances_at_any_position_and_instant_are_those_of_then() {
    let mut month = Month::begin().await;
    let settled = month.settled_in_june().await;
    let last = month.refunded_in_july().await;
    let (client, log, anchor) = (&month.client, month.log(), month.anchor());
    for (position, available, due) in [
        (settled, "19.50", None),
        (last - 1, "0.00", Some("19.50")),
        (last, "0.00", Some("0.00")),
    ] {
        let view = balances_of(client, log, ALL, anchor, At::Position(position))
            .await
            .unwrap();
        let of = |kind| {
            let found = view
                .balances
                .iter()
                .find(|b| b.kind == kind && b.layer == fenzhang::ledger::Layer::Settled);
            found.map(|balance| balance.balance.amount.as_str())
        };
        assert_eq!(
            (of("available"), of("clawback_due")),
            (Some(available), due),
            "at {position}"
        );
        let trial = trial_balance(client, log, At::Position(position)).await.unwrap();
        assert!(trial.balanced && !trial.sums.is_empty());
    }
    let ahead = balances_of(client, log, ALL, anchor, At::Position(last + 1)).await;
    assert!(matches!(ahead, Err(ReportError::Ahead { .. })));
    let far = At::Instant(at("2999-01-01T00:00:00Z"));
    assert_eq!(report::position(client, log, far).await.unwrap(), last);
    assert_eq!(
        report::position(client, log, At::Instant(at("1999-01-01T00:00:00Z")))
            .await
            .unwrap(),
        0
    );
    let sql = "select recorded_at from event where log = $1 and position = $2";
    let then: chrono::DateTime<chrono::Utc> = client.query_one(sql, &[&log.0, &settled]).await.unwrap().get(0);
    let at_then = report::position(client, log, At::Instant(Instant::from_utc(then)))
        .await
        .unwrap();
    assert!(at_then >= settled && at_then < last, "{at_then}");
}

#[tokio::test]
async fn earnings_show_estimate_then_available_and_group_by_what_was_pinned() {
    let mut month = Month::begin().await;
    let settled = month.settled_in_june().await;
    let (client, log, anchor) = (&month.client, month.log(), month.anchor());
    let none = (None, None);
    let paid = earnings(client, log, ALL, anchor, None, none, At::Position(settled - 1))
        .await
        .unwrap();
    assert_eq!(
        (
            paid.pockets[0].estimated.amount.as_str(),
            paid.pockets[0].available.amount.as_str()
        ),
        ("19.50", "0.00")
    );
    for (by, key) in [(GroupBy::Day, "2026-06-10"), (GroupBy::Room, "room-1")] {
        let view = earnings(client, log, Viewer::Party(anchor), anchor, Some(by), none, At::Now)
            .await
            .unwrap();
        assert_eq!(view.groups.len(), 1);
        assert_eq!(view.groups[0].key.as_deref(), Some(key));
        assert_eq!(view.groups[0].pockets[0].available.amount, "19.50");
    }
    let foreign = earnings(client, log, Viewer::Party(month.agency()), anchor, None, none, At::Now).await;
    assert!(matches!(foreign, Err(ReportError::NotFound)));
}

#[tokio::test]
async fn each_line_says_in_one_sentence_why_it_paid_what_it_paid() {
    let mut month = Month::begin().await;
    month.settled_in_june().await;
    let (amount, discounts) = (Minor(5_000), Vec::new());
    month
        .tell("no-click", "2026-06-11T12:00:00Z", What::Paid { amount, discounts })
        .await;
    let (client, log) = (&month.client, month.log());
    let own = Viewer::Party(month.anchor());
    let rule = "rul_00000000…";
    let page = lines(client, log, own, LineFilter::default(), &Page::default())
        .await
        .unwrap();
    assert_eq!(page.lines.len(), 1, "a line without a promoter is nobody's");
    let line = &page.lines[0];
    assert_eq!(
        line.reason.en,
        format!("Paid 19.50: rule {rule} (exclusive, 20 %) by click on the same item 3 h before the order.")
    );
    assert_eq!(
        line.reason.zh,
        format!("已结算 19.50：计划 {rule}（专享，20 %），下单前 3 小时的同款点击。")
    );
    assert_eq!(line.parts.len(), 1, "only its own part");
    let brand = report::line(client, log, Viewer::Party(month.brand()), month.line("1"), At::Now)
        .await
        .unwrap();
    assert!(brand.reason.en.starts_with("Charged 39.80: "), "{}", brand.reason.en);
    let nothing = report::line(client, log, ALL, month.line("no-click"), At::Now)
        .await
        .unwrap();
    assert_eq!(
        nothing.reason.en,
        "Nothing: no click in the window of 15 days before the order."
    );
    let foreign = report::line(client, log, own, month.line("no-click"), At::Now).await;
    assert!(matches!(foreign, Err(ReportError::NotFound)));
    let orders = lines_of_orders(client, log, ALL, &["o-1".to_owned()]).await.unwrap();
    assert_eq!(orders.lines.len(), 2);
    month.refunded_in_july().await;
    let gone = report::line(&month.client, log, own, month.line("1"), At::Now)
        .await
        .unwrap();
    assert_eq!(gone.reason.code, "refunded");
}

#[tokio::test]
async fn an_explanation_recomputes_to_what_was_posted_at_every_position() {
    let mut month = Month::begin().await;
    let settled = month.settled_in_june().await;
    let last = month.refunded_in_july().await;
    let (client, log, line) = (&month.client, month.log(), month.line("1"));
    for position in settled - 2..=last {
        let view = explain_line(client, log, ALL, line, At::Position(position))
            .await
            .unwrap();
        assert!(view.consistent, "{}", view.text(Lang::En));
    }
    let view = explain_line(client, log, ALL, line, At::Position(settled))
        .await
        .unwrap();
    let text = view.text(Lang::En);
    for expected in [
        "G: 199.00 x 20 % = 39.8 -> 39.80",
        "technical_fee: 39.80 x 10 % = 3.98 -> 3.98",
        "live_share: 39.80 x 20 % = 7.96 -> 7.96",
        "share: of 27.86 keeps 8.36 (30 % = 8.358), passes 19.50 on",
        "share: the rest 19.50 -> 19.50",
        "Rule \"june-exclusive\" version 1, exclusive (level 3), 20 %",
        "click at 2026-06-10 17:00:00",
        "Recomputed from the facts: equal to what was posted.",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    assert!(view.text(Lang::Zh).contains("按事实重算：与已记账金额一致。"));
    let anchor = Viewer::Party(month.anchor());
    let own = explain_line(client, log, anchor, line, At::Position(settled))
        .await
        .unwrap()
        .text(Lang::En);
    assert!(own.contains("share: the rest 19.50") && !own.contains("8.36"), "{own}");
    let leg = Account::of(month.anchor(), AccountKind::Available);
    let leg = explain_leg(client, log, anchor, last - 1, leg).await.unwrap();
    assert!(leg.consistent);
    assert!(
        leg.text(Lang::En).contains("settled: before 19.50, after 0.00"),
        "{}",
        leg.text(Lang::En)
    );
    let foreign = Account::of(month.agency(), AccountKind::Available);
    assert!(matches!(
        explain_leg(client, log, anchor, settled, foreign).await,
        Err(ReportError::NotFound)
    ));
}

#[tokio::test]
async fn entries_print_as_plain_text_accounting_and_a_party_sees_its_own_legs_only() {
    let mut month = Month::begin().await;
    month.settled_in_june().await;
    let (client, log) = (&month.client, month.log());
    let filter = EntriesFilter::default();
    let all = entries(client, log, ALL, filter, At::Now, &Page::first(1))
        .await
        .unwrap();
    assert_eq!(all.entries.len(), 1);
    let rest = entries(client, log, ALL, filter, At::Now, &Page::after(all.next.clone(), 10))
        .await
        .unwrap();
    assert_eq!(rest.entries.len(), 1);
    assert!(
        rest.text().starts_with("2026-06-20 order.settled lin_"),
        "{}",
        rest.text()
    );
    assert!(all.entries[0].legs.len() == 5 && rest.next.is_none());
    let own = entries(
        client,
        log,
        Viewer::Party(month.anchor()),
        filter,
        At::Now,
        &Page::default(),
    )
    .await
    .unwrap();
    let legs: usize = own.entries.iter().map(|entry| entry.legs.len()).sum();
    assert_eq!(
        (own.entries.len(), legs),
        (2, 3),
        "the estimate, then its reversal with the settlement"
    );
}

#[tokio::test]
async fn counts_come_from_the_facts() {
    let mut month = Month::begin().await;
    month.settled_in_june().await;
    month.refunded_in_july().await;
    let (payable, discounts) = (Some(Minor(700)), Vec::new());
    month
        .tell("unpaid", "2026-06-12T12:00:00Z", What::Created { payable, discounts })
        .await;
    let counts = order_counts(&month.client, month.log(), At::Now).await.unwrap();
    let row = &counts.counts[0];
    assert_eq!(
        (row.lines, row.never_paid, row.fully_refunded, row.partly_refunded),
        (2, 1, 1, 0)
    );
    let sums = [&row.ordered, &row.unpaid, &row.refunded].map(|sum| sum.amount.as_str());
    assert_eq!(sums, ["206.00", "7.00", "199.00"]);
    let coverage = click_coverage(&month.client, month.log()).await.unwrap();
    assert_eq!(coverage.clicks[0].clicks, 1);
    assert_eq!(coverage.lines[0].with_earlier_click, 2);
    let june = settlement(
        &month.client,
        month.log(),
        ALL,
        PartyKind::Anchor,
        "2026-07".parse().unwrap(),
        At::Now,
    );
    let june = june.await.unwrap();
    let row = &june.rows[0];
    let figures = [&row.opening, &row.settled, &row.clawbacks, &row.closing].map(|money| money.amount.as_str());
    assert_eq!(figures, ["19.50", "0.00", "-19.50", "0.00"]);
}

#[tokio::test]
async fn every_report_runs_for_the_book_and_for_a_party() {
    let mut month = Month::begin().await;
    month.settled_in_june().await;
    for viewer in [ALL, Viewer::Party(month.anchor()), Viewer::Party(month.brand())] {
        for report in REGISTRY {
            let mut args = Args::new(viewer);
            args.period = Some("2026-06".parse().unwrap());
            args.party = viewer.party().or(Some(month.anchor()));
            args.kind = args.party.map(PartyId::kind);
            args.group = Some(GroupBy::Item);
            args.numbers = vec!["1".to_owned()];
            args.known = Some((At::Position(1), At::Now));
            args.brief = Some("none".to_owned());
            let output = (report.run)(&month.client, month.log(), &args).await;
            // What a cut-over account holds, how files were told, and finance's own sheets are the book's own business.
            if [
                "accrual",
                "balance-sheet",
                "cutover",
                "entities",
                "imports",
                "reconciliations",
                "supplier-promises",
            ]
            .contains(&report.name)
                && viewer != ALL
            {
                assert!(matches!(output, Err(ReportError::NotFound)));
                continue;
            }
            // There is no such brief, and only brands spend.
            let spends = args.party.map(PartyId::kind) == Some(PartyKind::Brand);
            if report.name == "matches" || report.name == "brand-spend" && !spends {
                assert!(matches!(output, Err(ReportError::NotFound)), "{}", report.name);
                continue;
            }
            let output = output.unwrap_or_else(|error| panic!("{}: {error:?}", report.name));
            if let Output::Table(table) = output {
                assert!(
                    table.rows.iter().all(|row| row.len() == table.columns.len()),
                    "{}",
                    report.name
                );
            }
        }
    }
    let rules = rules(
        &month.client,
        month.log(),
        Viewer::Party(month.agency()),
        &Page::default(),
    )
    .await
    .unwrap();
    assert!(
        rules.rules.is_empty(),
        "a rule for the anchor alone is not open to its agency"
    );
}

#[tokio::test]
async fn every_statement_of_every_report_can_be_prepared() {
    let db = fresh_db().await;
    let client = connect(db.url(), TakeRole::Application).await.unwrap();
    for statement in REGISTRY
        .iter()
        .flat_map(|report| report.statements)
        .chain(SHARED.iter().copied().flatten())
    {
        let prepared = client.prepare(statement.sql).await;
        prepared.unwrap_or_else(|error| panic!("{}.sql: {error:?}", statement.file));
    }
}

#[tokio::test]
async fn hot_reads_go_by_index() {
    let db = fresh_db().await;
    let client = db.client().await;
    let find = |file| {
        let all = REGISTRY
            .iter()
            .flat_map(|report| report.statements)
            .chain(SHARED.iter().copied().flatten());
        all.into_iter().find(|statement| statement.file == file).unwrap().sql
    };
    // An empty table is cheapest to scan; what matters is that an index can serve the whole condition.
    client
        .batch_execute(
            "set enable_seqscan = off; set enable_bitmapscan = off; set plan_cache_mode = force_generic_plan",
        )
        .await
        .unwrap();
    for (file, arguments, index) in [
        ("balances_of_owner", 3, "leg_of_account"),
        ("statement_lines", 8, "leg_of_account"),
        ("statement_sums", 5, "total_pkey"),
        ("lines_of_party_page", 7, "line_party_pkey"),
        ("lines_page", 6, "line_by_time"),
        ("ledger_page", 9, "line_by_time"),
        ("ledger_of_party_page", 10, "line_party_pkey"),
        ("ledger_of_month_page", 8, "leg_pkey"),
        ("ledger_names", 4, "party_pkey"),
        ("entries_page", 4, "leg_pkey"),
        ("entries_of_owner_page", 6, "leg_of_account"),
        ("stream_events", 3, "event_log_stream_version_key"),
        ("click_coverage", 1, "click_of_item"),
        ("explain_groups", 13, "leg_of_account"),
        ("explain_leaves", 16, "leg_of_account"),
        ("explain_events", 2, "event_pkey"),
        ("explain_lines", 3, "event_log_stream_version_key"),
        ("explain_approvals", 2, "event_pkey"),
        ("difference_lines", 9, "leg_of_account"),
        ("income", 4, "leg_of_"),
        ("commission_cost", 5, "leg_of_"),
        ("scan_lines", 6, "event_log_stream_version_key"),
    ] {
        client
            .batch_execute(&format!("prepare hot as {}", find(file)))
            .await
            .unwrap();
        let nulls = vec!["null"; arguments].join(", ");
        let rows = client
            .query(&format!("explain execute hot({nulls})"), &[])
            .await
            .unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index), "{file} does not use {index}:\n{plan}");
        assert!(
            !plan.contains("Seq Scan on event") && !plan.contains("Seq Scan on leg"),
            "{file}:\n{plan}"
        );
        client.batch_execute("deallocate hot").await.unwrap();
    }
}
