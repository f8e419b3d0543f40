-- Reconciliations: rows of statement files and the breaks found, how breaks were dealt with, and the contest desk.
-- Beside the log: recon_row and recon_break, which file and position give again. Derived: reconciliation,
-- recon_resolution and dispute.

create table reconciliation (
    log             uuid not null,
    reconciliation  uuid not null,
    run             integer not null,
    -- SHA-256, hexadecimal
    file            text not null,
    mapping         text not null,
    mapping_sha256  text not null,
    platform        text not null,
    period          integer not null,
    -- only lines of this account or shop of the platform; empty for all
    account         text not null,
    shop            text not null,
    rows            bigint not null,
    rejected        bigint not null,
    matched         bigint not null,
    -- counts by class, JSON
    breaks          text not null,
    content         text not null,
    -- what was compared
    of_position     bigint not null,
    position        bigint not null,
    made_at         timestamptz not null,
    primary key (log, reconciliation)
);
create index reconciliation_by_position on reconciliation (log, position);

create table recon_resolution (
    log             uuid not null,
    position        bigint not null,
    break_id        uuid not null,
    -- of the run in which it was decided
    reconciliation  uuid not null,
    number          integer not null,
    how             text not null,
    proposal        text not null,
    by              uuid,
    reason          text,
    until           timestamptz,
    approval        uuid,
    at              timestamptz not null,
    primary key (log, break_id, position)
);

create table dispute (
    log                uuid not null,
    dispute            uuid not null,
    number             integer not null,
    line               uuid not null,
    party              uuid not null,
    reason             text not null,
    due                timestamptz not null,
    evidence_position  bigint not null,
    evidence_sha256    text not null,
    -- open, upheld, rejected
    state              text not null,
    answer             text,
    correction         uuid,
    position           bigint not null,
    primary key (log, dispute)
);
create index dispute_by_position on dispute (log, position);
create index dispute_of_party on dispute (log, party, position);

-- What a row of the file tells: facts, or a movement of cash.
create table recon_row (
    book            uuid not null,
    reconciliation  uuid not null,
    row             bigint not null,
    nth             integer not null,
    line            uuid,
    line_no         text,
    -- facts as the log would keep them, JSON
    facts           text not null,
    tag             text,
    amount          bigint,
    currency        text,
    flow_no         text,
    at              timestamptz not null,
    primary key (book, reconciliation, row, nth)
);
create index recon_row_of_line on recon_row (book, reconciliation, line);

create table recon_break (
    book            uuid not null,
    reconciliation  uuid not null,
    number          integer not null,
    break_id        uuid not null,
    class           text not null,
    cause           text not null,
    component       text not null,
    line            uuid,
    line_no         text,
    case_no         text,
    row             bigint,
    currency        text,
    ours            bigint,
    theirs          bigint,
    ours_text       text not null,
    theirs_text     text not null,
    difference      bigint,
    proposal        text not null,
    until           timestamptz,
    -- what an acceptance does, JSON
    facts           text not null,
    adjust          text,
    primary key (book, reconciliation, number)
);
create index recon_break_known on recon_break (book, break_id, reconciliation);

grant select, insert, update, delete on reconciliation, recon_resolution, dispute to fenzhang_app;
grant select, insert, delete on recon_row, recon_break to fenzhang_app;
