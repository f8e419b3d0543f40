//! Finance reports on the sample month: every report's sums recomputed from legs and facts, apart from the report.
//! It must never take a report's word for another's.

use std::collections::BTreeMap;

use fenzhang::base::{Month, PartyKind};
use fenzhang::report::*;

use super::{Book, fen};

const ALL: Viewer = Viewer::All;

const PAGE: Page = Page {
    after: None,
    limit: 100,
};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_finance_report_of_the_sample_month_ties_to_the_legs() {
    let book = Book::load().await;
    the_balance_sheet_balances_and_is_the_trial_balance(&book).await;
    ageing_lays_every_open_balance_over_its_months(&book).await;
    cost_is_what_brands_were_charged(&book).await;
    income_is_what_a_party_earned(&book).await;
    accrued_and_settled_are_the_brands_legs(&book).await;
    return_rates_are_the_facts(&book).await;
    lost_commission_is_the_fall_from_the_highest(&book).await;
    shows_are_all_paid_lines(&book).await;
    the_forecast_is_every_estimate_and_every_balance(&book).await;
}

async fn the_balance_sheet_balances_and_is_the_trial_balance(book: &Book) {
    for at in [At::Now, At::Position(book.head / 2)] {
        let sheet = balance_sheet(&book.client, book.log, ALL, at).await.unwrap();
        assert!(sheet.balanced && !sheet.rows.is_empty());
        let position = sheet.position;
        for (section, sign, side) in [(Section::Assets, -1, "<"), (Section::Liabilities, 1, ">")] {
            // Owner by owner: a debit balance never hides in a credit balance.
            let held = format!(
                "(select owner, sum(amount) as amount from leg where log = $1 and layer = 1 and account in (1, 6) and position <= $2 \
                 group by owner, account having sum(amount) {side} 0) held"
            );
            let expected = sign * book.sum(&held, &[&position]).await;
            let of = |row: &&BalanceSheetRow| {
                let accounts = ["available", "commission"];
                row.section == section && accounts.contains(&row.accounts.split(':').nth(1).unwrap())
            };
            let shown: i64 = sheet.rows.iter().filter(of).map(|row| fen(&row.amount)).sum();
            assert_eq!(shown, expected, "{section:?} at {position}");
        }
    }
    let now = balance_sheet(&book.client, book.log, ALL, At::Now).await.unwrap();
    let [assets, liabilities, own] = [0, 1, 2].map(|at| fen(&now.sums[0][at]));
    assert_eq!(assets, liabilities + own);
    assert!(assets > 0);
}

async fn ageing_lays_every_open_balance_over_its_months(book: &Book) {
    let (mut rows, mut page) = (Vec::new(), Page::first(3));
    loop {
        let view = ageing(&book.client, book.log, ALL, None, At::Now, &page).await.unwrap();
        rows.extend(view.rows);
        let Some(next) = view.next else { break };
        page = Page::after(Some(next), 3);
    }
    let open = "(select sum(amount) as amount from leg where log = $1 and layer = 1 and account in (1, 6) \
                group by owner, account having sum(amount) < 0) open";
    let negative = |row: &&AgeingRow| ["available", "commission"].contains(&row.account.kind.word());
    let shown: i64 = rows.iter().filter(negative).map(|row| fen(&row.balance)).sum();
    assert_eq!(shown, book.sum(open, &[]).await);
    assert!(!rows.is_empty());
    for row in &rows {
        let aged: i64 = row.buckets.iter().map(fen).sum();
        assert_eq!(aged, fen(&row.balance), "{}", row.account);
    }
    let brand = book.busiest(6, 1).await[0];
    let own = ageing(&book.client, book.log, Viewer::Party(brand), None, At::Now, &PAGE)
        .await
        .unwrap();
    assert!(own.rows.iter().all(|row| row.account.party() == Some(brand)) && !own.rows.is_empty());
    let foreign = ageing(
        &book.client,
        book.log,
        Viewer::Party(brand),
        Some(book.busiest(1, 1).await[0]),
        At::Now,
        &PAGE,
    );
    assert!(matches!(foreign.await, Err(ReportError::NotFound)));
}

async fn cost_is_what_brands_were_charged(book: &Book) {
    let settled = -book
        .sum("leg where log = $1 and layer = 1 and account in (6, 7)", &[])
        .await;
    let estimated = -book
        .sum("leg where log = $1 and layer = 0 and account in (6, 7)", &[])
        .await;
    let whole = commission_cost(&book.client, book.log, ALL, (None, None), At::Now)
        .await
        .unwrap();
    let [charged, given_back, cost, open] = [0, 1, 2, 3].map(|at| fen(&whole.sums[0][at]));
    assert_eq!((cost, open, charged + given_back), (settled, estimated, cost));
    assert!(given_back < 0, "the sample has refunds after settlement");
    assert_eq!(whole.rows.iter().map(|row| fen(&row.cost)).sum::<i64>(), cost);
    // The months add up to the whole.
    let mut by_month = 0;
    for text in ["2025-10", "2025-11", "2025-12", "2026-01"] {
        let view = commission_cost(&book.client, book.log, ALL, (None, Some(month(text))), At::Now)
            .await
            .unwrap();
        by_month += view.sums.first().map_or(0, |sums| fen(&sums[2]));
    }
    assert_eq!(by_month, cost);
    let brand = book.busiest(6, 1).await[0];
    let own = commission_cost(&book.client, book.log, Viewer::Party(brand), (None, None), At::Now)
        .await
        .unwrap();
    assert!(!own.rows.is_empty() && own.rows.iter().all(|row| row.payer == brand));
}

async fn income_is_what_a_party_earned(book: &Book) {
    for party in book.busiest(1, 3).await {
        let view = income(&book.client, book.log, Viewer::Party(party), (None, None), At::Now)
            .await
            .unwrap();
        let earned = "leg where log = $1 and layer = 1 and owner = $2 and account in (1, 2, 4, 5, 6)";
        assert_eq!(
            view.sums.iter().map(fen).sum::<i64>(),
            book.sum(earned, &[&party.uuid()]).await
        );
        assert_eq!(
            view.rows.iter().map(|row| fen(&row.amount)).sum::<i64>(),
            fen(&view.sums[0])
        );
        assert!(!view.with_book, "a party never sees the income of the book");
        let back = view.rows.iter().filter(|row| row.kind.contains("佣金扣回"));
        assert!(back.clone().all(|row| row.amount.amount.starts_with('-')));
        let foreign = income(
            &book.client,
            book.log,
            Viewer::Party(book.busiest(6, 1).await[0]),
            (Some(party), None),
            At::Now,
        );
        assert!(matches!(foreign.await, Err(ReportError::NotFound)));
    }
}

async fn accrued_and_settled_are_the_brands_legs(book: &Book) {
    let view = accrual(&book.client, book.log, ALL, (Dimension::Month, None), &PAGE)
        .await
        .unwrap();
    let sum = &view.sums[0];
    let brands = "leg where log = $1 and account = 6 and layer = $2";
    let (settled, open) = (-book.sum(brands, &[&1_i16]).await, -book.sum(brands, &[&0_i16]).await);
    // What a refund won has not given the merchant back yet is still among its debits, and no commission any more.
    let due = book.sum("leg where log = $1 and account = 3 and layer = 1", &[]).await;
    assert_eq!((fen(&sum.settled), fen(&sum.open)), (settled - due, open));
    let rows = |of: fn(&AccrualRow) -> i64| view.rows.iter().map(of).sum::<i64>();
    assert_eq!(rows(|row| fen(&row.settled)), fen(&sum.settled));
    assert_eq!(rows(|row| fen(&row.difference)), fen(&sum.difference));
    let (mut listed, mut page) = (0, Page::first(5));
    loop {
        let view = accrual(&book.client, book.log, ALL, (Dimension::Line, None), &page)
            .await
            .unwrap();
        assert!(view.rows.iter().all(|row| row.line_no.is_some() && row.lines == 1));
        listed += view.rows.iter().map(|row| fen(&row.difference)).sum::<i64>();
        let Some(next) = view.next else { break };
        page = Page::after(Some(next), 5);
    }
    assert_eq!(listed, fen(&sum.difference), "line by line the same difference");
    let refused = accrual(
        &book.client,
        book.log,
        Viewer::Party(book.busiest(1, 1).await[0]),
        (Dimension::Month, None),
        &PAGE,
    );
    assert!(matches!(refused.await, Err(ReportError::NotFound)));
}

/// Goods refunded and paid by the facts of the log: the payloads as they stand.
async fn facts(book: &Book) -> (i64, i64) {
    let sql = "select payload from event where log = $1 and slice = 7 and kind = any($2)";
    let amounts = |kinds: &'static [&'static str], name: &'static str| async move {
        let rows = book.client.query(sql, &[&book.log.0, &kinds]).await.unwrap();
        let mut sum = 0;
        for row in rows {
            let payload: serde_json::Value = serde_json::from_str(row.get(0)).unwrap();
            assert_eq!(payload["state"].as_str().unwrap_or("applied"), "applied", "{payload}");
            let what = &payload["fact"]["what"];
            let told = what.as_object().unwrap().values().next().unwrap_or(what);
            let amount = told
                .get(name)
                .or(what.get(name))
                .unwrap_or_else(|| panic!("{name} in {payload}"));
            sum += amount
                .as_i64()
                .or_else(|| amount.as_str().and_then(|text| text.parse().ok()))
                .unwrap();
        }
        sum
    };
    (
        amounts(&["order.paid", "order.deposit_paid", "order.tail_paid"], "amount").await,
        amounts(&["refund_case.won"], "goods").await,
    )
}

async fn return_rates_are_the_facts(book: &Book) {
    let (paid, refunded) = facts(book).await;
    for by in [Dimension::Anchor, Dimension::Shop, Dimension::Item] {
        let view = return_rates(&book.client, book.log, ALL, by, None).await.unwrap();
        let sum = &view.sums[0];
        let all = fen(&sum.returned) + fen(&sum.refunded_only) + fen(&sum.price_protected);
        assert_eq!((fen(&sum.paid), all), (paid, refunded), "{by:?}");
        assert_eq!(view.rows.iter().map(|row| fen(&row.paid)).sum::<i64>(), paid);
        assert_eq!(view.rows.iter().map(|row| row.lines).sum::<i64>(), sum.lines);
        assert!(view.rows.len() > 1 && sum.rate_returned.as_deref().unwrap() > "0");
    }
    let month = return_rates(&book.client, book.log, ALL, Dimension::Shop, Some(month("2020-01")))
        .await
        .unwrap();
    assert!(month.rows.is_empty());
    let anchor = book
        .busiest(1, 60)
        .await
        .into_iter()
        .find(|party| party.kind() == PartyKind::Anchor)
        .unwrap();
    let own = return_rates(&book.client, book.log, Viewer::Party(anchor), Dimension::Anchor, None)
        .await
        .unwrap();
    assert!(
        own.sums[0].lines
            < return_rates(&book.client, book.log, ALL, Dimension::Anchor, None)
                .await
                .unwrap()
                .sums[0]
                .lines
    );
}

/// Of every line the highest that its merchants ever owed after an event, and what they owe.
async fn highest(book: &Book) -> (i64, i64) {
    let sql = "select line, position, -sum(amount)::bigint from leg where log = $1 and account = 6 and line is not null \
               group by line, position order by line, position";
    let mut lines: BTreeMap<uuid::Uuid, (i64, i64)> = BTreeMap::new();
    for row in book.client.query(sql, &[&book.log.0]).await.unwrap() {
        let (stands, highest) = lines.entry(row.get(0)).or_default();
        *stands += row.get::<_, i64>(2);
        *highest = (*highest).max(*stands);
    }
    let sum = |of: fn(&(i64, i64)) -> i64| lines.values().map(of).sum::<i64>();
    (sum(|line| line.1), sum(|line| line.0))
}

async fn lost_commission_is_the_fall_from_the_highest(book: &Book) {
    let (peak, stands) = highest(book).await;
    let view = lost_commission(&book.client, book.log, ALL, None).await.unwrap();
    assert_eq!(
        [0, 1, 2].map(|at| fen(&view.sums[0][at])),
        [peak, peak - stands, stands]
    );
    let lost: i64 = view.rows.iter().filter_map(|row| row.lost.as_ref()).map(fen).sum();
    assert_eq!(lost, peak - stands, "every loss has a cause");
    let causes: Vec<&str> = view.rows.iter().map(|row| row.cause.as_str()).collect();
    for cause in ["refund", "no_click"] {
        assert!(causes.contains(&cause), "{causes:?}");
    }
    let no_click = view.rows.iter().find(|row| row.cause == "no_click").unwrap();
    assert_eq!(no_click.lost, None, "nobody knows what a click would have given");
}

async fn shows_are_all_paid_lines(book: &Book) {
    let (paid, refunded) = facts(book).await;
    let view = show_report(&book.client, book.log, ALL, None).await.unwrap();
    let sum = |of: fn(&ShowRow) -> i64| view.rows.iter().map(of).sum::<i64>();
    assert_eq!(
        (sum(|row| fen(&row.paid)), sum(|row| fen(&row.refunded))),
        (paid, refunded)
    );
    let brands = "leg where log = $1 and account = 6 and layer = 1";
    let estimates = "leg where log = $1 and account = 6 and layer = 0";
    assert_eq!(sum(|row| fen(&row.commission)), -book.sum(brands, &[]).await);
    assert_eq!(sum(|row| fen(&row.estimated)), -book.sum(estimates, &[]).await);
    assert!(
        view.rows.iter().any(|row| row.inferred > 0),
        "the click named the room, not the row"
    );
    assert!(view.table().text().contains("推断"));
    assert!(view.rows.iter().all(|row| row.orders <= row.lines && row.orders > 0));
}

async fn the_forecast_is_every_estimate_and_every_balance(book: &Book) {
    let view = forecast(&book.client, book.log, ALL).await.unwrap();
    for kind in ["anchor", "agency", "platform"] {
        let tag = match kind {
            "anchor" => 161,
            "agency" => 162,
            _ => 166,
        };
        let of = "leg where log = $1 and account = 1 and layer = $2 and get_byte(uuid_send(owner), 0) = $3";
        let legs = [book.sum(of, &[&0_i16, &tag]).await, book.sum(of, &[&1_i16, &tag]).await];
        let own = view.rows.iter().filter(|row| row.kind == kind);
        let open = own.clone().filter(|row| row.lines.is_some());
        let open: i64 = open.map(|row| fen(&row.amount)).sum();
        let available = own.filter(|row| row.known == Known::Available);
        let available: i64 = available.map(|row| fen(&row.amount)).sum();
        assert_eq!([open, available], legs, "{kind}");
    }
    for row in &view.rows {
        assert_eq!(
            row.day.is_some(),
            matches!(row.known, Known::Due | Known::Expected),
            "{row:?}"
        );
        assert!(
            row.day
                .is_none_or(|day| row.known != Known::Expected || day >= view.today)
        );
    }
    let anchor = book
        .busiest(1, 60)
        .await
        .into_iter()
        .find(|party| party.kind() == PartyKind::Anchor)
        .unwrap();
    let own = forecast(&book.client, book.log, Viewer::Party(anchor)).await.unwrap();
    let estimated = "leg where log = $1 and account = 1 and layer = 0 and owner = $2";
    let open: i64 = own
        .rows
        .iter()
        .filter(|row| row.lines.is_some())
        .map(|row| fen(&row.amount))
        .sum();
    assert_eq!(open, book.sum(estimated, &[&anchor.uuid()]).await);
    assert!(own.rows.iter().all(|row| row.kind == "anchor"));
}
