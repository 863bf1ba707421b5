"""States and capitals of one name, names bent where none bend, and parts of other names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.tag import Tagger

DAY = datetime(2025, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def named(tagger: Tagger, text: str, lang: str) -> list[tuple[str, str]]:
    found = tagger.tag(text, lang=lang, published=DAY).mentions
    return [(m.surface, m.name) for m in found if m.kind == "venue"]


def surfaces(tagger: Tagger, text: str, lang: str) -> list[str]:
    return [surface for surface, _name in named(tagger, text, lang)]


ABROAD = {
    "ru": " Звали в Берлин, Париж и Вену.",
    "uk": " Кликали до Берліна, Парижа й Відня.",
    "pl": " Zapraszano do Berlina, Paryża i Wiednia.",
    "tr": " Berlin, Paris ve Viyana da istekliydi.",
    "es": " Se habló de Berlín, París y Viena.",
}


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("ru", "Стороны встретились в Алжире.", "Algiers"),
        ("uk", "Делегації поїхали до Алжиру.", "Algiers"),
        ("pl", "Rozmowy były w Meksyku.", "Mexico City"),
        ("tr", "Görüşme Cezayir'de yapıldı.", "Algiers"),
        ("es", "La cita será en Túnez.", "Tunis"),
        # who acts, and with whom one speaks, is the state
        ("ru", "Алжир отказался ехать.", "Algeria"),
        ("uk", "Переговори з Алжиром тривають.", "Algeria"),
        ("pl", "Meksyk przyjął ich wszystkich.", "Mexico"),
        ("tr", "Cezayir bunu istemedi.", "Algeria"),
    ],
)
def test_a_capital_that_bears_the_name_of_its_state(
    tagger: Tagger, lang: str, text: str, expected: str
) -> None:
    assert named(tagger, text + ABROAD[lang], lang)[0][1] == expected


@pytest.mark.no_cover  # the tracer would take longer than the tagger
def test_names_of_state_and_capital_are_read_up_to_a_number(tagger: Tagger) -> None:
    found = tagger.tag("Алжир, Тунис, " * 8_000, lang="ru", published=DAY).mentions
    assert len(found) == 2_000


def test_a_genitive_of_one_town_is_the_name_of_another(tagger: Tagger) -> None:
    assert named(tagger, "Shells fell near Goris again.", "en") == [("Goris", "Goris")]


def test_without_cities_of_other_states_it_is_the_state(tagger: Tagger) -> None:
    assert named(tagger, "В Алжире выпал снег.", "ru") == [("Алжире", "Algeria")]


def test_a_capital_that_bears_the_name_of_another_state(tagger: Tagger) -> None:
    jordan = "Іарданія рада. Хусейн прыняў іх. Сустрэча была ў Амане."
    oman = "Маскат рады, кажуць аманскія газеты. Сустрэча была ў Амане."
    assert named(tagger, jordan, "be")[-1][1] == "Amman"
    assert named(tagger, oman, "be")[-1][1] == "Oman"


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        # a German genitive is no name elsewhere, nor are other languages' adjectives
        ("en", "Cameras stand above the Araks.", []),
        ("en", "He spoke to an Argentine and to a Somali.", []),
        ("fr", "Les Libyens et les Géorgiens sont partis.", []),
        ("de", "Die Straßen Goris waren leer.", ["Goris"]),
        ("pl", "Hiszpanie mówią, że Hiszpania poczeka na Hiszpanię.", ["Hiszpania", "Hiszpanię"]),
        # nor is a Polish ending of Handa, Plano or Jolo one in German or French
        ("de", "Japan und die USA reden: Handy, Pläne und Hände sind verboten.", ["Japan", "USA"]),
        ("de", "Es geht um Handy und Sage. Seinem Vater gefiel es. Japan schwieg.", ["Japan"]),
        ("fr", "Les Philippines votent. Joli score, dit-on à Manille.", ["Philippines", "Manille"]),
        ("pl", "Czad czeka. Adres podano w Ndżamenie.", ["Czad", "Ndżamenie"]),
        # accents of another name: Malé, Şam, Oş, Cali, Przemyśl
        ("pl", "Małe kraje milczą. Małego portu nie ma. Przemysłu też.", []),
        ("en", "Sam went home. Os are letters.", []),
        ("es", "Os esperamos en Lima.", ["Lima"]),
        ("tr", "Bakan Şam'a gitti.", ["Şam"]),
        ("pl", "Rozmowy w Przemyślu trwają, w Malé i w Łodzi nie.", ["Przemyślu", "Malé", "Łodzi"]),
        ("es", "Málaga, Malaga y Bogota esperan.", ["Málaga", "Malaga", "Bogota"]),
        # organisations
        ("tr", "Afrika Birliği ve Minsk Grubu toplandı; Avrupa bekliyor.", ["Avrupa"]),
        ("es", "El Grupo de Lima calló; en Lima llovía.", ["Lima"]),
        ("en", "The Council of Europe met in Strasbourg.", ["Strasbourg"]),
        # an agreement that something happened to, behind a capital
        ("tr", "Ankara anlaşmayı onayladı. Minsk Anlaşması bitti.", ["Ankara"]),
        # after is no ambassador
        ("ru", "После Венесуэлы едут в Колумбию, а после России — домой.", ["Венесуэлы", "Колумбию", "России"]),
        ("ru", "Говорил посол США.", []),
        # a name spoken of is still the place, a quoted firm is not
        ("ru", "Слово «Сочи» прозвучало дважды. Играл ансамбль «Женева».", ["Сочи"]),
        # the article is part of an Arabic name
        ("fr", "Les rescapés d'El-Geneina, au Soudan, attendent.", ["El-Geneina", "Soudan"]),
        ("uk", "Ель-Кувейт чекає на них.", ["Ель-Кувейт"]),
        # a person, a word, a council
        ("ru", "Азия Биби вышла на свободу, Азия рада.", ["Азия"]),
        ("ru", "Самое важное сказано.", []),
        ("ru", "В Совете Европы спорят, Европа молчит.", ["Европа"]),
        # an apostrophe inside a word
        ("uk", "Лист підписали у Хасав'юрті.", ["Хасав'юрті"]),
        # whose city it is does not make it a person's name
        ("en", "They left Erdogan's Istanbul.", ["Istanbul"]),
        # words where a sentence begins
        ("de", "Seine Gäste kamen beide Male zu spät.", []),
        ("uk", "Того дня йшов дощ.", []),
        ("en", "Quite a few came.", []),
    ],
)  # fmt: skip
def test_names_bent_or_borrowed(tagger: Tagger, lang: str, text: str, expected: list[str]) -> None:
    assert surfaces(tagger, text, lang) == expected


@pytest.mark.parametrize(
    ("lang", "text", "surface", "name"),
    [
        ("ru", "Конго и Руанда встретятся в Дохе.", "Конго", "Democratic Republic of the Congo"),
        ("uk", "Конго й Руанда зустрінуться.", "Конго", "Democratic Republic of the Congo"),
        ("fr", "Le Congo a tenu le sommet à Brazzaville.", "Congo", "Republic of the Congo"),
        (
            "en",
            "Denis Sassou Nguesso came home. Congo said no.",
            "Congo",
            "Republic of the Congo",
        ),
        ("en", "Congo wants talks in Kinshasa.", "Congo", "Democratic Republic of the Congo"),
    ],
)
def test_which_congo(tagger: Tagger, lang: str, text: str, surface: str, name: str) -> None:
    assert (surface, name) in named(tagger, text, lang)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Le Salvador accueillera les pourparlers.", "El Salvador"),
        ("La visite au Salvador est finie.", "El Salvador"),
        ("Le ministre est arrivé à Salvador.", "Salvador"),
    ],
)
def test_french_says_an_article_with_a_state(tagger: Tagger, text: str, name: str) -> None:
    assert [m.name for m in tagger.tag(text, lang="fr", published=DAY).mentions] == [name]
