"""Rank commentators with uncertainty: filters, scored pairs, estimates over all of them, and the board itself.

Entry points: `board.board`, `estimates.estimate`, `filters.Filters`.
"""
