"""The table of forms: a dict to its readers, with changes on top that leave it as it is."""

from __future__ import annotations

import pytest

from ingest.tag.formtable import Changed, FormTable, packed_words, words_added

WORDS = {"мінск": 0, "минск": 0, "genf": 1, "a b, c": 2}
VALUES = ("Minsk", "Geneva", "long")


@pytest.fixture
def table() -> FormTable[str]:
    trie, of = packed_words(WORDS)
    return FormTable(trie, of, VALUES)


def test_it_reads_like_a_dict(table: FormTable[str]) -> None:
    plain = {word: VALUES[at] for word, at in WORDS.items()}
    assert table == plain
    assert dict(table.items()) == plain
    assert sorted(table) == sorted(plain)
    assert len(table) == 4
    assert table["genf"] == "Geneva"
    assert "genf" in table
    assert "gen" not in table
    assert "genfs" not in table
    assert table.get("gen", "none") == "none"


def test_a_table_that_lacks_values_is_refused() -> None:
    trie, _of = packed_words(WORDS)
    with pytest.raises(ValueError, match="not as many"):
        FormTable(trie, [0, 1], VALUES)


def test_changes_lie_on_top(table: FormTable[str]) -> None:
    changed = Changed(table, {"genf": None, "минск": "Menesk", "новы": "New", "няма": None})
    assert changed == {"мінск": "Minsk", "a b, c": "long", "минск": "Menesk", "новы": "New"}
    assert len(changed) == 4
    assert "genf" not in changed
    with pytest.raises(KeyError):
        changed["genf"]
    assert table["genf"] == "Geneva"
    assert words_added(changed, table) == ["новы"]
    assert words_added(table, {"genf": "Geneva"}) == [w for w in table if w != "genf"]
