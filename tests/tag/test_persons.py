"""Names of people whom the gazetteer lacks: the shipped model, its training, hostile texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import SettingsError
from ingest.tag import Tagger
from ingest.tag.persons import WEIGHTS, PersonModel, find_persons, is_full_name

LABELLED = Path(__file__).parent.parent / "data" / "tagging"


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def names(tagger: Tagger, text: str, lang: str) -> list[str]:
    doc = tagger.read(text, lang, None)
    return [doc.visible[start:end] for start, end in find_persons(doc)]


@pytest.mark.parametrize(
    ("lang", "text", "name"),
    [
        pytest.param("en", "The envoy Zorro Blimpov told reporters in Minsk that talks would go on.", "Zorro Blimpov", id="en"),
        pytest.param("ru", "Об этом сообщил помощник президента Захар Блимпов после переговоров в Минске.", "Захар Блимпов", id="ru"),
        pytest.param("uk", "Про це сказав міністр Захар Блимпенко після зустрічі в Женеві.", "Захар Блимпенко", id="uk"),
        pytest.param("fr", "Le ministre Jean Blimpard a déclaré que les pourparlers auraient lieu à Genève.", "Jean Blimpard", id="fr"),
        pytest.param("es", "El canciller Pedro Blimpárez dijo que las conversaciones serían en Ginebra.", "Pedro Blimpárez", id="es"),
    ],
)  # fmt: skip
def test_a_name_that_no_list_has_is_found(tagger, lang, text, name):
    assert names(tagger, text, lang) == [name]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        pytest.param("en", "Vladimir Putin met Alexander Lukashenko in Minsk.", id="known-leaders"),
        pytest.param("en", "the talks went on in the evening, without a word.", id="no-capitals"),
        pytest.param("en", "", id="empty"),
        pytest.param("xx", "¿?¡! — 12 345", id="no-letters"),
    ],
)
def test_nobody_is_found(tagger, lang, text):
    assert names(tagger, text, lang) == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["en", "ru", "de", "", "zz"]))
def test_spans_are_true_on_any_text(text, lang):
    doc = Tagger.load().read(text, lang, None)
    last = 0
    for start, end in find_persons(doc):
        assert last <= start < end <= len(doc.visible)
        assert is_full_name(doc.visible[start:end])
        last = end


def test_a_long_text_without_a_space_ends_soon(tagger):
    assert names(tagger, "Ab" * 100_000, "en") == []


def test_decoding_prefers_the_best_way_not_the_best_marks():
    # alone, the second token would be a further word of a name; no name leads there
    model = PersonModel({"a": [0, -50, -50], "b": [0, 0, 20]}, [[0, 0, -500], [0, 0, 0], [0, 0, 0]])
    assert model.marks([["a"], ["b"]]) == [0, 0]
    assert model.marks([["b"]]) == [2]
    assert model.marks([["a", "unknown"]]) == [0]
    assert model.marks([]) == []


@pytest.mark.no_cover  # the tracer would take longer than the training
def test_the_model_beats_the_patterns_on_people_held_out():
    from ingest.tag.train_persons import cross_validate, read_texts

    texts = read_texts([LABELLED / "train-en.jsonl"])
    figures = cross_validate(texts, folds=(0,))
    assert figures["model"]["all"]["f1"] > figures["patterns"]["all"]["f1"] + 0.3
    assert figures["model"]["all"]["p"] > 0.5


def test_the_same_texts_give_the_same_weights():
    from ingest.tag.train_persons import read_texts, train

    texts = read_texts([LABELLED / "train-xx.jsonl"])[:8]
    lines = [line for text in texts for line in text.lines()]
    assert train(lines) == train(lines)


def test_a_broken_file_of_weights_is_named(tmp_path):
    bad = tmp_path / "persons.json"
    bad.write_text('{"states": {}', encoding="utf-8")
    with pytest.raises(SettingsError, match="train_persons"):
        PersonModel.load(bad)


def test_the_shipped_weights_are_small():
    assert WEIGHTS.stat().st_size < 1_000_000


def test_promoted_from_what_the_model_reads(tmp_path):
    from storing import make_article, saved

    from ingest.cli.persons import read_persons
    from ingest.store import open_store

    said = "The envoy Zorro Blimpov told reporters in Minsk that talks would go on."
    with open_store(f"sqlite:///{tmp_path}/s.sqlite", "summitwatch") as store:
        for key in ("one", "two"):
            saved(store, make_article(key, text=f"{said} It rained.", title="Talks", lang="en"))
        saved(store, make_article("three", text="It rained.", title="Rain", lang="en"))
        (person,) = read_persons(store, 10, samples=1, known=())
        assert (person.id, person.name, person.articles) == (
            "leader:?zorro-blimpov",
            "Zorro Blimpov",
            2,
        )
        assert [sentence for _article, sentence in person.seen] == [said]
        assert read_persons(store, 10, samples=1, known={person.id}) == []
        assert len(read_persons(store, 1, samples=1, known=())) <= 1
