-- Settlement runs with their sheets 结算单, and what an agency guarantees its member a month 保底.
alter table membership add column guarantee text;
create index membership_with_guarantee on membership (log, membership) where guarantee is not null;
-- A share whose canonical form has tiers is trued up at every close.
create index membership_with_tiers on membership (log, membership) where share like '%"tiers":{%';

create table settlement_run (
    log          uuid not null,
    run          uuid not null,
    -- accounting month 202606
    period       integer not null,
    -- 1 for the first run of a month; a draft that was dropped keeps its number
    number       integer not null,
    -- closing, drafting, drafted, approved, issued, locked, dropped
    stage        text not null,
    -- position of the cut-off
    started_at   bigint not null,
    -- sheets reflect the month up to this position
    reckoned_at  bigint,
    sheets       bigint,
    -- SHA-256 over the sheets' own
    digest       text,
    contested    bigint not null,
    held_back    bigint not null,
    position     bigint not null,
    primary key (log, run)
);
create index settlement_run_of_period on settlement_run (log, period, number);
create index settlement_run_under_way on settlement_run (log, run) where stage in ('closing', 'drafting');

create table settlement_sheet (
    log             uuid not null,
    sheet           uuid not null,
    run             uuid not null,
    party           uuid not null,
    currency        text not null,
    period          integer not null,
    -- the account it is about
    account         smallint not null,
    -- drafted, delivered, confirmed, deemed_confirmed, contested
    status          text not null,
    held_back       boolean not null,
    opening         bigint not null,
    -- what moved it, by part: canonical JSON
    parts           text not null,
    closing         bigint not null,
    payable         bigint not null,
    carried         bigint not null,
    -- accounting month since which the closing is negative
    negative_since  integer,
    -- other accounts: canonical JSON
    others          text not null,
    lines           bigint not null,
    lines_sha256    text not null,
    sha256          text not null,
    position        bigint not null,
    -- why nothing is payable: the party is not to be paid
    suspended       text,
    primary key (log, sheet)
);
create unique index settlement_sheet_of_run on settlement_sheet (log, run, party, currency);
create index settlement_sheet_of_party on settlement_sheet (log, party, period);
grant select, insert, update, delete on settlement_run, settlement_sheet to fenzhang_app;

-- What a month moved, party by party: sheets and statements read a month without the months before it.
create index leg_of_period on leg (log, period, owner, position) where layer = 1;
