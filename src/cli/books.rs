//! Which book a command is about: named by id or by the name it was opened under on the command line.
//! Must never guess among several books.

use tokio_postgres::Client;
use uuid::Uuid;

use super::fail::Failure;
use crate::base::{BookId, Zone, derive_uuid};
use crate::domain::book::{BookMode, BookOpened, Perspective};
use crate::engine::{Engine, Meta};
use crate::money::Currency;
use crate::sample;
use crate::store::books::{self, BookLogs};

/// The book of an id or a name. A name always stands for the same id: `sample` is the sample's.
pub(super) fn id_of(text: &str) -> BookId {
    if text == "sample" {
        return sample::book();
    }
    let named = || BookId(derive_uuid("book.named", Uuid::nil(), &[text]));
    text.parse().unwrap_or_else(|_| named())
}

/// The logs of a book, or of the only book there is.
pub(super) async fn find(client: &Client, book: Option<&str>) -> Result<BookLogs, Failure> {
    if let Some(text) = book {
        let found = books::of_book(client, id_of(text)).await?;
        let missing = || Failure::usage(format!("there is no book {text:?}")).next(list_hint());
        return found.ok_or_else(missing);
    }
    let mut all = books::list(client).await?;
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Failure::new("there is no book yet").next(list_hint())),
        (Some(last), false) => {
            all.push(last);
            let names: Vec<String> = all.iter().map(|logs| logs.book.to_string()).collect();
            let sentence = format!("there are {} books: {}", names.len(), names.join(", "));
            Err(Failure::usage(sentence)
                .next("name one with --book (an id, `sample`, or the name it was opened under)"))
        }
    }
}

/// What a book is opened as.
pub(super) struct New<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whose view.
    pub perspective: Perspective,
    /// Zone of its days and months.
    pub zone: Zone,
    /// Currencies that may be booked.
    pub currencies: Vec<Currency>,
}

/// Opens a book if it does not exist, and says whether it did not; a book that exists is left as it is.
pub(super) async fn open(engine: &Engine, book: BookId, new: New<'_>) -> Result<bool, Failure> {
    let client = engine.pool().get().await?;
    if books::of_book(&client, book).await?.is_some() {
        return Ok(false);
    }
    drop(client);
    if new.name.parse::<BookId>().is_ok() {
        return Err(Failure::usage(format!("there is no book {}", new.name)).next("give a name to open a new one"));
    }
    let name = new.name.parse();
    let opened = BookOpened {
        book,
        name: name.map_err(|error| Failure::usage(format!("--book: {error}")))?,
        perspective: new.perspective,
        mode: BookMode::Live,
        zone: new.zone,
        currencies: new.currencies,
        click_logs: 2,
    };
    let mut meta = Meta::system("import.book");
    meta.key = Some(format!("import:open:{}", book.0.simple()));
    engine.open_book(opened, None, meta).await?;
    Ok(true)
}

fn list_hint() -> &'static str {
    "`fenzhang dev` makes the sample book; `fenzhang roster` and `fenzhang import` open the book that they name"
}
