//! The money desk through the interface: who must agree, payments, freezes, write-offs, receipts.
//! It must never read a table of the database; what the service derived is verified by the service.

mod approvals;
mod money;
mod receipts;

use fenzhang::base::*;
use fenzhang::domain::command::Command;
use fenzhang::domain::person::Role;
use fenzhang::engine::Meta;
use serde_json::{Value, json};

use super::server::{Server, read, server};

/// A person with a key.
struct Person {
    id: String,
    key: String,
}

/// A server with a brand, anchors and a platform, and as many persons as one likes.
struct Desk {
    server: Server,
    /// Of the finance role.
    maker: Person,
    /// Of the owner role.
    owner: Person,
}

fn cny(amount: &str) -> Value {
    json!({"amount": amount, "currency": "CNY"})
}

impl Desk {
    async fn open() -> Desk {
        let server = server().await;
        let maker = key(&server, Role::Finance, None).await;
        let owner = key(&server, Role::Owner, None).await;
        let desk = Desk { server, maker, owner };
        for (kind, number, name) in [
            ("anchor", "A1", "李晓"),
            ("anchor", "A2", "王晨"),
            ("agency", "M1", "某机构"),
            ("brand", "B1", "某品牌有限公司"),
            ("platform", "douyin", "抖音"),
        ] {
            let body = json!({"kind": kind, "external_id": number, "name": name});
            let (status, made) = desk.post(&desk.owner, "/v1/parties", &body).await;
            assert_eq!(status, 201, "{made}");
        }
        desk
    }

    /// Sends under a fresh key.
    async fn post(&self, who: &Person, path: &str, body: &Value) -> (u16, Value) {
        let request = self.server.client.post(format!("{}{path}", self.server.base));
        let request = request.bearer_auth(&who.key);
        let request = request.header("Idempotency-Key", uuid::Uuid::now_v7().to_string());
        read(request.json(body).send().await.unwrap()).await
    }

    async fn get(&self, who: &Person, path: &str) -> Value {
        let request = self.server.client.get(format!("{}{path}", self.server.base));
        let (status, body) = read(request.bearer_auth(&who.key).send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Asks; the approval's id.
    async fn ask(&self, path: &str, body: &Value) -> String {
        let (status, asked) = self.post(&self.maker, path, body).await;
        assert_eq!(status, 201, "{asked}");
        asked["id"].as_str().unwrap().to_owned()
    }

    async fn decide(&self, who: &Person, approval: &str, body: &Value) -> (u16, Value) {
        self.post(who, &format!("/v1/approvals/{approval}"), body).await
    }

    async fn approve(&self, who: &Person, approval: &str) -> Value {
        let (status, done) = self.decide(who, approval, &json!({"verdict": "approve"})).await;
        assert_eq!(status, 200, "{done}");
        done
    }

    /// Asks and has the owner approve.
    async fn done(&self, path: &str, body: &Value) -> Value {
        let approval = self.ask(path, body).await;
        self.approve(&self.owner, &approval).await
    }

    /// Asks for what is refused; status and code.
    async fn refused(&self, path: &str, body: &Value) -> (u16, String) {
        let (status, refused) = self.post(&self.maker, path, body).await;
        (status, refused["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Owes a party money: a debt of the brand.
    async fn owe(&self, party: &str, amount: &str) {
        let less = match amount.strip_prefix('-') {
            Some(positive) => positive.to_owned(),
            None => format!("-{amount}"),
        };
        let legs = json!([
            {"party": party, "account": "available", "amount": cny(amount)},
            {"party": "B1", "account": "commission", "amount": cny(&less)},
        ]);
        let entry = json!({"entry": {"at": "2026-05-20T12:00:00+08:00", "reason": "五月佣金", "legs": legs}});
        self.done("/v1/adjustments", &entry).await;
    }

    async fn file(&self) -> String {
        let url = format!("{}/v1/files?name=voucher.pdf", self.server.base);
        let request = self.server.client.post(url).bearer_auth(&self.maker.key);
        let (_, file) = read(request.body(&b"%PDF voucher"[..]).send().await.unwrap()).await;
        file["file"].as_str().unwrap().to_owned()
    }

    /// Settled balances of a party, or of the book.
    async fn holds(&self, accounts: &str) -> Vec<(String, String)> {
        let (owner, path) = match accounts {
            "book" => ("book", "/v1/accounts?limit=1000".to_owned()),
            party => ("party", format!("/v1/balances?party={party}")),
        };
        let view = self.get(&self.owner, &path).await;
        let rows = view[if owner == "book" { "accounts" } else { "balances" }]
            .as_array()
            .unwrap()
            .clone();
        let mut held: Vec<(String, String)> = rows
            .iter()
            .filter(|row| row["layer"] == "settled" && row["balance"]["amount"] != "0.00")
            .filter(|row| owner != "book" || row["account"].as_str().unwrap().starts_with("book:"))
            .map(|row| {
                let account = row["account"].as_str().unwrap();
                let kind = account.rsplit(':').next().unwrap();
                (kind.to_owned(), row["balance"]["amount"].as_str().unwrap().to_owned())
            })
            .collect();
        held.sort();
        held
    }

    /// The service finds its own rows as the log says.
    async fn verify(&self) {
        let mut client = self.server.db.client().await;
        let logs = fenzhang::store::books::of_book(&client, self.server.book)
            .await
            .unwrap();
        let report = fenzhang::store::verify::verify(&mut client, logs.unwrap().money)
            .await
            .unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

/// A key of a role, of a new person or one known.
async fn key(server: &Server, role: Role, person: Option<&str>) -> Person {
    let minted = fenzhang::access::mint(true);
    let command = Command::IssueKey {
        person: person.map(|person| person.parse().unwrap()),
        key: minted.key,
        label: "desk".parse().unwrap(),
        role,
        party: None,
        expires_at: None,
    };
    let meta = Meta {
        secret_hash: Some(minted.hash),
        ..Meta::system("test")
    };
    let answer = server.engine.submit(server.book, command, meta).await.unwrap();
    let id: PersonId = answer.made.ids["person"].parse().unwrap();
    Person {
        id: id.to_string(),
        key: minted.text,
    }
}

fn held(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut held: Vec<(String, String)> = pairs
        .iter()
        .map(|(account, amount)| ((*account).to_owned(), (*amount).to_owned()))
        .collect();
    held.sort();
    held
}
