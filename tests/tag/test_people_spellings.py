"""How names of people are carried into other languages and bent there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.tag import Gazetteer, Tagger
from ingest.tag.inflect import inflect
from ingest.tag.translit import to_belarusian, to_latin, to_ukrainian


@pytest.mark.parametrize(
    ("russian", "ukrainian"),
    [
        ("Матеуш Моравецкий", "Матеуш Моравецький"), ("Эспен Барт Эйде", "Еспен Барт Ейде"), ("Мануэль Селая", "Мануель Селая"),
        ("Ричард Армитидж", "Річард Армітідж"), ("Стефани Уильямс", "Стефані Вільямс"),
    ],
)  # fmt: skip
def test_ukrainian(russian: str, ukrainian: str) -> None:
    assert ukrainian in to_ukrainian(russian)


@pytest.mark.parametrize(
    ("russian", "belarusian"),
    [
        ("Джон Керри", "Джон Кэры"), ("Джордж Робертсон", "Джордж Робертсан"), ("Олусегун Обасанджо", "Алусегун Абасанджа"),
        ("Лоран Фабиус", "Лоран Фабіюс"), ("Жан-Пьер Бемба", "Жан-П'ер Бемба"),
    ],
)  # fmt: skip
def test_belarusian(russian: str, belarusian: str) -> None:
    assert belarusian in to_belarusian(russian)


@pytest.mark.parametrize(
    ("russian", "lang", "latin"),
    [("Шарон", "pl", "Szaron"), ("Шамир", "tr", "Şamir"), ("Караджич", "tr", "Karaciç"), ("Хафтар", "pl", "Haftar")],
)  # fmt: skip
def test_latin(russian: str, lang: str, latin: str) -> None:
    assert to_latin(russian, lang, breathed=True) == latin


@pytest.mark.parametrize(
    ("name", "lang", "form"),
    [
        ("Kaddafi", "pl", "Kaddafiego"), ("Conte", "pl", "Contem"), ("Compaoré", "pl", "Compaorégo"), ("Rau", "pl", "Raua"),
        ("Saakaszwili", "pl", "Saakaszwilego"), ("Alan García", "pl", "Alana Garcíi"), ("Mun Dze In", "pl", "Mun Dze Ina"),
        ("Кім Чен Ин", "uk", "Кім Чен Ином"), ("Лукашенко", "ru", "Лукашенке"), ("Hans van den Broek", "pl", "Hansem van den Broekiem"),
    ],
)  # fmt: skip
def test_endings(name: str, lang: str, form: str) -> None:
    assert form in inflect(name, lang)


@pytest.mark.parametrize(
    "name", ["Владимира Путина", "Aleksandra Łukaszenki", "Володимиром Зеленським"]
)
def test_a_bent_full_name_is_resolved(name: str) -> None:
    gazetteer = Gazetteer.load()
    found = gazetteer.resolve("leader", name)
    assert len(found) == 1


@pytest.mark.parametrize(
    ("lang", "text", "surface", "name"),
    [
        ("ru", "К предложению Александра Григорьевича отнеслись спокойно.", "Александра Григорьевича", "Alexander Lukashenko"),
        ("ru", "После встречи с Владимиром Путиным он уехал.", "Владимиром Путиным", "Vladimir Putin"),
        ("be", "Кэры прыляцеў, і Джону Кэры далі крэсла.", "Джону Кэры", "John Kerry"),
        ("pl", "Kwaterę miał u Ariela Szarona.", "Ariela Szarona", "Ariel Sharon"),
        ("tr", "Masada Navaz Şerif vardı.", "Navaz Şerif", "Nawaz Sharif"),
    ],
)  # fmt: skip
def test_bent_and_carried_names(lang: str, text: str, surface: str, name: str) -> None:
    tagged = Tagger.load().tag(text, lang=lang, published=datetime(2015, 6, 1, tzinfo=UTC))
    assert (surface, name) in [(m.surface, m.name) for m in tagged.mentions]
