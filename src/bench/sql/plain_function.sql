-- Posts one fact with its entries. Accounts arrive sorted, so that two callers lock their balances in one order.
create function plain.post(
    of_stream uuid, of_version bigint, of_kind text, of_payload text, accounts text[], amounts bigint[]
) returns bigint language plpgsql as $$
declare
    at_position bigint;
    after bigint;
begin
    insert into plain.fact (stream, version, kind, payload) values (of_stream, of_version, of_kind, of_payload)
    returning position into at_position;
    for n in 1 .. coalesce(array_length(accounts, 1), 0) loop
        insert into plain.balance as b (account, balance) values (accounts[n], amounts[n])
        on conflict (account) do update set balance = b.balance + excluded.balance
        returning balance into after;
        insert into plain.entry (position, account, amount, balance) values (at_position, accounts[n], amounts[n], after);
    end loop;
    return at_position;
end $$
