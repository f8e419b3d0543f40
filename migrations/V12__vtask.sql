-- Briefs and brand contracts (V任务) as they stand, for lists and look-ups. Everything else about them is in their events.

create table brief (
    log          uuid not null,
    brief        uuid not null,
    external_id  text,
    brand        uuid not null,
    status       text not null,
    visibility   text not null,
    title        text not null,
    category     text,
    closes_at    timestamptz not null,
    -- the next deadline
    due          timestamptz,
    -- who was invited or applied: ids in hex, with a blank between them
    parties      text not null,
    position     bigint not null,
    primary key (log, brief)
);
create index brief_by_number on brief (log, external_id) where external_id is not null;
create index brief_of_brand on brief (log, brand, brief);
create index brief_open on brief (log, brief) where status = 'posted';
create index brief_of_party on brief using gin (string_to_array(parties, ' '));
create index brief_by_position on brief (log, position);

create table contract (
    log          uuid not null,
    contract     uuid not null,
    external_id  text,
    brief        uuid not null,
    brand        uuid not null,
    awardee      uuid not null,
    anchor       uuid,
    form         text not null,
    phase        text not null,
    currency     text not null,
    -- what is set aside now
    held         bigint not null,
    -- the next deadline
    due          timestamptz,
    -- every party that it concerns: ids in hex, with a blank between them
    parties      text not null,
    position     bigint not null,
    primary key (log, contract)
);
create index contract_by_number on contract (log, external_id) where external_id is not null;
create index contract_of_brand on contract (log, brand, contract);
create index contract_of_brief on contract (log, brief, contract);
create index contract_of_party on contract using gin (string_to_array(parties, ' '));
create index contract_by_position on contract (log, position);

grant select, insert, update, delete on brief, contract to fenzhang_app;
