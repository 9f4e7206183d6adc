"""Stored scores and running totals, kept equal to what the formulas give for the append-only rows.

Entry points: `question_scores`, `running_totals`, `reference_forecasts`, `rebuild.rescore`.
"""
