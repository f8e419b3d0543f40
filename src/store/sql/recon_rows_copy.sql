copy recon_row (book, reconciliation, row, nth, line, line_no, facts, tag, amount, currency, flow_no, at)
from stdin (format binary)
