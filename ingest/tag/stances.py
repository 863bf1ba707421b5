"""A refusal or readiness to meet at all, with no place named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.model import MeetingStance
    from ingest.tag.document import Document


def find_stances(doc: Document) -> list[MeetingStance]:
    """Return the stances of a text in its order."""
    del doc
    return []
