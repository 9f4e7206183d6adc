"""Build the senders and the prober from the settings, for scheduler, API and command line.

Entry points: `senders`, `probing`.
"""
