//! `dev`: one command from nothing to a served sample month.
//! Must never load the sample into another book, nor keep a key where others can read it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::database::{Where, block_on};
use super::fail::Failure;
use super::keys::{self, Wanted};
use super::progress::Bar;
use super::serve::{Listen, serve};
use super::summary;
use crate::access::KeyText;
use crate::base::{PartyId, PartyKind};
use crate::domain::person::Role;
use crate::engine::Engine;
use crate::sample::{self, Size, load};
use crate::store::statements::text;

/// Starts everything: a private PostgreSQL (unless DATABASE_URL is set), the schema, a generated sample month, keys for every
/// role, a settlement summary, and the server. A second start finds what the first one made.
#[derive(Args, Debug)]
pub(super) struct Dev {
    /// Ends after the summary instead of serving.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    place: Where,
}

/// A key to make: its word, its role, and the party it is for.
type Ready = (&'static str, Role, Option<(PartyKind, &'static str)>);

/// The keys of the sample.
const ROLES: [Ready; 7] = [
    ("owner", Role::Owner, None),
    ("finance", Role::Finance, None),
    ("auditor", Role::Auditor, None),
    ("ingest", Role::Ingest, None),
    ("brand", Role::Brand, Some((PartyKind::Brand, "B01"))),
    ("agency", Role::Agency, Some((PartyKind::Agency, "M02"))),
    ("anchor", Role::Anchor, Some((PartyKind::Anchor, "A001"))),
];

impl Dev {
    pub(super) fn run(self) -> Result<(), Failure> {
        let begun = Instant::now();
        println!("分账 Fenzhang. 本系统只记账，不代收代付.");
        if !self.place.is_given() {
            println!("database: a private PostgreSQL in {}", self.place.folder().display());
        }
        let database = self.place.open()?;
        block_on(async {
            let applied = database.migrate().await?;
            if !applied.is_empty() {
                println!("schema: {} migrations applied", applied.len());
            }
            let engine = database.engine(true, false).await?;
            sample(&engine).await?;
            println!("\n{}", summary::settlement(&engine).await?);
            let keys = ready_keys(&engine, &self.place.folder()).await?;
            println!("Keys of the sample book (role, party, key):");
            for (role, _, party) in ROLES {
                let party = party.map_or("-", |(_, number)| number);
                println!("  {role:8} {party:5} {}", keys.get(role).map_or("", String::as_str));
            }
            let line = summary::line_of(&engine, anchor()).await?;
            println!("\nready after {} s", begun.elapsed().as_secs());
            if self.once {
                engine.stop().await;
                return Ok(());
            }
            serve(engine, self.listen.settings(), |address| {
                told(address, &keys, line.as_deref())
            })
            .await
        })
    }
}

fn anchor() -> PartyId {
    PartyId::of(sample::book(), PartyKind::Anchor, "A001")
}

/// Loads the sample month, or finds it loaded.
async fn sample(engine: &Engine) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut bar = Bar::begin("sample month", "steps", 1);
    let loaded = load::load(engine, Size::MONTH, &mut |done, of| bar.of(done, of)).await;
    bar.end();
    let loaded = loaded.map_err(|error| Failure::from(error).next("run the same command again to go on"))?;
    if loaded.reused {
        println!("sample: the generated month {} is there already", sample::MONTH);
    } else {
        println!(
            "sample: a generated month {} (not real data): {} commands, {} clicks, {} facts of orders in {} s",
            sample::MONTH,
            loaded.commands,
            loaded.clicks,
            loaded.facts,
            begun.elapsed().as_secs()
        );
    }
    Ok(())
}

/// What to try.
fn told(address: &str, keys: &BTreeMap<String, String>, line: Option<&str>) {
    let key = |role: &str| keys.get(role).map_or("", String::as_str);
    println!("serving on http://{address}: the API's description at /openapi.json, its pages at /docs; Ctrl-C stops");
    println!("try:");
    println!(
        "  curl -H 'Authorization: Bearer {}' 'http://{address}/v1/earnings/{}'",
        key("anchor"),
        anchor()
    );
    if let Some(line) = line {
        println!(
            "  curl -H 'Authorization: Bearer {}' 'http://{address}/v1/explain/{line}'",
            key("finance")
        );
    }
    println!(
        "  curl -H 'Authorization: Bearer {}' 'http://{address}/v1/trial-balance'",
        key("auditor")
    );
}

fn keys_file(folder: &Path) -> PathBuf {
    folder.join("dev-keys.json")
}

/// Keys of an earlier start that still work, else new ones. They are kept in a file that only its owner can read.
async fn ready_keys(engine: &Engine, folder: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let path = keys_file(folder);
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let mut keys: BTreeMap<String, String> = serde_json::from_str(&kept).unwrap_or_default();
    let client = engine.pool().get().await?;
    let mut working = Vec::new();
    for row in client.query(text::key_list, &[&sample::book().0]).await? {
        if row
            .try_get::<_, Option<chrono::DateTime<chrono::Utc>>>("revoked_at")?
            .is_none()
        {
            working.push(row.try_get::<_, uuid::Uuid>("key")?);
        }
    }
    drop(client);
    keys.retain(|_, text| KeyText::parse(text).is_some_and(|key| working.contains(&key.key.0)));
    let mut changed = false;
    for (word, role, party) in ROLES {
        if keys.contains_key(word) {
            continue;
        }
        let wanted = Wanted {
            role,
            party: party.map(|(kind, number)| PartyId::of(sample::book(), kind, number)),
            label: format!("dev {word}").parse()?,
            person: None,
            expires_at: None,
        };
        keys.insert(
            word.to_owned(),
            keys::issue(engine, sample::book(), true, wanted).await?,
        );
        changed = true;
    }
    if changed {
        fs::create_dir_all(folder)?;
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(serde_json::to_string_pretty(&keys)?.as_bytes())?;
    }
    Ok(keys)
}
