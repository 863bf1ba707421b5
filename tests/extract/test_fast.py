"""The walks find the same nodes as the XPath expressions they stand in for."""

from __future__ import annotations

from typing import Any

import pytest
import trafilatura
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.etree import XPath
from lxml.html import HtmlElement, document_fromstring
from trafilatura import xpaths

from ingest.demo import pages
from ingest.demo.newsroom import Newsroom
from ingest.extract import fast
from ingest.extract.fast import UnsupportedError, Walk, compile_walk

NAMESPACES = {"re": "http://exslt.org/regular-expressions"}


def expressions() -> list[XPath]:
    """trafilatura's own expressions, patched or not."""
    found = [expression for name in fast.LISTS for expression in getattr(xpaths, name)]
    return [XPath(expression.path, namespaces=NAMESPACES) for expression in found]


PAIRS = [(e, w) for e in expressions() if isinstance(w := fast.faster(e), Walk)]


def test_the_slow_expressions_are_all_understood() -> None:
    slow = [expression for expression in expressions() if "re:test" in expression.path]
    assert len(PAIRS) == len(slow) == 9


def newsroom_pages() -> list[bytes]:
    newsroom = Newsroom.load()
    one_a_template = {article.site.template: article for article in newsroom.articles()}
    return [pages.render_page(newsroom, article) for article in one_a_template.values()]


@pytest.mark.parametrize("body", newsroom_pages())
def test_same_nodes_on_the_newsrooms_pages(body: bytes) -> None:
    tree = document_fromstring(body)
    for expression, walk in PAIRS:
        assert walk(tree) == expression(tree), walk.path


WORDS = [
    *(
        "nav Nav menu sidebar share- cookie footer tags author comment commentary comment-list article"
    ).split(),
    *(
        "post-content entry-content articleBody main-content Page-Content fulltext story-body hidden"
    ).split(),
    *(
        "reply-1 bottom x-bottom link permalink border display:none infinite-scroll mvp-post-add-box "
    ).split(),
    *(
        "content post text story premium -ad- akismet comol disqus_thread elementor-share-buttons"
    ).split(),
    "display: none",
    "article ",
    "",
    "true",
    "articleContent",
]
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["id", "class", "style", "role", "itemprop", "aria-hidden", "data-component"])
    | st.just("data-lp-replacement-content"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
    max_size=4,
)
TAGS = st.sampled_from(
    "div p span section article main ul ol details aside header h1 item list".split()
)
NODES = st.recursive(
    st.tuples(TAGS, ATTRIBUTES, st.just([])),
    lambda inner: st.tuples(TAGS, ATTRIBUTES, st.lists(inner, max_size=4)),
    max_leaves=25,
)


def build(node: tuple[str, dict[str, str], list[Any]], parent: HtmlElement) -> None:
    tag, attributes, children = node
    element = parent.makeelement(tag, attributes)
    parent.append(element)
    for child in children:
        build(child, element)


@settings(max_examples=60, deadline=None)
@given(st.lists(NODES, max_size=3))
def test_same_nodes_on_generated_pages(nodes: list[Any]) -> None:
    tree = document_fromstring("<html><body><!-- note --></body></html>")
    for node in nodes:
        build(node, tree.body)
    for expression, walk in PAIRS:
        assert walk(tree) == expression(tree), walk.path
        assert walk(tree.body) == expression(tree.body), walk.path


@pytest.mark.parametrize(
    "path",
    [
        ".//*[self::div][@class='a' or re:test(@id, 'b]')]",
        "(.//*[re:test(@class, 'a', 'i')])[1]",
        ".//*[self::p or self::div][re:test(@class, 'a')][1]",
        ".//*[re:test(@id|@class, 'a')]",
        ".//*[contains(translate(@class, 'AB', 'a'), 'ac') or @data-x]",
    ],
)
def test_other_expressions_of_the_form(path: str) -> None:
    html = """<div id="b]"><p class="xA"><p class="ab" id="z"><div id="a" class="z"><p data-x="">
      <div class="z" id="a"><p class="aB c"><div class="aBc"></div></p></div></p></div></p></p></div>"""
    tree = document_fromstring(html)
    expected = XPath(path, namespaces=NAMESPACES)(tree)
    assert compile_walk(path)(tree) == expected
    assert expected


@pytest.mark.parametrize(
    "path",
    [
        "//div",
        ".//header",
        ".//*[self::div][position()=2]",
        ".//*[self::div]",
        ".//*[re:test(@class, 'x*')]",  # true of an element without a class
        ".//*[@id|@class='x']",
        ".//*[not(self::div) and @id='x']",
        ".//*[self::div][@id='x']/a",
        ".//*[self::div][@id='x'",
        ".//*[@id='x']|.//main",
    ],
)
def test_other_forms_are_left_to_libxml2(path: str) -> None:
    with pytest.raises(UnsupportedError):
        compile_walk(path)


def test_patching_changes_no_text_and_can_be_repeated() -> None:
    originals = {name: list(getattr(xpaths, name)) for name in fast.LISTS}
    body = newsroom_pages()[0]
    options = {"favor_precision": True, "include_comments": False}
    for name, expressions_ in originals.items():  # as trafilatura comes
        getattr(xpaths, name)[:] = [XPath(e.path, namespaces=NAMESPACES) for e in expressions_]
    before = trafilatura.extract(body, **options)
    assert fast.patch() == fast.patch() == 9
    assert trafilatura.extract(body, **options) == before


def test_an_unknown_trafilatura_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trafilatura, "__version__", "3.0.0")
    before = list(xpaths.OVERALL_DISCARD_XPATH)
    assert fast.patch() == 0
    assert before == xpaths.OVERALL_DISCARD_XPATH
