"""The pages in a real browser, where one is installed: nothing is refused, nothing is missing."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from alerts.newsdesk import DAY0, make_article, offer, store_article
from browse import Read, served

from ingest.store.sqlite import SqliteStore
from ingest.web.pages import _templates

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
pytestmark = pytest.mark.skipif(
    not BROWSER,
    reason="no Chromium here: the pages are not tried in a browser (apt install chromium)",
)


def look(url, home):
    """(the page as the browser has it, what its console says)."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = ["--headless", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    options += [
        "--no-first-run",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        f"--user-data-dir={home}",
    ]
    done = subprocess.run(
        [BROWSER, *options, *alone, url],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_pages_load_without_a_complaint(tmp_path, monkeypatch):
    path = tmp_path / "store.sqlite"
    said = offer("Lukashenko offered Minsk.", parties=("RU", "UA"))
    article = make_article(said, title="</title><script>document.title='run'</script>", at=DAY0)
    with SqliteStore.open(path) as store:
        store_article(store, article)
    with served(path) as base:
        for page, title in (
            ("board", "Board - Summitwatch"),
            (f"article/{article.id}", "</title>"),
        ):
            text, complaints = look(f"{base}/{page}", tmp_path / "browser")
            assert complaints == []
            assert title in Read(text).text
            assert "<script" not in text.split("<body")[0]
        monkeypatch.setitem(_templates().globals, "style", "p { color: red; }")
        _, complaints = look(f"{base}/board", tmp_path / "browser")
        assert "Content Security Policy" in complaints[0]  # a style that the policy does not name
