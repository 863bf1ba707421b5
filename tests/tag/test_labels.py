"""The labelled articles are sound, and inline labels become offsets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.model import ROLES
from ingest.tag.translit import LATIN_LANGS, to_latin

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "data" / "tagging"
SETS = sorted(path.stem for path in DATA.glob("*.jsonl"))


@pytest.mark.parametrize("name", SETS)
def test_labels_fit_their_texts(name: str) -> None:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    articles = [json.loads(line) for line in lines]
    assert len({a["id"] for a in articles}) == len(articles)
    for article in articles:
        text, last = article["text"], 0
        for mention in article["mentions"]:
            start, end = mention["start"], mention["end"]
            assert text[start:end] == mention["surface"], article["id"]
            assert start >= last and end > start, article["id"]
            last = end
            assert (mention["kind"] == "venue") == ("role" in mention)
            assert mention.get("role", "location") in ROLES
        named = {m["name"] for m in article["mentions"] if m["kind"] == "venue"}
        for act in article["proposals"]:
            assert set(act["venues"]) <= named, article["id"]
            assert text[act["start"] : act["end"]].strip(), article["id"]


def test_the_held_out_articles_are_no_others() -> None:
    def texts(name: str) -> set[str]:
        lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        return {json.loads(line)["text"] for line in lines}

    held = texts("heldout")
    assert len(held) >= 90
    assert not any(held & texts(name) for name in SETS if name != "heldout")


def test_inline_labels_become_offsets(tmp_path: Path) -> None:
    source = tmp_path / "own.txt"
    source.write_text(
        "## en 2025-03-04 Title\n"
        "{Lukashenko} offered [Minsk|P]. {The Belarusian leader=Lukashenko} left [Kiev|L=Kyiv].\n"
        "> Lukashenko; Minsk; RU UA; P\n",
        encoding="utf-8",
    )
    done = _markup(source)
    article = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [(m["surface"], m["name"]) for m in article["mentions"]] == [
        ("Lukashenko", "Alexander Lukashenko"), ("Minsk", "Minsk"),
        ("The Belarusian leader", "Alexander Lukashenko"), ("Kiev", "Kyiv"),
    ]  # fmt: skip
    (act,) = article["proposals"]
    assert act["proposer"] == "Alexander Lukashenko"
    assert article["text"][act["start"] : act["end"]] == "Lukashenko offered Minsk."


def test_a_venue_nobody_labelled_is_told(tmp_path: Path) -> None:
    source = tmp_path / "own.txt"
    source.write_text(
        "## en 2025-03-04 T\nHe left [Kyiv|L].\n> -; Minsk; RU; P\n", encoding="utf-8"
    )
    done = _markup(source)
    assert done.returncode == 1
    assert "not labelled" in done.stderr


def _markup(source: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "label_markup.py"), str(source)],
        capture_output=True, text=True, check=False, timeout=300, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "lang", "expected"),
    [
        ("Сергей Лавров", "pl", "Siergiej Ławrow"),
        ("Владимир Мединский", "de", "Wladimir Medinski"),
        ("Юрий Ушаков", "fr", "Iouri Ouchakov"),
        ("Сергей Шойгу", "es", "Serguei Shoigu"),
        ("Юрий Ушаков", "tr", "Yuriy Uşakov"),
        ("Михаил Мишустин", "fr", "Mikhail Michoustine"),
    ],
)
def test_eastern_names_in_latin_letters(name: str, lang: str, expected: str) -> None:
    assert lang in LATIN_LANGS
    assert to_latin(name, lang) == expected
