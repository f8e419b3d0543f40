-- Everything that the sheets of a run say, as one digest, and how many there are.
select count(*),
       coalesce(md5(string_agg(concat_ws('|', party, currency, opening, parts, closing, payable, carried, others, lines,
                                         lines_sha256), e'\n' order by party, currency)), '')
from settlement_sheet
where log = $1 and run = $2
