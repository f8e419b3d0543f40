copy recon_break (book, reconciliation, number, break_id, class, cause, component, line, line_no, case_no, row, currency,
    ours, theirs, ours_text, theirs_text, difference, proposal, until, facts, adjust)
from stdin (format binary)
