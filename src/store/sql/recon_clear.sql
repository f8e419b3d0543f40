-- Forgets rows and breaks of a run that was not noted: broken off, or equal to the one before.
with breaks as (delete from recon_break where book = $1 and reconciliation = $2)
delete from recon_row where book = $1 and reconciliation = $2
