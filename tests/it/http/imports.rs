//! Files, mappings, imports and the parked desk over HTTP, as a finance person and a machine use them.
//! It must never reach around the interface, except to count events.

use std::io::Write;

use fenzhang::domain::person::Role;
use serde_json::{Value, json};

use super::server::{Server, read, server};
use crate::imports::{HEADER, mapping, row};

async fn upload(server: &Server, role: Role, bytes: Vec<u8>) -> (u16, Value) {
    let request = server.request(role, "POST", "/v1/files?name=orders.csv").body(bytes);
    read(request.send().await.unwrap()).await
}

async fn call(server: &Server, role: Role, method: &str, path: &str, body: &Value) -> (u16, Value) {
    read(server.request(role, method, path).json(body).send().await.unwrap()).await
}

/// Uploads rows and makes an import of them with the book's own mapping.
async fn made(server: &Server, rows: &str) -> String {
    let text = json!({"text": mapping()});
    let (status, body) = call(server, Role::Ingest, "PUT", "/v1/mappings/orders", &text).await;
    assert_eq!(status, 204, "{body}");
    let (status, file) = upload(server, Role::Ingest, format!("{HEADER}{rows}").into_bytes()).await;
    assert!(matches!(status, 200 | 201), "{file}");
    let body = json!({"file": file["file"], "mapping": "orders", "stand_ins": true});
    let (status, import) = call(server, Role::Finance, "POST", "/v1/imports", &body).await;
    assert_eq!(status, 201, "{import}");
    import["import"].as_str().unwrap().to_owned()
}

async fn act(server: &Server, role: Role, import: &str, action: &str) -> (u16, Value) {
    call(
        server,
        role,
        "POST",
        &format!("/v1/imports/{import}/{action}"),
        &json!({}),
    )
    .await
}

/// Waits until an import stands in a state.
async fn until(server: &Server, import: &str, state: &str) -> Value {
    for _ in 0..200 {
        let (_, view) = server.get(Role::Auditor, &format!("/v1/imports/{import}")).await;
        if view["state"] == state {
            return view;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{import} never came to {state}");
}

async fn balances(server: &Server) -> Value {
    server.get(Role::Finance, "/v1/trial-balance").await.1["rows"].clone()
}

async fn events(server: &Server) -> i64 {
    let client = server.db.client().await;
    client
        .query_one("select count(*) from event", &[])
        .await
        .unwrap()
        .get(0)
}

/// Accounts that hold something.
async fn open_balances(server: &Server) -> i64 {
    let client = server.db.client().await;
    let sql = "select count(*) from (select owner, account, layer, sum(amount) from leg group by 1, 2, 3 \
        having sum(amount) <> 0) open";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

fn month(line: &str, amount: &str) -> String {
    [
        row(line, "created", "2026-05-03T10:00:00+08:00", amount, ""),
        row(line, "paid", "2026-05-03T11:00:00+08:00", amount, ""),
        row(line, "settled", "2026-05-20T10:00:00+08:00", "", ""),
    ]
    .concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_previewed_checked_committed_and_taken_back() {
    let server = server().await;
    let bad = "=1+1,X,paid,2026-05-04T10:00:00+08:00,CNY,12.345x,stand-in-tmall-shop,,\n";
    let rows = format!("{}{}{bad}", month("A", "100.00"), month("B", "60.00"));
    let import = made(&server, &rows).await;
    assert_eq!(
        made(&server, &rows).await,
        import,
        "the same file with the same mapping is one import"
    );
    let empty = balances(&server).await;
    let before = events(&server).await;
    let (status, preview) = server.get(Role::Ingest, &format!("/v1/imports/{import}/preview")).await;
    assert_eq!(
        (status, preview["rows"].as_array().unwrap().len()),
        (200, 7),
        "{preview}"
    );
    assert_eq!(preview["rows"][1]["told"][0]["kind"], "order.paid");
    assert_eq!(preview["rows"][1]["told"][0]["amounts"], json!(["100.00"]));
    assert_eq!(preview["rows"][6]["state"], "rejected");
    let (status, checked) = act(&server, Role::Ingest, &import, "check").await;
    assert_eq!((status, &checked["state"]), (200, &json!("checked")), "{checked}");
    let sum = |view: &Value, code: &str| {
        let lines = view["result"].as_array().unwrap().clone();
        lines
            .into_iter()
            .find(|line| line["code"] == code)
            .map(|line| line["sum"].clone())
    };
    assert_eq!(sum(&checked, "paid.amount"), Some(json!("160.00")), "{checked}");
    assert_eq!(
        (events(&server).await, balances(&server).await),
        (before, empty.clone()),
        "a check changes nothing"
    );

    let (status, done) = act(&server, Role::Ingest, &import, "commit").await;
    assert!(matches!(status, 200 | 202), "{done}");
    let done = until(&server, &import, "done").await;
    assert_eq!(done["allowed_actions"], json!(["preview", "reverse"]));
    let moved = balances(&server).await;
    assert_ne!(moved, empty);
    let (status, again) = act(&server, Role::Ingest, &import, "commit").await;
    assert_eq!(
        (status, &again["state"]),
        (200, &json!("done")),
        "a second commit is the first one's answer"
    );

    let (_, refused) = server
        .get(Role::Finance, &format!("/v1/imports/{import}/rows?state=rejected"))
        .await;
    assert_eq!(refused["rows"].as_array().unwrap().len(), 1, "{refused}");
    assert_eq!(refused["rows"][0]["row"], 7);
    let (_, page) = server
        .get(Role::Finance, &format!("/v1/imports/{import}/rows?limit=2"))
        .await;
    assert_eq!(page["next"], "2");
    let line = page["rows"][0]["told"][0]["line"].as_str().unwrap().to_owned();
    let (_, came) = server.get(Role::Finance, &format!("/v1/orders/{line}/rows")).await;
    assert_eq!(came["rows"].as_array().unwrap().len(), 3, "{came}");
    let result = server.request(Role::Finance, "GET", &format!("/v1/imports/{import}/result"));
    let result = result.send().await.unwrap().text().await.unwrap();
    assert!(result.starts_with("\u{feff}row,"), "{result}");
    assert_eq!(result.lines().count(), 8);
    let mut reader = csv::Reader::from_reader(result.trim_start_matches('\u{feff}').as_bytes());
    let told: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert!(told.iter().flatten().all(|cell| !cell.starts_with('=')), "{result}");
    assert!(told[6].get(8).unwrap().starts_with("'=1+1"), "{result}");

    assert_eq!(act(&server, Role::Ingest, &import, "reverse").await.0, 403);
    let (status, view) = act(&server, Role::Operator, &import, "reverse").await;
    assert!(matches!(status, 200 | 202), "{view}");
    until(&server, &import, "reversed").await;
    assert_eq!(open_balances(&server).await, 0, "every balance is where it was");
    assert_eq!(act(&server, Role::Operator, &import, "commit").await.0, 409);
    let second = made(&server, &rows).await;
    assert_ne!(second, import, "after a reversal the file may be imported again");
    act(&server, Role::Ingest, &second, "commit").await;
    let view = until(&server, &second, "done").await;
    assert_eq!(view["attempt"], 2);
    let (_, list) = server.get(Role::Finance, "/v1/imports?limit=1").await;
    assert_eq!(list["imports"][0]["import"], second.as_str(), "newest first");
    let (_, rest) = server
        .get(
            Role::Finance,
            &format!(
                "/v1/imports?cursor={}",
                list["next"].as_str().unwrap().replace('+', "%2B")
            ),
        )
        .await;
    assert_eq!(rest["imports"][0]["import"], import.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_month_is_cut_off_two_persons_take_an_import_back() {
    let server = server().await;
    let import = made(&server, &month("A", "100.00")).await;
    act(&server, Role::Ingest, &import, "commit").await;
    until(&server, &import, "done").await;
    let (status, cut) = server
        .post(Role::Finance, "/v1/periods/2026-05/cut-off", "cut", &json!({}))
        .await;
    assert_eq!(status, 200, "{cut}");
    let (status, waits) = act(&server, Role::Finance, &import, "reverse").await;
    assert_eq!((status, &waits["state"]), (202, &json!("done")), "{waits}");
    let approval = waits["approval"].as_str().unwrap().to_owned();
    let path = format!("/v1/approvals/{approval}");
    let verdict = json!({"verdict": "approve"});
    let (status, own) = server.post(Role::Finance, &path, "own", &verdict).await;
    assert_eq!((status, &own["code"]), (403, &json!("same_person")));
    let (status, approved) = server.post(Role::Owner, &path, "other", &verdict).await;
    assert_eq!(status, 200, "{approved}");
    until(&server, &import, "reversed").await;
    assert_eq!(open_balances(&server).await, 0, "every balance is where it was");
    let client = server.db.client().await;
    let late = "select count(*) from leg where period = 202606 and points_back_to = 202605";
    let late: i64 = client.query_one(late, &[]).await.unwrap().get(0);
    assert!(
        late > 0,
        "what belonged to the closed month leaves in the open one and points back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_once_byte_for_byte_and_a_bomb_is_refused() {
    let server = server().await;
    let bytes: Vec<u8> = (0..700_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let (status, first) = upload(&server, Role::Ingest, bytes.clone()).await;
    assert_eq!((status, &first["replayed"]), (201, &json!(false)), "{first}");
    let (status, again) = upload(&server, Role::Ingest, bytes.clone()).await;
    assert_eq!(
        (status, &again["file"], &again["replayed"]),
        (200, &first["file"], &json!(true))
    );
    let path = format!("/v1/files/{}", first["file"].as_str().unwrap());
    let back = server.request(Role::Finance, "GET", &path).send().await.unwrap();
    assert!(back.bytes().await.unwrap() == bytes);
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        bomb.write_all(&vec![0_u8; 1024 * 1024]).unwrap();
    }
    let (status, refused) = upload(&server, Role::Ingest, bomb.finish().unwrap()).await;
    assert_eq!((status, &refused["code"]), (413, &json!("file_unpacks_too_large")));
    assert_eq!(upload(&server, Role::Ingest, Vec::new()).await.1["code"], "file_empty");
    assert_eq!(upload(&server, Role::Anchor, vec![1]).await.0, 403);
    let client = server.db.client().await;
    let parts = "select count(*), sum(length(bytes))::bigint, max(length(bytes)) from file_part";
    let parts = client.query_one(parts, &[]).await.unwrap();
    let parts: (i64, i64, i32) = (parts.get(0), parts.get(1), parts.get(2));
    assert_eq!(
        parts,
        (3, 700_000, 256 * 1024),
        "nothing is left of what was refused or came twice"
    );
    let stand_ins = json!({"file": first["file"], "mapping": "tmall-report", "stand_ins": true});
    assert_eq!(
        call(&server, Role::Ingest, "POST", "/v1/imports", &stand_ins).await.0,
        403
    );
    let none = json!({"file": first["file"], "mapping": "no-such"});
    assert_eq!(
        call(&server, Role::Ingest, "POST", "/v1/imports", &none).await.1["code"],
        "mapping_unknown"
    );
    let broken = json!({"text": "name = 1"});
    let (status, refused) = call(&server, Role::Ingest, "PUT", "/v1/mappings/mine", &broken).await;
    assert_eq!(
        (status, &refused["code"]),
        (422, &json!("mapping_invalid")),
        "{refused}"
    );
    let unclear = json!({"file": first["file"]});
    let (status, refused) = call(&server, Role::Ingest, "POST", "/v1/imports", &unclear).await;
    assert_eq!(
        (status, &refused["code"]),
        (422, &json!("mapping_unclear")),
        "{refused}"
    );
    let (_, plain) = upload(
        &server,
        Role::Ingest,
        format!("{HEADER}{}", month("A", "1.00")).into_bytes(),
    )
    .await;
    let (status, found) = call(
        &server,
        Role::Ingest,
        "POST",
        "/v1/imports",
        &json!({"file": plain["file"]}),
    )
    .await;
    assert_eq!((status, &found["mapping"]), (201, &json!("generic-orders")), "{found}");
    let import = json!({"file": first["file"], "mapping": "tmall-report"});
    let (_, import) = call(&server, Role::Ingest, "POST", "/v1/imports", &import).await;
    let import = import["import"].as_str().unwrap();
    let (status, refused) = act(&server, Role::Ingest, import, "check").await;
    assert_eq!(
        (status, &refused["code"]),
        (422, &json!("file_does_not_fit")),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calendar_shows_the_days_that_no_file_covers() {
    let server = server().await;
    let days = |days: &[u8]| -> String {
        let one = |day: &u8| {
            row(
                &format!("D{day}"),
                "created",
                &format!("2026-05-{day:02}T08:00:00+08:00"),
                "1.00",
                "",
            )
        };
        days.iter().map(one).collect()
    };
    for part in [days(&[1, 2, 3]), days(&[6, 7])] {
        let import = made(&server, &part).await;
        act(&server, Role::Ingest, &import, "commit").await;
        until(&server, &import, "done").await;
    }
    let (_, view) = server.get(Role::Finance, "/v1/imports/coverage?to=2026-05-08").await;
    let source = &view["sources"][0];
    assert_eq!(source["source"], "tmall", "{view}");
    assert_eq!(source["covered"][0]["rows"], 3);
    let gap = |n: usize| (source["gaps"][n]["from"].clone(), source["gaps"][n]["to"].clone());
    assert_eq!(gap(0), (json!("2026-05-04"), json!("2026-05-05")));
    assert_eq!(gap(1), (json!("2026-05-08"), json!("2026-05-08")));
}

#[tokio::test(flavor = "multi_thread")]
async fn parked_facts_are_corrected_dismissed_and_retried_and_stay_readable() {
    let server = server().await;
    let fact = |line: &str, amount: &str| {
        json!({"platform": "taobao", "line_no": line, "kind": "paid", "at": "2026-05-30T10:00:00Z",
            "amount": {"amount": amount, "currency": "CNY"}})
    };
    let (status, _) = server.post(Role::Ingest, "/v1/orders/x/facts", "k", &json!({})).await;
    assert!(status >= 400);
    let tell = |line: &str, amount: &str| {
        let body = format!("{}\n", fact(line, amount));
        let request = server
            .request(Role::Ingest, "POST", "/v1/facts")
            .header("content-type", "application/x-ndjson")
            .body(body);
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    for line in ["A", "B", "C"] {
        tell(line, "007.5").await;
    }
    let open = || async { server.get(Role::Finance, "/v1/parked").await.1["parked"].clone() };
    let parked = open().await;
    assert_eq!(parked.as_array().unwrap().len(), 3, "{parked}");
    assert_eq!(parked[0]["allowed_actions"], json!(["retry", "correct", "dismiss"]));
    let position = |n: usize| parked[n]["position"].as_i64().unwrap();
    let path = format!("/v1/parked/{}/correct", position(0));
    let wrong = json!({"fact": fact("B", "7.50")});
    assert_eq!(
        server.post(Role::Finance, &path, "w", &wrong).await.1["code"],
        "other_line"
    );
    let right = json!({"fact": fact("A", "7.50"), "reason": "typing error"});
    let (status, corrected) = server.post(Role::Finance, &path, "c", &right).await;
    assert_eq!(status, 200, "{corrected}");
    let (_, again) = server.post(Role::Finance, &path, "c", &right).await;
    assert_eq!(
        (&again["replayed"], &again["position"]),
        (&json!(true), &corrected["position"])
    );
    let dismiss = json!({"positions": [position(1)]});
    let no_reason = server.post(Role::Finance, "/v1/parked/dismiss", "d0", &dismiss).await;
    assert!(matches!(no_reason.0, 400 | 422), "{no_reason:?}");
    let dismiss = json!({"positions": [position(1)], "reason": "a test order"});
    let (status, dismissed) = server.post(Role::Finance, "/v1/parked/dismiss", "d", &dismiss).await;
    assert_eq!(status, 200, "{dismissed}");
    let (status, retried) = server
        .post(Role::Finance, "/v1/parked/retry", "r", &json!({"code": "amount_form"}))
        .await;
    assert_eq!(status, 200, "{retried}");
    let left = open().await;
    assert_eq!(
        left.as_array().unwrap().len(),
        1,
        "told again, it is parked again: {left}"
    );
    assert!(left[0]["position"].as_i64().unwrap() > position(2));
    let (_, resolved) = server.get(Role::Finance, "/v1/parked?state=resolved").await;
    let how: Vec<&str> = (0..3)
        .map(|n| resolved["parked"][n]["resolved"]["how"].as_str().unwrap())
        .collect();
    assert_eq!(how, ["corrected", "dismissed", "retried"]);
    assert_eq!(resolved["parked"][1]["resolved"]["reason"], "a test order");
    let nothing = json!({"positions": [position(0)]});
    assert_eq!(
        server.post(Role::Finance, "/v1/parked/retry", "n", &nothing).await.1["code"],
        "nothing_parked"
    );
    assert_eq!(
        server.post(Role::Ingest, "/v1/parked/retry", "i", &nothing).await.0,
        403
    );
    let client = server.db.client().await;
    let log = fenzhang::store::books::of_book(&client, server.book)
        .await
        .unwrap()
        .unwrap()
        .money;
    let mut client = client;
    let report = fenzhang::store::verify::verify(&mut client, log).await.unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
}

/// A workbook of a few hundred kilobytes whose sheet unfolds to 80 MiB.
fn bomb() -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    workbook.add_worksheet().write_string(0, 0, "platform").unwrap();
    let good = workbook.save_to_buffer().unwrap();
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(good)).unwrap();
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        bomb.start_file(&name, zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::copy(&mut part, &mut bomb).unwrap();
        if name.contains("worksheets/") {
            let row = b"<row></row>".repeat(100_000);
            (0..80).for_each(|_| bomb.write_all(&row).unwrap());
        }
    }
    bomb.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_that_unfolds_to_far_more_than_it_is_gets_a_code_and_is_not_read() {
    let server = server().await;
    let bytes = bomb();
    assert!(bytes.len() < 700_000, "{}", bytes.len());
    let text = json!({"text": mapping()});
    call(&server, Role::Ingest, "PUT", "/v1/mappings/orders", &text).await;
    let (_, file) = upload(&server, Role::Ingest, bytes).await;
    let body = json!({"file": file["file"], "mapping": "orders", "stand_ins": true});
    let (status, import) = call(&server, Role::Finance, "POST", "/v1/imports", &body).await;
    let refused = match status {
        201 => act(&server, Role::Ingest, import["import"].as_str().unwrap(), "check").await,
        _ => (status, import),
    };
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (422, &json!("file_does_not_fit")),
        "{refused:?}"
    );
    assert!(
        refused.1["detail"].as_str().unwrap().contains("workbook_unfolds"),
        "{refused:?}"
    );
}
