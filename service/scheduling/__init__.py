"""The scheduler: a ticker that wakes worker threads, and a watchdog that restarts what has stopped.

Entry points: `scheduler.Scheduler`, `scheduler.run_once`.
"""
