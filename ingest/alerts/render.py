"""An alert for people and for programs. Everything that came from outside is made one safe line."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.alerts.rules import RuleSet
    from ingest.model import Alert, Evidence

MAX_LINE = 600
_KEPT = "\u200c\u200d\u00ad"  # joiners and soft hyphens belong to words


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """Return text as one line: spaces for breaks, no control or direction characters, cut."""
    joined = " ".join(text[: limit * 4].split())
    kept = (c for c in joined if unicodedata.category(c)[0] != "C" or c in _KEPT)
    line = "".join(kept)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def alert_json(alert: Alert, rules: RuleSet | None = None) -> dict[str, Any]:
    """Return the alert as JSON has it: `id` first, times RFC 3339 in UTC.

    Args:
        rules: name the fields of the key, where the rule is still in force.
    """
    rule = rules.rule(alert.rule_id) if rules else None
    names = rule.alert_key if rule and len(rule.alert_key) == len(alert.key) else ()
    return {
        "id": alert.id,
        "rule": alert.rule_id,
        "rule_version": alert.rule_version,
        "state": alert.state,
        "key": dict(zip(names, alert.key, strict=True)) if names else list(alert.key),
        "line": alert.line,
        "period_start": _time(alert.period_start),
        "created": _time(alert.created_at),
        "to": list(alert.to),
        "evidence": [_evidence_json(item) for item in alert.evidence],
    }


def _evidence_json(item: Evidence) -> dict[str, Any]:
    return {
        "article": item.article_id,
        "mention": item.mention,
        "line": item.line,
        "sentence": item.sentence,
        "title": item.title,
        "url": item.url,
        "source": item.source,
        "lang": item.lang,
        "published": _time(item.published_at),
        "confidence": item.confidence,
    }


def alert_lines(alert: Alert) -> tuple[str, ...]:
    """Return the alert in two lines: what is said; the sentence, where it stands and when."""
    first = alert.evidence[0]
    when = f"{first.published_at:%Y-%m-%d %H:%M} UTC" if first.published_at else "undated"
    state = "" if alert.state == "open" else f", {alert.state}"
    more = f" (+{len(alert.evidence) - 1} more)" if len(alert.evidence) > 1 else ""
    return (
        one_line(f"ALERT {alert.rule_id}: {alert.line}{_group(alert)}"),
        (
            f"  “{one_line(first.sentence)}” {first.lang}, {one_line(first.source, 100)}, {when}{more}"
            f" {one_line(first.url)} id {alert.id[:12]}{state}"
        ),
    )


def _group(alert: Alert) -> str:
    """The values of the key, short: several alerts may share one sentence."""
    values = [value.partition(":")[2] or value[:20] for value in alert.key if value]
    return f" [{', '.join(values)}]" if values else ""


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
