//! Orders looked up by any outside number.
//! It must never depend on the order in which the database finds them.

use fenzhang::domain::person::Role;
use fenzhang::report::numbers_in;
use serde_json::{Value, json};

use super::at_11_and_12;
use crate::http::server::read;

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
