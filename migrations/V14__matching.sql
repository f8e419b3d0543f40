-- What the ledger knows of anchors, summed as it is written, so that a brief is answered without reading every line.
-- All derived, from the log: `fenzhang rebuild --repair` fills them on a database that was there before.

-- Goods sold through an anchor by month of the order (book zone), category and price band. A line stands in one row.
create table anchor_sale (
    log       uuid not null,
    -- of the item when the line was pinned; empty where it had none
    category  text collate "C" not null,
    -- month of the order, 202606
    month     integer not null,
    anchor    uuid not null,
    -- of the price of one unit: 0 under 10, 1 under 20, 2 under 50, 3 under 100, 4 under 200, … 9 from 5,000
    band      smallint not null,
    -- audience segment without its version; empty where none was told
    segment   text collate "C" not null,
    currency  text collate "C" not null,
    lines     bigint not null,
    paid      bigint not null,
    -- of it given back; price protection aside
    refunded  bigint not null,
    primary key (log, category, month, anchor, band, segment, currency)
) with (fillfactor = 70);

-- Clicks on an anchor's links (in a click log) and lines that a click won for it (in the money log), since the book was opened.
create table anchor_click (
    log       uuid not null,
    anchor    uuid not null,
    clicks    bigint not null,
    won       bigint not null,
    primary key (log, anchor)
) with (fillfactor = 50);

-- What an anchor shows of itself.
create table anchor_card (
    log       uuid not null,
    anchor    uuid not null,
    -- canonical JSON
    card      text not null,
    position  bigint not null,
    primary key (log, anchor)
);

alter table contract
    -- deliverables with a due time that were delivered before it, and those that were not
    add column punctual   integer not null default 0,
    add column late       integer not null default 0,
    -- something was accepted, or paid after a dispute
    add column delivered  boolean not null default false,
    -- the brand's stars for the anchor's side
    add column stars      smallint,
    -- what the terms need beyond what is set aside
    add column uncovered  bigint not null default 0;
create index contract_of_anchor on contract (log, anchor) include (phase, punctual, late, delivered, stars)
    where anchor is not null;
create index contract_uncovered on contract (log, brand) where uncovered > 0;

grant select, insert, update, delete on anchor_sale, anchor_click, anchor_card to fenzhang_app;
