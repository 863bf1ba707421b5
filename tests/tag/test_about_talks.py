"""Venues are looked for where leaders are spoken of: not in tours, matches, shops and elections."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.model import VENUE_ROLES
from ingest.tag import Gazetteer, Tagger
from ingest.tag.about_talks import speaks_of_leaders
from ingest.tag.roles import RoleModel

DAY = datetime(2025, 6, 15, tzinfo=UTC)
TOUR = {
    "en": "The band will meet its fans in Vienna on Friday and will play in Istanbul on Sunday.",
    "ru": "Группа встретится с поклонниками в Вене в пятницу, а в воскресенье выступит в Стамбуле.",
    "uk": "Гурт зустрінеться з прихильниками у Відні в п'ятницю, а в неділю виступить у Стамбулі.",
    "be": "Гурт сустрэнецца з прыхільнікамі ў Вене ў пятніцу, а ў нядзелю выступіць у Стамбуле.",
    "pl": "Zespół spotka się z fanami w Wiedniu w piątek, a w niedzielę zagra w Stambule.",
    "de": "Die Band trifft ihre Fans am Freitag in Wien und spielt am Sonntag in Istanbul.",
    "fr": "Le groupe rencontrera ses admirateurs à Vienne vendredi et jouera à Istanbul dimanche.",
    "es": "El grupo se reunirá con sus seguidores en Viena el viernes y tocará en Estambul el domingo.",
    "tr": "Grup cuma günü Viyana'da hayranlarıyla buluşacak, pazar günü İstanbul'da çalacak.",
}
OFFER = {
    "en": "Erdogan offered Istanbul for talks between Putin and Zelensky.",
    "ru": "Эрдоган предложил Стамбул для переговоров Путина и Зеленского.",
    "uk": "Ердоган запропонував Стамбул для переговорів Путіна й Зеленського.",
    "be": "Эрдаган прапанаваў Стамбул для перамоваў Пуціна і Зяленскага.",
    "pl": "Erdoğan zaproponował Stambuł na rozmowy Putina z Zełenskim.",
    "de": "Erdogan bot Istanbul für Gespräche zwischen Putin und Selenskyj an.",
    "fr": "Erdogan a proposé Istanbul pour des pourparlers entre Poutine et Zelensky.",
    "es": "Erdogan ofreció Estambul para las conversaciones de Putin y Zelenski.",
    "tr": "Erdoğan, Putin ve Zelenski görüşmesi için İstanbul'u önerdi.",
}


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(Gazetteer.load(), RoleModel.load())


def roles(tagger: Tagger, text: str, lang: str, title: str = "") -> list[str | None]:
    tagged = tagger.tag(text, lang=lang, published=DAY, title=title)
    found = tagged.title_mentions if title else tagged.mentions
    return [m.role for m in found if m.kind == "venue"]


@pytest.mark.parametrize("lang", TOUR)
def test_without_a_leader_no_place_is_a_venue(tagger: Tagger, lang: str) -> None:
    assert roles(tagger, TOUR[lang], lang) == ["location", "location"]
    assert not tagger.tag(TOUR[lang], lang=lang, published=DAY).proposals


@pytest.mark.parametrize("lang", OFFER)
def test_an_offer_is_one_though_the_text_ends_with_a_tour(tagger: Tagger, lang: str) -> None:
    assert roles(tagger, OFFER[lang], lang)[0] == "proposed"
    # far from the leaders the same words are a tour's again
    long = OFFER[lang] + "\n" + "x. " * 700 + "\n" + TOUR[lang]
    assert not set(roles(tagger, long, lang)[1:]) & set(VENUE_ROLES)
    assert roles(tagger, long, lang)[0] == "proposed"


def test_a_long_text_about_one_side_has_no_venues(tagger: Tagger) -> None:
    one = "Trump will speak in Houston on Friday, and Trump will meet voters in Boston. " * 30
    assert not set(roles(tagger, one, "en")) & set(VENUE_ROLES)


def test_a_headline_is_looked_at_with_its_article(tagger: Tagger) -> None:
    head = "Erdogan offers to host talks in Istanbul"
    assert roles(tagger, OFFER["en"], "en", head) == ["proposed"]
    head = "An offer of Istanbul as the venue"
    assert roles(tagger, TOUR["en"], "en", head) == ["location"]


def test_governments_without_a_name_offer_too(tagger: Tagger) -> None:
    assert roles(tagger, "Turkey offered Istanbul for the talks.", "en") == [
        "government",
        "proposed",
    ]


@pytest.mark.parametrize(("text", "is_read"), [(TOUR["en"], False), (OFFER["en"], True)])
def test_only_what_is_about_leaders_is_worth_a_second_reading(
    tagger: Tagger, text: str, *, is_read: bool
) -> None:
    assert speaks_of_leaders(tagger.read(text, "en", DAY)) is is_read
