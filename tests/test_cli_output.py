"""What may reach a terminal, and where a caret points."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from ingest.cli.config import example_toml, masked
from ingest.cli.context import pointed
from ingest.cli.output import clean, json_line, printable, quoted
from ingest.logs import configure_logs, escape_controls
from ingest.settings import LogSettings, Settings, load_settings

HOSTILE = "\x1b]0;owned\x07\x9b31m\u202egnp\u2066\ud800\n\t[bold]x[/bold]"


def is_harmless(text):
    return not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in text)


def test_terminal_text_is_one_harmless_line():
    assert is_harmless(printable(HOSTILE))
    assert clean("  a\nb ") == "a b"


@given(st.text())
def test_json_lines_are_harmless_and_keep_their_value(text):
    line = json_line({"x": text})
    assert is_harmless(line.removesuffix("\n"))
    assert json.loads(line) == {"x": text}


def test_logs_escape_what_publishers_send(capsys):
    configure_logs(LogSettings(level="info"))
    structlog.get_logger().info("feed_failed", detail=HOSTILE)
    configure_logs(LogSettings(level="info", json_lines=True))
    structlog.get_logger().info("feed_failed", detail=HOSTILE)
    configure_logs(load_settings().log)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(is_harmless(line) for line in lines)
    assert logging.getLogger("trafilatura").level == logging.CRITICAL


def test_escapes_read_as_json_escapes():
    assert escape_controls("a\x1b\u202eb") == "a\\u001b\\u202eb"


@pytest.mark.parametrize(
    ("query", "position", "under"),
    [
        ("minsk since:2026-13-45", 12, "2"),
        ("минск OR (", 9, "("),
        ("a\nb OR )", 7, ")"),
        ("x " * 400 + "~", 800, "~"),
    ],
)
def test_the_caret_stands_under_the_offending_place(query, position, under):
    line, caret = pointed(query, position)
    assert line[len(caret) - 1] == under
    assert len(line) <= 80


def test_no_query_no_caret():
    assert pointed("", 3) == ()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://u:secret@es.example.org:9200", "https://***@es.example.org:9200"),
        ("http://proxy.example.org:3128", "http://proxy.example.org:3128"),
        (3, 3),
    ],
)
def test_passwords_are_not_shown(value, shown):
    assert masked(value) == shown


def test_the_file_that_init_writes_holds_the_defaults(tmp_path, monkeypatch):
    bare = "\n".join(
        line.removeprefix("# ") if " = " in line and not line.endswith('= ""') else line
        for line in example_toml().splitlines()
        if not (line.startswith("# ") and " = " not in line)
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "summitwatch.toml").write_text(bare, encoding="utf-8")
    assert load_settings() == Settings.model_validate({})


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Minsk was offered.", "«Minsk was offered.»"),
        ("«Да», — сказал он.", "“«Да», — сказал он.”"),
        ("two\nlines\x1b[31m", None),
    ],
    ids=["plain", "guillemets", "hostile"],
)
def test_a_sentence_stands_in_quotation_marks_of_one_kind(sentence: str, shown: str | None) -> None:
    said = quoted(sentence)
    assert shown is None or said == shown
    assert "\x1b" not in said
    assert said.count("«") <= 1
