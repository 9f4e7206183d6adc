"""The scheduler: a clock that wakes workers, and a watchdog that restarts what stops.

Entry points: `scheduler.Scheduler`, `scheduler.run_once`.
"""
