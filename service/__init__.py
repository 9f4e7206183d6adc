"""Serve the record: settings, transactions, HTTP API, pages, command line and the scheduler."""

__version__ = "0.2.0"
