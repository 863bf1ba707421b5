"""The desk's corrections as cases: does each still hold, and would the tagger need it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.model import Article
from ingest.tag.corrections import Corrections, find_in, sentence_key
from ingest.tag.desk import corrections_of, tagger_of

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import Mention, Proposal, Tagged
    from ingest.store.port import Store
    from ingest.tag.corrections import Correction
    from ingest.tag.tagger import Tagger


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one correction.

    Attributes:
        held: the text reads as it says.
        alone: it would without it: the tagger has learnt.
        why: what is wrong, "" where it holds.
    """

    correction: Correction
    held: bool
    alone: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    title: str
    lang: str
    published: datetime | None
    article: str


def run_cases(store: Store, alone: Tagger) -> list[Case]:
    """Run every correction of a text: on its article, else on the sentence that it keeps.

    Args:
        alone: the tagger without corrections.

    Raises:
        SettingsError: the stored corrections cannot be read.
    """
    _number, known = corrections_of(store)
    tagger = tagger_of(store)
    anchored = [one for one in known.all if one.kind != "meeting"]
    articles = store.get_articles({one.article for one in anchored})
    return [_run(one, _text(one, articles.get(one.article)), tagger, alone) for one in anchored]


def _text(one: Correction, article: Article | None) -> _Text:
    if article is None:
        return _Text(one.said or one.sentence, "", one.lang, one.published, one.article)
    return _Text(article.text, article.title, article.lang, article.effective_at, article.id)


def _run(one: Correction, text: _Text, tagger: Tagger, alone: Tagger) -> Case:
    single = Corrections([one])
    fits = any(find_in(single, part, text.lang, text.article) for part in (text.text, text.title))
    if not fits:
        return Case(one, held=False, alone=False, why="its sentence is gone")
    held = _says(one, text, _tagged(tagger, text))
    why = "" if held else "the text reads otherwise: a later correction?"
    return Case(one, held=held, alone=_says(one, text, _tagged(alone, text)), why=why)


def _tagged(tagger: Tagger, text: _Text) -> Tagged:
    return tagger.tag(
        text.text,
        lang=text.lang,
        title=text.title,
        published=text.published,
        article=text.article,
    )


def _says(one: Correction, text: _Text, tagged: Tagged) -> bool:
    """Whether what was tagged is what the correction says."""
    if one.kind == "mention":
        found = [*_named(one, tagged.mentions, text.text), *_named(one, tagged.title_mentions, text.title)]  # fmt: skip
        if one.none:
            return not found
        return any(
            (one.role is None or m.role == one.role)
            and (one.entity is None or m.entity == one.entity)
            for m in found
        )
    acts = [p for p in tagged.proposals if sentence_key(text.text[p.start : p.end]) == one.sentence]
    if one.none:
        was = one.was
        return not any(p.status == was.status and set(p.venues) & set(was.venues) for p in acts)
    return any(_is_meant(one, act) for act in acts)


def _named(one: Correction, mentions: tuple[Mention, ...], text: str) -> list[Mention]:
    return [
        m
        for m in mentions
        if m.surface == one.surface
        and sentence_key(text[m.sentence_start : m.sentence_end]) == one.sentence
    ]


def _is_meant(one: Correction, act: Proposal) -> bool:
    return (
        (one.status is None or act.status == one.status)
        and (one.proposer is None or (act.proposer or "") == one.proposer)
        and (one.venues is None or set(act.venues) == set(one.venues))
        and (one.parties is None or set(act.parties) == set(one.parties))
    )
