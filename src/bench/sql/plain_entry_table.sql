create table plain.entry (
    position bigint not null,
    account  text not null,
    amount   bigint not null,
    balance  bigint not null,
    primary key (position, account)
)
