"""The records that the stages hand on: frozen values, no I/O.

Every record has an `id` (derived, see `ingest.ids`) and a `revision`. Revision 0 means "not stored
yet"; the store raises it by one at every write and refuses a write whose revision is not the one
stored (compare-and-set). `INDEXED` names the fields that `Records.find` may filter or sort by.

All times are aware UTC. All offsets are Unicode code points, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # msgspec reads the annotations at run time
from enum import StrEnum
from typing import ClassVar, Literal

MentionKind = Literal["leader", "venue"]
Role = Literal["proposed", "agreed", "rejected", "hosted", "government", "location"]
Status = Literal["proposed", "agreed", "rejected", "hosted"]

ROLES: tuple[Role, ...] = ("proposed", "agreed", "rejected", "hosted", "government", "location")
VENUE_ROLES: tuple[Status, ...] = ("proposed", "agreed", "rejected", "hosted")


# --- tagging -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """One naming of a leader or a place in a text: `text[start:end] == surface`.

    Attributes:
        entity: our id (`leader:lukashenko-alexander`, `place:minsk-by`).
        name: the entity's English name as Wikidata labels it.
        qid: Wikidata id, or None where no two sources agree.
        role: what the place is here; None for leaders.
        confidence: 0..1, calibrated.
        rule: the rule or the top features that decided, for people to read.
        sentence_start, sentence_end: the sentence that shows it.
    """

    start: int
    end: int
    surface: str
    kind: MentionKind
    entity: str
    name: str
    qid: str | None = None
    role: Role | None = None
    confidence: float = 1.0
    rule: str = ""
    sentence_start: int = 0
    sentence_end: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One act of offering, agreeing on, refusing or holding a meeting at a place.

    Attributes:
        proposer: entity id of the leader, or the ISO 3166 code of the government; None if nobody
            is named.
        proposer_name: as TAGGING.md writes it: the leader's English name or the ISO code.
        proposer_country: ISO code of the state the proposer speaks for, where known.
        venues: entity ids, one or more; `venue_names` are their English names, in step.
        parties: ISO codes or EU/UN/NATO.
        start, end: the sentence that says it best, as offsets into the article's text.
        when: ISO date or range ("2026-03-04", "2026-03-04/2026-03-08") named by the sentence.
        background: recalls a meeting long past; never news.
    """

    proposer: str | None
    proposer_name: str | None
    proposer_country: str | None
    venues: tuple[str, ...]
    venue_names: tuple[str, ...]
    parties: tuple[str, ...]
    status: Status
    start: int
    end: int
    confidence: float = 1.0
    rule: str = ""
    when: str | None = None
    background: bool = False


@dataclass(frozen=True, slots=True)
class MeetingStance:
    """A refusal or readiness to meet at all, with no place named. No proposal, no part of scores.

    Attributes:
        by: entity id of the leader, or the ISO code of the government; `by_name` as in a proposal.
        country: ISO code of the state that it speaks for.
        stand: `refused` or `ready`.
        parties: ISO codes of those who would meet.
        start, end: the sentence, as offsets into the article's text.
    """

    by: str
    by_name: str
    country: str | None
    stand: Literal["refused", "ready"]
    parties: tuple[str, ...]
    start: int
    end: int
    confidence: float = 1.0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What `tag()` says of one text."""

    mentions: tuple[Mention, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    title_mentions: tuple[Mention, ...] = ()
    version: str = ""
    stances: tuple[MeetingStance, ...] = ()


# --- articles ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Revision:
    """A former text of an article, kept when the publisher edits it."""

    title: str
    text: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class Article:
    """An extracted page: the unit of truth. Mentions and proposals are embedded here.

    Attributes:
        id: SHA-256 of the `normalized_url` under which it was first stored; never recomputed.
        url: as the feed gave it; final_url: after redirects; canonical_url: declared by the page.
        source: registrable domain of the final URL (`courier.example`).
        publisher: the name the page or feed gives itself.
        published_at: None outside 1995 .. fetched_at + 2 days; `published_raw` keeps the text.
        effective_at: min(published_at, first fetched_at), else first fetched_at.
        first_stored_at: when the store first held it; alert windows use it.
        indexed_at: the latest save.
        flags: `from_feed` (the page gave no text), `paywall`, `consent`, `zoneless_date`, ...
        copy_of: id of the article whose text this one repeats.
        content_hash: SHA-256 of title and text; a change makes a new entry in `revisions`.
        text_hash: SHA-256 of the text alone, to notice agency text on a second site.
    """

    INDEXED: ClassVar[tuple[str, ...]] = (
        "source",
        "lang",
        "effective_at",
        "first_stored_at",
        "feed_id",
        "text_hash",
    )

    id: str
    url: str
    normalized_url: str
    title: str
    text: str
    source: str
    effective_at: datetime
    first_fetched_at: datetime
    fetched_at: datetime
    first_stored_at: datetime
    indexed_at: datetime
    content_hash: str
    revision: int = 0
    text_hash: str = ""
    final_url: str = ""
    canonical_url: str = ""
    publisher: str = ""
    lang: str = "und"
    authors: tuple[str, ...] = ()
    section: str = ""
    image: str = ""
    published_at: datetime | None = None
    published_raw: str = ""
    updated_at: datetime | None = None
    feed_id: str = ""
    entry_id: str = ""
    archive_ref: str = ""
    flags: tuple[str, ...] = ()
    copy_of: str = ""
    mentions: tuple[Mention, ...] = ()
    title_mentions: tuple[Mention, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    stances: tuple[MeetingStance, ...] = ()
    tagger_version: str = ""
    revisions: tuple[Revision, ...] = ()


# --- polling -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedState:
    """What polling has learnt of a feed. Saved only when the poll's entries are recorded.

    Attributes:
        etag, last_modified: opaque strings, sent back as they came.
        body_hash: SHA-256 of the last document that parsed.
        next_check_at: due when this is past; None means at once.
        interval_s: the adaptive interval now in force, before hints, refusals and jitter.
        failures: weighted count since the last success (hard 1, soft .5, passing .25).
        error: stable code of the last failure (`http-404`, `not-a-feed`, ...), "" when well.
        error_detail: the sentence that goes with it.
        why: one sentence: how next_check_at was decided.
        unchanged_streak: 304 answers in a row.
        last_unconditional_at: when the feed was last fetched without validators.
        moved_to, moved_count, moved_since: sightings of a permanent redirect.
        gone: muted by a 410, re-checked monthly.
        recent_ids: entry ids of the last document, to notice a feed that rolled over.
        gap_from, gap_to: a stretch in which entries may have been missed.
        hint_s: longest wait that the last document asked for (ttl, updatePeriod).
        skip_hours, skip_days: UTC hours and weekdays (0 is Monday) it asks to be left alone.
    """

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    next_check_at: datetime | None = None
    interval_s: int = 900
    first_success_at: datetime | None = None
    last_checked_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    last_unconditional_at: datetime | None = None
    last_status: int = 0
    failures: float = 0.0
    failing_since: datetime | None = None
    error: str = ""
    error_detail: str = ""
    why: str = ""
    unchanged_streak: int = 0
    on_time_successes: int = 0
    moved_to: str = ""
    moved_count: int = 0
    moved_since: datetime | None = None
    gone: bool = False
    hub: str = ""
    topic: str = ""
    id_kind: str = ""
    recent_ids: tuple[str, ...] = ()
    gap_from: datetime | None = None
    gap_to: datetime | None = None
    hint_s: int = 0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed to poll: what the desk set, and what polling has learnt (`state`).

    Attributes:
        id: SHA-256 of the URL under which it was first added; survives a move.
        kind: `feed` (RSS, RDF, Atom, JSON Feed) or `sitemap` (news sitemap).
        interval_s: the desk's own interval; beats hints, never refusals. None: adaptive.
        timezone: for dates without a zone; "" means UTC.
        muted: not polled, by the desk's wish.
        next_check_at: copy of state.next_check_at for the store's index.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("url", "muted", "next_check_at")

    id: str
    url: str
    revision: int = 0
    title: str = ""
    kind: str = "feed"
    lang: str = ""
    country: str = ""
    timezone: str = ""
    group: str = ""
    interval_s: int | None = None
    muted: bool = False
    ignore_cache: bool = False
    user_agent: str = ""
    added_at: datetime | None = None
    former_urls: tuple[str, ...] = ()
    next_check_at: datetime | None = None
    state: FeedState = field(default_factory=FeedState)


class EntryState(StrEnum):
    """new -> fetched -> stored -> done, or dead (the dead letters)."""

    NEW = "new"
    FETCHED = "fetched"
    STORED = "stored"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a feed: the retry queue, the page budget, the alert queue, the memory.

    Attributes:
        id: SHA-256(feed id, raw guid, else link, else hash of title and content).
        url: the entry's link, absolute, http(s), else "".
        host: host of `url`, for batching.
        content: the feed's own HTML content or summary, at most 200,000 characters.
        content_hash: SHA-256 of title and content; a change queues the entry again.
        edits: how often the hash changed (at most 24 count).
        tries: page fetches that failed; next_try_at: not before.
        archive_ref: `path#offset,length` of the page in the archive.
        history: came with the feed's first poll: trains `new` rules, raises no alert.
        after: the state it takes once the alert rules have seen it: done, new (the page is to be
            tried again) or dead (a poison page whose feed summary was stored).
        reason: why it is dead, or why the page is missing: `code: sentence`.
        article_id: the article it became.
    """

    INDEXED: ClassVar[tuple[str, ...]] = (
        "feed_id",
        "state",
        "next_try_at",
        "host",
        "article_id",
        "first_seen_at",
        "changed_at",
    )

    id: str
    feed_id: str
    url: str
    host: str
    title: str
    content_hash: str
    first_seen_at: datetime
    changed_at: datetime
    state: EntryState = EntryState.NEW
    revision: int = 0
    guid: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    lang: str = ""
    image: str = ""
    published_at: datetime | None = None
    published_raw: str = ""
    updated_at: datetime | None = None
    zoneless: bool = False
    tries: int = 0
    edits: int = 0
    next_try_at: datetime | None = None
    archive_ref: str = ""
    final_url: str = ""
    content_type: str = ""
    fetched_at: datetime | None = None
    history: bool = False
    after: EntryState = EntryState.DONE
    reason: str = ""
    article_id: str = ""
    last_listed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """Politeness of one host, shared by all processes; claimed by compare-and-set."""

    INDEXED: ClassVar[tuple[str, ...]] = ("rest_until",)

    id: str
    revision: int = 0
    next_start_at: datetime | None = None
    rest_until: datetime | None = None
    rest_reason: str = ""
    robots: str = ""
    robots_at: datetime | None = None
    robots_status: int = 0
    crawl_delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class UrlAlias:
    """A normalized URL that leads to an article. `id` is that URL. Created only if absent."""

    INDEXED: ClassVar[tuple[str, ...]] = ("article_id",)

    id: str
    article_id: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on `poll`, `evaluate`, `deliver` or `migrate`. Saves work; proves nothing."""

    INDEXED: ClassVar[tuple[str, ...]] = ()

    id: str
    holder: str
    host: str
    pid: int
    started_at: datetime
    expires_at: datetime
    revision: int = 0


@dataclass(frozen=True, slots=True)
class DeskStamp:
    """The numbers in force when a run began; 0 where nothing was ever set."""

    rules: int = 0
    overlay: int = 0
    corrections: int = 0

    @property
    def tagging(self) -> str:
        """What tagging depends on, for the end of a tagger's version: `+o3c5`, "" without any."""
        parts = [f"o{self.overlay}"] if self.overlay else []
        parts += [f"c{self.corrections}"] if self.corrections else []
        return "+" + "".join(parts) if parts else ""


@dataclass(frozen=True, slots=True)
class Run:
    """Counters of one pass.

    Attributes:
        stamp: the desk's revisions that it worked under; None where it failed before it read them.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("started_at",)

    id: str
    started_at: datetime
    revision: int = 0
    finished_at: datetime | None = None
    counters: dict[str, int] = field(default_factory=dict)
    note: str = ""
    stamp: DeskStamp | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A small named value of the store itself (the demo's date shift, the last quick_check)."""

    INDEXED: ClassVar[tuple[str, ...]] = ()

    id: str
    value: str
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An address or a publisher that the desk had forgotten: never fetched or stored again.

    Attributes:
        id: SHA-256 of what and key, so that a forgotten address stands nowhere.
        what: whether `id` is of a normalized URL or of a registrable domain.
        source: the domain of a forgotten publisher, "" for an address.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ()

    id: str
    what: Literal["url", "source"]
    at: datetime
    source: str = ""
    revision: int = 0


# --- the desk ----------------------------------------------------------------------------------

DeskKind = Literal["rules", "overlay", "corrections"]


@dataclass(frozen=True, slots=True)
class DeskRevision:
    """One numbered state of what the desk sets, whole; `id` is `kind-00000012`. Never rewritten.

    Attributes:
        body: the text of the file that it exports to: YAML for rules and overlay, JSON lines for
            corrections.
        author, at, note: who made it, when and why.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ()

    id: str
    kind: DeskKind
    number: int
    body: str
    author: str
    at: datetime
    note: str = ""
    revision: int = 0


# --- alerts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleState:
    """What evaluation remembers of a rule; `id` is the rule's id."""

    INDEXED: ClassVar[tuple[str, ...]] = ()

    id: str
    revision: int = 0
    version: str = ""
    added_at: datetime | None = None
    trained_at: datetime | None = None
    failed_since: datetime | None = None
    error: str = ""
    enabled: bool = True
    window_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class RuleWindow:
    """What a window rule counted in one closed window; baselines are made of these.

    `id` = SHA-256(rule id, rule version, start).

    Attributes:
        started_at: when the window began; it ends at `end`.
        counts: by group key; groups that gave nothing are left out.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("rule_id", "started_at")

    id: str
    rule_id: str
    started_at: datetime
    end: datetime
    counts: tuple[tuple[tuple[str, ...], int], ...] = ()
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Silence:
    """The desk's wish not to be sent a rule's alerts for a while; they are made all the same.

    Attributes:
        key: values that a group's key must hold; () means every group of the rule.
        until: silent while `created_at` <= the alert's making < `until`; ended early by setting it.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("rule_id",)

    id: str
    rule_id: str
    created_at: datetime
    until: datetime
    author: str
    key: tuple[str, ...] = ()
    reason: str = ""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A standing that an alert of a group has told.

    Attributes:
        start: period_start of that alert; article_id: what opened it.
        parties: of the meeting, for `change`; last_at: its latest report, to the day.
    """

    standing: str
    start: datetime
    article_id: str
    parties: tuple[str, ...] = ()
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """One group of a rule (`id` = SHA-256(rule id, group key)): the period it is in.

    For a `new` rule this record is the registry of pairs seen; it is never deleted.

    Attributes:
        step: how many periods came before; streak: how many of them without a pause.
        told: the latest standings told, those of earlier periods too.
        closed: its alert was withdrawn, so the next match opens a period.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("rule_id",)

    id: str
    rule_id: str
    key: tuple[str, ...]
    period_start: datetime
    revision: int = 0
    step: int = 0
    article_id: str = ""
    from_history: bool = False
    streak: int = 0
    told: tuple[Told, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What made a rule fire: the sentence and where it stands.

    Attributes:
        fact: what the sentence says, in ids: it stands while the article still says so.
    """

    article_id: str
    mention: str
    sentence: str
    title: str
    url: str
    source: str
    lang: str
    line: str
    published_at: datetime | None
    confidence: float = 1.0
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule's firing for one group and period: SHA-256(rule id, group key, period start).

    Attributes:
        key: the group's values, and the standing where the rule tells standings apart.
        type: of the rule; rules_revision: of the rules in the store, 0 if they lie in a file.
        state: open, acked, disputed (its evidence is contradicted), silenced or withdrawn.
        changed_at: when it became disputed or withdrawn; why: what withdrew it.
        silenced_by: id of the silence; such an alert has no outbox rows.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("rule_id", "created_at", "state")

    id: str
    rule_id: str
    rule_version: str
    key: tuple[str, ...]
    period_start: datetime
    created_at: datetime
    line: str
    evidence: tuple[Evidence, ...]
    to: tuple[str, ...] = ()
    state: str = "open"
    revision: int = 0
    type: str = ""
    rules_revision: int = 0
    changed_at: datetime | None = None
    why: str = ""
    silenced_by: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An outbox row: one alert to one channel. `id` = SHA-256(alert id, channel, purpose).

    Attributes:
        purpose: `alert`; `dispute`: a delivered alert is contradicted; `withdrawal`: it is taken
            back.
        state: pending, delivered, dead, or `withdrawn`: its alert was taken back before it went.
    """

    INDEXED: ClassVar[tuple[str, ...]] = ("state", "next_try_at", "alert_id")

    id: str
    alert_id: str
    channel: str
    created_at: datetime
    state: str = "pending"
    purpose: str = "alert"
    tries: int = 0
    next_try_at: datetime | None = None
    delivered_at: datetime | None = None
    error: str = ""
    revision: int = 0
