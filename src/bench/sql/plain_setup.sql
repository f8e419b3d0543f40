-- What a plain SQL ledger needs: facts, entries with running balances, balances. Positions come from a sequence, so this
-- has no dense order, no hash, no idempotency and no rules; it is the floor that a ledger in SQL alone could reach.
create schema plain
