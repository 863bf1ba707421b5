"""Who an act is by: peoples, speakers of other sentences, one record for one act."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.tag import Tagger
from ingest.tag.proposer import peoples
from ingest.tag.sources import LANGS, rows
from ingest.tag.train_proposer import fit_choices

DAY = datetime(2025, 11, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        pytest.param("en", "The Norwegians and North Koreans spoke, Dutchmen too.", ["NO", "KP", "NL"], id="en"),
        pytest.param("en", "The finns of a whale, polish on a shoe.", [], id="en-small-letters"),
        pytest.param("ru", "Китайцы ждали, норвежцы молчали, чехам надоело.", ["CN", "NO", "CZ"], id="ru"),
        pytest.param("uk", "Індійці чекали, а норвежцям набридло.", ["IN", "NO"], id="uk"),
        pytest.param("be", "Бутанцы маўчалі, амерыканцы чакалі.", ["BT", "US"], id="be"),
        pytest.param("pl", "Norwegowie milczeli, Czesi też, chińscy urzędnicy nie.", ["NO", "CZ"], id="pl"),
        pytest.param("de", "Die Indonesier schwiegen, den Chinesen war es recht.", ["ID", "CN"], id="de"),
        pytest.param("fr", "Les Norvégiens et les Turcs ont attendu.", ["NO", "TR"], id="fr"),
        pytest.param("es", "Los noruegos y los chinos esperaban.", ["NO", "CN"], id="es"),
        pytest.param("tr", "Çinliler bekledi, Norveçlilere yetti.", ["CN", "NO"], id="tr"),
    ],
)  # fmt: skip
def test_peoples_are_known_by_their_names(
    tagger: Tagger, lang: str, text: str, expected: list[str]
) -> None:
    doc = tagger.read(text, lang, DAY)
    doc = doc if doc.read else tagger.read(text + " Minsk.", lang, DAY)
    found = [code for sentence in doc.read for *_span, code in peoples(lang).find(doc, sentence)]
    assert found == expected


def test_no_stem_is_of_two_peoples() -> None:
    for column, lang in enumerate(LANGS, 1):
        stems = [
            stem
            for row in rows("peoples.tsv")
            for stem in "".join(row[column : column + 1]).split(";")
            if stem
        ]
        assert len(stems) == len(set(stems)), lang
        assert len(stems) > 70, lang


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        pytest.param("en", "The Norwegians offered Oslo for the talks.", "NO", id="people"),
        pytest.param("ru", "Норвежцы предложили Осло для переговоров.", "NO", id="people-ru"),
        pytest.param("es", "Los noruegos ofrecieron Oslo para las conversaciones.", "NO", id="people-es"),
        pytest.param(
            "en", "Vladimir Putin will not go to Ankara for talks with Volodymyr Zelensky, Dmitry Peskov said.",
            "Dmitry Peskov", id="spokesman-behind",
        ),
        pytest.param(
            "en", "Emmanuel Macron had an idea. He offered Geneva for the talks.", "Emmanuel Macron", id="pronoun",
        ),
        pytest.param("en", "The two delegations met in Geneva on Monday.", None, id="narrated"),
    ],
)  # fmt: skip
def test_who_says_it(tagger: Tagger, lang: str, text: str, expected: str | None) -> None:
    found = tagger.tag(text, lang=lang, published=DAY).proposals
    assert [p.proposer_name for p in found] == [expected]


def test_an_offer_told_twice_is_one_record_by_whoever_is_named(tagger: Tagger) -> None:
    text = (
        "Geneva was floated as a venue for the talks of Moscow and Kyiv.\n"
        "Emmanuel Macron proposed Geneva for the talks on Monday."
    )
    found = [
        (p.proposer_name, text[p.start : p.end][:6])
        for p in tagger.tag(text, lang="en", published=DAY).proposals
        if p.status == "proposed"
    ]
    assert found == [("Emmanuel Macron", "Emmanu")]


def test_a_record_says_what_told_its_proposer(tagger: Tagger) -> None:
    (made,) = tagger.tag("Turkey offered Istanbul for the talks.", lang="en").proposals
    _places, _by, told = made.rule.partition("; by state in the sentence (0.")
    assert "state|" in told


def test_weights_follow_the_examples() -> None:
    rows_ = [["0"], ["person", "person|then:offer"], ["person", "person|then:meet"]]
    weights = fit_choices([(rows_, [False, True, False])] * 60)
    assert weights["person|then:offer"] > 0 > weights["person|then:meet"]
    assert fit_choices([]) == {}
