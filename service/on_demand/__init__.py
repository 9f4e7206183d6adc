"""Requests to the network that a person asks for: test a channel, try a resolver, store a snapshot of a source.

Entry points: `channel_test`, `resolver_trial`, `source_archive`.
"""
