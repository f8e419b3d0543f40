-- Legal entities 主体, and which parties and shops belong to one.

create table entity (
    log          uuid not null,
    entity       uuid not null,
    external_id  text not null,
    name         text not null,
    position     bigint not null,
    primary key (log, entity)
);
alter table party add column entity uuid;
alter table shop add column entity uuid;
create index party_by_entity on party (log, entity) where entity is not null;
create index shop_by_entity on shop (log, entity) where entity is not null;
grant select, insert, update, delete on entity to fenzhang_app;
