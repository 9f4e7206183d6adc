"""Cache boards, records and pages until the record changes, and compute slow ones in the background.

Entry points: `leaderboard_cache.LeaderboardCache`, `as_of_cache.AsOfCache`, `calibration_cache.CalibrationCache`,
`current_record.record_with`.
"""
