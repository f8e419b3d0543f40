//! Orders looked up by any outside number.
//! It must never depend on the order in which the database finds them.

use fenzhang::domain::person::Role;
use fenzhang::report::{REGISTRY, numbers_in};
use serde_json::{Value, json};

use super::at_11_and_12;
use crate::http::server::read;
use crate::support::pg::fresh_db;

#[test]
fn pasted_numbers_are_read_whatever_stands_between_and_around_them() {
    let pasted = "\u{feff}3900000000000000001,'3900000000000000002；\r\n\"R-77\"\t9000、9000 ，\n\n 9000";
    assert_eq!(
        numbers_in(pasted),
        ["3900000000000000001", "3900000000000000002", "R-77", "9000"]
    );
    assert_eq!(numbers_in(" ,;\n"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_pasted_numbers_are_answered_in_their_order_found_or_not() {
    let stage = at_11_and_12().await;
    let ask = |role: Role, numbers: String| {
        let body = json!({"numbers": numbers});
        let request = stage.server.request(role, "POST", "/v1/orders/lookup").json(&body);
        async move { read(request.send().await.unwrap()).await }
    };
    let mut pasted: Vec<String> = (0..997).map(|n| format!("NO{n}")).collect();
    pasted.insert(3, "R-1".into());
    pasted.insert(5, "9000".into());
    pasted.push("3900000000000000001".into());
    pasted.push("9000".into());
    let (status, view) = ask(Role::Finance, pasted.join("\n")).await;
    assert_eq!(status, 200, "{view}");
    let numbers = view["numbers"].as_array().unwrap();
    assert_eq!(
        (numbers.len(), view["not_found"].as_array().unwrap().len()),
        (1_000, 997)
    );
    for (at, number, found_as) in [
        (3, "R-1", "case_no"),
        (5, "9000", "order_no"),
        (999, "3900000000000000001", "line_no"),
    ] {
        assert_eq!(numbers[at]["number"], number);
        let found = numbers[at]["found"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{number}: found once, though two facts name the case");
        assert_eq!(
            (&found[0]["found_as"], &found[0]["line_no"]),
            (&json!(found_as), &json!("3900000000000000001"))
        );
        assert_eq!(found[0]["status"], "settled");
    }
    assert_eq!(numbers[0]["found"], json!([]));
    let (_, foreign) = ask(Role::Anchor, "9000 R-1".into()).await;
    assert_eq!(
        foreign["not_found"],
        json!(["9000", "R-1"]),
        "somebody else's order is not found"
    );
    pasted.push("one-more".into());
    let (status, refused) = ask(Role::Finance, pasted.join(" ")).await;
    assert_eq!((status, &refused["code"]), (400, &json!("numbers_out_of_range")));
}

/// A log of 20,000 lines, each with one case.
const GROWN: &str = "
    create function uuid_of(n bigint) returns uuid language sql immutable as
        $$ select ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
    insert into line (log, line, platform, line_no, order_no, at, status, pinned, position)
        select uuid_of(1), uuid_of(n), 'p', 'L' || n, 'O' || n, now(), 1, true, n from generate_series(1, 20000) n;
    insert into line_party (log, party, at, line)
        select uuid_of(1), uuid_of(n % 100), l.at, l.line from line l, generate_series(1, 3) n;
    insert into event (log, position, id, slice, stream, version, kind, schema, occurred_at, recorded_at, actor, payload, leaf)
        select uuid_of(1), n, uuid_of(n), 7, uuid_of(n), 1, 'refund_case.opened', 1, now(), now(), '{}',
               '{\"fact\":{\"what\":{\"case\":\"C' || n || '\"}}}', '' from generate_series(1, 20000) n;
    analyze;
    set plan_cache_mode = force_generic_plan";

#[tokio::test]
async fn every_kind_of_number_is_found_by_an_index_of_its_own() {
    let db = fresh_db().await;
    let client = db.client().await;
    client.batch_execute(GROWN).await.unwrap();
    let statements = REGISTRY.iter().flat_map(|report| report.statements);
    for (file, rest) in [("orders_lookup", "null, 100"), ("lines_of_orders", "null")] {
        let sql = statements.clone().find(|statement| statement.file == file).unwrap().sql;
        client.batch_execute(&format!("prepare hot as {sql}")).await.unwrap();
        let explain = format!("explain execute hot('00000000-0000-0000-0000-000000000001', '{{O7,L8,C9}}', {rest})");
        let rows = client.query(&explain, &[]).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        for index in ["line_of_order", "line_of_number", "event_of_case"] {
            assert!(plan.contains(index), "{file} does not use {index}:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan"), "{file}:\n{plan}");
        client.batch_execute("deallocate hot").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_orders_takes_line_and_case_numbers_too() {
    let stage = at_11_and_12().await;
    for number in ["9000", "3900000000000000001", "R-1"] {
        let view = stage
            .get(&format!("/v1/orders?external_id={number}&external_id=none"))
            .await;
        let lines: Vec<&Value> = view["lines"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| &line["line_no"])
            .collect();
        assert_eq!(lines, ["3900000000000000001"], "{number}");
    }
}
