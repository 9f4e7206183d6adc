"""Serve the record: settings, transactions, HTTP API, pages, command line and the scheduler.

Entry points: `app.create_app`, `settings.Settings`, `cli`.
"""

__version__ = "0.2.0"
