//! `keys`: the first key comes from here; further ones from the API or from here.
//! Must never show a secret twice: it is printed once, only its hash is stored.

use clap::{Args, Subcommand, ValueEnum};

use super::books;
use super::database::{Where, block_on};
use super::fail::Failure;
use crate::access;
use crate::base::{BookId, Instant, KeyId, Name, PartyId, PersonId};
use crate::domain::command::Command;
use crate::domain::person::Role;
use crate::engine::{Engine, Meta};
use crate::report::{Cell, Table};
use crate::store::statements::text;

/// Makes, lists and revokes API keys. A key belongs to one book; one with a party sees that party's own and nothing else.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  fenzhang keys create --book sample --role finance --label 'month close'
  fenzhang keys create --book sample --role anchor --party A001 --label 'phone of A001'
  fenzhang keys list --book sample
  fenzhang keys revoke key_0123… --book sample")]
pub(super) struct Keys {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Where,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Makes a key and shows it once.
    Create {
        /// Of which book.
        #[arg(long)]
        book: Option<String>,
        /// What it may do.
        #[arg(long)]
        role: RoleArg,
        /// For which party (an id or its external id); brand, agency, anchor and supplier need one.
        #[arg(long)]
        party: Option<String>,
        /// A label of your own.
        #[arg(long)]
        label: String,
        /// An existing person; a new one without it.
        #[arg(long)]
        person: Option<String>,
        /// Stops working here (RFC 3339).
        #[arg(long)]
        expires_at: Option<String>,
    },
    /// Lists keys without their secrets.
    List {
        /// Of which book.
        #[arg(long)]
        book: Option<String>,
    },
    /// Revokes a key; it stops working within a second.
    Revoke {
        /// The key's id, `key_…`.
        key: String,
        /// Of which book.
        #[arg(long)]
        book: Option<String>,
    },
}

/// A role, as a word of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArg {
    Owner,
    Operator,
    Finance,
    Brand,
    Agency,
    Anchor,
    Supplier,
    Ingest,
    Auditor,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Role {
        match role {
            RoleArg::Owner => Role::Owner,
            RoleArg::Operator => Role::Operator,
            RoleArg::Finance => Role::Finance,
            RoleArg::Brand => Role::Brand,
            RoleArg::Agency => Role::Agency,
            RoleArg::Anchor => Role::Anchor,
            RoleArg::Supplier => Role::Supplier,
            RoleArg::Ingest => Role::Ingest,
            RoleArg::Auditor => Role::Auditor,
        }
    }
}

impl Keys {
    pub(super) fn run(self) -> Result<(), Failure> {
        let database = self.place.open()?;
        block_on(async {
            let client = database.client().await?;
            match self.what {
                What::List { book } => {
                    let logs = books::find(&client, book.as_deref()).await?;
                    print!("{}", list(&client, logs.book).await?.text());
                    Ok(())
                }
                What::Create {
                    book,
                    role,
                    party,
                    label,
                    person,
                    expires_at,
                } => {
                    let logs = books::find(&client, book.as_deref()).await?;
                    let wanted = Wanted {
                        role: role.into(),
                        party: party.map(|text| party_of(logs.book, &text, role)).transpose()?,
                        label: label
                            .parse()
                            .map_err(|error| Failure::usage(format!("--label: {error}")))?,
                        person: parse(person, "--person")?,
                        expires_at: parse(expires_at, "--expires-at")?,
                    };
                    let engine = database.engine(false, false).await?;
                    let issued = issue(&engine, logs.book, logs.sandbox, wanted).await;
                    engine.stop().await;
                    println!("{}", issued?);
                    eprintln!("This is shown once; only its hash is kept. Send it as `Authorization: Bearer …`.");
                    Ok(())
                }
                What::Revoke { key, book } => {
                    let logs = books::find(&client, book.as_deref()).await?;
                    let key: KeyId = key.parse().map_err(|error| Failure::usage(format!("{key}: {error}")))?;
                    let person = person_of(&client, logs.book, key).await?;
                    let engine = database.engine(false, false).await?;
                    let meta = Meta::system("keys.revoke");
                    let done = engine.submit(logs.book, Command::RevokeKey { person, key }, meta).await;
                    engine.stop().await;
                    done?;
                    println!("revoked {key}");
                    Ok(())
                }
            }
        })
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(
    text: Option<String>,
    option: &str,
) -> Result<Option<T>, Failure> {
    let wrong = |error: T::Err| Failure::usage(format!("{option}: {error}"));
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

/// A party by id, or by its external id and the kind that the role is for.
fn party_of(book: BookId, text: &str, role: RoleArg) -> Result<PartyId, Failure> {
    use crate::base::PartyKind;
    if let Ok(party) = text.parse() {
        return Ok(party);
    }
    let kind = match role {
        RoleArg::Brand => PartyKind::Brand,
        RoleArg::Agency => PartyKind::Agency,
        RoleArg::Anchor => PartyKind::Anchor,
        RoleArg::Supplier => PartyKind::Supplier,
        _ => {
            return Err(Failure::usage(
                "--party needs the id of a party for this role, such as anc_…",
            ));
        }
    };
    Ok(PartyId::of(book, kind, text))
}

/// A key to make.
pub(super) struct Wanted {
    pub(super) role: Role,
    pub(super) party: Option<PartyId>,
    pub(super) label: Name,
    pub(super) person: Option<PersonId>,
    pub(super) expires_at: Option<Instant>,
}

/// Makes a key; its text, which is nowhere else.
pub(super) async fn issue(engine: &Engine, book: BookId, sandbox: bool, wanted: Wanted) -> Result<String, Failure> {
    let minted = access::mint(sandbox);
    let mut meta = Meta::system("keys.create");
    meta.secret_hash = Some(minted.hash);
    let command = Command::IssueKey {
        person: wanted.person,
        key: minted.key,
        label: wanted.label,
        role: wanted.role,
        party: wanted.party,
        expires_at: wanted.expires_at,
    };
    engine.submit(book, command, meta).await?;
    Ok(minted.text)
}

async fn list(client: &tokio_postgres::Client, book: BookId) -> Result<Table, Failure> {
    let columns = ["key", "label", "role", "party", "issued", "expires", "revoked"];
    let mut table = Table::new("Keys", &columns);
    let instant =
        |at: Option<chrono::DateTime<chrono::Utc>>| Cell::from(at.map(|at| Instant::from_utc(at).to_string()));
    for row in client.query(text::key_list, &[&book.0]).await? {
        let party: Option<uuid::Uuid> = row.try_get("party")?;
        let party = party
            .and_then(|party| PartyId::from_uuid(party).ok())
            .map(|party| party.to_string());
        table.push([
            KeyId(row.try_get("key")?).to_string().into(),
            row.try_get::<_, String>("label")?.into(),
            row.try_get::<_, String>("role")?.into(),
            party.into(),
            instant(row.try_get("issued_at")?),
            instant(row.try_get("expires_at")?),
            instant(row.try_get("revoked_at")?),
        ]);
    }
    Ok(table)
}

async fn person_of(client: &tokio_postgres::Client, book: BookId, key: KeyId) -> Result<PersonId, Failure> {
    for row in client.query(text::key_list, &[&book.0]).await? {
        if row.try_get::<_, uuid::Uuid>("key")? == key.0 {
            return Ok(PersonId(row.try_get("person")?));
        }
    }
    Err(Failure::new(format!("the book has no key {key}")).next("`fenzhang keys list` shows them"))
}
