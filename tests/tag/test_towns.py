"""Towns that nobody curated: found where the text speaks for them, left out where they are words or names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.tag import Tagger
from ingest.tag.towns import weights

DAY = datetime(2025, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def spans(tagger: Tagger, text: str, lang: str) -> list[str]:
    found = tagger.tag(text, lang=lang, published=DAY).mentions
    return [m.surface for m in found if m.kind == "venue"]


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        # a preposition of place says it, written large where it opens the sentence
        ("en", "In Prizren the Kosovo police closed two roads.", ["Prizren", "Kosovo"]),
        ("en", "Argentina votes. In Rosario the queues were long.", ["Argentina", "Rosario"]),
        ("fr", "À Battambang, au Cambodge, il pleut.", ["Battambang", "Cambodge"]),
        ("pl", "W Gonaïves na Haiti nie ma prądu.", ["Gonaïves", "Haiti"]),
        ("ru", "Афганистан в снегу. В Газни закрыты школы.", ["Афганистан", "Газни"]),
        # Turkish says it behind the name, and a genitive before it is no first name
        ("tr", "Hırvatistan sakin. Osijek'te yollar açıldı.", ["Hırvatistan", "Osijek"]),
        # so does a town's common noun; Spanish "a" is no article
        ("ru", "Город Патна ждёт гостей.", ["Патна"]),
        ("uk", "Дощ залив місто Наньян.", ["Наньян"]),
        ("pl", "Miasto Palembang czeka.", ["Palembang"]),
        ("es", "Viajó el lunes a Recife.", ["Recife"]),
        # spelled without its accents, and short
        ("en", "Afghanistan sent two doctors to Khost.", ["Afghanistan", "Khost"]),
        ("en", "India keeps its lorries in Leh.", ["India", "Leh"]),
        # said elsewhere with a preposition
        ("en", "Rain fell in Lampang all night. Lampang has a harbour; Thailand is proud of it.",
         ["Lampang", "Lampang", "Thailand"]),
        # a dateline in capitals, its country named or not
        ("en", "DAVAO — Two men met on a bridge.", ["DAVAO"]),
        ("en", "SAMARA. The river froze early.", ["SAMARA"]),
        ("ru", "САМАРА. Река встала рано.", ["САМАРА"]),
        # but no headline in capitals, and no organisation
        ("en", "MISSION - MEN OF SALT RETURN FROM ORANGE BAY\nNobody came.", []),
        ("en", "The OAS met, and the UN sent a letter to the OAS.", []),
        # a person, a word, a part of another name
        ("en", "Mexico waits. Carlos Salinas spoke, and Salinas left.", ["Mexico"]),
        ("en", "The European Union met the Black Sea Fleet.", []),
        ("es", "La mesa era larga. Se discutió mucho. Habrá más.", []),
        ("ru", "Встречал гостей Владимир Олейник.", []),
        ("ru", "Проект «Северный поток» закрыт.", []),
        ("de", "Die Suite der Länder war leer.", []),
        ("en", "He lives in Monroe County and works at Whittier College.", []),
    ],
)  # fmt: skip
def test_towns_and_what_looks_like_one(
    tagger: Tagger, lang: str, text: str, expected: list[str]
) -> None:
    assert spans(tagger, text, lang) == expected


def test_a_headline_knows_the_towns_of_its_body(tagger: Tagger) -> None:
    body = "The two will meet in Lampang on Friday, Thailand says."
    alone = tagger.tag("", lang="en", title="Lampang gets ready", published=DAY)
    above = tagger.tag(body, lang="en", title="Lampang gets ready", published=DAY)
    assert [m.surface for m in alone.title_mentions] == []
    assert [m.surface for m in above.title_mentions] == ["Lampang"]


def test_many_hits_of_one_town_are_looked_at_once(tagger: Tagger) -> None:
    found = tagger.tag("Galle sells tea, ask Galle. " * 900, lang="en", published=DAY).mentions
    assert len({m.start for m in found}) == len(found)


def test_weights_are_readable() -> None:
    text = (Path("ingest/tag/data/towns.tsv")).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert {row[0] for row in rows} == set(weights())
    assert weights()["in"] > 0 > weights()["name-behind"]
