"""What carries messages out of this server: the guarded client, and a sender for each kind of channel set up."""

from functools import partial

from resolvers.clock import Clock
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.resolve_links import resolve_url
from resolvers.notifications.sender import Sender
from resolvers.notifications.senders.chat import ChatSender
from resolvers.notifications.senders.email import MailSender
from resolvers.notifications.senders.smtp import smtp_server
from resolvers.notifications.senders.webhook import WebhookSender
from resolvers.outbound.client import Fetcher
from service import __version__
from service.settings import Settings


def make_fetcher(settings: Settings, clock: Clock) -> Fetcher:
    """The client for outside addresses, with the operator's allow-list and a User-Agent that names a contact."""
    contact = f"; {settings.contact}" if settings.contact else ""
    agent = f"TrackRecord/{__version__} (+{settings.base_url}{contact})"
    return Fetcher(clock=clock, user_agent=agent, allowed_hosts=settings.allowed_hosts)


def make_senders(settings: Settings, clock: Clock) -> dict[ChannelKind, Sender]:
    """A sender for each kind of channel that the settings allow for."""
    senders: dict[ChannelKind, Sender] = {
        ChannelKind.WEBHOOK: WebhookSender(make_fetcher(settings, clock), clock),
        ChannelKind.CHAT: ChatSender(),
    }
    if settings.smtp_url is not None:
        server, secret = smtp_server(settings.smtp_url.get_secret_value()), settings.secret()
        link = partial(resolve_url, settings.base_url, secret)
        senders[ChannelKind.EMAIL] = MailSender(server, settings.mail_sender, link, clock)
    return senders
