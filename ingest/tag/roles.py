"""The role of each place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.model import Role
from ingest.tag.document import Document


@dataclass(frozen=True)
class RoleModel:
    """Weights of the role classifier."""

    version: str = "r0"

    @classmethod
    def load(cls) -> RoleModel:
        return cls()


_PROPOSE = re.compile(r"offer|propos|suggest|float|suit|предл\w+|готов|лучш\w+ мест")
_REJECT = re.compile(r"\bnot\b|reject|rul\w+ out|refus|не поед|отверг|отказ|исключ")
_AGREE = re.compile(r"will (?:meet|be held|host)|agreed|состоится|пройд[её]т|договорил")
_HOST = re.compile(r"\b(?:met|held|hosted|signed)\b|состоял|прош[её]л|подписан|встретил")


def assign_roles(doc: Document, model: RoleModel) -> None:
    """Give every place of `doc.places` its role, confidence and rule."""
    del model
    for place in doc.places:
        start, end = doc.sentence(place.start)
        sentence = doc.folded.text[start:end]
        role: Role
        if place.entity.kind in ("seat", "country"):
            role, rule = "government", "state-or-seat"
        else:
            role, rule = "location", "plain"
        for pattern, found in (
            (_REJECT, "rejected"),
            (_AGREE, "agreed"),
            (_PROPOSE, "proposed"),
            (_HOST, "hosted"),
        ):
            if role == "location" and pattern.search(sentence):
                role, rule = found, f"cue:{found}"  # type: ignore[assignment]
                break
        place.role, place.rule, place.confidence = role, rule, 0.5
