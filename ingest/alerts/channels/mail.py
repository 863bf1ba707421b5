"""Mail: one message an alert, text and HTML, the same Message-ID at every try."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from jinja2.sandbox import SandboxedEnvironment

from ingest.alerts.channels import SendError, resolved
from ingest.alerts.render import one_line

if TYPE_CHECKING:
    from ingest.alerts.channels import Channel, Letter

TIMEOUT_S = 30.0
MAX_SUBJECT = 200

_HTML = SandboxedEnvironment(autoescape=True).from_string(
    """\
<p><strong>{{ line }}</strong></p>
{% for item in evidence %}
<blockquote lang="{{ item.lang }}">{{ item.sentence }}</blockquote>
<p>{{ item.title }}<br>{{ item.source }}, {{ item.lang }}, {{ item.when }}<br>
{% if item.link %}<a href="{{ item.link }}">{{ item.link }}</a>{% endif %}</p>
{% endfor %}
<p><small>rule {{ rule }}, alert {{ id }}</small></p>
"""
)
_TEXT = SandboxedEnvironment(autoescape=False, trim_blocks=True).from_string(
    """\
{{ line }}

{% for item in evidence %}
“{{ item.sentence }}”
{{ item.title }}
{{ item.source }}, {{ item.lang }}, {{ item.when }}
{{ item.link }}

{% endfor %}
rule {{ rule }}, alert {{ id }}
"""
)


def make_message(channel: Channel, letter: Letter) -> EmailMessage:
    """Return the message of an alert; foreign text stays on its line and inside its element."""
    alert = letter.alert
    fields = {
        "line": one_line(alert.line),
        "rule": alert.rule_id,
        "id": alert.id,
        "evidence": [
            {
                "sentence": one_line(item.sentence, 2000),
                "title": one_line(item.title),
                "source": one_line(item.source, 100),
                "lang": one_line(item.lang, 20),
                "when": f"{item.published_at:%Y-%m-%d %H:%M} UTC"
                if item.published_at
                else "undated",
                "link": one_line(item.url, 2000) if item.url.startswith("http") else "",
            }
            for item in alert.evidence
        ],
    }
    message = EmailMessage()
    message["Subject"] = one_line(alert.line, MAX_SUBJECT)
    message["From"] = channel.sender
    message["To"] = ", ".join(channel.to)
    message["Date"] = format_datetime(alert.created_at)
    domain = channel.sender.rpartition("@")[2]
    message["Message-ID"] = f"<{letter.row.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Summitwatch-Rule"] = alert.rule_id
    message.set_content(_TEXT.render(fields))
    message.add_alternative(_HTML.render(fields), subtype="html")
    return message


def send_mail(channel: Channel, letter: Letter) -> str:
    """Hand the message to the desk's mail server.

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
            refused = client.send_message(make_message(channel, letter))
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
