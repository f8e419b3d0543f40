-- By currency and account: opening and closing over the sheets of a run, beside what the ledger holds of all parties in
-- months up to its own; and what the book's own accounts hold.
with own as (
    select currency, account, opening, closing from settlement_sheet where log = $1 and run = $2
    union all
    select s.currency, ($4::smallint[]) [array_position($5::text[], o.account)], o.opening::bigint, o.closing::bigint
    from settlement_sheet s
    cross join lateral jsonb_to_recordset(s.others::jsonb) as o (account text, opening text, closing text)
    where s.log = $1 and s.run = $2
),
sheets as (
    select currency, account, sum(opening)::bigint as opening, sum(closing)::bigint as closing from own group by 1, 2
),
held as (
    select currency, account, owner = '00000000-0000-0000-0000-000000000000' as of_book,
           sum(credits::numeric - debits)::bigint as closing
    from total
    where log = $1 and layer = 1 and period <= $3
    group by 1, 2, 3
)
select coalesce(s.currency, h.currency), coalesce(s.account, h.account), coalesce(h.of_book, false),
       coalesce(s.opening, 0), coalesce(s.closing, 0), coalesce(h.closing, 0)
from (select * from held where not of_book) h
full join sheets s on s.currency = h.currency and s.account = h.account
union all
select currency, account, of_book, 0, 0, closing from held where of_book
order by 1, 3, 2
