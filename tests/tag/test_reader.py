"""The second reader of places: its windows, its numbers, when it reads, and what it is worth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import SettingsError
from ingest.model import ROLES, DeskStamp
from ingest.pipeline.retag import is_stale
from ingest.tag import Gazetteer, Tagger
from ingest.tag.corrections import Corrections
from ingest.tag.encoder import Weights, gelu, norm, weights_file
from ingest.tag.evaluate import score, tag_article
from ingest.tag.overlay import EMPTY
from ingest.tag.pieces import Pieces
from ingest.tag.reader import (
    MAX_WINDOWS,
    OVERLAP,
    TITLE,
    WEIGHTS,
    WINDOW,
    Reader,
    multiply,
    windows,
)
from ingest.tag.roles import RoleModel

DATA = Path(__file__).parent.parent / "data" / "tagging"
DAY = datetime(2025, 11, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def reader() -> Reader:
    made = Reader.load()
    assert made is not None
    return made


@pytest.fixture(scope="module")
def tagger(reader: Reader) -> Tagger:
    return Tagger(Gazetteer.load(), RoleModel.load(), reader)


@given(
    length=st.integers(0, 2_000),
    title=st.integers(0, 60),
    starts=st.lists(st.tuples(st.integers(0, 1_999), st.integers(1, 4)), max_size=12),
)
@settings(max_examples=150, deadline=None)
def test_every_place_is_read_once_and_not_at_the_edge(
    length: int, title: int, starts: list[tuple[int, int]]
) -> None:
    tokens = list(range(10, 10 + length))
    offsets = [(2 * i, 2 * i + 2) for i in range(length)]
    spans = [(2 * a, 2 * (a + n)) for a, n in starts if a + n <= length]
    read: dict[int, tuple[int, int]] = {}
    for window in windows([7] * title, tokens, offsets, spans):
        head = 2 + min(title, TITLE)
        assert len(window.tokens) <= head + WINDOW + 1
        assert (window.tokens[0], window.tokens[-1]) == (0, 2)
        for which, first, past in window.places:
            assert which not in read
            assert window.tokens[first] == 10 + spans[which][0] // 2
            read[which] = (first, past)
            if window.tokens[-2] != 9 + length:  # not the last window: as much on its right
                assert len(window.tokens) - past > OVERLAP // 2 - 4
            if length > WINDOW and spans[which][0] // 2 >= OVERLAP:
                assert first - head >= OVERLAP // 2
    assert set(read) == set(range(len(spans)))


def test_a_text_without_end_is_read_up_to_a_limit() -> None:
    length = 50 * WINDOW
    offsets = [(i, i + 1) for i in range(length)]
    spans = [(5, 6), (length - 5, length - 4)]
    read = [w.places for w in windows([], [9] * length, offsets, spans)]
    assert [which for places in read for which, *_ in places] == [0]
    numbers, _spans = Pieces(VOCABULARY).encode("minsk " * 50_000, 2_280)
    assert len(numbers) < 2_300
    assert len(read) <= MAX_WINDOWS


VOCABULARY = [
    ("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0), ("\u2581", -3), ("\u2581min", -5), ("sk", -4),
    ("\u2581minsk", -8.5), ("m", -7), ("a", -6), (".", -2),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "pieces", "spans"),
    [
        pytest.param("minsk.", ["\u2581minsk", "."], [(0, 5), (5, 6)], id="the-likeliest"),
        pytest.param(" a  minsk", ["\u2581", "a", "\u2581minsk"], [(1, 1), (1, 2), (4, 9)], id="spaces"),
        pytest.param("mпривa", ["\u2581", "m", "<unk>", "a"], [(0, 0), (0, 1), (1, 5), (5, 6)], id="unknown"),
        pytest.param("\ud800 a", ["\u2581", "<unk>", "\u2581", "a"], [(0, 0), (0, 1), (2, 2), (2, 3)], id="surrogate"),
        pytest.param("\u200bminsk\ufeffa", ["\u2581minsk", "\u2581", "a"], [(1, 6), (7, 7), (7, 8)], id="zero-width"),
        pytest.param("\uff4dinsk", ["\u2581minsk"], [(0, 5)], id="another-spelling"),
        pytest.param("", [], [], id="empty"),
    ],
)  # fmt: skip
def test_words_are_cut_into_pieces(text: str, pieces: list[str], spans: list[object]) -> None:
    numbers, where = Pieces(VOCABULARY).encode(text)
    assert [VOCABULARY[n][0] for n in numbers] == pieces
    assert where == spans


@given(st.text(max_size=300))
@settings(deadline=None)
def test_pieces_stand_where_they_say(text: str) -> None:
    numbers, where = Pieces(VOCABULARY).encode(text)
    assert len(numbers) == len(where)
    assert all(0 <= first <= past <= len(text) for first, past in where)
    assert where == sorted(where)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Zu Gesprächen nach Genf? «Niemals», sagt Kiew.", id="plain"),
        pytest.param("Ge\u0301nova, Minsk \U0001f1e7\U0001f1fe and Genf.", id="nfd-and-flags"),
        pytest.param("İSTANBUL\u200b ve Minsk\u202e", id="dotted-and-bidi"),
        pytest.param("日本 Minsk ኢትዮጵያ", id="foreign-scripts"),
        pytest.param("x" * 5_000 + " Minsk", id="no-space"),
        pytest.param("\ud800 Minsk \udfff", id="lone-surrogates"),
        pytest.param("", id="empty"),
    ],
)
def test_any_text_is_read(tagger: Tagger, reader: Reader, text: str) -> None:
    tagged = tagger.tag(text, lang="de", title=text[:100], published=DAY)
    assert all(0 <= m.confidence <= 1 for m in tagged.mentions)
    at = text.find("Minsk")
    told = reader.chances("", text, [(at, at + 5)] if at >= 0 else [])
    assert len(told) == (at >= 0)
    for chances in told:
        assert chances is not None
        assert sum(chances) == pytest.approx(1, abs=1e-4)


def test_the_same_place_is_told_apart_by_what_is_said(reader: Reader) -> None:
    offer = "Lukashenko would gladly have the two of them in Minsk for talks."
    war = "The two battalions had been stationed near Minsk since the spring."
    means = {}
    for text in (offer, war):
        at = text.index("Minsk")
        (chances,) = reader.chances("", text, [(at, at + 5)])
        assert chances is not None
        means[text] = dict(zip(ROLES, chances, strict=True))
    assert means[offer]["proposed"] > 0.5 > means[offer]["location"]
    assert means[war]["location"] > 0.5 > means[war]["proposed"]


@pytest.mark.no_cover  # the tracer would take longer than the tagger
def test_floors_on_articles_that_it_has_not_seen(tagger: Tagger) -> None:
    lines = (DATA / "heldout.jsonl").read_text(encoding="utf-8").splitlines()[::2]
    words = Tagger(tagger.gazetteer, tagger.model)
    articles = [json.loads(line) for line in lines]
    read, told = (score([(a, tag_article(one, a)) for a in articles]) for one in (tagger, words))
    assert read["role_macro_f1"] >= 0.68  # half of the articles: a few points up or down
    assert read["role_macro_f1"] > told["role_macro_f1"]
    assert read["proposal"]["f1"] >= 0.66
    assert read["proposal_full"]["f1"] >= 0.45


class Counting(Reader):
    """Counts how often it reads."""

    read = 0

    def chances(self, title, text, spans):  # type: ignore[no-untyped-def]
        self.read += 1
        return super().chances(title, text, spans)


def test_it_reads_only_where_a_place_may_be_a_venue(tagger: Tagger) -> None:
    made = Counting.load()
    assert isinstance(made, Counting)
    one = Tagger(tagger.gazetteer, tagger.model, made)
    rain = "Heavy rain fell on Warsaw on Monday. In Gdańsk the trams stood still."
    one.tag(rain, lang="en", published=DAY)
    assert made.read == 0
    one.tag("Macron offered Geneva for talks with Putin.", lang="en", published=DAY)
    assert made.read == 1


def test_a_decision_says_what_the_reader_saw(tagger: Tagger) -> None:
    tagged = tagger.tag("Macron offered Geneva for talks with Putin.", lang="en", published=DAY)
    (place,) = [m for m in tagged.mentions if m.kind == "venue"]
    assert place.role == "proposed"
    assert place.rule.startswith("reader: ")
    assert "model: " in place.rule


def test_the_version_names_the_reader(tagger: Tagger, reader: Reader) -> None:
    words = Tagger(tagger.gazetteer, tagger.model)
    assert tagger.version == f"{words.version}.{reader.version}"


def test_what_it_read_is_stale_without_it_and_the_other_way(tagger: Tagger) -> None:
    words = Tagger(tagger.gazetteer, tagger.model)
    stamp = DeskStamp(overlay=3)
    for mine, other in ((tagger, words), (words, tagger)):
        for one in (mine, mine.with_desk(EMPTY, Corrections(), stamp)):
            article: Any = SimpleNamespace(tagger_version=one.version)
            assert not is_stale(article, mine)
            assert is_stale(article, other)


def test_settings_given_in_code_decide(reader: Reader) -> None:
    try:
        Tagger.read_twice(wanted=True)
        assert Tagger.load().reader is not None
        Tagger.read_twice(wanted=False)
        assert Tagger.load().reader is None
    finally:
        Tagger.read_twice(wanted=False)
    assert reader.version not in Tagger.load().version


@pytest.mark.parametrize(("wanted", "parts"), [("true", "Reader"), ("false", "NoneType")])
def test_the_settings_say_whether_it_reads(wanted: str, parts: str) -> None:
    code = "from ingest.tag import Tagger; print(type(Tagger.load().reader).__name__)"
    env = {**os.environ, "SUMMITWATCH_TAGGING__READER": wanted}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.strip() == parts


def test_without_the_extra_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.tag.encoder.weights_file", lambda: None)
    assert Reader.load() is None


def test_an_encoder_without_its_file_is_named_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("ingest.tag.encoder.weights_file", lambda: tmp_path / "none.bin")
    with pytest.raises(SettingsError, match=r"none\.bin.*missing"):
        Reader.load()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive", WEIGHTS.read_bytes()[:9_000]])
def test_damaged_weights_are_named(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "reader.npz"
    path.write_bytes(damage)
    with pytest.raises(SettingsError, match=r"reader\.npz.*cannot be read"):
        Reader.load(path)


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    base = weights_file()
    assert base is not None
    other = tmp_path / "e5-small-q4.bin"
    other.write_bytes(base.read_bytes()[:100_000])
    with pytest.raises(SettingsError, match="checksum"):
        Weights(other)
    with pytest.raises(SettingsError, match=r"cannot be read"):
        Weights(tmp_path / "none.bin")


def test_what_ships_is_small() -> None:
    data = WEIGHTS.parent
    models = ("reader.npz", "roles.json", "persons.json")
    assert sum((data / name).stat().st_size for name in models) < 5_000_000


def test_the_arithmetic() -> None:
    rows = norm(
        np.array([[1, 2, 3, 6]], np.float32), np.ones(4, np.float32), np.zeros(4, np.float32)
    )
    assert rows.mean() == pytest.approx(0, abs=1e-6)
    assert rows.std() == pytest.approx(1, abs=1e-3)
    assert gelu(np.array([-10, 0, 1], np.float32)) == pytest.approx([0, 0, 0.8412], abs=1e-3)
    assert multiply([0.5, 0.5], [0.2, 0.8]) == pytest.approx([0.2, 0.8])
    both = multiply([0.9, 0.1], [0.1, 0.9])
    assert both[1] > both[0]
    assert sum(multiply([1, 0, 0], [0, 1, 0])) == pytest.approx(1)
