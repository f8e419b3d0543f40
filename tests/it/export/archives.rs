//! Archives: every sheet of a run is in, under a name of its own, and the index says what is in.
//! It must never measure time; memory is measured in a process of its own.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use fenzhang::domain::person::Role;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{closed, download, taken, two_months};
use crate::acceptance::stage::{Stage, fact, paying, with};

/// Files of an archive, as another reader unpacks them.
pub fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for n in 0..archive.len() {
        let mut file = archive.by_index(n).unwrap();
        let name = file.name().unwrap().into_owned();
        assert!(file.enclosed_name().is_some(), "{name:?} leaves its folder");
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert!(files.insert(name.clone(), content).is_none(), "twice: {name}");
    }
    files
}

fn index(files: &BTreeMap<String, Vec<u8>>) -> Vec<csv::StringRecord> {
    let text = std::str::from_utf8(&files["index.csv"])
        .unwrap()
        .strip_prefix('\u{feff}')
        .unwrap();
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect()
}

/// Sells one line for each of `count` anchors, each settled in May.
async fn many(stage: &Stage, count: usize) {
    for n in 0..count {
        stage.party("anchor", &format!("M{n}")).await;
        let no = format!("5{n:017}");
        let own = |kind: &str, at: &str| with(fact(&no, kind, at), json!({"promoter": format!("M{n}")}));
        let paid = with(
            paying(&no, "paid", "2026-05-20T12:05:00+08:00", "199.00"),
            json!({"promoter": format!("M{n}")}),
        );
        let rest = [
            own("received", "2026-05-24T12:00:00+08:00"),
            own("settled", "2026-05-25T12:00:00+08:00"),
        ];
        stage.applied(&[paid]).await;
        stage.applied(&rest).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_holds_every_sheet_of_the_run_once_with_its_closing_and_digest() {
    let stage = Stage::open().await;
    stage.rule("general", "0.2", json!({})).await;
    many(&stage, 30).await;
    stage.clock("2026-06-20T12:00:00+08:00").await;
    let run = closed(&stage, "2026-05").await;
    let view = stage.get(&format!("/v1/settlements/{run}/sheets?limit=1000")).await;
    let sheets = view["sheets"].as_array().unwrap();
    assert!(sheets.len() > 30, "{}", sheets.len());
    for format in ["csv", "xlsx"] {
        let files = unpacked(&taken(&stage, &format!("/v1/exports/sheets?period=2026-05&format={format}")).await);
        assert_eq!(files.len(), sheets.len() + 1, "{:?}", files.keys());
        let index = index(&files);
        assert_eq!(index.len(), sheets.len());
        for row in &index {
            let digest = hex::encode(Sha256::digest(&files[&row[0]]));
            assert_eq!(digest, row[5]);
            let sheet = sheets.iter().find(|sheet| sheet["party"] == row[1]).unwrap();
            assert_eq!(sheet["closing"]["amount"], row[3]);
            assert!(row[0].ends_with(format) && row[0].starts_with("2026-05_"), "{row:?}");
        }
    }
    let files = unpacked(&taken(&stage, "/v1/exports/sheets?period=2026-05&kind=brand&format=csv").await);
    assert_eq!(files.len(), 2, "the brand and the index");
    let (status, _) = download(&stage, Role::Finance, "/v1/exports/sheets?period=2026-04").await;
    assert_eq!(status, 404, "no run of that month");
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_a_month_open_with_the_closing_of_the_month_before() {
    let stage = two_months().await;
    let month = |period: &str| format!("/v1/exports/statements?period={period}&format=csv");
    let (may, june) = (
        unpacked(&taken(&stage, &month("2026-05")).await),
        unpacked(&taken(&stage, &month("2026-06")).await),
    );
    let last_closing: BTreeMap<String, String> = index(&may)
        .iter()
        .map(|row| (row[1].to_owned(), row[3].to_owned()))
        .collect();
    assert!(last_closing.len() >= 5, "{last_closing:?}");
    for row in index(&june) {
        let text = String::from_utf8(june[&row[0]].clone()).unwrap();
        let opening = text.lines().nth(1).unwrap().split(',').nth(9).unwrap().to_owned();
        assert_eq!(&opening, last_closing.get(&row[1]).unwrap(), "{text}");
    }
}
