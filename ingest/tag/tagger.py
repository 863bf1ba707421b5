"""The tagger's one entry: `Tagger.load().tag(text)`."""

from __future__ import annotations

import threading
from copy import copy
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ingest.model import DeskStamp, Mention, Tagged
from ingest.settings import load_settings
from ingest.tag.about_talks import quiet, speaks_of_leaders
from ingest.tag.corrections import Corrections
from ingest.tag.document import Document
from ingest.tag.fold import fold_text
from ingest.tag.gazetteer import COMPILED, Gazetteer
from ingest.tag.match import find_hits
from ingest.tag.mending import mend_mentions, mend_proposals
from ingest.tag.overlay import Overlay
from ingest.tag.people import find_people
from ingest.tag.places import find_places
from ingest.tag.proposals import find_proposals
from ingest.tag.reader import Reader
from ingest.tag.roles import RoleModel, assign_roles
from ingest.tag.sources import lists_version
from ingest.tag.stances import find_stances

# Texts are tagged up to here: no news article is longer, a hostile one may be.
MAX_TEXT_CHARS = 200_000
# Names are read up to here: the work on each looks at its neighbours.
MAX_HITS = 2_000


class Tagger:
    """Finds leaders, places, their roles, and who proposed what. Holds no state between texts."""

    def __init__(
        self, gazetteer: Gazetteer, model: RoleModel, reader: Reader | None = None
    ) -> None:
        self.gazetteer = gazetteer
        self.model = model
        self.reader = reader
        self.corrections = Corrections()
        self.version = f"{gazetteer.version}+{model.version}.{lists_version()}"
        if reader is not None:
            self.version += f".{reader.version}"
        self.base_version = self.version
        self.stamp = DeskStamp()

    def with_desk(self, overlay: Overlay, corrections: Corrections, stamp: DeskStamp) -> Tagger:
        """Return a tagger that reads with a desk's overlay and corrections; this one is unchanged.

        Args:
            stamp: their revisions; they end the version.
        """
        from ingest.tag.overlaid import overlaid  # noqa: PLC0415  few processes have an overlay

        made = copy(self)
        made.gazetteer = overlaid(self.gazetteer, overlay, stamp.overlay)
        made.corrections = corrections
        made.stamp = stamp
        made.version = self.base_version + stamp.tagging
        return made

    _shared: Tagger | None = None
    _twice: bool | None = None  # None: as the settings say
    _lock = threading.Lock()

    @classmethod
    def read_twice(cls, wanted: bool) -> None:
        """Say whether the taggers loaded from now on have the second reader."""
        with cls._lock:
            if cls._twice is not wanted:
                cls._twice, cls._shared = wanted, None

    @classmethod
    def load(cls, path: Path = COMPILED) -> Tagger:
        """The tagger over the compiled gazetteer; loaded once a process for the shipped file.

        It has the second reader where that is installed and the settings allow it.

        Raises:
            SettingsError: the compiled file, or the reader's, is missing or damaged.
        """
        if path != COMPILED:
            return cls(Gazetteer.load(path), RoleModel.load())
        with cls._lock:
            if cls._shared is None:
                twice = load_settings().tagging.reader if cls._twice is None else cls._twice
                reader = Reader.load() if twice else None
                cls._shared = cls(Gazetteer.load(), RoleModel.load(), reader)
            return cls._shared

    def warm(self) -> None:
        """Read now what the second reader needs, not for the first article about talks.

        Raises:
            SettingsError: the encoder's weights are missing, or are others.
        """
        if self.reader is not None:
            self.reader.warm()

    def tag(
        self,
        text: str,
        *,
        lang: str = "",
        title: str = "",
        published: datetime | None = None,
        article: str = "",
    ) -> Tagged:
        """Tag a text. Never raises on any string.

        Args:
            text: the article's body.
            lang: its language if known (en, ru, uk, be, pl, de, fr, es, tr); "" or another: names
                are still found.
            title: the headline, tagged apart into `title_mentions`.
            published: decides who held an office.
            article: its id; corrections made in it hold even where their sentence was edited.

        Returns:
            Mentions in text order, not overlapping; offsets in code points into `text`
            (`text[m.start:m.end] == m.surface`); proposals; the title's mentions.
        """
        body = self.read(text[:MAX_TEXT_CHARS], lang, published, title=title)
        if self.corrections:
            mend_mentions(body, self.corrections, article)
        mentions = body.mentions()
        proposals = find_proposals(body, self.model)
        if self.corrections:
            proposals = mend_proposals(body, proposals, self.corrections, article)
        head: tuple[Mention, ...] = ()
        if title:
            above = self.read(title[:2000], lang, published, body)
            if self.corrections:
                mend_mentions(above, self.corrections, article)
            head = tuple(above.mentions())
        return Tagged(
            mentions=tuple(mentions),
            proposals=tuple(proposals),
            title_mentions=head,
            version=self.version,
            stances=tuple(find_stances(body)),
        )

    def read(
        self,
        text: str,
        lang: str,
        published: datetime | None,
        context: Document | None = None,
        model: RoleModel | None = None,
        title: str = "",
    ) -> Document:
        """The inner reading of a text: people, places and roles, with all that decided them.

        Args:
            context: the body, where `text` is its headline.
            model: decides roles alone, without the second reader.
            title: the headline, where `text` is a body.
        """
        folded = fold_text(text)
        doc = Document(
            text=text,
            folded=folded,
            lang=lang.lower()[:2],
            day=published.date() if published else None,
            hits=find_hits(self.gazetteer.compiled.forms, folded)[:MAX_HITS],
            gazetteer=self.gazetteer,
            context=context,
        )
        find_people(doc)
        find_places(doc)
        # A headline is read in the light of its article, which has been read again already.
        again = not model and not context and speaks_of_leaders(doc)
        reader = self.reader if again else None
        assign_roles(doc, model or self.model, reader, title)
        if model is None:
            quiet(doc)
        return doc


def to_json(tagged: Tagged, text: str) -> dict[str, Any]:
    """Mentions and proposals as the annotation guideline writes them, and what we know beyond it.

    Args:
        tagged: what `tag` said.
        text: the text that was tagged; surfaces are cut from it.
    """
    return {
        "mentions": [
            _mention_json(replace(m, surface=text[m.start : m.end])) for m in tagged.mentions
        ],
        "proposals": [
            {
                "proposer": p.proposer_name,
                "proposer_id": p.proposer,
                "proposer_country": p.proposer_country,
                "venues": list(p.venue_names),
                "venue_ids": list(p.venues),
                "parties": list(p.parties),
                "status": p.status,
                "start": p.start,
                "end": p.end,
                "confidence": p.confidence,
                "rule": p.rule,
                "when": p.when,
                "background": p.background,
            }
            for p in tagged.proposals
        ],
        "title_mentions": [_mention_json(m) for m in tagged.title_mentions],
        "tagger": tagged.version,
    }


def _mention_json(mention: Mention) -> dict[str, Any]:
    found: dict[str, Any] = {
        "start": mention.start,
        "end": mention.end,
        "surface": mention.surface,
        "kind": mention.kind,
        "name": mention.name,
        "id": mention.entity,
        "qid": mention.qid,
        "confidence": mention.confidence,
        "rule": mention.rule,
    }
    if mention.role is not None:
        found["role"] = mention.role
    return found
