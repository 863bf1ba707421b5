"""The table of forms: a dict to its readers, with changes on top that leave it as it is."""

from __future__ import annotations

import pytest

from ingest.tag.formtable import Changed, FormTable, packed_words

WORDS = {"мінск": "Minsk", "минск": "Minsk", "genf": "Geneva", "a b, c": "long"}


@pytest.fixture
def table() -> FormTable[str]:
    return FormTable(*packed_words(WORDS))


def test_it_reads_like_a_dict(table: FormTable[str]) -> None:
    assert table == WORDS
    assert dict(table.items()) == WORDS
    assert sorted(table) == sorted(WORDS)
    assert len(table) == 4
    assert table["genf"] == "Geneva"
    assert "genf" in table
    assert "gen" not in table
    assert "genfs" not in table
    assert table.get("gen", "none") == "none"


def test_a_table_that_lacks_values_is_refused() -> None:
    trie, numbers, values = packed_words(WORDS)
    assert values == ("Minsk", "Geneva", "long")
    with pytest.raises(ValueError, match="not as many"):
        FormTable(trie, numbers[:8], values)


def test_changes_lie_on_top(table: FormTable[str]) -> None:
    changed = Changed(table, {"genf": None, "минск": "Menesk", "новы": "New", "няма": None})
    assert changed == {"мінск": "Minsk", "a b, c": "long", "минск": "Menesk", "новы": "New"}
    assert len(changed) == 4
    assert "genf" not in changed
    with pytest.raises(KeyError):
        changed["genf"]
    assert table["genf"] == "Geneva"


def test_it_says_which_words_a_text_begins_with() -> None:
    table = FormTable(*packed_words({"new": 1, "new york": 2, "new york city": 3, "york": 4}))
    assert table.prefixes("new york, today") == ["new", "new york"]
    assert table.prefixes("old york") == []
    assert table.begins("new y")
    assert not table.begins("old")
    changed = Changed(table, {"new": None, "new y": 5, "new york": 6, "new york, to": 7})
    assert changed.prefixes("new york, today") == ["new y", "new york", "new york, to"]
    assert changed.begins("new york, t")
    assert changed.begins("york")
    assert not changed.begins("old")
