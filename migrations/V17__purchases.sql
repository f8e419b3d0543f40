-- Purchases of goods with their lines, and samples, as they stand: for lists and reports. Everything else about them is in
-- their events.

create table purchase (
    log            uuid not null,
    purchase       uuid not null,
    external_id    text,
    source         text not null,
    order_no       text,
    kind           text not null,
    phase          text not null,
    -- null: the owner of the book
    buyer          uuid,
    supplier       uuid not null,
    pays           text not null,
    currency       text not null,
    -- goods and freight as they stand: ordered, changed, corrected, less refunds and what was called off
    cost           bigint not null,
    -- the same with what else the supplier is the payee of
    due            bigint not null,
    paid           bigint not null,
    repaid         bigint not null,
    -- what the sale of a dropship order came to, less what its buyer got back
    sold           bigint not null,
    charges        bigint not null,
    margin         bigint not null,
    -- the supplier's last bill, what stood in the ledger for the same, and what bills corrected
    bill_no        text,
    billed         bigint,
    accrued        bigint,
    corrected      bigint not null,
    ordered_at     timestamptz not null,
    paid_at        timestamptz,
    shipped_at     timestamptz,
    received_at    timestamptz,
    complained_at  timestamptz,
    refunded_at    timestamptz,
    -- off unless it is paid until here
    pay_by         timestamptz,
    position       bigint not null,
    primary key (log, purchase)
);
create index purchase_by_number on purchase (log, external_id) where external_id is not null;
create index purchase_by_order on purchase (log, order_no) where order_no is not null;
create index purchase_of_buyer on purchase (log, buyer, purchase);
create index purchase_of_supplier on purchase (log, supplier, purchase);
create index purchase_by_phase on purchase (log, phase, purchase);
create index purchase_by_position on purchase (log, position);

create table purchase_line (
    log             uuid not null,
    purchase        uuid not null,
    nth             integer not null,
    name            text not null,
    product         uuid,
    offer           uuid,
    sku             text,
    order_line      uuid,
    quantity        bigint not null,
    goods           bigint not null,
    refunded        bigint not null,
    sold            bigint not null,
    back            bigint not null,
    -- what the line leaves, with its share of freight and charges
    margin          bigint not null,
    shipped         bigint not null,
    received        bigint not null,
    rejected        bigint not null,
    refunded_units  bigint not null,
    back_units      bigint not null,
    position        bigint not null,
    primary key (log, purchase, nth)
);
create index purchase_line_of_order on purchase_line (log, order_line) where order_line is not null;
create index purchase_line_by_position on purchase_line (log, position);

create table sample (
    log         uuid not null,
    sample      uuid not null,
    number      integer not null,
    holder      uuid not null,
    provider    uuid not null,
    item        uuid,
    offer       uuid,
    name        text not null,
    units       bigint not null,
    standing    text not null,
    currency    text not null,
    deposit     bigint not null,
    loss_price  bigint not null,
    charged     bigint not null,
    asked_at    timestamptz not null,
    sent_at     timestamptz,
    return_by   timestamptz,
    position    bigint not null,
    primary key (log, sample, number)
);
create index sample_of_holder on sample (log, holder, sample, number);
create index sample_of_provider on sample (log, provider, sample, number);
create index sample_out on sample (log, sample, number) where standing in ('sent', 'received');
create index sample_by_position on sample (log, position);

grant select, insert, update, delete on purchase, purchase_line, sample to fenzhang_app;
