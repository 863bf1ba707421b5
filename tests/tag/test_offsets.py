"""Whatever the text: no exception, true offsets, order."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import ROLES, VENUE_ROLES
from ingest.tag import Tagger, to_json
from ingest.tag.fold import fold, fold_text
from ingest.tag.sentences import sentence_bounds

NAMES = (
    "Minsk", "Мінску", "Путина", "Vladimir Putin", "the Belarusian leader", "İstanbul'da", "US", "U.S.",
    "Łukaszenka", "Selenskyjs", "белорусский лидер", "der Kremlchef", "Genève", "ABD Başkanı", "Zelenskyy's",
)  # fmt: skip
GLUE = (
    " ",
    ", ",
    ". ",
    "\n",
    "-",
    "’",
    "\u200b",
    "\u0301",
    "\ud800",
    "İ",
    " offers ",
    " не ",
    "ß",
    "\x00",
    "\u202e",
)
DAY = datetime(2025, 3, 4, tzinfo=UTC)
UNTRACED = pytest.mark.no_cover  # the tracer would take longer than the tagger

mixed = st.lists(
    st.one_of(st.sampled_from(NAMES), st.sampled_from(GLUE), st.text(max_size=12)), max_size=40
).map("".join)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def check(tagger: Tagger, text: str, lang: str) -> None:
    tagged = tagger.tag(text, lang=lang, title=text[:80], published=DAY)
    for mention in tagged.mentions:
        assert text[mention.start : mention.end] == mention.surface
        assert mention.surface.strip()
        assert (mention.role in ROLES) == (mention.kind == "venue")
        assert mention.sentence_start <= mention.start < mention.end <= len(text)
        assert 0 <= mention.confidence <= 1
        assert mention.rule
    for left, right in pairwise(tagged.mentions):
        assert left.end <= right.start
    for mention in tagged.title_mentions:
        assert text[:80][mention.start : mention.end] == mention.surface
    for proposal in tagged.proposals:
        assert 0 <= proposal.start < proposal.end <= len(text)
        assert proposal.status in VENUE_ROLES
        assert len(proposal.venues) == len(proposal.venue_names) > 0
    assert len(to_json(tagged, text)["mentions"]) == len(tagged.mentions)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=mixed,
    lang=st.sampled_from(["en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr", "", "zh"]),
)
def test_any_text_is_tagged_with_true_offsets(tagger: Tagger, text: str, lang: str) -> None:
    check(tagger, text, lang)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)
    folded = fold_text(text)
    assert len(folded.text) == len(folded.visible)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from('aB. !?\n"«»U.S.1 '), max_size=80))
def test_sentences_are_ordered_and_cover_all_letters(text: str) -> None:
    bounds = sentence_bounds(text, "en")
    assert all(start < end for start, end in bounds)
    assert all(a[1] <= b[0] for a, b in pairwise(bounds))
    inside = {i for start, end in bounds for i in range(start, end)}
    assert all(i in inside for i, char in enumerate(text) if not char.isspace())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Минск" * 50_000, id="no-space", marks=UNTRACED),
        pytest.param("Minsk " * 30_000, id="one-name-only", marks=UNTRACED),
        pytest.param("(" * 5000 + "Minsk", id="brackets"),
        pytest.param("İ" * 3000 + " İstanbul'da", id="dotted-i"),
        pytest.param("מינסק Minsk \u202eПутин\u202c", id="right-to-left"),
        pytest.param("\ud800 Putin \udfff in Minsk", id="lone-surrogates"),
        pytest.param("MINSK OFFERS PUTIN AND ZELENSKY TALKS", id="capitals"),
    ],
)
def test_hostile_texts(tagger: Tagger, text: str) -> None:
    check(tagger, text, "en")


def test_decomposed_and_joined_letters_are_read(tagger: Tagger) -> None:
    text = "Zapro\u0301sił do Min\u0301ska; Lu\u00adkashenko agreed."
    found = {m.name: m.surface for m in tagger.tag(text, lang="pl").mentions}
    assert found["Minsk"] == "Min\u0301ska"
    assert found["Alexander Lukashenko"] == "Lu\u00adkashenko"
