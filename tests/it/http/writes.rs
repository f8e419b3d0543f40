//! Writes through the interface: keys, versions, dry runs, problems, bulk.
//! It must never depend on what a report shows beyond the object just written.

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::server::{Server, read, server};

async fn anchor(server: &Server, key: &str, number: &str) -> (u16, Value) {
    let body = json!({"kind": "anchor", "external_id": number, "name": "李晓"});
    server.post(Role::Owner, "/v1/parties", key, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_the_first_answer_again_and_another_body_under_it_is_refused() {
    let server = server().await;
    let (status, first) = anchor(&server, "k1", "A-1").await;
    assert_eq!((status, &first["replayed"]), (201, &json!(false)), "{first}");
    let (status, mut again) = anchor(&server, "k1", "A-1").await;
    assert_eq!((status, &again["replayed"]), (201, &json!(true)));
    again["replayed"] = json!(false);
    assert_eq!(again, first);
    let (status, other) = anchor(&server, "k1", "A-2").await;
    assert_eq!(
        (status, &other["code"], &other["outcome"]),
        (422, &json!("key_reused"), &json!("none"))
    );
    let (status, done) = server.get(Role::Owner, "/v1/operations/k1").await;
    assert_eq!((status, &done["state"]), (200, &json!("committed")), "{done}");
    assert_eq!(done["answer"]["position"], first["position"]);
    let (_, never) = server.get(Role::Owner, "/v1/operations/k9").await;
    assert_eq!(never["state"], "unknown_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_key_is_refused_and_a_dry_run_writes_nothing() {
    let server = server().await;
    let body = json!({"kind": "anchor", "external_id": "A-1", "name": "x"});
    let (status, refused) = read(
        server
            .request(Role::Owner, "POST", "/v1/parties")
            .json(&body)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!((status, &refused["code"]), (400, &json!("idempotency_key_missing")));
    let (status, dry) = server.post(Role::Owner, "/v1/parties?dry_run=true", "k1", &body).await;
    assert_eq!((status, &dry["dry_run"]), (200, &json!(true)), "{dry}");
    let (status, _) = server.get(Role::Owner, "/v1/parties/A-1").await;
    assert_eq!(status, 404);
    let (status, real) = server.post(Role::Owner, "/v1/parties", "k1", &body).await;
    assert_eq!((status, &real["replayed"]), (201, &json!(false)), "{real}");
    let (status, shown) = server.get(Role::Owner, "/v1/parties/A-1").await;
    assert_eq!((status, &shown["external_id"]), (200, &json!("A-1")), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_conflict_is_409_by_parameter_and_412_by_header() {
    let server = server().await;
    let (_, made) = anchor(&server, "k1", "A-1").await;
    let path = format!("/v1/parties/{}", made["id"].as_str().unwrap());
    let rename = |query: &str, tag: Option<&'static str>, key: &'static str| {
        let mut request = server.request(Role::Owner, "PATCH", &format!("{path}{query}"));
        if let Some(tag) = tag {
            request = request.header("If-Match", tag);
        }
        request.header("Idempotency-Key", key).json(&json!({"name": "新名"}))
    };
    let (status, conflict) = read(rename("?expected_version=7", None, "k2").send().await.unwrap()).await;
    assert_eq!(
        (status, &conflict["code"], &conflict["current_version"]),
        (409, &json!("version_conflict"), &json!(1))
    );
    let (status, _) = read(rename("", Some("\"7\""), "k3").send().await.unwrap()).await;
    assert_eq!(status, 412);
    let (status, body) = read(rename("?expected_version=1", None, "k4").send().await.unwrap()).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_lists_every_wrong_field_and_speaks_the_language_asked_for() {
    let server = server().await;
    let body = json!({"member": "nobody", "upper": "nobody", "share": {"upper_keeps": "20"}, "from": "yesterday"});
    let request = server
        .request(Role::Owner, "POST", "/v1/memberships")
        .header("Idempotency-Key", "k1");
    let response = request
        .header("Accept-Language", "zh-CN,zh;q=0.9")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let (status, problem) = read(response).await;
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["pointer"].as_str())
        .collect();
    assert_eq!(
        (status, pointers),
        (422, vec!["/member", "/upper", "/share/upper_keeps", "/from"]),
        "{problem}"
    );
    let hint = problem["errors"][2]["detail"].as_str().unwrap();
    assert!(hint.contains("did you mean \"0.2\"?"), "{hint}");
    let request = server
        .request(Role::Owner, "GET", "/v1/parties/none")
        .header("Accept-Language", "zh");
    let (_, missing) = read(request.send().await.unwrap()).await;
    assert_eq!(missing["title"], "不存在");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_body_has_one_result_line_for_every_line_in_order() {
    let server = server().await;
    let mut body = String::new();
    for n in 0..1_500 {
        let line = match n % 3 {
            0 => json!({"source": "t", "click_no": n.to_string(), "at": "2026-05-01T00:00:00Z", "buyer": "b", "promoter": "A-1"})
                .to_string(),
            1 => "{".to_owned(),
            _ => json!({"source": "t", "at": "never", "buyer": "b", "promoter": "A-1"}).to_string(),
        };
        body.push_str(&line);
        body.push('\n');
    }
    let told = || {
        let request = server
            .request(Role::Ingest, "POST", "/v1/clicks")
            .header("Content-Type", "application/x-ndjson");
        request.body(body.clone()).send()
    };
    for replayed in [false, true] {
        let answer = told().await.unwrap().text().await.unwrap();
        let lines: Vec<Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 1_500);
        for (n, line) in lines.iter().enumerate() {
            assert_eq!(line["n"], n + 1);
            match n % 3 {
                0 => assert_eq!(
                    (&line["state"], &line["replayed"]),
                    (&json!("recorded"), &json!(replayed)),
                    "{line}"
                ),
                1 => assert_eq!(
                    (&line["state"], &line["code"]),
                    (&json!("refused"), &json!("json_syntax"))
                ),
                _ => assert_eq!((&line["code"], &line["pointer"]), (&json!("time_form"), &json!("/at"))),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_is_answered_when_an_event_comes_and_lists_refuse_to_look_back() {
    let server = server().await;
    let (_, books) = server.get(Role::Owner, "/v1/books").await;
    let position = books["position"].as_i64().unwrap();
    let path = format!("/v1/events?after={position}&wait=10");
    let (waited, _) = tokio::join!(server.get(Role::Auditor, &path), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        anchor(&server, "k1", "A-1").await
    });
    assert_eq!(waited.0, 200, "{}", waited.1);
    assert_eq!(waited.1["events"][0]["kind"], "party.registered", "{}", waited.1);
    let (status, refused) = server.get(Role::Owner, "/v1/parties?at_position=1").await;
    assert_eq!((status, &refused["code"]), (400, &json!("not_as_of")));
    let (status, unknown) = server.get(Role::Owner, "/v1/parties?knd=anchor").await;
    assert_eq!((status, &unknown["code"]), (400, &json!("unknown_parameter")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_with_an_amount_in_another_spelling_is_kept_and_parked_and_a_number_is_refused() {
    let server = server().await;
    let fact = |line: &str, amount: Value| {
        json!({"platform": "taobao", "line_no": line, "kind": "paid", "at": "2026-05-01T00:00:00Z",
            "amount": {"amount": amount, "currency": "CNY"}})
        .to_string()
    };
    let spelled = [
        "1e3", "1.0", "1.005", "0x10", "+5.00", "-0.00", " 5.00", "５.00", "NaN", "00012.00", "",
    ];
    let mut body: Vec<String> = spelled.iter().map(|text| fact("L-1", json!(text))).collect();
    body.extend([
        fact("L-1", json!(1)),
        fact("L-1", json!(null)),
        fact("L-1", json!("99999999999999999999.00")),
    ]);
    let told = || {
        let request = server
            .request(Role::Ingest, "POST", "/v1/facts")
            .header("Content-Type", "application/x-ndjson");
        request.body(body.join("\n")).send()
    };
    for replayed in [false, true] {
        let answer = told().await.unwrap().text().await.unwrap();
        let lines: Vec<Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (line, text) in lines.iter().zip(spelled) {
            let told = (&line["state"], &line["code"], &line["replayed"]);
            assert_eq!(
                told,
                (&json!("parked"), &json!("amount_form"), &json!(replayed)),
                "{text:?}: {line}"
            );
        }
        assert_eq!(lines[spelled.len()]["code"], "wrong_type");
        assert_eq!(lines[spelled.len() + 1]["code"], "wrong_type");
        assert_eq!(lines[spelled.len() + 2]["code"], "amount_out_of_range");
    }
    let (_, parked) = server.get(Role::Finance, "/v1/parked?code=amount_form").await;
    assert_eq!(parked["parked"].as_array().unwrap().len(), spelled.len(), "{parked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_sees_its_member_only_while_the_contract_is_in_force() {
    let server = server().await;
    let (agency, anchor) = (server.parties[&Role::Agency], server.parties[&Role::Anchor]);
    let path = format!("/v1/earnings/{anchor}");
    assert_eq!(server.get(Role::Agency, &path).await.0, 404);
    let body = json!({"member": anchor, "upper": agency, "share": {"upper_keeps": "0.3"},
        "from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z"});
    let (status, signed) = server.post(Role::Owner, "/v1/memberships", "k1", &body).await;
    assert_eq!(status, 201, "{signed}");
    assert_eq!(server.get(Role::Agency, &path).await.0, 200);
    let clock = format!("/v1/books/{}/clock", server.book);
    let (status, moved) = server
        .post(Role::Operator, &clock, "k2", &json!({"to": "2026-06-03T00:00:00Z"}))
        .await;
    assert_eq!(status, 200, "{moved}");
    assert_eq!(server.get(Role::Agency, &path).await.0, 404);
}
