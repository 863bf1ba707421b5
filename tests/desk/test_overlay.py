"""The overlay: its file, its forms in six languages that bend names, what it takes away."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.desk import DeskStamp
from ingest.errors import SettingsError
from ingest.tag import Tagger
from ingest.tag.corrections import Corrections
from ingest.tag.gazetteer import Office
from ingest.tag.overlay import LANGS, Overlay, Own, dump_overlay, parse_overlay

DAY = datetime(2026, 3, 1, tzinfo=UTC)
OVERLAY = """\
entities:
  - kind: leader
    name: Zorka Blahut
    country: CZ
    names: {ru: [Зорка Блахутова], pl: [Zorka Blahutowa], uk: [Зорка Блахутова], be: [Зорка Блахутава]}
    offices: [{country: CZ, office: envoy, start: 2026-01-01}]
  - kind: site
    name: Villa Kerimov
    country: CH
    names: {en: [V.Kerim.], ru: [Вилла Керимов], de: [Kerimowhaus], tr: [Kerimov Köşkü], pl: [Willa Kerimow]}
  - id: leader:lukashenko-alexander
    drop: [Lukashenka]
redirects: {"leader:?zorka-blahut": leader:blahut-zorka}
"""


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load().with_desk(parse_overlay(OVERLAY), Corrections(), DeskStamp(overlay=3))


def named(tagger: Tagger, text: str, lang: str) -> list[tuple[str, str]]:
    return [(m.surface, m.entity) for m in tagger.tag(text, lang=lang, published=DAY).mentions]


@pytest.mark.parametrize(
    ("lang", "text", "surfaces"),
    [
        ("en", "Zorka Blahut spoke at Villa Kerimov.", ["Zorka Blahut", "Villa Kerimov"]),
        ("en", "They met in V.Kerim. on Friday.", ["V.Kerim."]),
        ("ru", "Он ждал Зорку Блахутову на Вилле Керимов.", ["Зорку Блахутову", "Вилле Керимов"]),
        ("uk", "Він говорив із Зоркою Блахутовою.", ["Зоркою Блахутовою"]),
        ("be", "Ён бачыў Зорку Блахутаву.", ["Зорку Блахутаву"]),
        ("pl", "Rozmawiał z Zorką Blahutową.", ["Zorką Blahutową"]),
        ("de", "Er traf Zorka Blahut und Blahuts Leute im Kerimowhaus.", ["Zorka Blahut", "Blahuts", "Kerimowhaus"]),
        ("tr", "Zorka Blahut'un ekibi Kerimov Köşkü'nde.", ["Zorka Blahut", "Kerimov Köşkü"]),
    ],
)  # fmt: skip
def test_a_desks_names_bend_like_any_other(tagger, lang, text, surfaces):
    found = named(tagger, text, lang)
    assert [surface for surface, _ in found] == surfaces
    assert {e for _, e in found} <= {"leader:blahut-zorka", "place:villa-kerimov-ch"}


ACCENTED = """\
entities:
  - {kind: leader, name: Zdzisław Žořek, names: {ru: [Здислав Йожёрек]}, country: PL}
  - {kind: city, name: Brüqöv, names: {uk: [Їжаківка]}, country: CZ}
  - {kind: site, name: "Ọ̀ṣú\\u0301 Hall", country: NG}
"""


@pytest.mark.parametrize("file", ["NFC", "NFD"])
@pytest.mark.parametrize("article", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("lang", "text", "surfaces"),
    [
        ("pl", "Zdzisława Žořka widziano w Brüqöv.", ["Zdzisława Žořka", "Brüqöv"]),
        ("en", "Zdzisław Žořek left Ọ̀ṣú́ Hall.", ["Zdzisław Žořek", "Ọ̀ṣú́ Hall"]),
        ("ru", "Здислава Йожёрека ждали.", ["Здислава Йожёрека"]),
        ("uk", "Вони зустрілися в Їжаківці.", ["Їжаківці"]),
    ],
)
def test_letters_with_marks_are_found_however_either_is_written(
    file: Literal["NFC", "NFD"], article: Literal["NFC", "NFD"], lang, text, surfaces
):
    overlay = parse_overlay(unicodedata.normalize(file, ACCENTED))
    desk = Tagger.load().with_desk(overlay, Corrections(), DeskStamp(overlay=1))
    assert min(overlay.entities) == "leader:zorek-zdzislaw"
    written = unicodedata.normalize(article, text)
    mentions = desk.tag(written, lang=lang, published=DAY).mentions
    wanted = [unicodedata.normalize(article, surface) for surface in surfaces]
    assert [m.surface for m in mentions] == wanted
    assert [written[m.start : m.end] for m in mentions] == wanted
    name = unicodedata.normalize(article, "žořek")
    assert desk.gazetteer.resolve("leader", name) == ("leader:zorek-zdzislaw",)


MARKED = """\
entities:
  - {kind: site, name: Yahoo! Hall, names: {en: [Yahoo!, Hall (old), "Where next?", "'Ajlun Court", «Zorkahall»], tr: [T.C.]}}
  - {kind: site, name: Zorkahaus, names: {ru: [готель «Зорка»]}}
  - {id: "place:hotel-ukraina-ru", drop: [гостиница «Украина»]}
"""


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("They met at Yahoo! on Friday.", "Yahoo!"),
        ("They met at Yahoo!", "Yahoo!"),
        ("They met at Hall (old).", "Hall (old)"),
        ("They met at Where next? on Friday.", "Where next?"),
        ("They met at T.C. on Friday.", "T.C."),
        ("They met at 'Ajlun Court.", "Ajlun Court"),
        ("They met at ʻAjlun Court.", "Ajlun Court"),
        ('They met at "Zorkahall" on Friday.', "Zorkahall"),
        ("Они были в готелю «Зорка» вчера.", "Зорка"),
        ('Они были в готеле "Зорка" вчера.', "Зорка"),
        ("Они были в готеле „Зорка“ вчера.", "Зорка"),
        ("Они были в готеле “Зорка” вчера.", "Зорка"),
    ],
)
def test_a_name_may_begin_and_end_in_a_mark(text, surface):
    desk = Tagger.load().with_desk(parse_overlay(MARKED), Corrections(), DeskStamp(overlay=1))
    assert surface in [m.surface for m in desk.tag(text, lang="en", published=DAY).mentions]
    lost = desk.tag('Переговоры прошли в гостинице "Украина".', lang="ru", published=DAY)
    assert "place:hotel-ukraina-ru" not in {m.entity for m in lost.mentions}


def test_the_office_counts_on_its_days(tagger):
    text = "Zorka Blahut offered Villa Kerimov for talks between Putin and Zelensky."
    (act,) = tagger.tag(text, lang="en", published=DAY).proposals
    assert (act.proposer, act.proposer_country) == ("leader:blahut-zorka", "CZ")
    assert act.venues == ("place:villa-kerimov-ch",)


def test_a_dropped_name_is_the_entitys_no_more(tagger):
    text = "Alexander Lukashenko came; Lukashenka left."
    assert [s for s, _ in named(tagger, text, "en")] == ["Alexander Lukashenko"]


def test_former_ids_lead_on_and_are_asked_for_too(tagger):
    names = tagger.gazetteer
    assert names.entity("leader:?zorka-blahut").id == "leader:blahut-zorka"
    assert names.resolve("leader", "Blahut") == ("leader:blahut-zorka", "leader:?zorka-blahut")
    assert names.is_former("leader:?zorka-blahut")


def test_two_that_are_merged_are_read_as_one():
    overlay = parse_overlay("redirects: {leader:makei-vladimir: leader:aleinik-sergei}")
    tagger = Tagger.load().with_desk(overlay, Corrections(), DeskStamp(overlay=1))
    assert {e for _, e in named(tagger, "Vladimir Makei met Sergei Aleinik.", "en")} == {
        "leader:aleinik-sergei"
    }


def test_a_long_name_of_the_desk_is_found():
    name = "International Conference Palace of Friendship among the Peoples of the Northern Steppe and its Neighbours"
    overlay = parse_overlay(f"entities: [{{kind: site, name: {name}}}]")
    tagger = Tagger.load().with_desk(overlay, Corrections(), DeskStamp(overlay=1))
    assert [surface for surface, _ in named(tagger, f"They met in {name}.", "en")] == [name]


def test_the_shipped_tagger_is_as_it_was(tagger):
    shipped = Tagger.load()
    text = "Zorka Blahut and Lukashenka spoke."
    assert [s for s, _ in named(shipped, text, "en")] == ["Lukashenka"]
    assert tagger.version == f"{shipped.version}+o3"
    assert tagger.base_version == shipped.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("entities: [", "desk.yaml:2: is no YAML"),
        ("entities:\n  - {kind: leader, name: A B, colour: red}", "desk.yaml:2: A B: unknown field 'colour'"),
        ("entities:\n  - {kind: king, name: A B}", "desk.yaml:2: A B: kind 'king'"),
        ("entities:\n  - {id: minsk, name: Minsk}", "desk.yaml:2: minsk: id 'minsk'"),
        ("entities:\n  - {kind: leader, name: A B, qid: P1}", "desk.yaml:2: A B: qid"),
        ("entities:\n  - kind: leader\n    name: A B\n    offices:\n      - {country: US}", "desk.yaml:5: A B: an office needs"),
        ("entities:\n  - kind: leader\n    name: A B\n    offices: [{country: US, office: pm, start: soon}]", "desk.yaml:4: A B: 'soon' is no day"),
        ("entities:\n  - {kind: city, name: A B, names: {xx: [C]}}", "desk.yaml:2: A B: language 'xx'"),
        ("entities:\n  - {kind: city, name: A B, lat: 99}", "desk.yaml:2: A B: '99'"),
        ("entities:\n  - {kind: city, id: leader:x}", "desk.yaml:2: leader:x: kind city"),
        ("entities:\n  - &a {kind: city, name: A B}\n  - *a", "anchors"),
        ("redirects: {leader:a: place:b}", "a leader is no place"),
        ("redirects: {leader:a: leader:b, leader:b: leader:c}", "is redirected itself"),
        ("entities:\n  - {kind: city, name: A B}\n  - {kind: city, name: A B}", "desk.yaml:3: A B: stands twice"),
        ("{}: {}", "desk.yaml:1"),
        ("- a", "must be a mapping"),
        ("\ud800", "no YAML"),
    ],
)  # fmt: skip
def test_a_broken_file_names_line_and_entity(text, said):
    with pytest.raises(SettingsError) as caught:
        parse_overlay(text, "desk.yaml")
    assert said in str(caught.value)


CALM = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
letters = st.characters(categories=["L"], exclude_characters="\u0085")
letters = letters.filter(lambda letter: unicodedata.is_normalized("NFC", letter))
names = st.text(letters, min_size=2, max_size=12).filter(
    lambda name: unicodedata.is_normalized("NFC", name)
)
owns = st.builds(
    Own,
    id=st.from_regex(r"(leader|place):[a-z]{2,9}", fullmatch=True),
    name=names,
    country=st.sampled_from(["", "US", "NATO"]),
    names=st.dictionaries(st.sampled_from(["", *LANGS]), st.lists(names, min_size=1, max_size=3).map(tuple)),
    drop=st.lists(names, max_size=2).map(tuple),
    offices=st.none() | st.just((Office("US", "envoy", "2026-01-01", ""),)),
)  # fmt: skip


@CALM
@given(st.lists(owns, max_size=4))
def test_what_is_written_is_read_again(entities):
    overlay = Overlay({own.id: own for own in entities}, {"leader:?a": "leader:b"})
    assert parse_overlay(dump_overlay(overlay)) == overlay


@CALM
@given(st.text(max_size=200))
def test_any_text_is_an_overlay_or_a_settings_error(text):
    try:
        parse_overlay(text)
    except SettingsError as exc:
        assert "overlay" in str(exc)
