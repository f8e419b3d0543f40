-- Pollers of platform order queries. Not of the log: what is here says how far the asking is, and keeps what was answered.

create table pull_source (
    book         uuid not null,
    source       text not null,
    api          text not null,
    account      text not null,
    -- digest of what is asked: under one name it does not change
    query        text not null,
    starts_at    timestamptz not null,
    -- windows were asked up to here; what lies before and is not covered is a gap
    reached      timestamptz not null,
    covered      tstzmultirange not null default '{}',
    -- the window that is being read, and where its next page is
    window_from  timestamptz,
    window_to    timestamptz,
    place        text,
    pages        bigint not null default 0,
    rows         bigint not null default 0,
    facts        bigint not null default 0,
    rejected     bigint not null default 0,
    -- failed rounds in a row, those of them in which the platform refused the window, and not before when the next one is
    failures     integer not null default 0,
    refusals     integer not null default 0,
    wait_until   timestamptz,
    last_error   text,
    pulled_at    timestamptz,
    lease_owner  uuid,
    lease_until  timestamptz,
    primary key (book, source)
);

-- Every page as it was answered, gzipped; the same rows again are the same page.
create table pull_page (
    book         uuid not null,
    source       text not null,
    rows_sha256  bytea not null,
    window_from  timestamptz not null,
    window_to    timestamptz not null,
    fetched_at   timestamptz not null default clock_timestamp(),
    rows         integer not null,
    -- rows that the mapping could not read: [[row, code, message], …]
    rejected     text not null default '[]',
    body         bytea not null,
    primary key (book, source, rows_sha256)
);
create index pull_page_of_window on pull_page (book, source, window_from);

grant select, insert, update, delete on pull_source to fenzhang_app;
grant select, insert on pull_page to fenzhang_app;
