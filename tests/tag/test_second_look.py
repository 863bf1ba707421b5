"""Roles by two looks, who an act is by, and confidences set right."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from ingest.model import ROLES
from ingest.tag import Tagger, lanes
from ingest.tag.gazetteer import Entity, Gazetteer
from ingest.tag.packed import packed, unpacked
from ingest.tag.roles import RoleModel, calibrated, decide

DAY = datetime(2025, 11, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        pytest.param(
            "en", "Dmitry Peskov said Recep Tayyip Erdogan had offered Istanbul for the talks.",
            {"Recep Tayyip Erdoğan", "Dmitry Peskov"}, id="speaker-or-proposer",
        ),
        pytest.param("en", "Turkey offered Istanbul for the talks.", {"TR"}, id="a-state"),
        pytest.param(
            "ru", "Александр Лукашенко предложил Минск для переговоров.", {"Alexander Lukashenko"}, id="ru",
        ),
        pytest.param(
            "pl", "Emmanuel Macron zaproponował Genewę jako miejsce rozmów.", {"Emmanuel Macron"}, id="pl",
        ),
    ],
)  # fmt: skip
def test_who_an_offer_is_by(tagger: Tagger, lang: str, text: str, expected: set[str]) -> None:
    said = [p.proposer_name for p in tagger.tag(text, lang=lang, published=DAY).proposals]
    assert said
    assert set(said) <= expected


def test_two_offers_of_one_sentence_have_two_proposers(tagger: Tagger) -> None:
    text = "Viktor Orbán offered Budapest; Emmanuel Macron proposed Geneva."
    made = {
        p.venue_names: p.proposer_name for p in tagger.tag(text, lang="en", published=DAY).proposals
    }
    assert made == {("Budapest",): "Viktor Orbán", ("Geneva",): "Emmanuel Macron"}


def test_a_doubtful_venue_is_a_location(tagger: Tagger) -> None:
    text = "Something about Geneva."
    doc = tagger.read(text, "en", DAY, model=RoleModel("none", {}))
    shrug = {"x": lanes.packed([1 if role == "proposed" else 0 for role in ROLES])}
    decide(doc, [[["x"]]], RoleModel("shrug", shrug))
    (place,) = doc.places
    assert (place.role, place.rule.split(";")[0]) == ("location", "doubtful")
    assert place.confidence < 0.3


def test_confidence_follows_what_was_measured() -> None:
    points = ((0.3, 0.2), (0.9, 0.8))
    assert calibrated(points, 0.1) == pytest.approx(0.2)
    assert calibrated(points, 0.6) == pytest.approx(0.5)
    assert calibrated(points, 1.0) == pytest.approx(0.8)
    assert calibrated((), 0.42) == pytest.approx(0.42)


def test_calibration_never_falls() -> None:
    from ingest.tag.train import calibrate

    told = [(0, 0 if i % 3 else 1, i / 100) for i in range(100)]
    points = calibrate(told, bins=8)
    assert points == sorted(points)
    assert [y for _x, y in points] == sorted(y for _x, y in points)


def test_folds_share_no_topic() -> None:
    from ingest.tag.train import folds_of

    raws = [
        {"id": str(i), "proposals": [{"parties": ["RU", "UA"] if i % 2 else ["KR", "KP"]}]}
        for i in range(10)
    ] + [{"id": "none", "proposals": []}]
    parts = folds_of(raws, 3)
    assert sorted(id_ for part in parts for id_ in part) == sorted(r["id"] for r in raws)
    assert {frozenset(str(i) for i in range(1, 10, 2))} <= {frozenset(p) for p in parts}


@pytest.mark.no_cover  # a million forms: the tracer would take longer than they
def test_the_packed_gazetteer_reads_back(tagger: Tagger) -> None:
    compiled = Gazetteer.load().compiled
    again = unpacked(packed(compiled))
    assert [*again.entities] == [*compiled.entities]
    assert replace(again, entities=()) == replace(compiled, entities=())


def test_towns_are_decoded_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gazetteer = Gazetteer.load()
    decoded = []

    def decode(data: bytes, *, type: type[Entity]) -> Entity:  # noqa: A002  as msgspec names it
        decoded.append(data)
        return msgspec.msgpack.decode(data, type=type)

    monkeypatch.setattr("ingest.tag.gazetteer.msgspec.msgpack.decode", decode)
    Tagger(gazetteer, RoleModel.load()).tag(
        "Putin met Trump on European soil, in Minsk.", lang="en"
    )
    assert len(decoded) < 100
    assert len(gazetteer.compiled.entities) > 30_000
