"""The domain: predictions, outcomes and scores; independent of web, clock and network."""
