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

            /// Types of a COPY of whole rows: the log, then the columns.
            pub fn types() -> Vec<tokio_postgres::types::Type> {
                use $crate::store::table::Column;
                vec![uuid::Uuid::TYPE, $(<$ty as Column>::TYPE),*]
            }

            /// One row of a COPY.
            pub fn values<'a>(
                &'a self, log: &'a uuid::Uuid, index: usize,
            ) -> Option<Vec<&'a (dyn tokio_postgres::types::ToSql + Sync)>> {
                Some(vec![log, $(self.$field.get(index)?),*])
            }

            /// Forgets the rows, keeps the memory.
            pub fn clear(&mut self) {
                $(self.$field.clear();)*
            }
        }
    };
}

pub(crate) use table;
