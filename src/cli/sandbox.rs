//! `sandbox`: a book to try things in, with scripted anchors, keys, and the first calls ready to paste.
//! Must never touch a book that is there already, nor keep a key: they are printed once.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use super::keys::{self, Wanted};
use crate::base::{BookId, Name, PartyId, PartyKind};
use crate::domain::person::Role;
use crate::engine::{Engine, Meta};
use crate::sample::brand;
use crate::store::{self, statements::text};

/// Makes a sandbox: a book with a clock of its own that stands still until it is moved. Nothing in it is real.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang sandbox create --brand
  fenzhang sandbox create --brand --name demo --url http://localhost:9000
The server may run at the same time (`fenzhang serve` or `fenzhang dev`), or be started afterwards.")]
pub(super) struct Sandbox {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Makes a book with a brand, an agency, five scripted anchors and a shop; prints keys and the first five calls.
    Create {
        /// For a brand that posts briefs (V任务).
        #[arg(long, required = true)]
        brand: bool,
        /// What the book is called, for --book too.
        #[arg(long, default_value = "brand-sandbox")]
        name: String,
        /// Where the server listens, for the printed calls.
        #[arg(long, env = "FENZHANG_URL", default_value = "http://127.0.0.1:8080")]
        url: String,
    },
}

impl Sandbox {
    pub(super) fn run(self) -> Result<(), Failure> {
        let What::Create { name, url, .. } = &self.what;
        let called: Name = name
            .parse()
            .map_err(|error| Failure::usage(format!("--name: {error}")))?;
        let book = books::id_of(name);
        let url = url.trim_end_matches('/');
        let database = self.place.open()?;
        block_on(async {
            let engine = database.engine(false, false).await?;
            let made = make(&engine, book, called).await;
            engine.stop().await;
            told(name, url, book, &made?);
            Ok(())
        })
    }
}

/// Keys: role, whose, text.
type Keys = Vec<(Role, &'static str, String)>;

async fn make(engine: &Engine, book: BookId, called: Name) -> Result<Keys, Failure> {
    let client = engine.pool().get().await?;
    // Keys come last: a book without one was broken off here, and is completed.
    let there = store::books::of_book(&client, book).await?.is_some();
    if there && !client.query(text::key_list, &[&book.0]).await?.is_empty() {
        return Err(Failure::new(format!("there is a book {called} already"))
            .next("give the new one another --name; `fenzhang keys create --book … --role brand --party B1` makes a key of the old one"));
    }
    drop(client);
    let opened = brand::opened(book, called);
    engine
        .open_book(opened, Some(brand::start()), meta("sandbox:open"))
        .await?;
    for (key, command) in brand::steps(book) {
        engine.submit(book, command, meta(&key)).await?;
    }
    let mut keys = Vec::new();
    for (role, no, kind) in [
        (Role::Brand, brand::BRAND, Some(PartyKind::Brand)),
        (Role::Owner, "-", None),
        (Role::Agency, brand::AGENCY, Some(PartyKind::Agency)),
    ] {
        let wanted = Wanted {
            role,
            party: kind.map(|kind| PartyId::of(book, kind, no)),
            label: "sandbox".parse()?,
            person: None,
            expires_at: None,
        };
        keys.push((role, no, keys::issue(engine, book, true, wanted).await?));
    }
    Ok(keys)
}

fn meta(key: &str) -> Meta {
    Meta {
        key: Some(key.to_owned()),
        deadline: Duration::from_secs(120),
        ..Meta::system("sandbox")
    }
}

fn told(name: &str, url: &str, book: BookId, keys: &Keys) {
    println!("sandbox {name:?} is the book {book}; its clock stands at 2026-06-01T09:00:00+08:00 until it is moved");
    println!("brand 品牌 {}, agency 机构 {}", brand::BRAND, brand::AGENCY);
    println!("anchors 脚本主播, played by the program while the clock is moved:");
    for (no, script, member) in brand::ANCHORS {
        let of = if member {
            format!(", of {}", brand::AGENCY)
        } else {
            String::new()
        };
        println!("  {no}  {:9} {}{of}", script.word(), script.says());
    }
    println!("items of the brand's shop on taobao: {}", brand::ITEMS.join(", "));
    println!("\nkeys (role, party, key), shown once; the owner moves the clock and arbitrates:");
    for (role, no, text) in keys {
        println!("  {:7} {no:3} {text}", role.word());
    }
    let key = |wanted: Role| keys.iter().find(|(role, ..)| *role == wanted).map_or("", |key| &key.2);
    println!(
        "\nthe first five calls, in this order, to a server on this database (`fenzhang serve` or `fenzhang dev`):"
    );
    for (n, call) in (1..).zip(brand::calls(url, book, key(Role::Brand), key(Role::Owner))) {
        println!("\n# {n}. {}\n{}", call.says, call.line);
    }
    println!("\n# then: what can be asked, by whom, with which fields");
    let (brand, path) = (key(Role::Brand), "/v1/vtask/actions");
    println!("curl -sS {url}{path} -H \"Authorization: Bearer {brand}\"");
}
