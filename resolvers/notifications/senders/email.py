"""Send prompts as mails in text and HTML through one SMTP server that the operator sets."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from resolvers.clock import Clock
from resolvers.notifications.rendering import LinkFor, render_email
from resolvers.notifications.sender import OutgoingMessage, SendResult, SendStatus
from resolvers.notifications.senders.smtp import SmtpServer, smtp_session

SEND_SECONDS = 30.0


class MailSender:
    """Sends each message as one mail to one mailbox.

    ``sender`` is the From address; ``resolve_url`` returns the signed link for a message id.
    """

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        resolve_url: LinkFor,
        clock: Clock,
        *,
        total_seconds: float = SEND_SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server, self._from, self._resolve_url, self._clock = server, sender, resolve_url, clock
        self._total_seconds = total_seconds
        self._tls = tls or ssl.create_default_context()

    def send(self, outgoing: OutgoingMessage) -> SendResult:
        """Send one mail. A refused mailbox or mail is a permanent failure, everything else a temporary one."""
        mail = self._compose(outgoing)
        try:
            name = self._from.rpartition("@")[2]
            with smtp_session(self._server, name, self._total_seconds, self._tls) as smtp:
                smtp.send_message(mail, self._from, [outgoing.target])
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(*next(iter(error.recipients.values())))
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            return _refusal(error.smtp_code, error.smtp_error)
        except smtplib.SMTPResponseException as error:
            return SendResult(SendStatus.TEMPORARY, f"the mail server answered {error.smtp_code}", error.smtp_code)
        except (OSError, smtplib.SMTPException) as error:
            return SendResult(SendStatus.TEMPORARY, f"the mail server hung up or was too slow ({type(error).__name__})")
        return SendResult(SendStatus.DELIVERED, status_code=250)

    def _compose(self, outgoing: OutgoingMessage) -> EmailMessage:
        content = render_email(outgoing.payload, outgoing.message_id, self._resolve_url)
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._from, outgoing.target, content.subject
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{outgoing.message_id}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(content.text)
        mail.add_alternative(content.html, subtype="html")
        return mail


def _refusal(code: int, reason: bytes | str) -> SendResult:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    status = SendStatus.PERMANENT if code >= 500 else SendStatus.TEMPORARY
    return SendResult(status, f"the mail server refused: {code} {' '.join(text.split())[:300]}", code)
