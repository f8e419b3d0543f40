-- Files as they came, imports of them, what became of every row, mappings of a book's own, and the parked desk.
-- Truth beside the log: a file and its rows cannot be rebuilt from events. Derived: parked_resolution alone.

-- One copy of a file for each book and digest. Its bytes stand in bounded parts under the upload that brought them.
create table file (
    book        uuid not null,
    -- SHA-256 of the bytes
    digest      bytea not null,
    upload      uuid not null,
    size        bigint not null,
    name        text not null,
    media_type  text not null,
    -- who, as on events
    added_by    text not null,
    added_at    timestamptz not null default clock_timestamp(),
    primary key (book, digest)
);

create table file_part (
    book      uuid not null,
    upload    uuid not null,
    part      integer not null,
    bytes     bytea not null,
    added_at  timestamptz not null default clock_timestamp(),
    primary key (book, upload, part)
);

create table mapping (
    book      uuid not null,
    name      text not null,
    text      text not null,
    saved_by  text not null,
    saved_at  timestamptz not null default clock_timestamp(),
    primary key (book, name)
);

create table import (
    book            uuid not null,
    import          uuid not null,
    -- the money log that it is told to: a sandbox that was reset begins with no imports
    log             uuid not null,
    attempt         integer not null,
    digest          bytea not null,
    file_name       text not null,
    mapping         text not null,
    mapping_text    text not null,
    mapping_digest  bytea not null,
    stand_ins       boolean not null,
    -- what the file is said to cover, beyond the days of its rows
    cover_account   text,
    cover_from      date,
    cover_to        date,
    state           text not null default 'uploaded'
        check (state in ('uploaded', 'checked', 'committing', 'done', 'failed', 'reversing', 'reversed')),
    -- counts and sums, JSON
    tally           text,
    failure         text,
    -- the job that tells it, or takes it back
    job             uuid,
    -- the approval that its reversal waits for
    approval        uuid,
    made_by         text not null,
    acted_by        text not null,
    made_at         timestamptz not null default clock_timestamp(),
    changed_at      timestamptz not null default clock_timestamp(),
    primary key (book, import),
    unique (log, digest, mapping_digest, attempt)
);
create index import_by_time on import (log, made_at, import);
create index import_under_way on import (book, state) where state in ('committing', 'reversing');

-- Every row as it came, and what was made of it before it was told.
create table import_row (
    book     uuid not null,
    import   uuid not null,
    row      bigint not null,
    raw      bytea not null,
    -- told, left_out, rejected
    state    text not null,
    code     text not null,
    message  text not null,
    primary key (book, import, row)
);
create index import_row_unused on import_row (book, import, state, code, row) where state <> 'told';

-- Everything that a row told, and what became of it: the position is of the event that keeps it.
create table import_fact (
    book      uuid not null,
    import    uuid not null,
    row       bigint not null,
    nth       integer not null,
    line      uuid not null,
    identity  text not null,
    position  bigint not null,
    state     text not null,
    code      text not null,
    repeated  boolean not null,
    primary key (book, import, row, nth)
);
create index import_fact_of_line on import_fact (book, line, identity);
create index import_fact_unapplied on import_fact (book, import, state, code, row) where state <> 'applied';

-- Business days of rows, by what they were reported to: the coverage calendar.
create table import_day (
    book      uuid not null,
    import    uuid not null,
    platform  text not null,
    account   text not null,
    day       date not null,
    rows      bigint not null,
    primary key (book, import, platform, account, day)
);

-- How parked facts were dealt with; a row of `parked` itself is never dropped.
create table parked_resolution (
    log       uuid not null,
    -- position of the parked fact
    parked    bigint not null,
    -- position of the resolution
    position  bigint not null,
    how       text not null,
    reason    text,
    at        timestamptz not null,
    primary key (log, parked, position)
);

grant select, insert on file to fenzhang_app;
grant select, insert, delete on file_part to fenzhang_app;
grant select, insert, update on import, import_fact to fenzhang_app;
grant select, insert on import_row to fenzhang_app;
grant select, insert, update, delete on mapping, import_day, parked_resolution to fenzhang_app;
