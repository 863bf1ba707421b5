"""Quality floors, and a few articles told whole.

The shipped weights have seen the labelled articles, so these floors guard against regressions; what the
tagger does on texts it has not seen is what `benchmarks/tagging.py --cv` prints.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.model import VENUE_ROLES
from ingest.tag import Tagger
from ingest.tag.evaluate import f1, key_of, score, tag_article
from ingest.tag.when import is_background, when_named

DATA = Path(__file__).parent.parent / "data" / "tagging"
DAY = datetime(2025, 11, 5, tzinfo=UTC)  # a Wednesday


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.mark.no_cover  # the tracer would take longer than the tagger
def test_floors(tagger: Tagger) -> None:
    articles = [
        json.loads(line)
        for name in ("dev.jsonl", "train-xx.jsonl")
        for line in (DATA / name).read_text(encoding="utf-8").splitlines()
    ]
    pairs = [(a, tag_article(tagger, a)) for a in articles]
    whole = score(pairs)
    assert whole["leader"]["f1"] >= 0.94
    assert whole["venue"]["f1"] >= 0.93
    assert whole["role_macro_f1"] >= 0.85
    assert whole["proposal"]["f1"] >= 0.85
    for lang in ("en", "ru", "uk", "be", "pl", "de", "fr", "es", "tr"):
        part = score([p for p in pairs if p[0]["lang"] == lang])
        assert part["leader"]["f1"] >= 0.85, lang
        assert part["venue"]["f1"] >= 0.85, lang


@pytest.mark.no_cover  # the tracer would take longer than the tagger
def test_floors_on_articles_no_weights_have_seen(tagger: Tagger) -> None:
    lines = (DATA / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
    whole = score([(a, tag_article(tagger, a)) for a in map(json.loads, lines)])
    assert whole["leader"]["f1"] >= 0.94
    assert whole["venue"]["f1"] >= 0.88
    assert whole["role_macro_f1"] >= 0.48
    assert whole["proposal"]["f1"] >= 0.54
    assert whole["proposal_full"]["f1"] >= 0.40


def test_scoring_a_perfect_and_an_empty_answer() -> None:
    gold = json.loads((DATA / "dev.jsonl").read_text(encoding="utf-8").splitlines()[0])
    perfect = score([(gold, gold)])
    assert (
        perfect["leader"]["f1"] == perfect["role_macro_f1"] == perfect["proposal_full"]["f1"] == 1.0
    )
    empty = score([(gold, {"mentions": [], "proposals": []})])
    assert empty["leader"]["r"] == empty["venue"]["f1"] == 0.0
    assert f1(0, 0, 0)["f1"] == 0.0
    assert key_of("Recep Tayyip ERDOĞAN") == key_of("recep tayyip erdogan")


@pytest.mark.parametrize(
    ("lang", "text", "role"),
    [
        pytest.param(
            "en",
            "Alexander Lukashenko offered Minsk for talks between Putin and Zelensky.",
            "proposed",
            id="offer-en",
        ),
        pytest.param(
            "ru",
            "Александр Лукашенко предложил Минск для переговоров Путина и Зеленского.",
            "proposed",
            id="offer-ru",
        ),
        pytest.param(
            "en",
            "ISTANBUL, Nov 5 (Agency) - Maxim Ryzhenkov repeated the offer.",
            "location",
            id="dateline",
        ),
        pytest.param("en", "The Moscow - Kyiv - Minsk format is dead.", "government", id="format"),
        pytest.param(
            "de", "Der Präsident bot Genf als Ort für das Treffen an.", "proposed", id="offer-de"
        ),
        pytest.param(
            "pl", "Prezydent zaproponował Genewę jako miejsce rozmów.", "proposed", id="offer-pl"
        ),
    ],
)
def test_roles(tagger: Tagger, lang: str, text: str, role: str) -> None:
    found = [m for m in tagger.tag(text, lang=lang, published=DAY).mentions if m.kind == "venue"]
    assert {m.role for m in found} == {role}


def test_an_offer_is_recorded_with_speaker_and_sentence(tagger: Tagger) -> None:
    text = "Nobody expected it. Recep Tayyip Erdoğan offered Istanbul or Ankara for a summit of Putin and Zelensky. Rain fell."
    (offer,) = tagger.tag(text, lang="en", published=DAY).proposals
    assert (offer.proposer_name, offer.proposer_country, offer.status) == (
        "Recep Tayyip Erdoğan",
        "TR",
        "proposed",
    )
    assert offer.venue_names == ("Istanbul", "Ankara")
    assert offer.parties == ("RU", "UA")
    assert text[offer.start : offer.end].startswith("Recep")


@pytest.mark.parametrize(
    ("sentence", "status", "expected"),
    [
        ("they will meet tomorrow", "agreed", "2025-11-06"),
        ("the talks open on friday", "agreed", "2025-11-07"),
        ("the talks ended on monday", "hosted", "2025-11-03"),
        ("встреча намечена на 12 мая 2026 года", "agreed", "2026-05-12"),
        ("ils se verront le 3 decembre", "agreed", "2025-12-03"),
        ("am freitag treffen sie sich", "agreed", "2025-11-07"),
        ("they met on march 4", "hosted", "2025-03-04"),
        ("on 31 february", "agreed", None),
        ("nothing is said", "agreed", None),
    ],
)
def test_days_are_resolved(sentence: str, status: str, expected: str | None) -> None:
    assert when_named(sentence, DAY.date(), status) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("signed in minsk in 2014", True),
        ("ten years ago in geneva", True),
        ("held on monday", False),
        ("in 2025", False),
    ],
)
def test_background(sentence: str, expected: bool) -> None:
    assert is_background(sentence, DAY.date()) is expected


@pytest.mark.no_cover  # the tracer would take longer than the tagger
def test_floors_on_news_that_is_not_about_talks(tagger: Tagger) -> None:
    path = DATA.parent / "plain" / "apart.jsonl"
    articles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    said = right = 0
    for article in articles:
        gold, ours = venues(article), venues(tag_article(tagger, article))
        said, right = said + len(ours), right + len(gold & ours)
    assert said <= 60  # of 754 places; 12 are venues
    assert right >= 8


def venues(article: dict[str, Any]) -> set[tuple[int, int, str]]:
    return {
        (m["start"], m["end"], m["role"])
        for m in article["mentions"]
        if m.get("role") in VENUE_ROLES
    }
