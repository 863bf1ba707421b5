"""The server's analyzers come to the terms and stems that ours come to."""

import json
from pathlib import Path

import pytest

from elastic.newsroom import newsroom_articles
from ingest.query.analysis import fold_terms
from ingest.query.stemmers import LANGUAGES, stem
from ingest.store.elastic_analysis import DEFAULT_FIELDS, NAMES, STEMS, TERMS, analysis

MAPPINGS = Path(__file__).parents[2] / "ingest" / "mappings"


@pytest.mark.parametrize("index", DEFAULT_FIELDS)
def test_the_mapping_files_hold_what_is_made_here(index):
    settings = json.loads((MAPPINGS / f"{index}-v1.json").read_text("utf-8"))["settings"]["index"]
    assert settings["analysis"] == analysis(index)
    assert settings["query"]["default_field"] == DEFAULT_FIELDS[index]


@pytest.fixture(scope="module")
def tokens(newsroom_store, elastic_client):
    """What an analyzer or normalizer of the articles makes of a text."""
    index = f"{newsroom_store.prefix}-articles"

    def analyzed(text, **how):
        reply = elastic_client.indices.analyze(index=index, text=text, **how)
        return [token["token"] for token in reply["tokens"]]

    return analyzed


WORDS = (
    "Istanbul İSTANBUL ıstanbul Élysée Łódź Straße ﬁnal Мінск Ёлка Київ мои мої "
    "Магілёў м'яч м’яч rock-n-roll 3.5 São Tomé naïve Đà Nẵng ÆØÅ Þór Й́ a_b c"
)


def test_terms_are_ours(tokens):
    titles = [article.title for article in newsroom_articles()[::7]]
    for text in (WORDS, *titles):
        assert tokens(text, analyzer=TERMS) == list(fold_terms(text)), text


def test_stems_are_ours_but_for_a_few(tokens):
    """The server's Snowball is of another version; ours also undoes a French -ée."""
    texts = " ".join(article.text for article in newsroom_articles()[::12])
    terms = list(dict.fromkeys(fold_terms(texts)))[:1200]
    differ = set()
    for at in range(0, len(terms), 400):
        some = terms[at : at + 400]
        found = set(tokens(" ".join(some), analyzer=STEMS))
        differ |= {t for t in some for lang in LANGUAGES if stem(t, lang) not in found}
    assert len(terms) > 500
    assert len(differ) < 0.05 * len(terms), sorted(differ)


@pytest.mark.parametrize("name", ["Zełenski", "ABU DHABI", "Мінск", "Ёлкин", "Erdoğan"])
def test_names_are_folded_whole(tokens, name):
    (folded,) = tokens(name, normalizer=NAMES)
    assert folded == " ".join(fold_terms(name))
