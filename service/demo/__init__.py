"""An invented record for demonstration: sixty commentators, four hundred questions, two years of predictions.

Entry point: `build.build`.
"""
