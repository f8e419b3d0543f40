insert into import (book, import, log, attempt, digest, file_name, mapping, mapping_text, mapping_digest, stand_ins,
    cover_account, cover_from, cover_to, made_by, acted_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
on conflict do nothing
