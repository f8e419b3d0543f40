//! Which book a command is about: named by id or by the name it was opened under on the command line.
//! Must never guess among several books.

use tokio_postgres::Client;
use uuid::Uuid;

use super::fail::Failure;
use crate::base::{BookId, derive_uuid};
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

fn list_hint() -> &'static str {
    "`fenzhang dev` makes the sample book; `fenzhang import FILE --mapping NAME` opens one for the file"
}
