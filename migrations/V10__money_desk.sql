-- The money desk: who must agree and who may decide, payments made outside, frozen money, receipts of money. All derived.

alter table party add column suspended boolean not null default false;

-- how many persons must agree, of which roles (words with blanks between them; any when empty), and who did so far
alter table approval add column approvers smallint not null default 1;
alter table approval add column roles text not null default '';
alter table approval add column agreed text not null default '';
create index approval_pending on approval (log, approval) where status = 'pending';

-- who decides for a person who is away, with the roles of the absent
create table substitute (
    log       uuid not null,
    person    uuid not null,
    by        uuid not null,
    from_at   timestamptz not null,
    to_at     timestamptz not null,
    roles     text not null,
    position  bigint not null,
    primary key (log, person, by)
);
create index substitute_by on substitute (log, by);

create table payment (
    log          uuid not null,
    payment      uuid not null,
    party        uuid not null,
    currency     text not null,
    amount       bigint not null,
    -- the part of it that was an advance
    advance      bigint not null,
    channel      text not null,
    reference    text not null,
    -- days, as the vouchers say
    paid_on      text not null,
    returned_on  text,
    note         text,
    position     bigint not null,
    primary key (log, payment)
);
create index payment_of_party on payment (log, party, payment);

create table money_freeze (
    log        uuid not null,
    hold       uuid not null,
    party      uuid not null,
    currency   text not null,
    held       bigint not null,
    lifted     bigint not null,
    forfeited  bigint not null,
    reason     text not null,
    at         timestamptz not null,
    position   bigint not null,
    primary key (log, hold)
);
create index money_freeze_of_party on money_freeze (log, party, hold);

create table money_receipt (
    log       uuid not null,
    receipt   uuid not null,
    source    text not null,
    account   text,
    flow_no   text not null,
    at        timestamptz not null,
    currency  text not null,
    amount    bigint not null,
    matched   bigint not null,
    payer     text,
    tag       text,
    memo      text,
    position  bigint not null,
    primary key (log, receipt)
);
create index money_receipt_by_time on money_receipt (log, at, receipt);
create index money_receipt_open on money_receipt (log, at, receipt) where matched <> amount;

create table receipt_bill (
    log       uuid not null,
    receipt   uuid not null,
    nth       integer not null,
    -- the party that owed it, or the nil uuid for a transfer between the owner's own accounts
    owner     uuid not null,
    account   smallint not null,
    -- the month of the bill; 0 for a transfer
    period    integer not null,
    currency  text not null,
    amount    bigint not null,
    position  bigint not null,
    primary key (log, receipt, nth)
);
create index receipt_bill_of_owner on receipt_bill (log, owner, period);

-- what receipts moved on accounts is found by their slice
create index event_of_receipt on event (log, position) where slice = 29;

grant select, insert, update, delete on substitute, payment, money_freeze, money_receipt, receipt_bill to fenzhang_app;
