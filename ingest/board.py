"""The venue board: for each meeting in the news, the venues in play and where each stands. Pure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest import ids
from ingest.query.analysis import fold
from ingest.query.projection import country_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import Status
    from ingest.store.port import ProposalRow

QUIET = timedelta(days=21)  # a longer silence begins another meeting of the same parties
SURE = 0.5  # less confident reports decide no standing while surer ones are there
HELD_WEIGHT = 3  # a meeting held at a place that many say is refused was another, long ago
PARTY_SHARE = 0.2  # of a meeting's reports must name a party for it to count as one


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
class Venue:
    """A venue in play for a meeting.

    Attributes:
        standing: hosted where that is reported widely enough, else the latest of agreed and
            rejected, else proposed.
        since: when the standing was first reported.
        outlets: registrable domains that reported it, copies of one sentence counted once.
        reported: the same for every word on the venue, whatever its status.
        newest: the newest evidence of the standing.
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


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting in the news, known by its two chief parties and its first report.

    Attributes:
        parties: ISO codes and organisations that a fifth of its reports name, () where none does.
        venues: the most widely reported first.
        background: reports that only recall a meeting long past, not counted among the venues.
    """

    id: str
    parties: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    venues: tuple[Venue, ...]
    background: int


def board(rows: Iterable[ProposalRow], parties: Sequence[str] = ()) -> tuple[Meeting, ...]:
    """Order proposals into meetings, the latest first.

    Args:
        rows: proposals in any order.
        parties: keep only meetings in which all of these take part.
    """
    wanted = {party.upper() for party in parties}
    ordered = sorted(rows, key=lambda row: (row.effective_at, row.id))
    meetings = [
        meeting
        for core, members in _groups(ordered)
        for part in _by_time(members)
        if (meeting := _meeting(core, part)) and wanted <= set(meeting.parties)
    ]
    return tuple(sorted(meetings, key=lambda m: (m.last_at, m.id), reverse=True))


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


def _often(rows: list[ProposalRow]) -> set[str]:
    """The parties that a fifth of the reports name."""
    named = Counter(party for row in rows for party in row.proposal.parties)
    return {party for party, count in named.items() if count >= PARTY_SHARE * len(rows)}


def _by_time(rows: list[ProposalRow]) -> list[list[ProposalRow]]:
    parts = [[rows[0]]]
    for before, row in itertools.pairwise(rows):
        if row.effective_at - before.effective_at > QUIET:
            parts.append([])
        parts[-1].append(row)
    return parts


def _meeting(core: frozenset[str], rows: list[ProposalRow]) -> Meeting | None:
    news = [row for row in rows if not row.proposal.background]
    if not news:
        return None
    by_venue: defaultdict[str, list[ProposalRow]] = defaultdict(list)
    names: dict[str, str] = {}
    for row in news:
        for entity, name in zip(row.proposal.venues, row.proposal.venue_names, strict=True):
            by_venue[entity].append(row)
            names[entity] = name
    venues = [_venue(entity, names[entity], members) for entity, members in by_venue.items()]
    venues.sort(key=lambda v: (v.reported, v.newest.effective_at, v.entity), reverse=True)
    return Meeting(
        id=ids.sha256("meeting", *sorted(core), news[0].id),
        parties=tuple(sorted(core | _often(news))),
        first_at=news[0].effective_at,
        last_at=news[-1].effective_at,
        venues=tuple(venues),
        background=len(rows) - len(news),
    )


def _venue(entity: str, name: str, rows: list[ProposalRow]) -> Venue:
    sure = [row for row in rows if row.proposal.confidence >= SURE] or rows
    held = outlets(row for row in sure if row.proposal.status == "hosted")
    refused = outlets(row for row in sure if row.proposal.status == "rejected")
    decided = [row for row in sure if row.proposal.status in {"agreed", "rejected"}]
    standing: Status = decided[-1].proposal.status if decided else "proposed"
    if held and held * HELD_WEIGHT >= refused:
        standing = "hosted"
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
    )


def _stance(by: str, rows: list[ProposalRow]) -> Stance:
    latest = rows[-1]
    same = [row for row in rows if row.proposal.status == latest.proposal.status]
    return Stance(by, latest.proposal.status, same[0].effective_at, outlets(same), latest)


def outlets(rows: Iterable[ProposalRow]) -> int:
    """Count sources; a registrable domain counts once, and so does a sentence that is copied."""
    seen_sources: set[str] = set()
    seen_sentences: set[str] = set()
    for row in rows:
        sentence = " ".join(fold(row.sentence).split())
        if row.source in seen_sources or sentence in seen_sentences:
            continue
        seen_sources.add(row.source)
        seen_sentences.add(sentence)
    return len(seen_sources)
