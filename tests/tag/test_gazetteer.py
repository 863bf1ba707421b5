"""The compiled gazetteer: up to date, found by any name, refused when damaged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.tag.fold import folded_name
from ingest.tag.gazetteer import COMPILED, Gazetteer
from ingest.tag.inflect import inflect
from ingest.tag.roles import RoleModel
from ingest.tag.sources import rows, sources_hash


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def test_the_compiled_file_is_that_of_its_sources(gazetteer: Gazetteer) -> None:
    assert gazetteer.compiled.sources == sources_hash(), "run python -m ingest.tag.compile"


def test_every_form_is_as_a_folded_text_has_it(gazetteer: Gazetteer) -> None:
    unlike = [f for f in gazetteer.compiled.forms if not f.isalpha() and folded_name(f) != f]
    assert not unlike, unlike[:20]


def test_the_shipped_files_stay_small() -> None:
    assert COMPILED.stat().st_size < 15_000_000
    models = ("roles.json", "persons.json", "reader.npz", "towns.tsv")
    assert sum((COMPILED.parent / name).stat().st_size for name in models) < 5_000_000


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("venue", "Мінск", "place:minsk-by"),
        ("venue", "minsk", "place:minsk-by"),
        ("venue", "MIŃSKU", "place:minsk-by"),
        ("venue", "  Abu   Dhabi ", "place:abu-dhabi-ae"),
        ("venue", "place:minsk-by", "place:minsk-by"),
        ("venue", "Q2280", "place:minsk-by"),
        ("venue", "США", "place:united-states-us"),
        ("venue", "Genf", "place:geneva-ch"),
        ("leader", "Lukashenka", "leader:lukashenko-alexander"),
        ("leader", "лукашэнкам", "leader:lukashenko-alexander"),
        ("leader", "Ердоган", "leader:erdogan-recep-tayyip"),
        ("any", "Зяленскага", "leader:zelenskyy-volodymyr"),
    ],
)
def test_any_name_in_any_language(
    gazetteer: Gazetteer, kind: str, text: str, expected: str
) -> None:
    assert gazetteer.resolve(kind, text)[0] == expected


@pytest.mark.parametrize(
    ("kind", "text"), [("leader", "Minsk"), ("venue", "Lavrov"), ("any", "Xyzzy"), ("any", "")]
)
def test_what_is_no_such_name(gazetteer: Gazetteer, kind: str, text: str) -> None:
    assert gazetteer.resolve(kind, text) == ()


def test_entities_have_what_the_board_needs(gazetteer: Gazetteer) -> None:
    minsk = gazetteer.entity("place:minsk-by")
    assert minsk is not None
    assert (minsk.name, minsk.country, minsk.qid, minsk.geonames) == (
        "Minsk",
        "BY",
        "Q2280",
        625144,
    )
    assert minsk.lat == pytest.approx(53.9, abs=0.1)
    peskov = gazetteer.entity("leader:peskov-dmitry")
    assert peskov is not None
    assert peskov.offices[0].country == "RU"
    assert gazetteer.entity("place:nowhere-xx") is None


def test_offices_by_day(gazetteer: Gazetteer) -> None:
    holder = gazetteer.holder("TR", "fm", date(2022, 1, 1))
    assert holder is not None
    assert holder.name == "Mevlüt Çavuşoğlu"
    assert gazetteer.holder("TR", "fm", date(1890, 1, 1)) is None


def test_ids_are_unique_and_ascii(gazetteer: Gazetteer) -> None:
    ids = [entity.id for entity in gazetteer.compiled.entities]
    assert len(ids) == len(set(ids))
    assert all(entity_id.isascii() for entity_id in ids)


@pytest.mark.parametrize(
    ("lang", "name", "form"),
    [
        ("ru", "Женева", "Женеве"), ("ru", "Владимир Путин", "Владимиром Путиным"), ("ru", "Белый дом", "Белого дома"),
        ("ru", "Афины", "Афинах"), ("uk", "Київ", "Києва"), ("uk", "Харків", "Харкова"), ("uk", "Гаага", "Гаазі"),
        ("uk", "Порошенко", "Порошенка"), ("be", "Мінск", "Мінску"), ("be", "Пяскоў", "Пяскова"),
        ("be", "Прага", "Празе"), ("pl", "Genewa", "Genewie"), ("pl", "Budapeszt", "Budapeszcie"),
        ("pl", "Kijów", "Kijowie"), ("pl", "Niemcy", "Niemczech"), ("pl", "Ławrow", "Ławrowem"), ("de", "Merkel", "Merkels"),
    ],
)  # fmt: skip
def test_paradigms(lang: str, name: str, form: str) -> None:
    assert form in inflect(name, lang)


@pytest.mark.parametrize("content", [b"", b"not zlib", None], ids=["empty", "garbage", "missing"])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "gazetteer.bin"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"gazetteer\.bin"):
        Gazetteer.load(path)


def test_damaged_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "roles.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"roles\.json"):
        RoleModel.load(path)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("leader", "Lukashenco", "Alexander Lukashenko"),
        ("venue", "Istambool", "Istanbul"),
        ("any", "qqqqq", None),
    ],
)
def test_suggestions(gazetteer: Gazetteer, kind: str, text: str, expected: str | None) -> None:
    found = gazetteer.suggest(kind, text)
    assert len(found) <= 5
    assert (expected in found) if expected else found == ()


def test_every_capital_is_the_one_of_its_state(gazetteer: Gazetteer) -> None:
    named = {row[0]: row[3] for row in rows("countries.tsv") if len(row) > 3 and row[3]}
    elsewhere = {"SU": "RU", "YU": "RS", "CS": "CZ", "XC": "CY"}
    found = {c.code: gazetteer.entity(c.capital) for c in gazetteer.compiled.countries if c.capital}
    assert {code: e.name for code, e in found.items() if e} == named
    assert {code: e.country for code, e in found.items() if e} == {
        code: elsewhere.get(code, code) for code in named
    }
    without = {row[0] for row in rows("countries.tsv")} - named.keys()
    assert without == {"EU", "UN", "NATO"}
