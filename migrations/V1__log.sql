-- The log, the ledger and the read rows.
-- Truth: log (head), event, receipt, api_key. Derived, rebuildable from the log: leg, total, click and every read row.
-- Every table that grows is keyed by log: it distributes by log, and a batch touches one shard.

create table log (
    log          uuid primary key,
    book         uuid not null,
    -- 0: the money log of the book; 1, 2, …: its click logs
    shard        integer not null,
    sandbox      boolean not null,
    position     bigint not null default 0,
    generation   bigint not null default 0,
    recorded_at  timestamptz not null,
    -- RFC 6962: hashes of the perfect subtrees of the tree so far, largest first, 32 bytes each; and its root
    frontier     bytea not null default '',
    root         bytea not null,
    -- a sandbox that was reset keeps its old logs; the current one of each shard has no successor
    successor    uuid
);
create unique index log_of_book on log (book, shard) where successor is null;

create table event (
    log          uuid not null,
    position     bigint not null,
    id           uuid not null,
    slice        smallint not null,
    stream       uuid not null,
    version      bigint not null,
    kind         text not null,
    schema       smallint not null,
    occurred_at  timestamptz not null,
    recorded_at  timestamptz not null,
    wall_at      timestamptz not null default clock_timestamp(),
    actor        text not null,
    key          text,
    causation    uuid,
    correlation  text,
    -- canonical JSON (RFC 8785): the exact bytes that were hashed
    payload      text not null,
    leaf         bytea not null,
    primary key (log, position),
    unique (log, stream, version)
);

create table receipt (
    log          uuid not null,
    principal    text not null,
    key          text not null,
    fingerprint  bytea not null,
    position     bigint not null,
    recorded_at  timestamptz not null,
    answer       text not null,
    primary key (log, principal, key)
);

create table leg (
    log             uuid not null,
    position        bigint not null,
    -- the party, or the nil uuid for the book itself
    owner           uuid not null,
    account         smallint not null,
    layer           smallint not null,
    currency        text not null,
    amount          bigint not null,
    -- balance of the account in this layer and currency after this leg
    balance         bigint not null,
    -- accounting month 202606; settled layer only
    period          integer,
    points_back_to  integer,
    -- business time that the period was chosen from
    at              timestamptz not null,
    line            uuid,
    -- position of the event that pinned the line these legs belong to
    pin             bigint,
    primary key (log, position, owner, account, layer, currency)
);
create index leg_of_account on leg (log, owner, account, layer, currency, position) include (amount, balance, period);

create table total (
    log       uuid not null,
    owner     uuid not null,
    account   smallint not null,
    layer     smallint not null,
    currency  text not null,
    -- accounting month; 0 in the estimated layer
    period    integer not null,
    debits    bigint not null,
    credits   bigint not null,
    primary key (log, owner, account, layer, currency, period)
) with (fillfactor = 50);

create table line (
    log         uuid not null,
    line        uuid not null,
    platform    text not null,
    line_no     text not null,
    order_no    text,
    buyer       uuid,
    item        uuid,
    shop        uuid,
    -- pin instant, or business time of the first fact while not pinned
    at          timestamptz not null,
    promoter    uuid,
    status      smallint not null,
    pinned      boolean not null,
    currency    text,
    position    bigint not null,
    primary key (log, line)
) with (fillfactor = 70);
create index line_of_order on line (log, order_no, line);
create index line_by_time on line (log, at, line);
create index line_of_buyer_item on line (log, buyer, item, at) where pinned;
create index line_of_buyer_shop on line (log, buyer, shop, at) where pinned;

create table pin (
    log       uuid not null,
    position  bigint not null,
    line      uuid not null,
    at        timestamptz not null,
    promoter  uuid,
    merchant  uuid,
    rule      uuid,
    item      uuid,
    shop      uuid,
    category  text,
    room      text,
    show      text,
    source    text,
    phase     text,
    segment   text,
    payable   bigint not null,
    primary key (log, position)
);

create table line_party (
    log    uuid not null,
    party  uuid not null,
    at     timestamptz not null,
    line   uuid not null,
    primary key (log, party, at, line)
);

create table parked (
    log       uuid not null,
    position  bigint not null,
    line      uuid,
    kind      text not null,
    state     text not null,
    code      text not null,
    amount    bigint,
    currency  text,
    at        timestamptz not null,
    primary key (log, position)
);

create table party (
    log          uuid not null,
    party        uuid not null,
    external_id  text,
    name         text not null,
    position     bigint not null,
    primary key (log, party)
);
create index party_external on party (log, external_id) where external_id is not null;

create table membership (
    log         uuid not null,
    membership  uuid not null,
    member      uuid not null,
    upper       uuid not null,
    scope       text not null,
    share       text not null,
    receiver    text not null,
    from_at     timestamptz not null,
    to_at       timestamptz,
    position    bigint not null,
    primary key (log, member, membership, from_at)
);
create index membership_of_upper on membership (log, upper, from_at);

create table item (
    log       uuid not null,
    item      uuid not null,
    platform  text not null,
    item_no   text not null,
    title     text,
    shop      uuid not null,
    category  text,
    position  bigint not null,
    primary key (log, item)
);

create table shop (
    log       uuid not null,
    shop      uuid not null,
    platform  text not null,
    shop_no   text not null,
    name      text not null,
    brand     uuid not null,
    position  bigint not null,
    primary key (log, shop)
);

create table rule (
    log          uuid not null,
    rule         uuid not null,
    shelf        uuid not null,
    external_id  text,
    brand        uuid not null,
    kind         text not null,
    item         uuid,
    shop         uuid,
    from_at      timestamptz not null,
    ended_at     timestamptz,
    position     bigint not null,
    primary key (log, rule)
);
create index rule_of_brand on rule (log, brand, rule);

create table approval (
    log       uuid not null,
    approval  uuid not null,
    kind      text not null,
    maker     uuid not null,
    status    text not null,
    position  bigint not null,
    primary key (log, approval)
);

create table timer (
    log     uuid not null,
    timer   uuid not null,
    slice   smallint not null,
    stream  uuid not null,
    due     timestamptz not null,
    primary key (log, stream, timer)
);
create index timer_due on timer (due, timer);

create table click (
    log       uuid not null,
    position  bigint not null,
    click     uuid not null,
    buyer     uuid not null,
    item      uuid,
    shop      uuid,
    at        timestamptz not null,
    -- order among clicks of one instant: the source's click number, or the hash, bytewise
    tie       text collate "C" not null,
    primary key (log, position),
    unique (log, click)
);
create index click_of_item on click (log, buyer, item, at desc, tie desc) where item is not null;
create index click_of_shop on click (log, buyer, shop, at desc, tie desc) where shop is not null;

create table api_key (
    key         uuid primary key,
    book        uuid not null,
    person      uuid not null,
    label       text not null,
    role        text not null,
    party       uuid,
    -- SHA-256 of the secret; the secret is random, shown once
    hash        bytea not null,
    issued_at   timestamptz not null default clock_timestamp(),
    expires_at  timestamptz,
    revoked_at  timestamptz
);
create index api_key_of_book on api_key (book, key);

create table access_log (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    book    uuid,
    key     uuid,
    route   text not null,
    status  smallint not null,
    code    text
);

create table cursor (
    name      text not null,
    log       uuid not null,
    position  bigint not null,
    primary key (name, log)
);

create table job (
    id           uuid primary key,
    book         uuid,
    kind         text not null,
    state        text not null,
    spec         text not null,
    progress     text not null default '{}',
    lease_until  timestamptz,
    lease_owner  uuid,
    attempts     integer not null default 0,
    created_at   timestamptz not null default clock_timestamp(),
    finished_at  timestamptz
);
create index job_waiting on job (state, created_at);

-- A person at psql reads payloads as JSON here.
create view event_json with (security_invoker = true) as
    select log, position, id, slice, stream, version, kind, schema, occurred_at, recorded_at,
           actor::jsonb as actor, key, causation, correlation, payload::jsonb as payload
    from event;

-- INVARIANT: an event, once written, is never changed: not by grants (below), and not by accident of an owner either.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only: % on % is refused', tg_op, tg_table_name using errcode = '42501';
end $$;
create trigger event_is_append_only before update or delete on event for each row execute function refuse_change();
create trigger event_is_never_truncated before truncate on event for each statement execute function refuse_change();
create trigger receipt_is_append_only before update or delete on receipt for each row execute function refuse_change();
create trigger receipt_is_never_truncated before truncate on receipt for each statement execute function refuse_change();

-- The application's role may insert into and read the log; derived rows it may replace.
grant select, insert on event, receipt, access_log to fenzhang_app;
grant select, insert, update on log, api_key to fenzhang_app;
grant select, insert, update, delete on
    leg, total, line, pin, line_party, parked, party, membership, item, shop, rule, approval, timer, click, cursor, job
    to fenzhang_app;
grant select on event_json to fenzhang_app;
