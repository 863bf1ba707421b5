"""Mail: text and HTML, the same Message-ID at every try, follow-ups in the thread of the first."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingest.alerts.channels import SendError, resolved
from ingest.alerts.render import one_line

if TYPE_CHECKING:
    from ingest.alerts.channels import Channel, Message

TIMEOUT_S = 30.0
MAX_SUBJECT = 200


class _Policy(EmailPolicy):
    """Leaves ids whole: the library folds long ones into encoded words, which no reader undoes.

    Source: RFC 5322 section 3.6.4 and RFC 2047 section 5; https://bugs.python.org/issue35805.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        if name in _IDS:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_IDS = frozenset({"Message-ID", "In-Reply-To", "References"})
_POLICY = _Policy()


def make_message(channel: Channel, message: Message) -> EmailMessage:
    """Return the mail of a message, in the thread of the one that it follows."""
    domain = channel.sender.rpartition("@")[2].encode("idna").decode("ascii")
    mail = EmailMessage(_POLICY)
    mail["Subject"] = one_line(message.subject, MAX_SUBJECT)
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    if message.thread:
        mail["In-Reply-To"] = mail["References"] = f"<{message.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Summitwatch-Rule"] = message.label
    mail["X-Summitwatch-Try"] = str(message.tries)
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    return mail


def send_mail(channel: Channel, message: Message) -> str:
    """Hand the mail to the desk's mail server.

    `smtps://` speaks TLS from the start; `smtp://` turns to it where the server offers it. A
    password is sent over TLS only.

    Returns:
        "", or which recipients were refused for good while others have the mail.

    Raises:
        SendError: the server could not be reached or did not take it.
    """
    url = urlsplit(resolved(channel, "smtp"))
    host, context = url.hostname or "", ssl.create_default_context()
    try:
        if url.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                host, url.port or 465, timeout=TIMEOUT_S, context=context
            )
        else:
            client = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_S)
        with client:
            client.ehlo()
            is_private = url.scheme == "smtps"
            if not is_private and client.has_extn("starttls"):
                client.starttls(context=context)
                client.ehlo()
                is_private = True
            if url.username:
                if not is_private:
                    raise SendError(channel.name, f"{host} offers no TLS for the password")
                client.login(unquote(url.username), unquote(url.password or ""))
            refused = client.send_message(make_message(channel, message))
    except smtplib.SMTPResponseException as exc:
        said = (
            exc.smtp_error.decode("utf-8", "replace") if isinstance(exc.smtp_error, bytes) else ""
        )
        is_down = exc.smtp_code < 500 or isinstance(exc, smtplib.SMTPConnectError)
        raise SendError(
            channel.name, f"{host} said {exc.smtp_code} {one_line(said, 200)}", is_down=is_down
        ) from exc
    except (smtplib.SMTPException, OSError, UnicodeError) as exc:
        raise SendError(channel.name, f"{host}: {one_line(str(exc), 200)}") from exc
    if not refused:
        return ""
    note = f"{host} refused {', '.join(refused)}"
    if any(code < 500 for code, _ in refused.values()):
        raise SendError(channel.name, note, is_down=False)
    return note
