"""Whom a title means: tables of short texts in nine languages."""

from __future__ import annotations

import pytest
from tag.said import leaders

from ingest.tag import Tagger


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.mark.parametrize(
    ("lang", "day", "text", "surface", "name"),
    [
        ("ru", "2025-06-01", "Так передали слова главы иранского МИД.", "главы иранского МИД", "Abbas Araghchi"),
        ("ru", "2020-06-01", "Позже глава польского правительства уехал.", "глава польского правительства", "Mateusz Morawiecki"),
        ("uk", "2024-06-01", "Голова марокканської дипломатії мовчав.", "Голова марокканської дипломатії", "Nasser Bourita"),
        ("pl", "2025-06-01", "Tak wyliczał szef polskiej dyplomacji.", "szef polskiej dyplomacji", "Radosław Sikorski"),
        ("pl", "2020-06-01", "Mówił o tym szef polskiego rządu.", "szef polskiego rządu", "Mateusz Morawiecki"),
        ("fr", "2025-06-01", "Le ministre turc des affaires étrangères est parti.", "Le ministre turc des affaires étrangères", "Hakan Fidan"),
        ("es", "2025-06-01", "El ministro turco de Exteriores salió.", "El ministro turco de Exteriores", "Hakan Fidan"),
        ("en", "2025-06-01", "They thanked the pontiff.", "the pontiff", "Leo XIV"),
        ("en", "2015-06-01", "They thanked the Pope.", "the Pope", "Pope Francis"),
        ("ru", "2015-06-01", "Все благодарили Папу.", "Папу", "Pope Francis"),
        ("de", "2023-06-01", "Dann mahnte der Kanzler zur Ruhe.", "der Kanzler", "Olaf Scholz"),
        ("de", "2025-06-01", "Sie trafen sich mit dem US-Gesandten.", "dem US-Gesandten", "Steve Witkoff"),
        ("en", "2025-06-01", "Amman is near, and the king was awake.", "the king", "Abdullah II of Jordan"),
        ("tr", "2009-10-01", "Sonra Ermeni lider ayrıldı.", "Ermeni lider", "Serzh Sargsyan"),
        ("en", "2023-06-01", "It was the Hamas leader who refused.", "the Hamas leader", "Ismail Haniyeh"),
        ("uk", "2024-06-01", "Так думає перший президент України.", "перший президент України", "Leonid Kravchuk"),
        ("ru", "2025-04-24", "Все прилетят на похороны Папы.", "Папы", "Pope Francis"),
        ("es", "2005-06-01", "Luego el canciller sirio salió.", "el canciller sirio", "Farouk al-Sharaa"),
        ("uk", "1992-06-01", "Він поважав ватажка РЕНАМО.", "ватажка РЕНАМО", "Afonso Dhlakama"),
        ("es", "1992-06-01", "El líder de la Renamo se marchó.", "El líder de la Renamo", "Afonso Dhlakama"),
    ],
)  # fmt: skip
def test_title_alone(
    tagger: Tagger, lang: str, day: str, text: str, surface: str, name: str
) -> None:
    assert (surface, name) in leaders(tagger, text, lang, day)


@pytest.mark.parametrize(
    ("lang", "day", "text", "surface", "name"),
    [
        ("en", "2025-06-01", "General Abdel Fattah al-Burhan came. In the end the general signed.", "the general", "Abdel Fattah al-Burhan"),
        ("en", "2001-07-01", "Joaquim Chissano, the mediator, came. Later the mediator smiled.", "the mediator", "Joaquim Chissano"),
        ("fr", "2019-06-01", "Ghassan Salamé attend. On plaint l'envoyé de l'ONU.", "l'envoyé de l'ONU", "Ghassan Salamé"),
        ("ru", "2018-06-01", "Стаффан де Мистура ждал. Потом спецпосланник ООН уехал.", "спецпосланник ООН", "Staffan de Mistura"),
        ("en", "2025-06-01", "Vladimir Putin and Donald Trump, the Kremlin aide said, may meet.", "the Kremlin aide", "Yuri Ushakov"),
        ("fr", "2006-09-01", "Martti Ahtisaari attend. Puis l'ancien président finlandais sourit.", "l'ancien président finlandais", "Martti Ahtisaari"),
        ("en", "2019-06-01", "Fayez al-Sarraj met Angela Merkel and left. The chancellor had waited.", "The chancellor", "Angela Merkel"),
    ],
)  # fmt: skip
def test_title_of_one_named(
    tagger: Tagger, lang: str, day: str, text: str, surface: str, name: str
) -> None:
    assert (surface, name) in leaders(tagger, text, lang, day)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "An Uzbek president rarely comes to Bishkek."),
        ("en", "No Indian foreign minister has slept there for nine years."),
        ("en", "A Russian deputy minister said nothing."),
        ("en", "They held the general election in May."),
        ("en", "The general smiled."),
        ("ru", "Он давно хотел стать президентом."),
        ("ru", "Никто не ответил ни до, ни после обеда."),
        ("uk", "Обидва президенти мовчали."),
        ("be", "У Мінску сустрэнуцца прэзідэнты."),
        ("pl", "Kolejny prezydent odmówił."),
        ("tr", "İki cumhurbaşkanı bugün yine oturuyor."),
        ("es", "Habló el ministro del Interior."),
        ("en", "She became president of Georgia."),
        ("fr", "Vilnius attend, Lituanie présidente oblige."),
    ],
)
def test_nobody_in_particular(tagger: Tagger, lang: str, text: str) -> None:
    assert leaders(tagger, text, lang, "2025-06-01") == []


def test_two_generals_are_nobody(tagger: Tagger) -> None:
    text = "General Abdel Fattah al-Burhan met General Min Aung Hlaing. Then the general left."
    found = leaders(tagger, text, "en", "2025-06-01")
    assert [name for _surface, name in found] == ["Abdel Fattah al-Burhan", "Min Aung Hlaing"]


def test_of_two_presidents_the_one_whose_state_is_near(tagger: Tagger) -> None:
    text = "Nicolas Maduro saw Irfaan Ali and left. In Caracas the president slept."
    assert ("the president", "Nicolás Maduro") in leaders(tagger, text, "en", "2025-06-01")


@pytest.mark.parametrize(
    ("lang", "text", "surface", "name"),
    [
        ("pl", "Prezydent Rosji wyjechał, a prezydent Krakowa został.", "prezydent", None),
        ("tr", "Fransa Cumhurbaşkanı geldi, sonra Galatasaray başkanı konuştu.", "başkanı", None),
        ("ru", "Лавров ждал Керри. Потом министр уехал.", "министр", "Sergey Lavrov"),
    ],
)
def test_a_bare_title_of_what_is_no_state_or_of_two(
    tagger: Tagger, lang: str, text: str, surface: str, name: str | None
) -> None:
    assert dict(leaders(tagger, text, lang, "2014-06-01")).get(surface) == name
