"""An invented record to look around in: sixty commentators, four hundred questions, two years of predictions.

Entry point: `build.build`.
"""
