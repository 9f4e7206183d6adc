"""E-mail over real SMTP, and the signed links in it."""

import asyncio
import re
import ssl
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlmodel import Session

from predictions.demo_mark import mark_as_demo
from resolvers.deadline_sweep import sweep_due
from resolvers.notifications.channels import send_test_message
from resolvers.notifications.dispatcher import Dispatcher
from resolvers.notifications.models import ChannelKind
from resolvers.notifications.rendering import render_email
from resolvers.notifications.resolve_links import open_link, resolve_url
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus, outgoing_message
from resolvers.notifications.senders.email import MailSender
from resolvers.notifications.senders.smtp import SmtpServer, parse_smtp_url
from service.db.engine import bookkeeping_transaction, write_transaction
from service.settings import Settings
from service.wiring.senders import make_senders
from tests.support.fake_clock import START, FakeClock
from tests.support.http_source_server import FIXTURES, RawServer, endless, hang, raw
from tests.support.source_requests import BASE_URL, add_channel, all_deliveries, create_question

SECRET = b"the secret of this server"
TEXT = "Will the Köln carnival – “Rosenmontag” –\ntake place?"


class Mailbox:
    """The handler of the SMTP server: stores mails, and refuses those that a test sets."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refuse: dict[str, str] = {}

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return self.refuse.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.rcpt_tos.append(address)
        return self.refuse.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


class FreePort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def body_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body([kind])
    assert part is not None
    return str(part.get_content())


Serve = Callable[..., tuple[Mailbox, int]]


@pytest.fixture
def serve_mail() -> Iterator[Serve]:
    """`serve_mail(**options)` starts a server; gives its mailbox and port."""
    controllers = []

    def start(**options: Any) -> tuple[Mailbox, int]:
        mailbox = Mailbox()
        controller = FreePort(mailbox, hostname="127.0.0.1", port=0, **options)
        controller.start()
        controllers.append(controller)
        return mailbox, controller.port

    yield start
    for controller in controllers:
        controller.stop()


def sender(server: str | SmtpServer, **options: Any) -> MailSender:
    server = parse_smtp_url(server) if isinstance(server, str) else server

    def link(message_id: str) -> str:
        return resolve_url(BASE_URL, SECRET, message_id)

    return MailSender(server, "record@example.org", link, FakeClock(), **options)


def due_message(session: Session, name: str = "mail") -> OutgoingMessage:
    channel = add_channel(session, name, START, kind="email", target="desk@example.org")
    fields = {"text": TEXT, "deadline_zone": "Europe/Berlin", "resolution_criteria": "Yes if <it> rolls."}
    create_question(session, "carnival", START, **fields)
    sweep_due(session, now=START, base_url=BASE_URL)
    [delivery] = all_deliveries(session)
    return outgoing_message(channel, delivery.message_id, delivery.payload)


def test_a_prompt_arrives_as_text_and_html_with_a_link_that_opens_the_question(
    session: Session, serve_mail: Serve
) -> None:
    mailbox, port = serve_mail()
    message = due_message(session)
    assert sender(f"smtp://127.0.0.1:{port}").send(message) == SendResult(SendStatus.DELIVERED, "", 250)
    [mail] = mailbox.mails
    assert mailbox.envelopes == [("record@example.org", ["desk@example.org"])]
    assert mail["Subject"] == "To resolve: Will the Köln carnival – “Rosenmontag” – take place?"
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (
        "record@example.org",
        "desk@example.org",
        "auto-generated",
    )
    assert mail["Date"].datetime == START
    text, html = body_of(mail, "plain"), body_of(mail, "html")
    for body in (text, html):
        assert "1 April 2025, 14:00 (Europe/Berlin)" in body
        assert "yes, no, annulled" in body
        assert f"{BASE_URL}/questions/carnival" in body
        (token,) = re.findall(rf"{BASE_URL}/resolve/(\S+?)[\"\s]", body)
        assert open_link(session, SECRET, token, now=START)[0].slug == "carnival"
    assert "Yes if <it> rolls." in text
    assert "Yes if &lt;it&gt; rolls." in html


def test_every_attempt_is_the_same_mail_so_that_repeats_show(session: Session, serve_mail: Serve) -> None:
    mailbox, port = serve_mail()
    message = due_message(session)
    for _ in range(2):
        sender(f"smtp://127.0.0.1:{port}").send(message)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{message.message_id}@example.org>"
    assert body_of(first) == body_of(second)


@pytest.mark.parametrize(
    ("step", "reply", "status"),
    [
        ("RCPT", "550 no such mailbox", SendStatus.PERMANENT),
        ("RCPT", "450 greylisted", SendStatus.TEMPORARY),
        ("MAIL", "553 sender not allowed", SendStatus.PERMANENT),
        ("MAIL", "451 later", SendStatus.TEMPORARY),
        ("DATA", "554 spam", SendStatus.PERMANENT),
        ("DATA", "452 full", SendStatus.TEMPORARY),
    ],
)
def test_the_kind_of_refusal_decides_whether_to_try_again(
    session: Session, serve_mail: Serve, step: str, reply: str, status: SendStatus
) -> None:
    mailbox, port = serve_mail()
    mailbox.refuse[step] = reply
    answer = sender(f"smtp://127.0.0.1:{port}").send(due_message(session))
    assert (answer.status, answer.status_code) == (status, int(reply[:3]))
    assert reply in answer.detail
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "behaviour",
    [
        hang,
        raw(b""),
        raw(b"554 go away\r\n"),
        raw(b"220 hello\r\n"),
        raw(b"\xff\xfe nonsense\r\n"),
        endless(b"220-", b"x", 0.01),
        endless(b"220 hello\r\n250-a\r\n", b"250-b\r\n", 0.01),
    ],
    ids=["hangs", "closes", "refuses", "stops", "nonsense", "drips a line", "drips lines"],
)
def test_a_server_that_misbehaves_is_tried_again_later_and_costs_bounded_time(
    session: Session, behaviour: Callable[..., None]
) -> None:
    server = MuteServer(behaviour)
    try:
        answer = sender(f"smtp://127.0.0.1:{server.port}", total_seconds=0.5).send(due_message(session))
    finally:
        server.close()
    assert answer.status is SendStatus.TEMPORARY


class MuteServer(RawServer):
    """Behaves at once, without reading first: an SMTP server speaks before its client."""

    def __init__(self, behaviour: Callable[..., None]) -> None:
        super().__init__()
        self._at_once = behaviour

    def _serve(self, sock: Any) -> None:
        with sock:
            try:
                self._at_once(sock)
            except OSError:
                return


def test_no_server_at_all_is_tried_again_later(session: Session) -> None:
    assert sender("smtp://127.0.0.1:9").send(due_message(session)).status is SendStatus.TEMPORARY


def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(FIXTURES / "tls" / "cert.pem", FIXTURES / "tls" / "key.pem")
    client = ssl.create_default_context(cafile=FIXTURES / "tls" / "cert.pem")
    client.check_hostname = False  # the certificate is another host's; the address here is that of the loopback
    return server, client


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server does not know that smtps is encrypted already
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_and_password_travel_encrypted(session: Session, serve_mail: Serve, scheme: str) -> None:
    server_tls, client_tls = certificate()
    logins = []

    def authenticate(server: Any, connection: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        logins.append(
            (data.login, data.password, connection.ssl is not None or server.transport.get_extra_info("cipher"))
        )
        return AuthResult(success=data.password == b"p:ss", handled=False)

    tls = {"ssl_context": server_tls} if scheme == "smtps" else {"tls_context": server_tls, "require_starttls": True}
    mailbox, port = serve_mail(authenticator=authenticate, auth_required=True, auth_require_tls=scheme == "smtp", **tls)
    message = due_message(session)
    url = f"{scheme}://desk:p%3Ass@127.0.0.1:{port}?starttls=required"
    assert sender(url, tls=client_tls).send(message).status is SendStatus.DELIVERED
    assert [(login, password, bool(encrypted)) for login, password, encrypted in logins] == [(b"desk", b"p:ss", True)]
    assert len(mailbox.mails) == 1
    wrong = sender(url.replace("p%3Ass", "wrong"), tls=client_tls).send(message)
    assert (wrong.status, wrong.status_code) == (SendStatus.TEMPORARY, 535), "the operator may correct the password"
    assert sender(url).send(message).status is SendStatus.TEMPORARY, (
        "a certificate that nobody vouches for is not trusted"
    )
    assert len(mailbox.mails) == 1


def test_where_encryption_is_required_nothing_is_sent_without(session: Session, serve_mail: Serve) -> None:
    mailbox, port = serve_mail()
    answer = sender(f"smtp://127.0.0.1:{port}?starttls=required").send(due_message(session))
    assert (answer.status, mailbox.mails) == (SendStatus.TEMPORARY, [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 25, False, "offered", "", "")),
        ("smtp://u:p%40@mail.example.org", ("mail.example.org", 587, False, "required", "u", "p@")),
        ("smtps://u:p@mail.example.org", ("mail.example.org", 465, True, "required", "u", "p")),
        ("smtp://u:p@localhost:2525", ("localhost", 2525, False, "offered", "u", "p")),
        ("smtp://mail.example.org?starttls=never", ("mail.example.org", 25, False, "never", "", "")),
    ],
)
def test_the_address_of_a_mail_server_is_understood(url: str, expected: tuple[Any, ...]) -> None:
    assert parse_smtp_url(url) == SmtpServer(*expected)


@pytest.mark.parametrize(
    "url", ["http://mail.example.org", "smtp://", "mail.example.org", "smtp://u:p@mail.example.org?starttls=never"]
)
def test_a_mail_server_that_cannot_be_meant_is_refused_when_the_service_starts(url: str) -> None:
    with pytest.raises(ValidationError, match="smtp_url"):
        Settings(_env_file=None, smtp_url=url)


def test_with_a_mail_server_set_the_service_sends_mail(engine: Engine, serve_mail: Serve, tmp_path: Path) -> None:
    mailbox, port = serve_mail()
    settings = Settings(
        _env_file=None, smtp_url=f"smtp://127.0.0.1:{port}", public_url=BASE_URL, state_dir=tmp_path / "state"
    )
    clock = FakeClock()
    with write_transaction(engine) as session:
        due_message(session)
        senders = make_senders(settings, clock)
        channel = add_channel(session, "second", START, kind="email", target="other@example.org")
        assert send_test_message(channel, senders, now=START).status is SendStatus.DELIVERED
    tally = Dispatcher(lambda: bookkeeping_transaction(engine), senders, clock).deliver(10)
    assert tally["delivered"] == 1
    assert [mail["From"] for mail in mailbox.mails] == ["trackrecord@record.example.org"] * 2
    assert mailbox.mails[0]["Subject"] == "A test message from Track Record"
    (token,) = re.findall(r"/resolve/(\S+)", body_of(mailbox.mails[1]))
    with bookkeeping_transaction(engine) as session:
        assert open_link(session, settings.secret(), token, now=START)[0].slug == "carnival"
    assert set(make_senders(Settings(_env_file=None, smtp_url=""), clock)) == {ChannelKind.WEBHOOK, ChannelKind.CHAT}


@pytest.mark.parametrize(
    ("stage", "beginning"),
    [
        ("due", "To resolve: "),
        ("day_3", "Still to resolve (day 3): "),
        ("escalation", "Nobody has resolved: "),
        ("snooze_1", "No longer snoozed: "),
    ],
)
def test_the_subject_says_how_urgent_it_is_and_stays_short(session: Session, stage: str, beginning: str) -> None:
    payload = due_message(session).payload.replace('"stage":"due"', f'"stage":"{stage}"')
    assert render_email(payload, "msg_1", "https://x/{}".format).subject.startswith(beginning)
    long = payload.replace("Rosenmontag", "Rosenmontag " * 50)
    assert len(render_email(long, "msg_1", "https://x/{}".format).subject) == 150


def test_a_mail_from_a_demo_says_that_its_question_is_invented(session: Session) -> None:
    mark_as_demo(session, now=START)
    payload = due_message(session).payload
    assert "invented" in render_email(payload, "msg_1", "https://x/{}".format).text
    assert "invented" in render_email(payload, "msg_1", "https://x/{}".format).html
