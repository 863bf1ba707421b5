"""The venue board: for each meeting in the news, the venues in play and where each stands. Pure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest.board_known import corrected, identify
from ingest.query.analysis import fold
from ingest.query.projection import country_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.board_known import Known
    from ingest.model import MeetingStance, Status
    from ingest.store.port import ProposalRow
    from ingest.tag.corrections import Correction

QUIET = timedelta(days=21)  # a longer silence begins another meeting of the same parties
SURE = 0.5  # less confident reports decide no standing while surer ones are there
HELD_WEIGHT = 3  # a meeting held at a place that many say is refused was another, long ago
PARTY_SHARE = 0.25  # of a meeting's reports must name a party for it to count as one


@dataclass(frozen=True, slots=True)
class Stance:
    """The latest word of one proposer on one venue.

    Attributes:
        by: entity id or ISO code, or "" where nobody is named; `row` is the newest evidence.
        since: when this status was first reported; outlets: how many sources reported it.
    """

    by: str
    status: Status
    since: datetime
    outlets: int
    row: ProposalRow


@dataclass(frozen=True, slots=True)
class Turn:
    """A standing that a venue took, what it was before ("" at first), and by which report."""

    before: str
    standing: Status
    row: ProposalRow


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue in play for a meeting.

    Attributes:
        standing: hosted where that is reported widely enough, else the latest of agreed and
            rejected, else proposed.
        since: when the standing was first reported.
        outlets: registrable domains that reported it, copies of one sentence counted once.
        reported: the same for every word on the venue, whatever its status.
        newest: the newest evidence of the standing.
        history: every standing it had, oldest first, with the report that made it so.
        stances: each proposer's latest word, newest first; contrary ones stand side by side.
    """

    entity: str
    name: str
    standing: Status
    since: datetime
    outlets: int
    reported: int
    newest: ProposalRow
    stances: tuple[Stance, ...]
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting in the news.

    Attributes:
        id: stays while the meeting goes on, whatever is read anew (`ingest.board_known`).
        parties: ISO codes and organisations that a quarter of its reports name, () where none does.
        venues: the most widely reported first.
        background: reports that only recall a meeting long past, not counted among the venues.
        name: as the desk calls it, else "".
        core: the two chief parties that it was told apart by.
        articles: of its reports, oldest first.
        stances: refusals and readiness to meet at all, newest first.
    """

    id: str
    parties: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    venues: tuple[Venue, ...]
    background: int
    name: str = ""
    core: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    stances: tuple[StanceRow, ...] = ()


@dataclass(frozen=True, slots=True)
class StanceRow:
    """A refusal or readiness to meet at all, with what the board needs of its article."""

    stance: MeetingStance
    sentence: str
    article_id: str
    url: str
    source: str
    publisher: str
    lang: str
    effective_at: datetime
    first_stored_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """Reports that are of one meeting, oldest first; `core` are its chief parties."""

    core: tuple[str, ...]
    rows: tuple[ProposalRow, ...]

    @property
    def news(self) -> tuple[ProposalRow, ...]:
        """The reports that do more than recall a meeting long past."""
        return tuple(row for row in self.rows if not row.proposal.background)

    @property
    def articles(self) -> tuple[str, ...]:
        """The articles of its news, oldest first."""
        return tuple(dict.fromkeys(row.article_id for row in self.news))


def board(
    rows: Iterable[ProposalRow],
    parties: Sequence[str] = (),
    *,
    known: Sequence[Known] = (),
    corrections: Sequence[Correction] = (),
    stances: Iterable[StanceRow] = (),
) -> tuple[Meeting, ...]:
    """Order proposals into meetings, the latest first.

    Args:
        rows: proposals in any order.
        parties: keep only meetings in which all of these take part.
        known: meetings seen before: one that goes on keeps its id.
        corrections: of meetings, in the order they were made.
        stances: refusals and readiness without a place; each goes to the meeting it is about.
    """
    wanted = {party.upper() for party in parties}
    named = corrected(parts_of(rows, known), corrections)
    meetings = [_meeting(key, part, name) for key, (part, name) in named.items()]
    told = sorted(stances, key=lambda s: (s.effective_at, s.article_id), reverse=True)
    meetings = [replace(m, stances=_about(m, meetings, told)) for m in meetings]
    kept = [m for m in meetings if wanted <= set(m.parties)]
    return tuple(sorted(kept, key=lambda m: (m.last_at, m.id), reverse=True))


def parts_of(rows: Iterable[ProposalRow], known: Sequence[Known] = ()) -> dict[str, Part]:
    """Return the reports of each meeting by its id, before the desk's corrections."""
    ordered = sorted(rows, key=lambda row: (row.effective_at, row.id))
    parts = [
        part
        for core, members in _groups(ordered)
        for rows_of in _by_time(members)
        if (part := Part(tuple(sorted(core)), tuple(rows_of))).news
    ]
    return dict(zip(identify(parts, known), parts, strict=True))


def _about(
    meeting: Meeting, meetings: Sequence[Meeting], told: Sequence[StanceRow]
) -> tuple[StanceRow, ...]:
    """The stances on a meeting: of one of its chief parties, at its time, on nothing closer."""
    return tuple(row for row in told if _nearest(row, meetings) is meeting)


def _nearest(row: StanceRow, meetings: Sequence[Meeting]) -> Meeting | None:
    sides = {*row.stance.parties, row.stance.country}
    near = [
        m
        for m in meetings
        if m.first_at - QUIET <= row.effective_at <= m.last_at + QUIET
        and row.stance.country in {*m.core, *m.parties}
    ]
    return max(
        near,
        key=lambda m: (len(sides & set(m.core)), len(sides & set(m.parties)), m.last_at, m.id),
        default=None,
    )


def _groups(rows: list[ProposalRow]) -> list[tuple[frozenset[str], list[ProposalRow]]]:
    """Group reports around the pairs of parties that are named together most.

    A report that names both of a pair is of its meeting. One that names fewer (a host counted in
    place of a guest, one side only, nobody) joins the meeting in which its venue is spoken of most.
    """
    left = [(row, _guests(row)) for row in rows]
    grouped: list[tuple[frozenset[str], list[ProposalRow]]] = []
    while True:
        pairs = Counter(
            pair for _, guests in left for pair in itertools.combinations(sorted(guests), 2)
        )
        if not pairs:
            break
        core = frozenset(max(pairs.items(), key=lambda item: (item[1], item[0]))[0])
        members = [row for row, guests in left if core <= guests]
        left = [(row, guests) for row, guests in left if not core <= guests]
        spoken = {venue for row in members for venue in row.proposal.venues}
        sides = core | _often(members)
        joining = [
            (row, guests)
            for row, guests in left
            if sides & set(row.proposal.parties)
            and (len(guests) == 1 or spoken & set(row.proposal.venues))
        ]
        left = [item for item in left if item not in joining]
        grouped.append((core, members + [row for row, _ in joining]))
    lone: defaultdict[frozenset[str], list[ProposalRow]] = defaultdict(list)
    for row, guests in left:
        votes = [
            sum(
                venue in other.proposal.venues for other in members for venue in row.proposal.venues
            )
            for _, members in grouped
        ]
        if any(votes):
            grouped[votes.index(max(votes))][1].append(row)
        else:
            lone[guests].append(row)
    merged = [*grouped, *lone.items()]
    return [(core, sorted(part, key=lambda r: (r.effective_at, r.id))) for core, part in merged]


def _guests(row: ProposalRow) -> frozenset[str]:
    """The parties without the venues' own states: a host takes part only if it is a side."""
    parties = frozenset(row.proposal.parties)
    guests = parties - {country_of(venue) for venue in row.proposal.venues}
    return guests if len(guests) > 1 or len(parties) < 2 else guests or parties


def _often(rows: Sequence[ProposalRow]) -> set[str]:
    """The parties that a quarter of the reports name."""
    named = Counter(party for row in rows for party in row.proposal.parties)
    return {party for party, count in named.items() if count >= PARTY_SHARE * len(rows)}


def _by_time(rows: list[ProposalRow]) -> list[list[ProposalRow]]:
    parts = [[rows[0]]]
    for before, row in itertools.pairwise(rows):
        if row.effective_at - before.effective_at > QUIET:
            parts.append([])
        parts[-1].append(row)
    return parts


def _meeting(meeting_id: str, part: Part, name: str) -> Meeting:
    news = part.news
    by_venue: defaultdict[str, list[ProposalRow]] = defaultdict(list)
    names: dict[str, str] = {}
    for row in news:
        for entity, called in zip(row.proposal.venues, row.proposal.venue_names, strict=True):
            by_venue[entity].append(row)
            names[entity] = called
    venues = [_venue(entity, names[entity], members) for entity, members in by_venue.items()]
    venues.sort(key=lambda v: (v.reported, v.newest.effective_at, v.entity), reverse=True)
    return Meeting(
        id=meeting_id,
        parties=tuple(sorted({*part.core, *_often(news)})),
        first_at=news[0].effective_at,
        last_at=news[-1].effective_at,
        venues=tuple(venues),
        background=len(part.rows) - len(news),
        name=name,
        core=part.core,
        articles=part.articles,
    )


def _venue(entity: str, name: str, rows: list[ProposalRow]) -> Venue:
    sure = [row for row in rows if row.proposal.confidence >= SURE] or rows
    history = _turns(sure)
    standing = history[-1].standing
    reports = [row for row in sure if row.proposal.status == standing] or sure
    by: defaultdict[str, list[ProposalRow]] = defaultdict(list)
    for row in rows:
        by[row.proposal.proposer or ""].append(row)
    stances = [_stance(who, members) for who, members in by.items()]
    stances.sort(key=lambda s: (s.row.effective_at, s.by), reverse=True)
    return Venue(
        entity=entity,
        name=name,
        standing=standing,
        since=reports[0].effective_at,
        outlets=outlets(reports),
        reported=outlets(rows),
        newest=reports[-1],
        stances=tuple(stances),
        history=history,
    )


def _turns(rows: list[ProposalRow]) -> tuple[Turn, ...]:
    """The standings that a venue took, report by report."""
    held, refused = _Outlets(), _Outlets()
    decided: Status | None = None
    turns: list[Turn] = []
    for row in rows:
        status = row.proposal.status
        if status == "hosted":
            held.add(row)
        elif status == "rejected":
            refused.add(row)
        if status in {"agreed", "rejected"}:
            decided = status
        standing: Status = decided or "proposed"
        if held.count and held.count * HELD_WEIGHT >= refused.count:
            standing = "hosted"
        before = turns[-1].standing if turns else ""
        if standing != before:
            turns.append(Turn(before, standing, row))
    return tuple(turns)


def _stance(by: str, rows: list[ProposalRow]) -> Stance:
    latest = rows[-1]
    same = [row for row in rows if row.proposal.status == latest.proposal.status]
    return Stance(by, latest.proposal.status, same[0].effective_at, outlets(same), latest)


def outlets(rows: Iterable[ProposalRow]) -> int:
    """Count sources; a registrable domain counts once, and so does a sentence that is copied."""
    counted = _Outlets()
    for row in rows:
        counted.add(row)
    return counted.count


class _Outlets:
    """Counts sources as they come."""

    def __init__(self) -> None:
        self.count = 0
        self._sources: set[str] = set()
        self._sentences: set[str] = set()

    def add(self, row: ProposalRow) -> None:
        sentence = " ".join(fold(row.sentence).split())
        if row.source in self._sources or sentence in self._sentences:
            return
        self._sources.add(row.source)
        self._sentences.add(sentence)
        self.count += 1
