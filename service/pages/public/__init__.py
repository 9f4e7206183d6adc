"""Public pages: leaderboard, records, questions, sources, calibration, method, ledger.

Entry point: the router of each page, which `service.pages.router` includes.
"""
