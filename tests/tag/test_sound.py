"""Names in spellings that nobody wrote down."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.tag import Gazetteer, Tagger
from ingest.tag.overlaid import overlaid
from ingest.tag.overlay import Overlay, Own
from ingest.tag.roles import RoleModel
from ingest.tag.sound import LEAST, alike, keys, sound

SAME = [
    ("Ouagadougou", "fr", "Уагадугу", "ru"),
    ("Jakarta", "en", "Dżakarta", "pl"),
    ("Margot Wallström", "en", "Маргат Вальстром", "be"),
    ("Tzipi Livni", "en", "Ципі Ліўні", "be"),
    ("Dmitry", "en", "Дзмітрый", "be"),
    ("Soukhoumi", "fr", "Сухуми", "ru"),
    ("Bużumbura", "pl", "Бужумбура", "uk"),
    ("Jorge", "es", "Хорхе", "ru"),
]


@pytest.mark.parametrize(("one", "lang", "other", "other_lang"), SAME, ids=[s[0] for s in SAME])
def test_two_spellings_of_a_name_sound_alike(one, lang, other, other_lang):
    a, b = sound(one, lang), sound(other, other_lang)
    assert a[:1] == b[:1] or set(keys(a)) & set(keys(b))
    assert alike(a, b) >= LEAST


@pytest.mark.parametrize(
    ("one", "other"),
    [("Minsk", "Moscow"), ("Kyiv", "Geneva"), ("Angela Merkel", "Emmanuel Macron")],
)
def test_two_names_do_not(one, other):
    assert alike(sound(one, "en"), sound(other, "en")) < LEAST


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "be", "pl", "tr", "xx", ""]))
def test_any_string_has_a_sound_of_plain_letters(text, lang):
    told = sound(text, lang)
    assert set(told) <= set("abcdefghijklmnopqrstuvwxyzS")
    assert all(set(key) <= set("PFTKSMNLR") for key in keys(told))


def _named(text, lang):
    return {(m.surface, m.name): m.rule for m in Tagger.load().tag(text, lang=lang).mentions}


def test_a_leader_in_a_spelling_of_the_paper_s_own_and_the_family_name_after_it():
    said = _named(
        "Маргат Вальстрэм прапанавала сустрэчу ў Стакгольме. Прапанову Вальстрэм паўтарылі двойчы.",
        "be",
    )
    assert said["Маргат Вальстрэм", "Margot Wallström"] == "full-name-by-sound"
    assert said["Вальстрэм", "Margot Wallström"] == "surname-by-sound"


def test_a_bent_name_ends_where_the_word_does_and_a_turkish_suffix_stays_outside():
    said = _named("Richard Greneł rozmawiał z Ciprasem. Spotkał się z Margotą Walstrem.", "pl")
    assert ("Margotą Walstrem", "Margot Wallström") in said
    said = _named("Ali, Margot Valstrem'le görüştü.", "tr")
    assert ("Margot Valstrem", "Margot Wallström") in said


def test_a_namesake_by_one_word_is_nobody():
    said = _named("Маргат Ліндгрэн і Густаў Вальстрэм прадалі дом.", "be")
    assert not any(name == "Margot Wallström" for _surface, name in said)


def test_a_place_where_its_country_is_spoken_of():
    said = _named("Прэзідэнт Буркіна-Фасо запрасіў усіх на перамовы ў Уагадугоў.", "be")
    assert any(name == "Ouagadougou" for _surface, name in said)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Марат купив хліб. Прага змін не вщухає.", "uk"),
        ("In June and March the Hamas delegation of Israel had waited.", "en"),
        ("Der Plan liegt in der Hand der Bänder von Sofa und Steine.", "de"),
        ("Doce días tardó, tras la cena, el ministro de España.", "es"),
    ],
)
def test_a_word_that_sounds_like_a_place_is_none(text, lang):
    assert "place-by-sound" not in _named(text, lang).values()


def test_a_name_that_the_desk_took_away_is_not_heard_either():
    base = Gazetteer.load()
    entity = next(e for e in base.compiled.entities if e.name == "Margot Wallström")
    own = Own(entity.id, drop=("Маргот Вальстрём",))
    without = overlaid(base, Overlay({entity.id: own}, {}))
    text = "Маргат Вальстрэм прапанавала Мінск."
    tagger = Tagger(without, RoleModel.load())
    assert not any(m.name == entity.name for m in tagger.tag(text, lang="be").mentions)
    assert any(h.row for heard in base.compiled.sounds.people.values() for h in heard)


@pytest.mark.parametrize("lang", ["en", "de", "es", "pl", "tr"])
def test_a_known_place_of_two_words_is_nobody(lang):
    said = _named("2019: San Marino.", lang)
    assert [name for _surface, name in said] == ["San Marino"]
