"""Silences: alerts that are made, listed and not sent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingest.model import Alert, Silence


def silence_of(alert: Alert, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """Return the silence that covers an alert which is made now, the one that lasts longest."""
    covering = [
        silence
        for silence in silences
        if silence.rule_id == alert.rule_id
        and silence.created_at <= now < silence.until
        and set(silence.key) <= set(alert.key)
    ]
    return max(covering, key=lambda silence: (silence.until, silence.id), default=None)
