create index entry_of_account on plain.entry (account, position) include (amount, balance)
