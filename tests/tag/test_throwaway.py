"""What the throw-away model for names is told of a text as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pycrfsuite")
FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def model(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import throwaway

    return throwaway


@pytest.fixture(scope="module")
def tagger():
    from ingest.tag import Tagger

    return Tagger.load()


def features(model, tagger, text, word, lang="ru"):
    """Of the first such word."""
    for words, rows in model._lines(tagger, text, lang):
        for one, row in zip(words, rows, strict=True):
            if one.text == word:
                return row
    raise AssertionError(word)


def test_short_names_keep_their_stem_in_other_cases(model):
    assert model._stem("буш") == model._stem("буша") == model._stem("бушу")
    assert model._stem("уа") == "уа"


def test_a_title_before_a_name_is_told_of_its_other_occurrences(model, tagger):
    text = "Здесь живёт Рогволодов.\nЗавтра президент Рогволодов уедет."
    assert "told=title-before" in features(model, tagger, text, "Рогволодов")
    apart = "Здесь живёт Рогволодов.\nЗавтра Рогволодов уедет."
    assert "told=title-before" not in features(model, tagger, apart, "Рогволодов")


def test_a_word_that_is_also_written_small_is_known(model, tagger):
    text = "Вечер был тих.\nНастал вечер."
    assert "told=lower" in features(model, tagger, text, "Вечер")
    assert "told=lower" not in features(model, tagger, "Вечер был тих.", "Вечер")


def test_a_first_name_is_known_beside_the_word(model, tagger):
    assert "-1:given" in features(model, tagger, "Приехал Владимиру Рогволодов.", "Рогволодов")
    assert "-1:given" not in features(model, tagger, "Приехал Забор Рогволодов.", "Рогволодов")


def test_a_name_found_once_is_found_again(model, tagger):
    text = "Рогволодов молчал.\nК Рогволодову шли.\nГород Забор пуст."
    lines = [words for words, _rows in model._lines(tagger, text, "ru")]
    again = model._again(lines, {(0, 10, "PER")})
    assert [text[start:end] for start, end, _kind in again] == []  # once yes, once no: undecided
    text += "\nРогволодов ушёл."
    lines = [words for words, _rows in model._lines(tagger, text, "ru")]
    last = text.rindex("Рогволодов")
    again = model._again(lines, {(0, 10, "PER"), (last, last + 10, "PER")})
    assert [(text[start:end], kind) for start, end, kind in again] == [("Рогволодову", "PER")]


def test_other_classes_are_learned_and_read_as_their_own(model, tagger):
    texts = [f"Фирма {name} растёт." for name in ("Лотос", "Вереск", "Клевер")]
    train = [
        model.Labelled(text, "ru", text, frozenset({(6, text.index(" растёт"), "OTHER")}))
        for text in texts * 3
    ]
    (found,) = model.names(
        tagger, train, [model.Labelled("t", "ru", "Фирма Шалфей растёт.", frozenset())]
    )
    assert found == {(6, 12, "OTHER")}
