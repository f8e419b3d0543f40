create table plain.balance (
    account text primary key,
    balance bigint not null
) with (fillfactor = 50)
