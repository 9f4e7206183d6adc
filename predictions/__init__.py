"""The domain: predictions, outcomes and scores; independent of web, clock and network.

Entry points: `models`, `enums`, `errors`, `outcomes`, `ledger`, and those of the sub-packages.
"""
