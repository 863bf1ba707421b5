"""What is remembered from text to text stays small, whatever stands in the texts."""

from __future__ import annotations

import pytest

from ingest.tag import Gazetteer, Tagger
from ingest.tag.given import _nearly, _plain
from ingest.tag.heard import _words, stems_of
from ingest.tag.persons import _squeezed
from ingest.tag.roles import RoleModel
from ingest.tag.sound import alike, keys, sound

ASKED = (_words, stems_of, sound, keys, alike, _plain, _nearly)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(Gazetteer.load(), RoleModel("none", {}))


def _sizes(tagger: Tagger, lang: str, letters: str) -> list[int]:
    """How much is remembered after a text with long words where names may stand."""
    words = [letters[0].upper() + letter * 100 + letters[1:] for letter in letters]
    words += [f"{word}-{word}" for word in words]
    text = " ".join(f"Xaver {word} Trump, in {word} Y. {word} Vladimir {word}ov." for word in words)
    tagger.tag(text, lang=lang, title=" ".join(words))
    return [one.cache_info().currsize for one in ASKED]


@pytest.mark.parametrize("lang", ["en", "ru", "uk", "pl", "de", "fr", "tr", "zz"])
def test_words_too_long_for_a_name_are_not_remembered(tagger: Tagger, lang: str):
    before = _sizes(tagger, lang, "aeioukt")
    assert _sizes(tagger, lang, "lmnprsz") == before


def test_shapes_are_remembered_up_to_a_bound():
    assert _squeezed.cache_info().maxsize is not None
