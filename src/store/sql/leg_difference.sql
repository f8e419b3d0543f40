-- What exactly is wrong with legs: missing, extra or of another amount; running balance; period; line, pin and part.
select count(*) filter (where not same_amount), min(position) filter (where not same_amount),
       count(*) filter (where same_amount and not same_balance), min(position) filter (where same_amount and not same_balance),
       count(*) filter (where same_amount and not same_period), min(position) filter (where same_amount and not same_period),
       count(*) filter (where same_amount and not same_link), min(position) filter (where same_amount and not same_link)
from (
    select position,
           live.amount is not distinct from due.amount as same_amount,
           live.balance is not distinct from due.balance as same_balance,
           (live.period, live.points_back_to, live.at) is not distinct from (due.period, due.points_back_to, due.at)
               as same_period,
           (live.line, live.pin, live.part) is not distinct from (due.line, due.pin, due.part) as same_link
    from (select * from leg where log = $1) as live
    full join (select * from shadow_leg where log = $1) as due
        using (position, owner, account, layer, currency)
) as pair
