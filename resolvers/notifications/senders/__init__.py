"""Send one message over one kind of channel: webhook, e-mail, chat.

Entry points: one class for each kind, which follows the protocol `resolvers.notifications.sender.Sender`.
"""
