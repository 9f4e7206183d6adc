"""Check the record: stored scores against the append-only rows, rows against the ledger, and the record of a past day.

Entry points: `verify.verify`, `row_check.changed_rows`, `as_of.rebuild`.
"""
