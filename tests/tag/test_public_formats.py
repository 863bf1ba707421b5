"""Readers of public test sets, on small files of our own words in their formats."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "public_formats.py"


@pytest.fixture(scope="module")
def formats():
    spec = importlib.util.spec_from_file_location("public_formats", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["public_formats"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["public_formats"]


def words(one):
    return sorted((one.text[start:end], kind) for start, end, kind in one.spans)


def test_relocar(formats, tmp_path):
    path = tmp_path / "r.xml"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<data>\n'
        '<sample number="1">Caf&#233;s in Minsk: they met in <loc reading="lit">Minsk</loc> again.\n</sample>\n'
        '<sample number="2"><loc reading="met">Oslo</loc> said no to Bern.</sample>\n'
        '<sample number="3">It lies near <loc reading="mix">Bern</loc></sample>\n</data>\n',
        encoding="utf-8",
    )
    read = formats.read_relocar(path)
    assert [(r.text[r.start : r.end], r.metonymic) for r in read] == [
        ("Minsk", False),
        ("Oslo", True),
        ("Bern", True),
    ]
    assert read[0].start == len("Cafés in Minsk: they met in ")  # the one marked, not the first


def test_semeval(formats, tmp_path):
    path = tmp_path / "s.xml"
    path.write_text(
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE sampletexts [\n'
        '<!ENTITY mdash "[mdash]">\n<!ELEMENT sampletexts (sample*)>\n]>\n'
        '<sampletexts><sample id="a"><bnc:title xmlns:bnc="http://example.org"> A book on Bern </bnc:title>\n<par>\n'
        'We saw \xfc &mdash; and <annot><location reading="metonymic" metotype="place-for-people"> New Bern </location></annot>, too.\n'
        "</par></sample></sampletexts>",
        encoding="iso-8859-1",
    )
    (read,) = formats.read_semeval(path)
    assert (read.text[read.start : read.end], read.metonymic) == ("New Bern", True)
    assert read.text.endswith(", too.\n")


def test_a_sample_without_a_place_is_named(formats, tmp_path):
    path = tmp_path / "r.xml"
    path.write_text("<data>\n<sample>Nothing here.</sample></data>", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: no place"):
        formats.read_relocar(path)


def test_entities_from_outside_are_not_read(formats, tmp_path):
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    path = tmp_path / "r.xml"
    path.write_text(
        f'<!DOCTYPE data [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>\n'
        '<data><sample>&x; in <loc reading="lit">Bern</loc></sample></data>',
        encoding="utf-8",
    )
    try:
        read = formats.read_relocar(path)
    except (ValueError, SyntaxError):  # the parser refuses it
        return
    assert "secret" not in read[0].text


def test_geowebnews(formats, tmp_path):
    (tmp_path / "7.txt").write_bytes(b"LINK: x\r\nThe mayor of Bern saw a city.\r\n")
    (tmp_path / "7.ann").write_text(
        "T1\tLiteral 22 26\tBern\nA1\tNon_Locational T1\nT2\tLiteral_Expression 33 37\tcity\n"
        "#1\tAnnotatorNotes T1\t2661552\nT3\tMetonymic 13 18\tmayor\n",
        encoding="utf-8",
    )
    (one,) = formats.read_geowebnews(tmp_path)
    assert one.name == "7"
    assert words(one) == [("Bern", "LOC"), ("mayor", "LOC")]


def test_a_broken_annotation_is_named(formats, tmp_path):
    (tmp_path / "7.txt").write_text("Bern", encoding="utf-8")
    (tmp_path / "7.ann").write_text("T1\tLiteral zero\tBern\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"7\.ann:1"):
        list(formats.read_geowebnews(tmp_path))


def test_tr_news_mends_offsets_that_miss(formats, tmp_path):
    path = tmp_path / "t.xml"
    path.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<articles><article docid="9"><title>Oslo</title>'
        "<text><![CDATA[From Bern & Oslo; then Bern.]]></text><toponyms>"
        "<toponym><phrase>Oslo</phrase><start>12</start><end>16</end></toponym>"
        "<toponym><phrase>Bern</phrase><start>21</start><end>25</end></toponym>"
        "</toponyms></article></articles>",
        encoding="utf-8",
    )
    (one,) = formats.read_tr_news(path)
    assert one.spans == {(12, 16, "LOC"), (23, 27, "LOC")}


def test_slavicner_reads_a_split_in_one_language(formats, tmp_path):
    for name in ("raw/t/pl", "ner/t/pl", "raw/t/uk", "ner/t/uk"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "raw/t/pl/a.txt").write_bytes("Pan Nowak był w Bernie.\r\nW „Łączu”.".encode())
    rows = "4\t9\tNowak\tNowak\tPER\tPER-Nowak\n16\t22\tBernie\tBerno\tLOC\tGPE-Bern\n\n28\t33\tŁączu\tŁącze\tORG\tORG-L\n"
    (tmp_path / "ner/t/pl/a.tsv").write_text(rows, encoding="utf-8")
    (tmp_path / "raw/t/uk/x.txt_file_1.txt").write_text("Берн", encoding="utf-8")
    (tmp_path / "ner/t/uk/x.txt_file_1.tsv").write_text(
        "0\t4\tБерн\tБерн\tLOC\tGPE-Bern\n", encoding="utf-8"
    )
    split = "raw/t/pl/a.txt\nraw/t/uk/x.txt_file_1.txt\n"
    (tmp_path / "SPLIT_cross-topic_test.txt").write_text(split, encoding="utf-8")
    (polish,) = formats.read_slavicner(tmp_path, "cross-topic_test", "pl")
    assert words(polish) == [("Bernie", "LOC"), ("Nowak", "PER"), ("Łączu", "OTHER")]
    (ukrainian,) = formats.read_slavicner(tmp_path, "cross-topic_test", "uk")
    assert words(ukrainian) == [("Берн", "LOC")]
    (tmp_path / "ner/t/pl/a.tsv").write_text("4\t9\tNowak\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.tsv:1: 3 columns"):
        list(formats.read_slavicner(tmp_path, "cross-topic_test", "pl"))
