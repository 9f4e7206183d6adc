"""How far in the future a submitted time may lie: the clock of a submitter may be ahead of the server's."""

from datetime import timedelta

CLOCK_TOLERANCE = timedelta(minutes=5)
