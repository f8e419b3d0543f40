-- The commodity pool 选品池: one row for each product or offer that its owner shows to anchors, with what they search,
-- filter and sort by. Derived from the stream of the product or offer alone, so a rebuild makes the same row.
--
-- Both extensions are part of PostgreSQL's own contrib and trusted: whoever may create objects in the database may create
-- them. btree_gin puts the log into the index of words, pg_trgm forgives a wrong letter in a Latin word.
do $$
declare
    missing text;
begin
    select string_agg(wanted.name, ', ') into missing
    from (values ('pg_trgm'), ('btree_gin')) as wanted (name)
    where not exists (select 1 from pg_available_extensions as known where known.name = wanted.name);
    if missing is not null then
        raise exception 'this PostgreSQL lacks %', missing
            using errcode = '0A000',
                  hint = 'Install the contrib modules of the same version (Debian and Ubuntu: part of postgresql; Fedora and Alpine: postgresql-contrib), then migrate again.';
    end if;
    create extension if not exists pg_trgm;
    create extension if not exists btree_gin;
exception when insufficient_privilege then
    raise exception 'the extensions pg_trgm and btree_gin may not be created by %', current_user
        using errcode = '42501',
              hint = 'Let an administrator run: create extension pg_trgm; create extension btree_gin; in this database, then migrate again.';
end $$;

create table pool_entry (
    log          uuid not null,
    -- id of the item or offer
    entry        uuid not null,
    -- item, offer
    source       text not null,
    -- brand or supplier; nil while the shop of an item is not registered
    owner        uuid not null,
    shop         uuid,
    title        text not null,
    category     text,
    currency     text not null,
    -- what a buyer pays, after the coupon that the owner published; -1: private or unknown
    price        bigint not null,
    -- parts per million that anybody earns today; -1: nobody but those named
    rate         integer not null,
    -- per unit at that rate, before fees; -1: unknown
    commission   bigint not null,
    -- per unit after fees, expected refunds and freight
    margin       bigint,
    -- units a month and share refunded, as their owner published them; -1: not published
    sales        bigint not null,
    refund_rate  integer not null,
    -- thousandths: the supplier's composite score where one is reported, else the entry's own; -1: none
    score        integer not null,
    -- as published or reported of the goods themselves
    own_score    integer not null,
    min_order    bigint not null,
    -- hours until dispatch as promised; -1: no promise
    ships_within integer not null,
    dropship     boolean not null,
    sample       boolean not null,
    stock        bigint,
    -- where price and rate lie among the facets' bounds; -1: unknown
    price_band   smallint not null,
    rate_band    smallint not null,
    -- words of the title and filters that are looked up like words, with a blank between them
    tokens       text not null,
    -- words in Latin letters alone, for wrong letters
    latin        text not null,
    listed       boolean not null,
    -- when its figures are to be reckoned anew
    due          timestamptz,
    position     bigint not null,
    primary key (log, entry)
);
-- INVARIANT: a search never reads the table without one of these.
create index pool_by_words on pool_entry using gin (log, (string_to_array(tokens, ' '))) where listed;
create index pool_by_letters on pool_entry using gin (log, latin gin_trgm_ops) where listed and latin <> '';
create index pool_by_commission on pool_entry (log, currency, commission, entry) where listed;
create index pool_by_rate on pool_entry (log, currency, rate, entry) where listed;
create index pool_by_sales on pool_entry (log, currency, sales, entry) where listed;
create index pool_by_price on pool_entry (log, currency, price, entry) where listed;
create index pool_by_score on pool_entry (log, currency, score, entry) where listed;
create index pool_due on pool_entry (log, due, entry) where due is not null;
create index pool_of_shop on pool_entry (log, shop, entry) where shop is not null;
create index pool_of_owner on pool_entry (log, owner) where source = 'offer';
create index pool_by_position on pool_entry (log, position);
create index rule_by_position on rule (log, position);
-- What was sold of an item, latest first.
create index pin_of_item on pin (log, item, position) where item is not null;

-- Product submissions 报品 as they stand, for lists, the running order and clashes. Terms are in their events.
create table submission (
    log             uuid not null,
    submission      uuid not null,
    external_id     text,
    by              uuid not null,
    anchor          uuid not null,
    -- id of the item or offer
    target          uuid not null,
    title           text not null,
    category        text,
    show            text,
    show_at         timestamptz not null,
    -- submitted, returned, approved, placed, refused, closed
    status          text not null,
    place           bigint,
    -- no rival of the category between these
    exclusive_from  timestamptz,
    exclusive_to    timestamptz,
    -- one a line
    qualifications  text not null,
    -- the first of them ends here
    qualified_until timestamptz,
    -- why it is over
    closed          text,
    currency        text not null,
    -- commission lost by a stock-out
    lost            bigint,
    position        bigint not null,
    primary key (log, submission)
);
create index submission_by_number on submission (log, external_id) where external_id is not null;
create index submission_of_submitter on submission (log, by, submission);
create index submission_of_anchor on submission (log, anchor, show_at, submission);
create index submission_of_target on submission (log, target, show_at);
create index submission_by_position on submission (log, position);

-- Saved selections of the pool.
create table selection (
    log        uuid not null,
    selection  uuid not null,
    -- none: the book's own
    party      uuid,
    name       text not null,
    -- ids with a blank between them
    entries    text not null,
    query      text,
    position   bigint not null,
    primary key (log, selection)
);
create index selection_of_party on selection (log, party, selection);

-- Watches over entries of the pool, with the figures seen last.
create table watch (
    log       uuid not null,
    watch     uuid not null,
    party     uuid,
    entry     uuid not null,
    of_price  boolean not null,
    of_stock  boolean not null,
    of_rate   boolean not null,
    currency  text not null,
    price     bigint not null,
    stock     bigint,
    rate      integer not null,
    listed    boolean not null,
    active    boolean not null,
    position  bigint not null,
    primary key (log, watch)
);
create index watch_of_entry on watch (log, entry) where active;
create index watch_of_party on watch (log, party, watch) where active;

grant select, insert, update, delete on pool_entry, submission, selection, watch to fenzhang_app;
