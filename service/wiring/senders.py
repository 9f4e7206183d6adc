"""Build the guarded client, and a sender for each kind of channel that the settings allow."""

from functools import partial

from resolvers.clock import Clock
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.resolve_links import resolve_url
from resolvers.notifications.sender import Sender
from resolvers.notifications.senders.chat import ChatSender
from resolvers.notifications.senders.email import MailSender
from resolvers.notifications.senders.smtp import parse_smtp_url
from resolvers.notifications.senders.webhook import WebhookSender
from resolvers.outbound.client import OutboundClient
from service import __version__
from service.settings import Settings


def make_client(settings: Settings, clock: Clock) -> OutboundClient:
    """Build the client for outside addresses, with the operator's allow-list and a User-Agent with a contact."""
    contact = f"; {settings.contact}" if settings.contact else ""
    agent = f"TrackRecord/{__version__} (+{settings.base_url}{contact})"
    return OutboundClient(clock=clock, user_agent=agent, allowed_hosts=settings.allowed_hosts)


def make_senders(settings: Settings, clock: Clock) -> dict[ChannelKind, Sender]:
    """Build a sender for each kind of channel that the settings allow."""
    senders: dict[ChannelKind, Sender] = {
        ChannelKind.WEBHOOK: WebhookSender(make_client(settings, clock), clock),
        ChannelKind.CHAT: ChatSender(allowed_hosts=settings.allowed_hosts),
    }
    if settings.smtp_url is not None:
        server, secret = parse_smtp_url(settings.smtp_url.get_secret_value()), settings.secret()
        link = partial(resolve_url, settings.base_url, secret)
        senders[ChannelKind.EMAIL] = MailSender(server, settings.mail_sender, link, clock)
    return senders
