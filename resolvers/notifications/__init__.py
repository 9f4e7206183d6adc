"""Deliver prompts to people: channels, the delivery queue, retries, digests and quiet hours.

Entry points: `dispatcher.Dispatcher`, `channels`, `subscriptions`, `recipients`, `delivery_log`, and one module of
`senders` for each kind of channel.
"""
