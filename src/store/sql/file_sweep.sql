-- Parts of uploads that were broken off more than a day ago.
delete from file_part p
where p.book = $1 and p.added_at < clock_timestamp() - interval '1 day'
  and not exists (select from file f where f.book = $1 and f.upload = p.upload)
