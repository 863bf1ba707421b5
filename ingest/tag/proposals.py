"""Who proposed, agreed, refused or held a meeting where: records made from mentions and roles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from ingest.model import VENUE_ROLES, Proposal, Status
from ingest.tag.document import Document, Found, Sentence
from ingest.tag.parties import Act, Spoken, parties_of, speaks_for
from ingest.tag.proposer import Choice, Scene, state_code
from ingest.tag.roles import RoleModel
from ingest.tag.when import is_background, when_named

_ONCE = frozenset({"agreed", "hosted"})  # by nobody once more
_SURE = 0.8  # the chance from which a second one is said to offer or refuse a place


@dataclass(slots=True)
class _Act:
    status: Status
    venues: list[Found]
    sentence: Sentence
    by: Choice

    @property
    def person(self) -> Found | None:
        return self.by.one.person

    @property
    def country(self) -> str | None:
        return None if self.person else self.by.one.who or None

    def state(self, doc: Document) -> str | None:
        """The state or organisation that says it."""
        return speaks_for(doc, self.person) if self.person else self.country


def find_proposals(doc: Document, model: RoleModel) -> list[Proposal]:
    """One record for each act: a status, the venues a sentence names for it, and who says so.

    A place is offered, agreed on, refused or used once in an article, however often that is told: by
    the first sentence that names somebody for it, or else by the first. It is offered or refused once
    more by whoever plainly does so for another state.

    Args:
        doc: with roles.
        model: weighs who an act is by (`ingest.tag.proposer`) and who would meet (`ingest.tag.parties`).
    """
    told: dict[tuple[str, Status], list[_Act]] = {}
    scene: Scene | None = None
    for venue in sorted(doc.places, key=lambda place: place.start):
        if venue.role not in VENUE_ROLES:
            continue
        before = told.setdefault((venue.entity.id, venue.role), [])
        if before and before[0].by.one.who and venue.role in _ONCE:
            continue
        sentence = doc.read[doc.sentence_index(venue.start)]
        if scene is None or scene.sentence is not sentence:
            scene = Scene(doc, sentence)
        act = _Act(venue.role, [venue], sentence, scene.choose(venue, venue.role, model.proposers))
        if act.by.one.who and before and not before[0].by.one.who:
            before[:] = [act]
        elif not before or (
            act.by.chance > _SURE and act.state(doc) not in {other.state(doc) for other in before}
        ):
            before.append(act)
    acts: dict[tuple[int, Status, str], _Act] = {}
    for act in sorted(chain.from_iterable(told.values()), key=lambda act: act.venues[0].start):
        same = acts.setdefault((act.sentence.start, act.status, act.by.one.who), act)
        if same is not act:
            same.venues += act.venues
    if not acts:
        return []
    spoken = Spoken(doc)
    return [_record(spoken, act, model) for act in acts.values()]


def _named_how(act: _Act) -> str:
    """How and where whoever an act is by is named, for people to read."""
    if not act.by.one.who:
        return "nobody named"
    where = "before" if act.by.one.sort == "recalled" else "in the sentence"
    return f"{act.person.how if act.person else 'state'} {where}"


def _record(spoken: Spoken, act: _Act, model: RoleModel) -> Proposal:
    doc, venues, person = spoken.doc, act.venues, act.person
    who = person.entity.name if person else act.country
    start, end = doc.original(act.sentence.start, act.sentence.end)
    country = act.state(doc)
    hosts = frozenset(filter(None, (state_code(venue.entity.country) for venue in venues)))
    meeting = Act(act.status, act.sentence, hosts, country)
    sentence = doc.folded.text[act.sentence.start : act.sentence.end]
    confidence = min(v.confidence for v in venues) * (0.95 if who else 0.85)
    return Proposal(
        proposer=person.entity.id if person else act.country,
        proposer_name=who,
        proposer_country=country,
        venues=tuple(v.entity.id for v in venues),
        venue_names=tuple(v.entity.name for v in venues),
        parties=parties_of(spoken, meeting, model.parties),
        status=act.status,
        start=start,
        end=end,
        confidence=round(confidence, 2),
        rule=f"{venues[0].rule}; by {_named_how(act)} ({act.by.chance:.2f}: {act.by.why})",
        when=when_named(sentence, doc.day, act.status),
        background=act.status == "hosted" and is_background(sentence, doc.day),
    )
