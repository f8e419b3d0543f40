-- Looking up lines by any outside number: order numbers have an index since V1; here are those of lines and of cases.
create index line_of_number on line (log, line_no);
-- A case number stands in the canonical payload once, as letters that JSON never escapes.
create index event_of_case on event (log, (substring(payload from '"case":"([^"]+)"')))
    where kind in ('refund_case.opened', 'refund_case.won', 'refund_case.lost', 'refund_case.deducted',
                   'line.frozen', 'line.unfrozen', 'line.forfeited');

-- Sets of columns that people saved for the line ledger. Owner: a party, or the nil uuid for the book's own people.
create table column_set (
    book      uuid not null,
    owner     uuid not null,
    name      text not null,
    columns   text[] not null,
    saved_at  timestamptz not null default clock_timestamp(),
    primary key (book, owner, name)
);
grant select, insert, update, delete on column_set to fenzhang_app;
