-- Accounts of a layer in a range of months (0 in the estimated layer) after an account, with balances over that range and
-- the names of parties.
select t.owner, t.account, t.currency, sum(t.credits::numeric - t.debits::numeric)::bigint, p.name
from total t
left join party p on p.log = $1 and p.party = t.owner
where t.log = $1 and t.layer = $2 and t.period >= $3 and t.period <= $4
  and (t.owner, t.account, t.currency) > ($5, $6, $7)
group by t.owner, t.account, t.currency, p.name
order by t.owner, t.account, t.currency
limit $8
