"""Whole processes: the demo and what it says to type next, exit codes, signals, a full disk."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from e2e.test_kill import DRIVER, assert_whole, drive
from ingest.demo.server import NewsroomServer
from ingest.model import Entry, EntryState, Feed, Lease
from ingest.pipeline.services import utc_now
from ingest.store import open_store
from pipeline.site import Site, page, rss, text_about

pytestmark = pytest.mark.timeout(900)

PROGRAM = Path(sys.executable).with_name("summitwatch")


def summitwatch(folder, *args, code=0, env=None, **more):
    result = subprocess.run(
        [str(PROGRAM), *args],
        cwd=folder,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        **more,
    )
    assert result.returncode == code, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    return folder, summitwatch(folder, "demo")


def test_demo_shows_the_whole_pipeline(demo):
    _, result = demo
    out = result.stdout
    assert "sample newsroom, invented news" in out
    assert "9 languages" in out
    assert "Abu Dhabi" in out
    assert "alert new-offer:" in out
    assert "coverage: 14 of 16 feeds" in out
    assert result.stderr == ""


def test_every_command_that_the_demo_names_can_be_pasted(demo):
    folder, result = demo
    lines = result.stdout.partition("next, for example:")[2].splitlines()
    commands = [line.strip() for line in lines if "--store" in line]
    assert len(commands) >= 8
    for line in commands:
        done = subprocess.run(
            line, shell=True, cwd=folder, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        assert done.stdout.strip(), line
        assert "Traceback" not in done.stderr


def test_demo_again_adds_nothing_and_says_so(demo):
    folder, _ = demo
    out = summitwatch(folder, "demo").stdout
    assert "everything answers 304" in out
    assert "nothing added" in out


def test_a_second_run_ends_with_4_and_names_the_first(tmp_path):
    url = f"sqlite:///{tmp_path}/s.sqlite"
    with open_store(url) as store:
        now = utc_now()
        store.put(
            [
                Lease(
                    id="poll",
                    holder="x",
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    started_at=now,
                    expires_at=now + timedelta(days=365),
                )
            ]
        )
    result = summitwatch(tmp_path, "--store", url, "run", code=4)
    assert str(os.getpid()) in result.stderr
    assert "expires" in result.stderr


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda path: path.mkdir(), "s.sqlite", id="a-folder"),
        pytest.param(lambda path: path.write_bytes(b"x" * 9000), "s.sqlite", id="junk"),
    ],
)
def test_a_store_that_cannot_be_opened(tmp_path, make, said):
    path = tmp_path / "s.sqlite"
    make(path)
    for command in (["run"], ["search", "x"], ["board"]):
        result = subprocess.run(
            [str(PROGRAM), "--store", f"sqlite:///{path}", *command],
            cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert result.returncode in {1, 5}
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_ctrl_c_ends_the_pages_well(tmp_path):
    with subprocess.Popen(
        [str(PROGRAM), "serve", "--port", "0"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stderr is not None
        said = re.search(r"serving (http://127\.0\.0\.1:\d+)", served.stderr.readline())
        assert said is not None
        with suppress(HTTPError):  # whatever it answers: who answers minds signals
            urlopen(said[1] + "/nothing", timeout=300).close()
        served.send_signal(signal.SIGINT)
        assert served.stderr.read() == ""
    assert served.returncode == 0


def test_ctrl_c_before_a_command_began_is_no_traceback(monkeypatch):
    from ingest.cli import main

    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "ingest.cli.app", SimpleNamespace(app=interrupted))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


def test_doctor_works_with_the_store_down(tmp_path):
    (tmp_path / "s.sqlite").mkdir()
    store = f"sqlite:///{tmp_path}/s.sqlite"
    result = summitwatch(tmp_path, "--store", store, "doctor", "--json", code=1)
    checks = {c["name"]: c["well"] for c in json.loads(result.stdout)["checks"]}
    assert checks["store"] is False
    assert checks["settings"] is checks["archive"] is checks["workers"] is True
    told = summitwatch(tmp_path, "--store", store, "doctor", code=1).stdout
    assert told.count("->") == 1  # what is not looked at needs no mending of its own


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param("store = 3 4", "summitwatch.toml", id="no-toml"),
        pytest.param("[fetch]\ntimeout_s = -1\n", "fetch.timeout_s", id="out-of-range"),
        pytest.param("[fetch]\nspeed = 1\n", "fetch.speed", id="unknown"),
        pytest.param('timezone = "Mars/Olympus"\n', "timezone", id="zone"),
    ],
)
def test_broken_settings_name_the_setting(tmp_path, file, said):
    (tmp_path / "summitwatch.toml").write_text(file)
    assert said in summitwatch(tmp_path, "search", "x", code=2).stderr


def test_init_writes_files_that_work_and_overwrites_nothing(tmp_path):
    summitwatch(tmp_path, "init")
    (tmp_path / "feeds.opml").write_text("mine")
    again = summitwatch(tmp_path, "init")
    assert (tmp_path / "feeds.opml").read_text() == "mine"
    assert "stays as it is" in again.stderr
    shown = json.loads(summitwatch(tmp_path, "config", "show", "--json").stdout)
    assert shown["poll.interval_s"] == 900


def test_the_starter_feeds_can_be_imported(tmp_path):
    summitwatch(tmp_path, "init")
    summitwatch(tmp_path, "feeds", "import", "feeds.opml")
    feeds = json.loads(summitwatch(tmp_path, "feeds", "list", "--json").stdout)["feeds"]
    assert len(feeds) >= 50
    assert {feed["lang"] for feed in feeds} >= set("en ru uk be pl de fr es tr".split())


@pytest.fixture
def local(site, tmp_path):
    """A desk's folder and environment in which the site answers at 127.0.0.1."""
    allowed = f"127.0.0.1:{site.port}"
    env = {"SUMMITWATCH_FETCH__ALLOW_PRIVATE": allowed, "SUMMITWATCH_FETCH__HOST_PAUSE_S": "0"}
    base = f"http://{allowed}"
    items = [{"title": f"S{n}", "link": f"{base}/news/{n}", "guid": f"g{n}"} for n in range(3)]
    site.pages["/feed.xml"] = rss(items)
    for n in range(3):
        site.pages[f"/news/{n}"] = page(f"S{n}", text_about(f"corn{n}"))
    return tmp_path, env, base


@pytest.fixture
def site():
    with Site() as found:
        yield found


def test_live_feeds_in_three_commands(local, site):
    folder, env, base = local
    site.pages["/"] = (
        f'<html><head><link rel="alternate" type="application/rss+xml" href="{base}/feed.xml">'
        "</head><body>Home</body></html>"
    )
    added = summitwatch(folder, "feeds", "add", f"{base}/", env=env)
    assert f"{base}/feed.xml" in added.stdout
    ran = summitwatch(folder, "run", env=env)
    assert ran.stdout.startswith("3 new articles")
    found = json.loads(summitwatch(folder, "search", "corn1", "--json", env=env).stdout)
    assert [hit["title"] for hit in found["hits"]] == ["S1"]
    checked = summitwatch(folder, "feeds", "check", f"{base}/feed.xml", env=env)
    assert f"GET {base}/feed.xml -> 200" in checked.stdout
    assert "next poll" in checked.stdout
    summitwatch(folder, "feeds", "remove", f"{base}/feed.xml", env=env)
    assert json.loads(summitwatch(folder, "feeds", "list", "--json", env=env).stdout)["feeds"] == []


def test_a_feed_that_newly_fails_ends_with_3_and_a_known_one_with_0(local, site):
    folder, env, base = local
    env = env | {"SUMMITWATCH_POLL__INTERVAL_S": "60"}
    summitwatch(folder, "feeds", "add", f"{base}/feed.xml", env=env)
    summitwatch(folder, "run", env=env)
    site.pages["/feed.xml"] = (404, {}, "gone away")
    make_due(folder)
    result = summitwatch(folder, "run", env=env, code=3)
    assert "failing:" in result.stderr
    assert "http-404" in result.stderr
    make_due(folder)
    summitwatch(folder, "run", env=env)


def make_due(folder):
    with open_store(f"sqlite:///{folder}/data/summitwatch.sqlite") as store:
        store.put([replace(feed, next_check_at=None) for feed in store.find(Feed)])


def test_private_addresses_are_refused_unless_allowed(local, site):
    folder, _, base = local
    result = summitwatch(folder, "feeds", "add", f"{base}/feed.xml", code=2)
    assert "fetch.allow_private" in result.stderr or "blocked" in result.stderr
    assert site.ledger == []


def test_sigterm_ends_a_watching_run_cleanly(local):
    folder, env, base = local
    summitwatch(folder, "feeds", "add", f"{base}/feed.xml", env=env)
    process = subprocess.Popen(
        [str(PROGRAM), "run", "--every", "1h"],
        cwd=folder, env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline().startswith("3 new articles")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=200)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "stopping after the current chunk" in err
    with open_store(f"sqlite:///{folder}/data/summitwatch.sqlite") as store:
        assert store.count(Lease) == 0


def test_a_full_disk_acknowledges_no_feed_and_a_later_run_finishes(tmp_path, newsroom):
    """The file-size limit of the process stands in for a full disk: writes fail half way."""
    with NewsroomServer(newsroom) as server:
        server.set_edition(2)
        args = [str(tmp_path), str(server.port), newsroom.start.isoformat(), "0"]

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

        full = subprocess.run(
            [sys.executable, str(DRIVER), *args],
            capture_output=True, text=True, timeout=600, check=False, preexec_fn=limit,
        )  # fmt: skip
        assert full.returncode != 0
        assert "StoreFullError" in full.stderr or "ArchiveError" in full.stderr, full.stderr[-600:]
        with open_store(f"sqlite:///{tmp_path}/demo.sqlite") as store:
            for feed in store.find(Feed):
                listed = set(feed.state.recent_ids)
                assert set(store.get_many(Entry, listed)) == listed
        assert drive(tmp_path, server.port, newsroom.start).returncode == 0
    assert_whole(tmp_path, newsroom)


def test_help_names_the_commands(tmp_path):
    out = summitwatch(tmp_path, "--help").stdout
    for name in ("demo", "run", "feeds", "search", "board", "alerts", "doctor", "export", "dead"):
        assert name in out


def test_sigterm_during_a_pass_finishes_the_chunk_and_a_later_run_the_rest(local, site):
    """It comes while the fourth page is under way."""
    folder, env, base = local
    asked, fourth, told = [], threading.Event(), threading.Event()

    def news(n):
        asked.append(n)
        if len(asked) == 4:
            fourth.set()
            told.wait(200)
        return page(f"S{n}", text_about(f"corn{n}"))

    items = [{"title": f"S{n}", "link": f"{base}/news/{n}", "guid": f"g{n}"} for n in range(20)]
    site.pages["/feed.xml"] = rss(items)
    for n in range(20):
        site.pages[f"/news/{n}"] = partial(news, n)
    summitwatch(folder, "feeds", "add", f"{base}/feed.xml", env=env)
    process = subprocess.Popen(
        [str(PROGRAM), "run"],
        cwd=folder, env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert fourth.wait(200)
        process.send_signal(signal.SIGTERM)
        assert any("stopping after the current chunk" in line for line in process.stderr)
        told.set()
        process.communicate(timeout=200)
    finally:
        told.set()
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert len(asked) == 4
    with open_store(f"sqlite:///{folder}/data/summitwatch.sqlite") as store:
        assert store.count_articles() == 4
        states = {entry.state for entry in store.find(Entry)}
        assert states == {EntryState.DONE, EntryState.NEW}
        assert store.count(Lease) == 0
    summitwatch(folder, "run", env=env)
    with open_store(f"sqlite:///{folder}/data/summitwatch.sqlite") as store:
        assert store.count_articles() == 20


def test_an_offline_desk_mutes_nothing(local):
    folder, _, _ = local
    summitwatch(folder, "feeds", "add", "http://nosuch.invalid/feed", "--unchecked")
    result = summitwatch(folder, "feeds", "check", "--all", "--mute-dead", code=1)
    assert "no feed answered" in result.stderr
    feeds = json.loads(summitwatch(folder, "feeds", "list", "--json").stdout)["feeds"]
    assert [feed["muted"] for feed in feeds] == [False]


def test_dead_feeds_are_muted_where_others_answer(local, site):
    folder, env, base = local
    summitwatch(folder, "feeds", "add", f"{base}/feed.xml", env=env)
    summitwatch(folder, "feeds", "add", f"{base}/gone.xml", "--unchecked", env=env)
    result = summitwatch(folder, "feeds", "check", "--all", "--mute-dead", env=env)
    assert "muted 1 feed" in result.stderr
    summitwatch(folder, "feeds", "mute", "--off", "--all", env=env)


def test_an_address_has_one_spelling(local):
    folder, _, _ = local
    summitwatch(folder, "feeds", "add", "HTTP://NoSuch.invalid:80/feed", "--unchecked")
    again = summitwatch(folder, "feeds", "add", "http://nosuch.invalid/feed", "--unchecked")
    assert "already" in again.stderr
    summitwatch(folder, "feeds", "remove", "HTTP://NOSUCH.invalid/feed")


def test_a_mistyped_store_is_no_empty_answer(tmp_path):
    result = subprocess.run(
        [str(PROGRAM), "--store", f"sqlite:///{tmp_path}/typo.sqlite", "search", "putin"],
        cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert result.returncode in {1, 5}
    assert "typo.sqlite" in result.stderr
    assert not (tmp_path / "typo.sqlite").exists()


def test_output_that_cannot_be_written_is_an_error_in_one_line(demo):
    folder, _ = demo
    line = f"{PROGRAM} --store sqlite:///data/demo.sqlite search minsk --json > /dev/full"
    done = subprocess.run(
        line, shell=True, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_locale_without_cyrillic_shows_escapes(demo):
    folder, _ = demo
    env = {"PYTHONIOENCODING": "ascii"}
    store = "sqlite:///data/demo.sqlite"
    assert "\\u" in summitwatch(folder, "--store", store, "search", "минск", env=env).stdout
