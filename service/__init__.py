"""Serve the record: settings, transactions, HTTP API, pages, command line and the scheduler.

Entry points: `app.create_app`, `settings.Settings`, `cli`.
"""

import os

__version__ = "0.2.0"

# Before numpy is imported: the threads of its products spin on all cores for tens of milliseconds after each.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
