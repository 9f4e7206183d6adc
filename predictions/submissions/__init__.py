"""Submit to the record: predictions, commentators and sources, and their corrections.

Entry points: `record.record_prediction`, `corrections`, `commentators`, `sources`.
"""
