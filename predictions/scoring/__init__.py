"""The formulas: Brier scores, skill, ranks, intervals, calibration. Pure numpy, each with its source; no database.

Entry points: the public functions of each module, named for its formula.
"""
