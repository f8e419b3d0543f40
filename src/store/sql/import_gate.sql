-- Imports and reversals of a book begin one after the other: held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended('fenzhang.import' || $1::uuid::text, 0))
