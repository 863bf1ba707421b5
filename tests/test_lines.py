from __future__ import annotations

import pytest

from builders import proposal_row
from ingest.lines import line_of, listed, short_name


@pytest.mark.parametrize(
    ("row", "line"),
    [
        pytest.param(
            proposal_row(
                2, venues=("Minsk", "Istanbul", "Geneva"), parties=("BY", "RU", "UA", "US")
            ),
            "4 Mar: Lukashenko (BY) offers Minsk, Istanbul or Geneva for BY-RU-UA-US talks;"
            " confidence .87",
            id="offer-of-three",
        ),
        pytest.param(
            proposal_row(proposer="UA", name="UA", country="UA", status="rejected"),
            "2 Mar: UA refuses Minsk for RU-UA talks; confidence .87",
            id="government-refuses",
        ),
        pytest.param(
            proposal_row(proposer=None, name=None, country=None, parties=(), confidence=0.31),
            "2 Mar: perhaps Minsk is floated; confidence .31",
            id="nobody-named-low-confidence",
        ),
        pytest.param(
            proposal_row(
                proposer=None, name=None, country=None, venues=("Rome", "Oslo"), parties=()
            ),
            "2 Mar: Rome or Oslo are floated; confidence .87",
            id="two-floated",
        ),
        pytest.param(
            proposal_row(
                status="agreed", proposer="leader:fidan-hakan", name="Hakan Fidan", country="TR"
            ),
            "2 Mar: Fidan (TR): Minsk agreed for RU-UA talks; confidence .87",
            id="agreed",
        ),
        pytest.param(
            proposal_row(status="hosted", proposer=None, name=None, country=None, background=True),
            "2 Mar: RU-UA talks held in Minsk (recalled); confidence .87",
            id="recalled",
        ),
        pytest.param(
            proposal_row(confidence=1.0),
            "2 Mar: Lukashenko (BY) offers Minsk for RU-UA talks; confidence .99",
            id="never-certain",
        ),
    ],
)
def test_line(row, line):
    assert line_of(row) == line


def test_day_is_that_of_the_time_zone():
    from datetime import UTC, datetime

    row = proposal_row(at=datetime(2026, 3, 4, 22, 30, tzinfo=UTC))
    assert line_of(row, "Europe/Kyiv").startswith("5 Mar")
    assert line_of(row, "UTC").startswith("4 Mar")


@pytest.mark.parametrize(
    ("entity", "name", "short"),
    [
        ("leader:erdogan-recep-tayyip", "Recep Tayyip Erdoğan", "Erdoğan"),
        ("leader:xi-jinping", "Xi Jinping", "Xi"),
        ("leader:unknown", "Somebody Else", "Somebody Else"),
        ("UA", "UA", "UA"),
        (None, None, "nobody named"),
    ],
)
def test_short_name(entity, name, short):
    assert short_name(entity, name) == short


def test_listed():
    assert listed([], "or") == ""
    assert listed(["a"], "or") == "a"
    assert listed(["a", "b"], "and") == "a and b"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
