"""The domain: what was said, what happened, how it scores. It knows no web, no clock, no network."""
