"""Given names in other spellings, endings and rulers' names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.tag import Tagger
from ingest.tag.given import sounds_like


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def leaders(tagger: Tagger, text: str, lang: str, day: str) -> list[tuple[str, str]]:
    published = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return [
        (m.surface, m.name)
        for m in tagger.tag(text, lang=lang, published=published).mentions
        if m.kind == "leader"
    ]


@pytest.mark.parametrize(
    ("word", "given"),
    [
        ("Гасан", "Ghassan"), ("Жазэф", "Joseph"), ("Steve'a", "Steve"), ("Antony'ego", "Antony"), ("Kirył", "Kirill"),
        ("Мяўлют", "Mevlüt"), ("Хуаном", "Хуан"), ("Eymen", "Ayman"),
    ],
)  # fmt: skip
def test_sounds_like(word: str, given: str) -> None:
    assert sounds_like(word, given)


@pytest.mark.parametrize(
    ("word", "given"),
    [("Jordan", "John"), ("Mustafa", "Vladimir"), ("Selin", "Recep"), ("Муса", "Ibrahim"), ("Вартан", "Eduard")],
)  # fmt: skip
def test_sounds_otherwise(word: str, given: str) -> None:
    assert not sounds_like(word, given)


@pytest.mark.parametrize(
    ("lang", "day", "text", "surface", "name"),
    [
        ("be", "2018-06-01", "Гасан Саламе чакаў у калідоры.", "Гасан Саламе", "Ghassan Salamé"),
        ("pl", "2025-06-01", "Czekał na Steve'a Witkoffa w holu.", "Steve'a Witkoffa", "Steve Witkoff"),
        ("pl", "2022-11-01", "Rozmawiał z Charles'em Michelem.", "Charles'em Michelem", "Charles Michel"),
        ("pl", "2014-11-01", "Mówił o François Hollande'em.", "François Hollande'em", "François Hollande"),
        ("tr", "2025-06-01", "Yarın Soçi'de Putin'i görecek.", "Putin", "Vladimir Putin"),
        ("ru", "1997-06-01", "Тогда король Хусейн промолчал.", "Хусейн", "Hussein of Jordan"),
        ("en", "2025-06-01", "In the end King Charles smiled.", "Charles", "Charles III"),
        ("ru", "2012-06-01", "Прилетел Бениньо Акино III с охраной.", "Бениньо Акино III", "Benigno Aquino III"),
    ],
)  # fmt: skip
def test_names(tagger: Tagger, lang: str, day: str, text: str, surface: str, name: str) -> None:
    assert (surface, name) in leaders(tagger, text, lang, day)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "Dans le port de Poti, une grue. Elle dort dans le vent."),
        ("de", "Sie wollen endlich Frieden."),
        ("en", "He said nothing."),
        ("ru", "Колонны прошли Воронеж."),
        ("en", "Francis Drake sailed home."),
        ("en", "Hussein Kamel left early."),
        ("en", "A taxi driver called Erdogan wants more."),
        ("en", "The firm of Merkel & Sons made kitchens."),
        ("ru", "В роли занят Сергей Лавров-младший."),
        ("be", "У варатара Лаўрова траўма."),
        ("tr", "Oyun kurucu Selin Erdoğan kararsız."),
    ],
)
def test_words_are_no_names(tagger: Tagger, lang: str, text: str) -> None:
    assert leaders(tagger, text, lang, "2025-12-01") == []


@pytest.mark.parametrize(
    ("lang", "text", "surface", "name"),
    [
        ("en", "Raúl Castro came to Panama. Later Raúl smiled.", "Raúl", "Raúl Castro"),
        ("tr", "Hakan Fidan geldi. Sonra Hakan Bey konuştu.", "Hakan Bey", "Hakan Fidan"),
        (
            "pl",
            "Władimir Putin milczał. Przekażę Władimirowi jutro.",
            "Władimirowi",
            "Vladimir Putin",
        ),
        ("en", "Ma Ying-jeou bowed, and Ma smiled.", "Ma", "Ma Ying-jeou"),
    ],
)
def test_first_word_of_a_name_given_before(
    tagger: Tagger, lang: str, text: str, surface: str, name: str
) -> None:
    assert (surface, name) in leaders(tagger, text, lang, "2014-06-01")


@pytest.mark.parametrize(
    ("lang", "text", "not_named"),
    [
        ("en", "Israel Katz spoke of the enemies of Israel.", "Israel"),
        ("en", "Donald Trump saw Donald Tusk, and Donald smiled.", "Donald"),
        ("en", "Charles Michel saw Charles Aznavour.", "Charles"),
    ],
)
def test_first_word_of_another_name(tagger: Tagger, lang: str, text: str, not_named: str) -> None:
    assert not_named not in [s for s, _name in leaders(tagger, text, lang, "2025-12-01")]
