"""Contests: what somebody says is wrong with the record, from its receipt to the answer.

Entry points: `inputs.ContestIn`, `receive.receive`, `answers`, `listing`.
"""
