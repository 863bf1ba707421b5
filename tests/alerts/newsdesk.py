"""Articles with chosen mentions and acts, stored with their entries as the pipeline does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ingest import ids
from ingest.alerts.rules import parse_rules
from ingest.model import Article, Entry, EntryState, Mention, Proposal, Revision
from ingest.store.port import Save, Saved

DAY0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

LEADERS = {
    "Lukashenko": ("leader:lukashenko-alexander", "Alexander Lukashenko", "BY"),
    "Putin": ("leader:putin-vladimir", "Vladimir Putin", "RU"),
    "Zelensky": ("leader:zelensky-volodymyr", "Volodymyr Zelensky", "UA"),
}
PLACES = {
    "Minsk": "place:minsk-by",
    "Istanbul": "place:istanbul-tr",
    "Geneva": "place:geneva-ch",
    "Moscow": "place:moscow-ru",
}


class Names:
    """A small gazetteer."""

    def resolve(self, kind, text):
        found = []
        if kind in {"leader", "any"}:
            found += [i for n, (i, _, _) in LEADERS.items() if text.lower() in {n.lower(), i}]
        if kind in {"venue", "any"}:
            found += [i for n, i in PLACES.items() if text.lower() in {n.lower(), i}]
        return tuple(found)

    def suggest(self, kind, text):
        known = LEADERS if kind == "leader" else PLACES
        return tuple(name for name in known if name[:3].lower() == text[:3].lower())


@dataclass(frozen=True)
class Act:
    """Who does what with which venues, in the sentence that it stands with."""

    status: str
    venues: tuple[str, ...]
    by: str = ""
    parties: tuple[str, ...] = ()
    confidence: float = 0.9
    background: bool = False


@dataclass(frozen=True)
class Say:
    """A sentence; names in it are mentions: leaders as such, places in the role given."""

    text: str
    role: str = "location"
    act: Act | None = None
    confidence: float = 0.9


def offer(text="Lukashenko offered Minsk for the talks.", by="Lukashenko", **more) -> Say:
    venues = tuple(name for name in PLACES if name in text)
    status = more.pop("status", "proposed")
    return Say(text, status, Act(status, venues, by, **more))


def tagged(sentences: tuple[Say, ...], start: int = 0):
    """Return text, mentions and proposals of some sentences."""
    text, mentions, proposals = "", [], []
    for say in sentences:
        begin = start + len(text)
        for names, kind in ((LEADERS, "leader"), (PLACES, "venue")):
            for name in names:
                at = say.text.find(name)
                if at < 0:
                    continue
                entity = LEADERS[name][0] if kind == "leader" else PLACES[name]
                mentions.append(
                    Mention(
                        start=begin + at,
                        end=begin + at + len(name),
                        surface=name,
                        kind=kind,
                        entity=entity,
                        name=LEADERS[name][1] if kind == "leader" else name,
                        role=say.role if kind == "venue" else None,
                        confidence=say.confidence,
                        sentence_start=begin,
                        sentence_end=begin + len(say.text),
                    )
                )
        if say.act:
            act = say.act
            leader = LEADERS.get(act.by)
            proposals.append(
                Proposal(
                    proposer=leader[0] if leader else act.by or None,
                    proposer_name=leader[1] if leader else act.by or None,
                    proposer_country=leader[2] if leader else act.by or None,
                    venues=tuple(PLACES[v] for v in act.venues),
                    venue_names=act.venues,
                    parties=act.parties,
                    status=act.status,
                    start=begin,
                    end=begin + len(say.text),
                    confidence=act.confidence,
                    background=act.background,
                )
            )
        text += say.text + " "
    mentions.sort(key=lambda m: m.start)
    return text.rstrip(), tuple(mentions), tuple(proposals)


def make_article(
    *sentences: Say,
    slug: str = "a",
    at: datetime = DAY0,
    published: datetime | None = None,
    source: str = "courier.example",
    title: str = "A day in politics",
    title_says: Say | None = None,
    **more,
) -> Article:
    """An article that was stored at `at`, published an hour before unless said otherwise."""
    text, mentions, proposals = tagged(sentences)
    published = at - HOUR if published is None else published
    url = f"http://{source}/{slug}"
    return Article(
        id=ids.article_id(url),
        url=url,
        normalized_url=url,
        title=title_says.text if title_says else title,
        text=text,
        source=source,
        effective_at=min(published, at),
        first_fetched_at=at,
        fetched_at=at,
        first_stored_at=at,
        indexed_at=at,
        content_hash=ids.content_hash(title, text),
        lang=more.pop("lang", "en"),
        published_at=published,
        mentions=mentions,
        proposals=proposals,
        title_mentions=tagged((title_says,))[1] if title_says else (),
        **more,
    )


def edited(article: Article, *sentences: Say, at: datetime) -> Article:
    """The article's next revision."""
    text, mentions, proposals = tagged(sentences)
    former = Revision(article.title, article.text, at)
    return replace(
        article,
        text=text,
        mentions=mentions,
        proposals=proposals,
        indexed_at=at,
        content_hash=ids.content_hash(article.title, text),
        revisions=(*article.revisions, former),
    )


def store_article(store, article: Article, *, history=False, after=EntryState.DONE, feed="f"):
    """Save the article and put its entry into the queue; returns the entry as stored."""
    entry_id = ids.entry_id(feed, article.url)
    known = store.get(Entry, entry_id)
    entry = Entry(
        id=entry_id,
        feed_id=feed,
        url=article.url,
        host=article.source,
        title=article.title,
        content_hash=article.content_hash,
        first_seen_at=article.first_stored_at,
        changed_at=article.indexed_at,
        state=EntryState.STORED,
        after=after,
        history=history,
        article_id=article.id,
        revision=known.revision if known else 0,
    )
    if known is None:
        entry = store.put([entry])[0]
    current = store.get_article(article.id)
    article = replace(article, revision=current.revision if current else 0)
    saved = store.save([Save(article, entry)])[0]
    assert isinstance(saved, Saved)
    return saved.entry


def rules_of(text: str, **more):
    """Read rules; `text` holds the list under `rules:` or a whole file."""
    whole = text if "version:" in text else f"version: 1\nrules:\n{text}"
    return parse_rules(whole, "rules.yaml", names=Names(), **more)


OFFERS = rules_of(
    """
  - id: offers
    type: match
    when: {venue: [Minsk, Istanbul], status: proposed}
    group_by: [venue]
    to: [file]
"""
)
PAIRS = rules_of("  - {id: pairs, type: new, key: [leader, venue], to: [file]}\n")
