create table plain.fact (
    position bigserial primary key,
    stream   uuid not null,
    version  bigint not null,
    kind     text not null,
    payload  text not null,
    at       timestamptz not null default clock_timestamp(),
    unique (stream, version)
)
