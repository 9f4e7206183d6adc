"""Stored scores and running totals, kept consistent with the append-only rows.

Entry points: `question_scores`, `running_totals`, `reference_forecasts`, `rebuild.rescore`.
"""
