-- What a leg is on a settlement sheet 结算单, written with the leg: no report has to join its event to know.
-- The numbers are those of `domain::settlement::Part`, and `domain::part::part_of` is the one place that gives them. An empty
-- part was written by an older server while a release rolls out: reports refuse it until `fenzhang rebuild --repair`.

alter table leg add column part smallint;

-- Legs written before this release, by the words that the statements of a close had until then.
update leg l
set part = case
    when e.kind in ('line.frozen', 'line.unfrozen', 'freeze.placed', 'freeze.lifted') then 7
    when e.kind in ('line.forfeited', 'freeze.forfeited') then 6
    when e.kind = 'membership.trued_up' then 3
    when e.kind = 'guarantee.settled' then 8
    when e.kind = 'reserve.held' then 9
    when e.kind = 'reserve.released' then 10
    when e.kind like 'payment.%' then 13
    when e.kind like 'receipt.%' then 14
    when e.kind like 'contract.%' then 4
    when e.kind = 'adjustment.posted' then
        case substring(e.payload from '"purpose":"([a-z_]+)"')
            when 'contract' then 4
            when 'sourcing' then 5
            when 'penalty' then 6
            when 'charge' then 12
            when 'payment' then 13
            when 'receipt' then 14
            when 'write_off' then 15
            else 11
        end
    when l.line is null then 11
    when (l.amount > 0) = (l.account <> 6) then 1
    else 2
end
from event e
where e.log = l.log and e.position = l.position;

-- The same index with the part beside the amount: a close reads it alone.
drop index leg_of_account;
create index leg_of_account on leg (log, owner, account, layer, currency, position) include (amount, balance, period, part);
