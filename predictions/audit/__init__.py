"""Check the record: stored scores against the append-only rows, rows against the ledger, and the record of a past day.

Entry points: `verify.verify`, `ledger_check.mismatches`, `as_of.rebuild`.
"""
