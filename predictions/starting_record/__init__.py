"""The starting record: thirteen questions drawn from a newspaper column of March 2025, as data.

Entry point: `load.load_starting_record`.
"""
