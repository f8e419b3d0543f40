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
    -- thousandths, as reported or published; -1: none
    score        integer not null,
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
create index pool_by_position on pool_entry (log, position);
create index rule_by_position on rule (log, position);

grant select, insert, update, delete on pool_entry to fenzhang_app;
