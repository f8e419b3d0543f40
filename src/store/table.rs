//! Rows of tables as columns: one list of fields gives the row, the arrays for UNNEST, and binary COPY.
//! Must never know what a row means.

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use uuid::Uuid;

/// A Rust type that a column can have.
pub trait Column {
    /// Its type in the database.
    const TYPE: Type;
}

macro_rules! columns {
    ($($rust:ty => $pg:ident),* $(,)?) => {$(
        impl Column for $rust {
            const TYPE: Type = Type::$pg;
        }
    )*};
}

columns!(i16 => INT2, i32 => INT4, i64 => INT8, bool => BOOL, Uuid => UUID, String => TEXT, Vec<u8> => BYTEA,
    DateTime<Utc> => TIMESTAMPTZ);

impl<T: Column> Column for Option<T> {
    const TYPE: Type = T::TYPE;
}

/// Declares a row and its columns. The statement's first parameter is always the log; the columns follow in order.
macro_rules! table {
    ($(#[$doc:meta])* $row:ident, $columns:ident { $($field:ident: $ty:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "each field is the column of the same name in migrations/V1__log.sql")]
        pub struct $row {
            $(pub $field: $ty),*
        }

        #[doc = concat!("Columns of [`", stringify!($row), "`].")]
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        #[allow(missing_docs, reason = "each field is the column of the same name in migrations/V1__log.sql")]
        pub struct $columns {
            $(pub $field: Vec<$ty>),*
        }

        impl $columns {
            /// Adds a row.
            pub fn push(&mut self, row: $row) {
                $(self.$field.push(row.$field);)*
            }

            /// Number of rows.
            #[allow(unreachable_code, reason = "the first field answers")]
            pub fn len(&self) -> usize {
                $(return self.$field.len();)*
            }

            /// True without rows.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The parameters of an UNNEST statement: the log, then one array for each column.
            pub fn params<'a>(&'a self, log: &'a uuid::Uuid) -> Vec<&'a (dyn tokio_postgres::types::ToSql + Sync)> {
                vec![log, $(&self.$field),*]
            }

            /// Loads the rows by binary COPY; the log is the first column.
            #[allow(dead_code, reason = "only derived rows are loaded this way")]
            pub(crate) async fn copy(
                &self, transaction: &tokio_postgres::Transaction<'_>, statement: &str, log: &uuid::Uuid,
            ) -> $crate::store::Result<()> {
                use $crate::store::table::Column;
                if self.is_empty() {
                    return Ok(());
                }
                let types = [uuid::Uuid::TYPE, $(<$ty as Column>::TYPE),*];
                let sink = transaction.copy_in(statement).await?;
                let writer = tokio_postgres::binary_copy::BinaryCopyInWriter::new(sink, &types);
                let mut writer = std::pin::pin!(writer);
                for index in 0..self.len() {
                    let row: [Option<&(dyn tokio_postgres::types::ToSql + Sync)>; _] =
                        [Some(log), $(self.$field.get(index).map(|value| value as _)),*];
                    let row: Vec<_> = row.into_iter().flatten().collect();
                    writer.as_mut().write(&row).await?;
                }
                writer.finish().await?;
                Ok(())
            }
        }
    };
}

pub(crate) use table;
