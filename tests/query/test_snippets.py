"""Snippets, projections, and what binds to what."""

import pytest
from hypothesis import given, settings
from random_articles import articles, trees
from storing import act, leader, make_article, parsed, place

from ingest.query import ast
from ingest.query.match import binds, matches
from ingest.query.projection import country_of, project
from ingest.query.snippets import SNIPPET_CHARS, cut_snippet

FILLER = "Nothing of note was said about it all day. " * 12


def shown(pieces):
    return "".join(f"[{text}]" if is_match else text for text, is_match in pieces)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("offers", "Minsk was [offered]; İstanbul'da talks."),
        ('"was offered"', "Minsk [was offered]; İstanbul'da talks."),
        ("off*", "Minsk was [offered]; İstanbul'da talks."),
        ("istanbul", "Minsk was offered; [İstanbul]'da talks."),
        ("minsk OR talk", "[Minsk] was offered; İstanbul'da [talks]."),
        ("minsk NOT talks", "[Minsk] was offered; İstanbul'da talks."),
        ("geneva", "Minsk was offered; İstanbul'da talks."),
    ],
)
def test_matches_are_marked_in_the_text_as_written(query, expected):
    article = make_article(text="Minsk was offered; İstanbul'da talks.")
    assert shown(cut_snippet(article, parsed(query))) == expected


def test_the_window_lies_where_the_matches_are_densest():
    text = f"Minsk. {FILLER}Minsk and Istanbul and Minsk. {FILLER}"
    pieces = cut_snippet(make_article(text=text), parsed("minsk istanbul"))
    assert shown(pieces).count("[") == 3
    assert pieces[0][0].startswith("… ")
    assert pieces[-1][0].endswith(" …")


def test_mentions_are_marked_by_their_role():
    text = "Istanbul first, then Minsk."
    article = make_article(
        text=text,
        mentions=(
            place("istanbul-tr", "location", text, "Istanbul"),
            place("minsk-by", "proposed", text, "Minsk"),
            leader("a", text, "then"),
        ),
    )
    assert shown(cut_snippet(article, parsed("role:proposed"))) == "Istanbul first, then [Minsk]."


@settings(deadline=None, max_examples=60)
@given(articles("a"), trees)
def test_a_snippet_is_a_stretch_of_the_text(article, node):
    pieces = cut_snippet(article, node)
    joined = "".join(text for text, _ in pieces)
    assert joined.removeprefix("… ").removesuffix(" …") in article.text
    assert len(joined) <= max(SNIPPET_CHARS + 4, len(article.text))
    assert all(text for text, _ in pieces)


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        ("place:minsk-by", "BY"),
        ("place:belarus-by", "BY"),
        ("place:new-york-city-us", "US"),
        ("place:by", "BY"),
        ("place:singapore-sg-1880252", "SG"),
        ("place:black-sea-xx", ""),
        ("place:donbas", ""),
        ("leader:x-by", ""),
        ("place:minsk-BY", ""),
    ],
)
def test_a_place_id_ends_in_its_country(entity, code):
    assert country_of(entity) == code


def test_a_headline_counts_as_the_text_does():
    article = make_article(
        title_mentions=(leader("a"), place("minsk-by", "proposed")),
        mentions=(place("istanbul-tr", None),),
    )
    found = project(article)
    assert found.leaders == {"leader:a"}
    assert found.venues == {"place:minsk-by"}
    assert found.place_roles == {"place:minsk-by|proposed", "place:istanbul-tr|location"}
    assert found.countries == {"BY", "TR"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("venue:minsk status:proposed", True),
        ("venue:istanbul status:proposed", False),
        ("proposer:by party:ua", True),
        ("proposer:ua", False),
        ("NOT status:rejected", True),
        ("role:location", False),
        ("place:istanbul", True),
        ("talks", True),
    ],
)
def test_a_proposal_answers_for_itself_and_its_article(query, expected):
    article = make_article(mentions=(place("istanbul-tr", "government"),), proposals=(act(),))
    projection, node = project(article), parsed(query)
    found = binds(node, article.proposals[0], lambda leaf: matches(leaf, projection))
    assert found is expected


@given(articles("a"), trees)
@settings(deadline=None, max_examples=60)
def test_and_or_not_are_those_of_logic(article, node):
    projection = project(article)
    found = matches(node, projection)
    assert matches(ast.Not(node), projection) is not found
    assert matches(ast.And((node, ast.All())), projection) is found
    assert matches(ast.Or((node, ast.Not(ast.All()))), projection) is found
