-- Words of the pool that resemble a word ($2): those of the first $3 entries that the index of letters gives, nearest first.
select w.word
from (
    select latin
    from pool_entry
    where log = $1 and listed and latin <> '' and latin %> $2
    limit $3
) near
cross join lateral unnest(string_to_array(near.latin, ' ')) as w (word)
group by w.word
having similarity(w.word, $2) >= 0.3
order by similarity(w.word, $2) desc, w.word
limit 50
