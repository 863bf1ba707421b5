"""The role of each place: rules first where they are surer, then a linear classifier.

Its confidence is set right by what cross-validation measured. The weights are trained by
`ingest.tag.train` and shipped as data/roles.json.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from pathlib import Path

import msgspec

from ingest.errors import SettingsError
from ingest.model import ROLES, VENUE_ROLES, Role
from ingest.tag.document import Document, Found
from ingest.tag.features import Surroundings, read_sentences
from ingest.tag.lanes import largest, sums
from ingest.tag.reader import Reader, multiply

WEIGHTS = Path(__file__).parent / "data" / "roles.json"
_SCALE = 100.0
# Places beyond this many are not read closely: no article has more, a gazetteer page may.
MAX_PLACES = 400


# Under this chance a venue role is not said: the place is a location, with low confidence.
DOUBT = 0.3
# Articles in which no place is likelier than this to be a venue are not read again.
SECOND_LOOK = 0.3
_VENUES = tuple(ROLES.index(role) for role in VENUE_ROLES)


@dataclass(frozen=True)
class RoleModel:
    """Weights of the classifier.

    Attributes:
        weights: feature -> one weight (in hundredths) for each role of `ROLES`, packed (`ingest.tag.lanes`).
        proposers: weights of who an act is by.
        parties: weights of who would meet.
        calibration: (chance, share that was right) of cross-validation, rising.
    """

    version: str
    weights: dict[str, int]
    proposers: dict[str, int] = field(default_factory=dict)
    parties: dict[str, int] = field(default_factory=dict)
    calibration: tuple[tuple[float, float], ...] = ()

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> RoleModel:
        """Read the shipped weights.

        Raises:
            SettingsError: the file is missing or damaged.
        """
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as exc:
            raise SettingsError(
                str(path),
                f"the role weights cannot be read: {exc}",
                "run python -m ingest.tag.train",
            ) from exc


def calibrated(points: Sequence[tuple[float, float]], chance: float) -> float:
    """How often a role given with this chance was right; the chance itself if nobody measured."""
    if not points:
        return chance
    at = bisect_right(points, (chance, 2.0))
    if at == 0 or at == len(points):
        return points[max(at - 1, 0)][1]
    (x0, y0), (x1, y1) = points[at - 1], points[at]
    return y0 + (y1 - y0) * (chance - x0) / (x1 - x0) if x1 > x0 else y1


def chances_of(summed: Sequence[int]) -> list[float]:
    """Probability of each role of `ROLES`, given the summed weights of the features that hold."""
    top = max(summed)
    exps = [math.exp((value - top) / _SCALE) for value in summed]
    whole = sum(exps)
    return [value / whole for value in exps]


Known = tuple[list[str], list[int]]  # features that have weights, and those


def _known(names: list[str], model: RoleModel) -> Known:
    rows = [*map(model.weights.get, names)]  # no loop of our own: a place has 150 features
    return [*compress(names, rows)], [*filter(None, rows)]


def _joined(parts: Sequence[Known]) -> Known:
    names, rows = zip(*parts, strict=True)
    return [*chain.from_iterable(names)], [*chain.from_iterable(rows)]


def _best(known: Known, role: int) -> str:
    """The three features that spoke loudest for a role, for people to read."""
    loudest = [name for name in largest(*known, role, 4) if name != "bias"]
    return "model: " + ", ".join(loudest[:3])


_FORMAT_TAIL = re.compile(
    r"\W{0,3}(?:format|talks|track|line|axis|формат\w*|перегов\w*|перемов\w*|перамов\w*|rozm\w*|gesprach\w*|pourparlers|negociaci\w*|formati?|gorusme\w*)"
)


def _rule(doc: Document, place: Found, index: int) -> tuple[Role, str, float] | None:
    """A role that the wording alone settles."""
    text = doc.folded.text
    run = _dash_run(doc, index)
    if len(run) >= 2 and (len(run) >= 3 or _FORMAT_TAIL.match(text, run[-1].end)):
        return "government", "format-list", 0.9
    start, _end = doc.sentence(place.start)
    opens = place.start - start < 3 and (start == 0 or doc.visible[start - 1] == "\n")
    if opens and _DATELINE.match(doc.visible, place.start):
        return "location", "dateline", 0.97
    return None


_DATELINE = re.compile(
    r"[A-ZÀ-ÞА-ЯЁІЇЄҐЎ'’.\-, /]{3,40}(?:,? (?:[A-Z][a-z]{2,8}\.?|[а-яіў]+) ?\d{1,2}|,? \d{1,2}\.? \w{3,12})?(?:,? ?\([^)\n]{2,40}\))?,? ?[-–—:.|] |"
    r"[A-ZА-ЯЁІЇЄҐЎŁŚİÇŞÖÜ][\w'’.-]+(?:[ -][A-Z][\w'’.-]+){0,2},? ?(?:\([^)\n]{2,40}\)|,? \d{1,2}\.? \w{3,12}\.?|,? [A-Z][a-z]{2,8}\.? \d{1,2})? ?[—–-] |"
    r"[A-ZА-ЯЁІЇЄҐЎŁŚİÇŞÖÜ][\w'’.-]+(?:[ -][A-Z][\w'’.-]+){0,2} \([A-Za-zА-Яа-яİıçşğü /.]{2,30}\)"
)


def _dash_run(doc: Document, index: int) -> list[Found]:
    places = doc.places
    low = high = index
    text = doc.folded.text

    def joined(left: Found, right: Found) -> bool:
        gap = text[left.end : right.start]
        return len(gap) <= 3 and gap.strip() == "-"

    while low > 0 and joined(places[low - 1], places[low]):
        low -= 1
    while high + 1 < len(places) and joined(places[high], places[high + 1]):
        high += 1
    return places[low : high + 1]


def decide(
    doc: Document,
    names: Sequence[Sequence[list[str]]],
    model: RoleModel,
    reader: Reader | None = None,
    title: str = "",
) -> None:
    """Give the first `len(names)` places of `doc` their role, confidence and rule.

    Args:
        doc: read, with its places.
        names: features of each place, in lists; one that several share is weighed once.
        model: weights and calibration.
        reader: reads the places again, where one of them may be a venue.
        title: the headline, for the reader.
    """
    places = doc.places[: len(names)]
    once = {id(some): _known(some, model) for own in names for some in own}
    known = [_joined([once[id(some)] for some in own]) for own in names]
    words = [chances_of(sums(rows, len(ROLES))) for _names, rows in known]
    again: list[tuple[float, ...] | None] = [None] * len(places)
    if reader is not None and any(sum(w[i] for i in _VENUES) > SECOND_LOOK for w in words):
        again = reader.chances(title, doc.visible, [(p.start, p.end) for p in places])
    for index, place in enumerate(places):
        chances, read = words[index], again[index]
        if read is not None:
            chances = multiply(chances, read)
        place.chances = tuple(chances)
        rule = _rule(doc, place, index)
        if rule:
            place.role, place.rule, place.confidence = rule
            continue
        role = max(range(len(ROLES)), key=chances.__getitem__)
        told = _best(known[index], role)
        if reader is not None and read is not None:
            sure = calibrated(reader.calibration, chances[role])
            told = f"reader: {read[role]:.2f}; {told}"
        else:
            sure = calibrated(model.calibration, chances[role])
        if ROLES[role] in VENUE_ROLES and chances[role] < DOUBT:
            place.role, place.confidence, place.rule = "location", sure, "doubtful; " + told
        else:
            place.role, place.confidence, place.rule = ROLES[role], sure, told


def assign_roles(
    doc: Document, model: RoleModel, reader: Reader | None = None, title: str = ""
) -> None:
    """Give every place of `doc.places` its role, confidence and rule."""
    if not doc.places:
        return
    sentences = doc.read = read_sentences(doc)
    if not model.weights:
        for place in doc.places:
            place.role = "location"
        return
    around = Surroundings(doc, sentences)
    names = [around.features(i) for i in range(min(len(doc.places), MAX_PLACES))]
    decide(doc, names, model, reader, title)
    for place in doc.places[MAX_PLACES:]:
        place.role, place.rule, place.confidence = "location", "beyond-limit", 0.1
