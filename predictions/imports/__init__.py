"""Imports of many rows, written in pieces and visible as a whole: hiding, staging, completing and dropping.

Entry points: `visibility`, `staging`, `lifecycle`.
"""
