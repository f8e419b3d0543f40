-- Accounts that have a statement of a month: what takers are owed and what merchants owe, with a balance brought forward or
-- something moved in it. After an account, with the names of parties.
select t.owner, t.account, p.name
from total t
join party p on p.log = $1 and p.party = t.owner
where t.log = $1 and t.layer = 1 and t.account in (1, 6) and t.period <= $2 and t.owner >= $3 and t.owner <= $4
  and (t.owner, t.account) > ($5, $6)
group by t.owner, t.account, p.name
having bool_or(t.period = $2) or sum(t.credits::numeric - t.debits::numeric) <> 0
order by t.owner, t.account
limit $7
