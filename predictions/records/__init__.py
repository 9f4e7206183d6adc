"""Reports on commentators: the record, score history, calibration, topics, and two commentators compared.

Entry points: `commentator_record.record_of`, `score_history.history_of`, `comparison.compare_commentators`,
`calibration.calibration_of`.
"""
