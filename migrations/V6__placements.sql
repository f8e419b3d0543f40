-- Placements with their assignments by date, and the lines that wait for one or for somebody who owes their commission.

-- what a line waits for, and the numbers by which it could be found; null while it waits for nothing
alter table line add column waits text;
alter table line add column account text;
alter table line add column pid text;
alter table line add column nick text;
alter table line add column room text;
create index line_waiting on line (log, line) where waits is not null;

create table placement (
    log        uuid not null,
    placement  uuid not null,
    platform   text not null,
    kind       text not null,
    number     text not null,
    -- one of the two
    party      uuid,
    room       text,
    from_at    timestamptz not null,
    to_at      timestamptz,
    position   bigint not null,
    primary key (log, placement, from_at)
);
create index placement_by_number on placement (log, platform, kind, number, from_at);
create index placement_by_position on placement (log, position);
create index shop_by_position on shop (log, position);
grant select, insert, update, delete on placement to fenzhang_app;
