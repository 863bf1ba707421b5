"""Places: their case forms in five languages, and names of places that are none where they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.tag import Tagger
from ingest.tag.gazetteer import Gazetteer

FORMS = Path(__file__).parent.parent / "data" / "place_forms.tsv"
DAY = datetime(2025, 3, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.mark.parametrize("lang", ["ru", "uk", "be", "pl", "de"])
def test_every_case_form_is_known(lang: str) -> None:
    gazetteer = Gazetteer.load()
    rows = [
        line.rstrip("\n").split("\t")
        for line in FORMS.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    lost = [
        f"{form} ({label})"
        for label, of, forms in rows
        if of == lang
        for form in forms.split(",")
        if label
        not in {e.name for i in gazetteer.resolve("venue", form) if (e := gazetteer.entity(i))}
    ]
    assert lost == []


def spans(tagger: Tagger, text: str, lang: str) -> list[str]:
    found = tagger.tag(text, lang=lang, published=DAY).mentions
    return [m.surface for m in found if m.kind == "venue"]


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        # the article, and a common noun written small, are outside
        ("en", "The United States, the UAE and the Vatican were asked.", ["United States", "UAE", "Vatican"]),
        ("en", "They met in The Hague and in the Netherlands.", ["The Hague", "Netherlands"]),
        ("en", "It bridged the gulf between them.", []),
        ("ru", "Приём во дворце Долмабахче и в Кремле.", ["Долмабахче", "Кремле"]),
        # people
        ("en", "Midfielders Jordan Henderson and Georgia Stanway trained with Denzel Washington.", []),
        ("en", "They met a guide called Victoria.", []),
        ("en", "In Jordan Petrov spoke; from Paris Macron left.", ["Jordan", "Paris"]),
        # clubs, firms, games, papers, works
        ("en", "Manchester City, Paris Saint-Germain and Red Star Belgrade won.", []),
        ("en", "Shares of Geneva Watch Co and Paris Hotels fell.", []),
        ("en", "He played the Vienna Game and the Berlin Defence.", []),
        ("ru", "Играл ансамбль «Женева», хоккеисты «Динамо-Минск» слушали.", []),
        ("uk", "Гостей чекав ресторан «Стамбул».", []),
        ("pl", "Zapłaci kawiarnia „Kijów”.", []),
        ("de", "Die Minsk-Gruppe und die Ukraine-Konferenz tagten.", []),
        ("pl", "Rada NATO–Rosja zbierze się w Brukseli.", ["Brukseli"]),
        ("en", "The Russia-Ukraine talks in the Istanbul palace.", ["Russia", "Ukraine", "Istanbul"]),
        ("ru", "Беседа в резиденции «Бочаров ручей».", ["Бочаров ручей"]),
        # words
        ("be", "Калі Мінск згодзіцца, прыедуць усе.", ["Мінск"]),
        ("uk", "Усі делегації прибули до Відня.", ["Відня"]),
        ("pl", "Sam prezydent był w Polsce.", ["Polsce"]),
        ("en", "The American side agreed.", []),
        ("en", "They met on the Armenian side.", ["Armenian"]),
        ("es", "Así terminó la Cumbre de las Américas en Granada.", ["Granada"]),
        # inside a title, and before any other noun
        ("en", "The U.S. envoy said the Kremlin envoy had left.", []),
        ("ru", "Госсекретарь США Блинкен ушёл.", []),
        ("en", "In the U.S., a Doha-based firm and the U.K. waited.", ["U.S.", "Doha", "U.K."]),
        # one name after another
        ("en", "Crews in Paris, Texas, waited.", ["Paris", "Texas"]),
        ("en", "Smoke reached Moscow, Idaho.", ["Moscow", "Idaho"]),
        ("en", "Minsk Offers Istanbul Talks As Moscow Waits", ["Minsk", "Istanbul", "Moscow"]),
        # a dash is no hyphen, a small word no organisation
        ("en", "BRUSSELS — EU leaders will meet.", ["BRUSSELS"]),
        ("en", "GENEVA - UN envoy arrives.", ["GENEVA"]),
        ("ru", "БРЮССЕЛЬ - ЕС отверг план.", ["БРЮССЕЛЬ"]),
        ("fr", "GENÈVE – Un accord a été signé.", ["GENÈVE"]),
        ("de", "Kiew lehnt ab – Moskau droht.", ["Kiew", "Moskau"]),
        ("en", "They will meet in Geneva—if at all.", ["Geneva"]),
        ("en", "Talks were held in Doha–the third such round.", ["Doha"]),
        ("en", "Moscow-installed and Kremlin-linked officials met.", ["Moscow", "Kremlin"]),
        # called upon is not called by name
        ("en", "Putin called Israel on Friday.", ["Israel"]),
        ("en", "Trump named Washington as the venue.", ["Washington"]),
        ("en", "A woman called Victoria waited.", []),
        # a town that is a word
        ("de", "Die Gespräche finden in Essen statt.", ["Essen"]),
        ("de", "Das Essen war kalt, sagte Olaf Scholz.", []),
    ],
)  # fmt: skip
def test_names_that_are_places_and_that_are_none(
    tagger: Tagger, lang: str, text: str, expected: list[str]
) -> None:
    assert spans(tagger, text, lang) == expected


def test_a_name_counts_in_its_language(tagger: Tagger) -> None:
    for lang, text in [
        ("en", "The leaders of Armenia met in Granada."),
        ("es", "La reunión fue en Granada."),
        ("tr", "Aliyev Granada'ya gitmedi."),
    ]:
        found = tagger.tag(text, lang=lang, published=DAY).mentions
        assert [m.name for m in found if m.surface == "Granada"] == ["Granada"], lang


def test_a_namesake_in_an_american_state_is_no_capital(tagger: Tagger) -> None:
    found = tagger.tag("Smoke reached Moscow, Idaho.", lang="en", published=DAY).mentions
    assert [m.name for m in found] == ["Moscow, Idaho", "Idaho"]


def test_blanks_without_end_cost_nothing(tagger: Tagger) -> None:
    text = "MINSK" + " " * 100_000 + "a\n" + "MINSK" + "\n" * 50_000 + "a"
    assert len(tagger.tag(text, lang="en", published=DAY).mentions) == 2
