"""The venue board: for each meeting in the news, the venues in play and where each stands. Pure."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest import ids
from ingest.query.analysis import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import Status
    from ingest.store.port import ProposalRow

QUIET = timedelta(days=21)  # a longer silence begins another meeting of the same parties


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
        standing: hosted, else the latest of agreed and rejected, else proposed.
        since: when the standing was first reported.
        outlets: registrable domains that reported it, copies of one sentence counted once.
        newest: the newest evidence of the standing.
        stances: each proposer's latest word, newest first; contrary ones stand side by side.
    """

    entity: str
    name: str
    standing: Status
    since: datetime
    outlets: int
    newest: ProposalRow
    stances: tuple[Stance, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting in the news, known by its parties and its first report.

    Attributes:
        parties: ISO codes and organisations, () where no report names them.
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
    groups = _groups(sorted(rows, key=lambda row: (row.effective_at, row.id)))
    meetings = [
        meeting
        for key, members in groups
        if wanted <= set(key) and (meeting := _meeting(key, members))
    ]
    return tuple(sorted(meetings, key=lambda m: (m.last_at, m.id), reverse=True))


def _groups(rows: list[ProposalRow]) -> list[tuple[tuple[str, ...], list[ProposalRow]]]:
    """Group by parties: a smaller set joins the commonest larger one that holds it.

    Reports that name no parties join the meeting in which their venue is spoken of most.
    """
    sets = Counter(frozenset(row.proposal.parties) for row in rows if not row.proposal.background)
    home: dict[frozenset[str], frozenset[str]] = {}
    for parties in sets:
        larger = [other for other in sets if parties < other and len(parties) > 1]
        home[parties] = max(larger, key=lambda s: (sets[s], len(s), sorted(s)), default=parties)
    for parties, target in list(home.items()):
        while home[target] != target:
            target = home[target]  # noqa: PLW2901
        home[parties] = target
    spoken: defaultdict[str, Counter[frozenset[str]]] = defaultdict(Counter)
    for row in rows:
        if row.proposal.parties and not row.proposal.background:
            for venue in row.proposal.venues:
                spoken[venue][home[frozenset(row.proposal.parties)]] += 1
    grouped: defaultdict[frozenset[str], list[ProposalRow]] = defaultdict(list)
    for row in rows:
        parties = frozenset(row.proposal.parties)
        target = home.get(parties, parties)
        if not parties:
            votes = Counter[frozenset[str]]()
            for venue in row.proposal.venues:
                votes.update(spoken[venue])
            if votes:
                target = max(votes, key=lambda s: (votes[s], sorted(s)))
        grouped[target].append(row)
    return [
        (tuple(sorted(parties)), part)
        for parties, members in grouped.items()
        for part in _by_time(members)
    ]


def _by_time(rows: list[ProposalRow]) -> list[list[ProposalRow]]:
    parts = [[rows[0]]]
    for before, row in itertools.pairwise(rows):
        if row.effective_at - before.effective_at > QUIET:
            parts.append([])
        parts[-1].append(row)
    return parts


def _meeting(parties: tuple[str, ...], rows: list[ProposalRow]) -> Meeting | None:
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
    venues.sort(key=lambda v: (v.newest.effective_at, v.entity), reverse=True)
    return Meeting(
        id=ids.sha256("meeting", *parties, news[0].id),
        parties=parties,
        first_at=news[0].effective_at,
        last_at=news[-1].effective_at,
        venues=tuple(venues),
        background=len(rows) - len(news),
    )


def _venue(entity: str, name: str, rows: list[ProposalRow]) -> Venue:
    decided = [row for row in rows if row.proposal.status in {"agreed", "rejected"}]
    if any(row.proposal.status == "hosted" for row in rows):
        standing: Status = "hosted"
    else:
        standing = decided[-1].proposal.status if decided else "proposed"
    reports = [row for row in rows if row.proposal.status == standing]
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
