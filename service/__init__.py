"""The edge: settings, transactions, HTTP API, pages, command line and the scheduler's clock."""

__version__ = "0.2.0"
