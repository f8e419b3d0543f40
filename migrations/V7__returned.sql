-- Rows of return documents that name no order, as they stand: a derived table, refilled by `fenzhang rebuild --repair`.
create table returned (
    log         uuid not null,
    -- position of the event that told it
    told        bigint not null,
    stream      uuid not null,
    platform    text not null,
    document    text not null,
    row_no      text not null,
    at          timestamptz not null,
    units       bigint not null,
    amount      bigint not null,
    currency    text not null,
    -- matched, parked, withdrawn, or waiting while it has not been judged
    state       text not null,
    code        text,
    -- the line it is matched to
    line        uuid,
    -- lines it may belong to while it is parked, as JSON
    candidates  text,
    -- position of the last event that speaks of it
    position    bigint not null,
    primary key (log, told)
);
create index returned_by_position on returned (log, position);
create index returned_of_line on returned (log, line) where line is not null;

grant select, insert, update, delete on returned to fenzhang_app;
