"""News that nobody wrote for a tagger of talks: firms, clubs, machines and moons that bear the names it knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tag.said import leaders

from ingest.tag import Tagger


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


def places(tagger: Tagger, text: str, lang: str) -> list[tuple[str, str]]:
    found = tagger.tag(text, lang=lang, published=datetime(2025, 2, 11, tzinfo=UTC)).mentions
    return [(m.surface, m.name) for m in found if m.kind == "venue"]


@pytest.mark.parametrize(
    ("lang", "day", "text"),
    [
        # an ending that the language does not give to names
        ("en", "2024-05-08", "The song can be heard on Pandora from today."),
        ("fr", "2024-05-08", "La chanson est sur Pandora depuis ce matin."),
        ("es", "2024-05-08", "La canción suena en Pandora desde hoy."),
        ("en", "2024-05-08", "He flashed the BIOS of his old computer."),
        ("de", "2024-05-08", "Er hat das BIOS seines Rechners erneuert."),
        ("en", "2019-11-19", "The Browns lost in the rain again."),
        # words
        ("en", "2024-05-08", "Open the Store and buy a lamp."),
        ("ru", "2024-05-08", "Глаза у рыбы были мутные."),
        # names that many bear, in a text that says nothing of the leader's state
        ("en", "2020-11-19", "It was Johnson who scored twice, and Nielsen once."),
        ("en", "2022-11-19", "For a third time Shamir solved the riddle before Sullivan did."),
        ("de", "2023-11-19", "Das Tor schoss Sánchez in der letzten Minute."),
        ("fr", "2023-11-19", "Le but de Nielsen a tout changé."),
        ("es", "2023-11-19", "El gol de Scholz lo cambió todo."),
        ("en", "2023-11-19", "The coach said of Tanner Morgan that he was hurt."),
        ("en", "2019-11-19", "They made President Ford of the bakery wait."),
        # firms and ships
        ("en", "2022-11-19", "The prize went to Wolters & Sullivan of the United States."),
        ("en", "2025-02-11", "The USS Gerald R. Ford left its port in the United States."),
        ("ru", "2025-02-11", "Авианосец «Джордж Буш» вышел из порта США."),
        ("uk", "2025-02-11", "Авіаносець «Джордж Буш» вийшов із порту США."),
        ("be", "2025-02-11", "Авіяносец «Джордж Буш» выйшаў з порта ЗША."),
        ("pl", "2025-02-11", "Lotniskowiec „George Bush” opuścił port w USA."),
        ("de", "2025-02-11", "Der Flugzeugträger „George Bush“ hat den Hafen in den USA verlassen."),
        ("fr", "2025-02-11", "Le porte-avions George Bush a quitté son port aux États-Unis."),
        ("es", "2025-02-11", "El portaaviones George Bush zarpó de Estados Unidos."),
        ("tr", "2025-02-11", "George Bush uçak gemisi ABD'deki limandan ayrıldı."),
        # heads of firms and unions, and no people
        ("en", "2025-02-11", "They heard Bakers Association President Karla Winslow. Winslow was glad."),
        ("en", "2025-02-11", "Our chairman and president Karla Winslow opened the shop."),
        ("de", "2025-02-11", "Als Premier Solution Partner helfen wir Ihnen."),
        ("en", "2025-02-11", "So says Rob Winslow, President Anvil North America."),
        # by sound, but not word by word, or where nobody speaks of the state
        ("en", "2001-10-11", "David Law wrote a book about Israel."),
        ("ru", "2018-10-11", "Оля Малышева печёт хлеб."),
        # a king's wife, and the queen of no state that is named
        ("en", "2024-02-11", "The Queen likes Britain's horses."),
        ("en", "2013-02-11", "The Queen liked Jordan's horses."),
    ],
)  # fmt: skip
def test_who_is_no_leader(tagger: Tagger, lang: str, day: str, text: str) -> None:
    assert leaders(tagger, text, lang, day) == []


@pytest.mark.parametrize(
    ("lang", "day", "text", "names"),
    [
        ("en", "2020-11-19", "Putin and Macron spoke.", ["Vladimir Putin", "Emmanuel Macron"]),
        ("en", "2020-11-19", "A nod from Johnson pleased the British.", ["Boris Johnson"]),
        ("de", "2023-11-19", "Das hat Scholz gesagt.", ["Olaf Scholz"]),
        ("es", "2023-11-19", "Eso dijo Sánchez ayer.", ["Pedro Sánchez"]),
        ("fr", "2023-11-19", "En Allemagne, Scholz a parlé.", ["Olaf Scholz"]),
        ("de", "2020-11-19", "Das ist Macrons Idee.", ["Emmanuel Macron"]),
        ("pl", "2023-11-19", "Rozmawiał ze Scholzem.", ["Olaf Scholz"]),
        ("en", "2025-02-11", "On Monday Interim President Karla Winslow left Peru.", ["Karla Winslow"]),
        ("en", "2001-10-11", "It was Franklin Rosevelt who led the United States.", ["Franklin Delano Roosevelt"]),
        ("en", "2019-02-11", "The Queen likes Britain's horses.", ["Elizabeth II"]),
        ("en", "2026-02-11", "Sultan Ahmed bin Harub sells lamps.", ["Ahmed bin Harub"]),
        # a word behind a title is a name
        ("en", "2019-02-11", "In the US, Vice President Pence will travel.", ["Mike Pence"]),
        ("en", "2026-02-11", "The friends of former President Assad left Syria.", ["Bashar al-Assad"]),
        ("en", "2015-02-11", "Both Merkel and Gorbachev are in the book on Germany.", ["Angela Merkel", "Mikhail Gorbachev"]),
    ],
)  # fmt: skip
def test_who_is_one_all_the_same(
    tagger: Tagger, lang: str, day: str, text: str, names: list[str]
) -> None:
    assert [name for _surface, name in leaders(tagger, text, lang, day)] == names


def test_the_president_is_whom_the_text_is_about(tagger: Tagger) -> None:
    about = "Trump spoke. Trump paused. Trump smiled. He had rung up President Zelensky. "
    said = leaders(tagger, about + "Then the president left.", "en", "2019-10-11")
    assert said[-1] == ("the president", "Donald Trump")
    said = leaders(tagger, "Trump rang up President Zelensky. Then the president left.", "en", "2019-10-11")  # fmt: skip
    assert said[-1] == ("the president", "Volodymyr Zelenskyy")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Plug the cable into your LAN and update the ROM."),
        ("de", "Das Kabel kommt ins LAN, das ROM bleibt."),
        ("pl", "Podłącz kabel do sieci LAN, a ROM zostaw."),
        ("tr", "Kabloyu LAN ağına takın, ROM kalsın."),
        ("en", "It was written in Java, and Java is slow."),
        ("es", "El programa está escrito en Java."),
        ("en", "The board of Columbia met, and Princeton followed."),
        ("en", "There is ice on the moon Europa, which circles Jupiter."),
        ("en", "On Friday Emirates ordered thirty jets."),
        ("en", "The charger takes 12 V DC power."),
        ("en", "He spent his youth in New England."),
        ("pt", "Os carros novos são azuis."),
        ("it", "È uscito ieri Indiana Jones in una nuova edizione."),
    ],
)
def test_what_is_no_place(tagger: Tagger, lang: str, text: str) -> None:
    assert places(tagger, text, lang) == []


@pytest.mark.parametrize(
    ("lang", "text", "names"),
    [
        ("en", "ROME (Reuters) - It rained.", ["Rome"]),
        ("en", "WHERE ROME AND BAKU AGREE", ["Rome", "Baku"]),
        ("en", "Jakarta lies on Java in Indonesia.", ["Jakarta", "Java", "Indonesia"]),
        ("en", "It rained in Columbia, where he works.", ["Columbia"]),
        ("es", "Europa está lejos.", ["Europe"]),
        ("en", "Talks in the Emirates went on.", ["United Arab Emirates"]),
        ("en", "Officials in DC agreed.", ["Washington, D.C."]),
        ("en", "The firm sits in Seattle, Washington, with its staff.", ["Seattle"]),
        ("en", "Talks in Paris, Washington and Rome went on.", ["Paris", "Washington, D.C.", "Rome"]),
        ("pt", "Os Estados Unidos venceram.", ["United States"]),
    ],
)  # fmt: skip
def test_what_is_one_all_the_same(tagger: Tagger, lang: str, text: str, names: list[str]) -> None:
    assert [name for _surface, name in places(tagger, text, lang)] == names


def test_a_town_whose_name_somebody_bears(tagger: Tagger) -> None:
    text = "A song by Anna Durham won. With York behind her, Durham bowed and went. The band drove to Leeds."
    assert "Durham" not in [surface for surface, _name in places(tagger, text, "en")]
    text = "A song by Anna Durham won. She was born in Durham."
    assert ("Durham", "Durham") in places(tagger, text, "en")
