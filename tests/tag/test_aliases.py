"""Names of towns: which language an alias is, what is likelier a word, and who keeps a name that two bear."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from ingest.tag import Tagger
from ingest.tag.aliases import belarusian_names, cyrillic_names, latin_names, made_in
from ingest.tag.gazetteer import Gazetteer
from ingest.tag.mistakable import mistakable_forms


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def test_cyrillic_aliases_are_told_apart() -> None:
    aliases = ["Freetown", "Фритаун", "Фрийтаун", "Фрітаун", "Фрытаўн", "Фритаун шаары", "Φρίταουν"]
    assert cyrillic_names("Freetown", "SL", aliases) == {
        "ru": ("Фритаун",), "uk": ("Фрітаун",), "be": ("Фрытаўн",),
    }  # fmt: skip


def test_the_russian_name_is_the_one_that_looks_like_the_label() -> None:
    # «Габаронэ» is Belarusian, whatever the alphabet says comes first
    assert cyrillic_names("Gaborone", "BW", ["Габаронэ", "Габороне"])["ru"][0] == "Габороне"
    assert (
        "Сайгон" in cyrillic_names("Ho Chi Minh City", "VN", ["Saigon", "Сайгон", "Хошимин"])["ru"]
    )


@pytest.mark.parametrize(
    "junk", ["Шънджън", "Бээжин", "Лагос шаары", "Воронежская область", "Ош", "ЛОС"]
)
def test_other_languages_and_short_names_are_left_out(junk: str) -> None:
    assert cyrillic_names("Anywhere", "CN", [junk]) == {}


def test_latin_aliases_need_a_letter_or_the_russian_name() -> None:
    aliases = ["Dżakarta", "Dzakarta", "Batavia", "Jacarta", "Giacarta", "Cakarta"]
    names = latin_names("Jakarta", "ID", aliases, {"ru": ("Джакарта",)})
    assert names == {"pl": ("Dżakarta",), "tr": ("Cakarta",)}
    assert latin_names("Rasht", "IR", ["Reşt"], {}, 594_590) == {}  # folded it is German "Rest"


def test_spellings_of_the_east_are_made() -> None:
    names = {"ru": ("Воронеж",)}
    assert made_in("tr", "RU", names) == ("Voronej",)
    assert made_in("de", "RU", names) == ("Woronesch",)
    assert made_in("tr", "TJ", {"ru": ("Худжанд",)}) == ("Hucand",)


def test_what_is_written_too_often_is_a_word() -> None:
    often = {"march": 5.3, "потока": 4.4, "поток": 1.2, "киншасе": 2.1, "киншаса": 2.0}

    def zipf(word: str, langs: Iterable[str]) -> float:
        return often.get(word, 0.0) if {"en", "ru"} & set(langs) else 0.0

    assert mistakable_forms(zipf, "March", "en", "GB", 21_000) == {"march"}
    assert mistakable_forms(zipf, "Поток", "ru", "ZA", 1_700_000) == {"потока"}
    assert mistakable_forms(zipf, "Киншаса", "ru", "CD", 16_000_000) == set()
    assert mistakable_forms(zipf, "March", "en", "GB", 21_000, sure=True) == set()


@pytest.mark.parametrize(
    ("form", "label"),
    [
        # CLDR, with the endings of its language
        ("Уагадугу", "Ouagadougou"), ("Dżakarcie", "Jakarta"), ("Abidżanu", "Abidjan"),
        ("Ніамеї", "Niamey"), ("Габороне", "Gaborone"), ("Фрітауні", "Freetown"), ("Барселоною", "Barcelona"),
        ("Бужумбури", "Bujumbura"),
        # aliases of GeoNames, and what is made of them
        ("Taşkent", "Tashkent"), ("Voronej", "Voronezh"), ("Soukhoumi", "Sukhumi"), ("Гудермесе", "Gudermes"),
        ("Слуцку", "Slutsk"), ("Медельине", "Medellín"),
    ],
)  # fmt: skip
def test_towns_are_known_in_other_languages(gazetteer: Gazetteer, form: str, label: str) -> None:
    found = [gazetteer.entity(i) for i in gazetteer.resolve("venue", form)]
    assert label in [e.name for e in found if e is not None]


def test_the_better_known_keeps_its_name(gazetteer: Gazetteer) -> None:
    """No alias of a town is the own name of a state, a region or another curated place."""
    for form in (
        "Москва",
        "Moskau",
        "Чеджу",
        "Грузия",
        "Панама",
        "Кувейт",
        "Джибуті",
        "Париж",
        "Сирии",
    ):
        named = [gazetteer.entity(i) for i in gazetteer.resolve("venue", form)]
        weights = [e.weight for e in named if e is not None and e.kind == "city"]
        assert all(weight >= 2_000_000 for weight in weights), form
    assert gazetteer.resolve("venue", "Obama") == ()


def test_a_small_town_that_is_a_word_is_none() -> None:
    text = (
        "Talks in London ended on 15 March. To the Surprise of Mocha drinkers, they go on in April."
    )
    found = Tagger.load().tag(text, lang="en", published=datetime(2025, 3, 16, tzinfo=UTC))
    assert [m.surface for m in found.mentions if m.kind == "venue"] == ["London"]


def test_belarusian_keeps_one_stressed_vowel() -> None:
    assert set(belarusian_names("Воронеж")) == {"Воранеж", "Варонеж", "Варанеж"}
    assert belarusian_names("Джамму") == ("Джаму",)


def test_an_ending_yields_to_a_great_towns_name(gazetteer: Gazetteer) -> None:
    """«Накуру» is Nakuru, though Naqoura («Накура») is curated."""
    assert gazetteer.resolve("venue", "Накуру")[0] == "place:nakuru-ke"


def test_a_curated_town_is_the_one_of_geonames(gazetteer: Gazetteer) -> None:
    for name in ("Ts’khinvali", "Tskhinvali", "Цхинвали"):
        assert gazetteer.resolve("venue", name)[0] == "place:tskhinvali-ge"
