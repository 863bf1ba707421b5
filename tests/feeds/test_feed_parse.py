"""Feed documents of every format and of every common defect."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import ParseError
from ingest.feeds.parse import error_code, parse_feed
from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.text import clean_line

URL = "http://courier.example/news/feed.xml"
TEN = datetime(2024, 2, 5, 10, 0, tzinfo=UTC)


def parse(document: str | bytes, **options: object) -> ParsedFeed:
    body = document.encode() if isinstance(document, str) else document
    return parse_feed(body, **{"url": URL, **options})  # type: ignore[arg-type]


def rss(items: str, channel: str = "", attributes: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {attributes}>'
        f"<channel><title>Courier</title><link>http://courier.example/</link>{channel}{items}"
        "</channel></rss>"
    )


def item(inside: str = "", *, guid: str = "g1", title: str = "Talks in Minsk") -> str:
    return f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>{inside}</item>"


def only(feed: ParsedFeed) -> ParsedEntry:
    assert len(feed.entries) == 1
    return feed.entries[0]


RSS2 = rss(
    item(
        "<link>/news/1?a=1&amp;b=2</link><pubDate>Mon, 05 Feb 2024 10:00:00 GMT</pubDate>"
        "<description>&lt;p&gt;Short.&lt;/p&gt;</description>"
        "<content:encoded><![CDATA[<p>The <b>whole</b> text of the story.</p>]]></content:encoded>"
        "<dc:creator>Anna Kowal</dc:creator><dc:creator>Jan Nowak</dc:creator>"
        "<category>World</category><category>Diplomacy</category>"
        "<media:content url='/i/1.jpg' medium='image'/>"
    ),
    "<language>en-GB</language><ttl>30</ttl><sy:updatePeriod> hourly </sy:updatePeriod>"
    "<sy:updateFrequency>2</sy:updateFrequency><skipHours><hour>1</hour><hour>24</hour></skipHours>"
    "<skipDays><day>Sunday</day><day>saturday</day></skipDays>"
    "<atom:link rel='hub' href='http://hub.example/'/><atom:link rel='self' href='/feed'/>",
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' "
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:atom='http://www.w3.org/2005/Atom' "
    "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' "
    "xmlns:media='http://search.yahoo.com/mrss/'",
)


def test_rss_2_with_its_modules() -> None:
    feed = parse(RSS2)
    assert (feed.title, feed.link, feed.lang) == ("Courier", "http://courier.example/", "en-GB")
    assert (feed.format, feed.id_kind, feed.truncated) == ("rss20", "guid", False)
    assert (feed.ttl_s, feed.update_period_s) == (1800, 1800)
    assert (feed.skip_hours, feed.skip_days) == ((0, 1), (5, 6))
    assert (feed.hub, feed.topic) == ("http://hub.example/", "http://courier.example/feed")
    assert only(feed) == ParsedEntry(
        key="g1",
        guid="g1",
        url="http://courier.example/news/1?a=1&b=2",
        title="Talks in Minsk",
        content="<p>The <b>whole</b> text of the story.</p>",
        authors=("Anna Kowal", "Jan Nowak"),
        categories=("World", "Diplomacy"),
        lang="en-GB",
        image="http://courier.example/i/1.jpg",
        published_at=TEN,
        published_raw="Mon, 05 Feb 2024 10:00:00 GMT",
    )


RSS091 = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
 "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>
 <title>Old</title><item><title>Talks</title><link>http://old.example/1</link></item>
 </channel></rss>"""
RSS090 = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Older</title></channel>
 <item><title>Talks</title><link>http://old.example/1</link></item></rdf:RDF>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="http://old.example/"><title>RDF</title><link>http://old.example/</link></channel>
 <item rdf:about="http://old.example/1"><title>Talks</title><link>http://old.example/1</link>
 <dc:date>2024-02-05T10:00:00Z</dc:date></item></rdf:RDF>"""
ATOM03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Atom</title>
 <entry><title>Talks</title><link rel="alternate" type="text/html" href="http://old.example/1"/>
 <id>tag:old.example,2024:1</id><issued>2024-02-05T10:00:00Z</issued></entry></feed>"""
ATOM10 = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Atom</title>
 <link rel="next" href="?page=2"/><entry xml:lang="fr"><title type="html">Talks</title>
 <link rel="enclosure" type="image/png" href="/i.png"/><link href="http://old.example/1"/>
 <id>tag:old.example,2024:1</id><published>2024-02-05T10:00:00Z</published>
 <updated>2024-02-06T10:00:00Z</updated><author><name>Ida</name></author>
 <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Text</p></div></content>
 </entry></feed>"""
PREFIXED = """<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>Atom</a:title><a:entry>
 <a:title>Talks</a:title><a:link href="http://old.example/1"/><a:id>x</a:id></a:entry></a:feed>"""


@pytest.mark.parametrize(
    ("document", "format_", "key"),
    [
        pytest.param(RSS091, "rss091n", "http://old.example/1", id="rss-0.91"),
        pytest.param(RSS090, "rss090", "http://old.example/1", id="rss-0.90"),
        pytest.param(RDF, "rss10", "http://old.example/1", id="rss-1.0"),
        pytest.param(ATOM03, "atom03", "tag:old.example,2024:1", id="atom-0.3"),
        pytest.param(ATOM10, "atom10", "tag:old.example,2024:1", id="atom-1.0"),
        pytest.param(PREFIXED, "atom10", "x", id="atom-prefixed"),
        pytest.param(
            RSS091.replace("0.91", "0.92").split(">", 1)[1], "rss092", "http://old.example/1", id="rss-0.92"
        ),
    ],
)  # fmt: skip
def test_xml_formats(document: str, format_: str, key: str) -> None:
    feed = parse(document)
    entry = only(feed)
    assert feed.format == format_
    assert (entry.key, entry.title, entry.url) == (key, "Talks", "http://old.example/1")


def test_atom_says_language_image_author_and_both_dates() -> None:
    feed = parse(ATOM10)
    entry = only(feed)
    assert feed.next == "http://courier.example/news/feed.xml?page=2"
    assert (entry.lang, entry.authors, entry.content) == ("fr", ("Ida",), "<p>Text</p>")
    assert entry.image == "http://courier.example/i.png"
    assert (entry.published_at, entry.updated_at) == (TEN, datetime(2024, 2, 6, 10, tzinfo=UTC))
    assert only(parse(ATOM03)).updated_at is None  # feedparser would answer with `issued`


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_json_feed(version: str) -> None:
    one = {
        "id": 17,
        "url": "/news/17",
        "title": "Talks",
        "content_text": "3 < 5",
        "date_published": "2024-02-05T13:00:00+03:00",
        "date_modified": "2024-02-05T10:00:00Z",
        "author": {"name": "Ida"},
        "tags": ["World", 3],
        "image": "/i.png",
    }
    feed = parse(
        json.dumps(
            {
                "version": f"https://jsonfeed.org/version/{version}",
                "title": "J",
                "language": "en",
                "feed_url": URL,
                "hubs": [{"type": "WebSub", "url": "http://hub.example/"}],
                "items": [one, "odd", {"id": "b", "content_html": "<p>x</p>"}],
            }
        )
    )
    assert feed.format == ("json11" if version == "1.1" else "json1")
    assert (feed.hub, feed.topic, len(feed.entries)) == ("http://hub.example/", URL, 2)
    first = feed.entries[0]
    assert (first.key, first.url) == ("17", "http://courier.example/news/17")
    assert (first.content, first.authors, first.categories) == ("3 &lt; 5", ("Ida",), ("World",))
    assert (first.published_at, first.updated_at, first.lang) == (TEN, TEN, "en")


NEWS = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
 <url><loc>http://courier.example/1</loc><image:image><image:loc>/1.jpg</image:loc></image:image>
 <news:news><news:publication><news:name>Courier</news:name><news:language>pl</news:language>
 </news:publication><news:publication_date>2024-02-05T10:00:00Z</news:publication_date>
 <news:title>Talks &amp;amp; more</news:title><news:keywords>a, b</news:keywords></news:news></url>
 <url><loc>http://courier.example/about</loc></url></urlset>"""


def test_news_sitemap() -> None:
    feed = parse(NEWS)
    assert (feed.format, feed.title, feed.lang, feed.id_kind) == (
        "news-sitemap", "Courier", "pl", "link",
    )  # fmt: skip
    assert only(feed) == ParsedEntry(
        key="http://courier.example/1",
        url="http://courier.example/1",
        title="Talks & more",
        categories=("a", "b"),
        lang="pl",
        image="http://courier.example/1.jpg",
        published_at=TEN,
        published_raw="2024-02-05T10:00:00Z",
    )


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        pytest.param("A &amp;amp; B", "A & B", id="double-escape"),
        pytest.param("A &amp;amp;amp; B", "A & B", id="triple-escape"),
        pytest.param("&lt;b&gt;Talks&lt;/b&gt; in &lt;i&gt;Minsk&lt;/i&gt;", "Talks in Minsk", id="markup"),
        pytest.param("&amp;lt;b&amp;gt;Talks&amp;lt;/b&amp;gt;", "Talks", id="escaped-markup"),
        pytest.param("One&lt;br/&gt;two", "One two", id="break"),
        pytest.param("3 &lt; 5 &gt; 4", "3 < 5 > 4", id="comparison"),
        pytest.param("&lt;Sputnik&gt; says", "<Sputnik> says", id="no-known-tag"),
        pytest.param("&lt;script&gt;alert(1)&lt;/script&gt;Talks", "Talks", id="script"),
        pytest.param("A\u00a0B&#160;C&amp;nbsp;D", "A B C D", id="nbsp"),
        pytest.param("A\x00\x08B\x1b[31m", "AB[31m", id="c0"),
        pytest.param("evil\u202egnp.exe", "evilgnp.exe", id="bidi"),
        pytest.param("e\u0301te\u0301", "été", id="nfc"),
        pytest.param("  two\n\n lines\t", "two lines", id="blanks"),
        pytest.param("it&#146;s", "it’s", id="windows-reference"),
        pytest.param("<![CDATA[R&D at AT&T]]>", "R&D at AT&T", id="bare-ampersands"),
        pytest.param("x" * 5000, "x" * 1000, id="long"),
    ],
)  # fmt: skip
def test_titles_become_plain_text(title: str, plain: str) -> None:
    assert only(parse(rss(item(title=title)))).title == plain


@pytest.mark.parametrize(
    ("link", "url"),
    [
        pytest.param("<link>news/1</link>", "http://courier.example/news/news/1", id="relative"),
        pytest.param("<link>javascript:alert(1)</link>", "", id="javascript"),
        pytest.param("<link> \n http://a.example/1 \n</link>", "http://a.example/1", id="blanks"),
        pytest.param("<link>http://a.example/?a=1&amp;amp;b=2</link>", "http://a.example/?a=1&b=2", id="double-escape"),
        pytest.param("<link/>", "", id="empty"),
        pytest.param("<link>http://[broken</link>", "", id="broken"),
        pytest.param("<link>http://user:pw@a.example/</link>", "", id="credentials"),
    ],
)  # fmt: skip
def test_links(link: str, url: str) -> None:
    assert only(parse(rss(item(link)))).url == url


def test_a_permalink_guid_is_the_link_where_there_is_none() -> None:
    entry = only(parse(rss("<item><guid>/p/1</guid><title>T</title></item>")))
    assert (entry.guid, entry.url) == ("/p/1", "http://courier.example/p/1")


@pytest.mark.parametrize(
    "url", ["http://courier.example/feed", "https://www.courier.example/moved/feed.xml"]
)
def test_ids_are_not_rewritten_by_a_redirect_or_a_base(url: str) -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://other.example/x/"><title>T</title>'
        '<entry><id>g1</id><title>T</title><link href="a"/></entry></feed>'
    )
    entry = only(parse(atom, url=url))
    assert (entry.key, entry.url) == ("g1", "http://other.example/x/a")
    assert only(parse(rss("<item><guid>p/1</guid><title>T</title></item>"), url=url)).key == "p/1"


# --- identities --------------------------------------------------------------------------------


def many(number: int, *, guid: str = "g{0}", link: str = "http://a.example/{0}") -> str:
    return rss(
        "".join(
            f"<item><guid isPermaLink='false'>{guid.format(n)}</guid><link>{link.format(n)}</link>"
            f"<title>T{n}</title></item>"
            for n in range(number)
        )
    )


def test_guids_identify_unless_they_are_empty_or_repeated() -> None:
    assert parse(many(20)).id_kind == "guid"
    same = parse(many(20, guid="same"))
    assert (same.id_kind, same.entries[3].key) == ("link", "http://a.example/3")
    assert parse(many(20, guid="")).id_kind == "link"
    neither = parse(many(20, guid="", link="http://a.example/"))
    assert neither.id_kind == "hash"
    assert len({entry.key for entry in neither.entries}) == 20


def test_one_repeated_guid_in_forty_is_no_reason_to_drop_guids() -> None:
    document = many(40).replace(">g1<", ">g0<")
    assert parse(document).id_kind == "guid"


def test_the_kind_of_identity_stays_what_it_was() -> None:
    assert parse(many(20), id_kind="link").entries[0].key == "http://a.example/0"
    assert parse(many(20, guid=""), id_kind="guid").entries[0].key == "http://a.example/0"
    assert parse(many(2), id_kind="nonsense").id_kind == "guid"


# --- encodings ---------------------------------------------------------------------------------

RUSSIAN = "Лавров предложил провести переговоры в Минске или Стамбуле"
UKRAINIAN = "Єрмак: їхні переговори відбудуться у Києві, а не в Мінську, ґрунт є"
POLISH = "Łukaszenka zaprosił prezydentów na rozmowy w Mińsku, żądając gwarancji"
TURKISH = "Erdoğan görüşmeyi İstanbul'da yapmayı teklif etti, şimdi yanıt bekleniyor"


def in_language(body: bytes, language: bytes) -> bytes:
    return body.replace(b"<channel>", b"<channel><language>" + language + b"</language>")


def encoded(title: str, encoding: str, declared: str = "") -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f"{declaration}<rss version='2.0'><channel><title>C</title>{item(title=title)}</channel></rss>"
    return text.encode(encoding, "replace")


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        pytest.param(encoded(RUSSIAN, "utf-8", "UTF-8"), "", RUSSIAN, id="utf-8"),
        pytest.param(encoded(RUSSIAN, "utf-8-sig"), "", RUSSIAN, id="utf-8-mark"),
        pytest.param(encoded(RUSSIAN, "utf-16"), "", RUSSIAN, id="utf-16-mark"),
        pytest.param(encoded(RUSSIAN, "utf-16-le", "utf-16"), "", RUSSIAN, id="utf-16-without-mark"),
        pytest.param(encoded(RUSSIAN, "cp1251", "windows-1251"), "", RUSSIAN, id="declared-1251"),
        pytest.param(encoded(RUSSIAN, "koi8-r", "koi8-r"), "text/xml; charset=utf-8", RUSSIAN, id="header-lies"),
        pytest.param(encoded(RUSSIAN, "cp1251"), "text/xml; charset=windows-1251", RUSSIAN, id="only-the-header"),
        pytest.param(encoded(RUSSIAN, "cp1251"), "text/xml", RUSSIAN, id="undeclared-1251"),
        pytest.param(encoded(RUSSIAN, "cp1251", "utf-8"), "", RUSSIAN, id="1251-called-utf-8"),
        pytest.param(encoded(RUSSIAN, "utf-8", "windows-1251"), "", RUSSIAN, id="utf-8-called-1251"),
        pytest.param(encoded(RUSSIAN, "utf-8"), "text/xml; charset=iso-8859-1", RUSSIAN, id="utf-8-called-latin-1"),
        pytest.param(encoded(RUSSIAN, "koi8-r"), "", RUSSIAN, id="undeclared-koi8"),
        pytest.param(encoded("Новости", "cp1251"), "", "Новости", id="undeclared-1251-one-word"),
        pytest.param(in_language(encoded("Genève: l’Élysée prêt", "cp1252"), b"fr-FR"), "", "Genève: l’Élysée prêt", id="undeclared-1252-fr"),
        pytest.param(in_language(encoded(POLISH, "iso8859-2"), b"pl"), "", POLISH, id="undeclared-latin-2-pl"),
        pytest.param(in_language(encoded(TURKISH, "cp1254"), b"tr"), "", TURKISH, id="undeclared-1254-tr"),
        pytest.param(encoded(UKRAINIAN, "cp1251"), "", UKRAINIAN, id="undeclared-1251-uk"),
        pytest.param(encoded(POLISH, "iso8859-2", "iso-8859-2"), "", POLISH, id="declared-latin-2"),
        pytest.param(encoded(TURKISH, "iso8859-9", "iso-8859-9"), "", TURKISH, id="declared-latin-5"),
        pytest.param(encoded("“Gipfel” – für", "cp1252", "iso-8859-1"), "", "“Gipfel” – für", id="1252-called-latin-1"),
        pytest.param(encoded(RUSSIAN, "utf-8", "nonsense"), "x; charset=base64", RUSSIAN, id="unknown-labels"),
        pytest.param(encoded(RUSSIAN, "utf-8").replace(b">C<", b">\xd0<"), "", RUSSIAN, id="one-broken-byte"),
    ],
)  # fmt: skip
def test_encodings(body: bytes, content_type: str, title: str) -> None:
    assert parse(body, content_type=content_type).entries[0].title == title


# --- what is broken, and what is none ----------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("\n\n  " + RSS2, id="blanks-first"),
        pytest.param("<br />\n<b>Warning</b>: mysql in /x.php on line 3<br />" + RSS2, id="php-warning"),
        pytest.param(RSS2.replace("<?xml version", "<?xml?xml version", 1), id="broken-declaration"),
        pytest.param(RSS2.replace("Talks in Minsk", "Talks \x0b\x1fin Minsk"), id="control-characters"),
        pytest.param(RSS2.replace("&amp;b=2", "&b=2"), id="bare-ampersand"),
        pytest.param(RSS2.replace("World</category>", "World &nbsp;</category>"), id="undeclared-entity"),
        pytest.param(RSS2.replace("</channel></rss>", ""), id="cut-after-an-item"),
        pytest.param(RSS2.replace("xmlns:media='http://search.yahoo.com/mrss/'", ""), id="undeclared-prefix"),
        pytest.param(RSS2 + "<!-- 0.01 s --><script>x</script>", id="junk-after"),
        pytest.param(RSS2.replace("utf-8", "UTF8", 1).replace("\n", "\r\n"), id="odd-label"),
        pytest.param(RSS2.replace("World", "World &#xD800; &#1114112;"), id="impossible-references"),
    ],
)  # fmt: skip
def test_broken_documents_still_give_their_entries(document: str) -> None:
    entry = parse(document).entries[0]
    assert (entry.key, entry.title) == ("g1", "Talks in Minsk")
    assert entry.url == "http://courier.example/news/1?a=1&b=2"
    assert entry.published_at == TEN


def test_a_document_that_ends_too_early_says_so() -> None:
    assert parse(RSS2.replace("</channel></rss>", "")).truncated
    assert not parse(RSS2.replace("&amp;b", "&b")).truncated


def test_an_empty_channel_is_a_feed() -> None:
    feed = parse(rss(""))
    assert (feed.entries, feed.title, feed.truncated) == ((), "Courier", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", "empty-body", id="nothing"),
        pytest.param(b" \r\n\xef\xbb\xbf", "empty-body", id="blanks"),
        pytest.param(b"<!DOCTYPE html><html><body>Hello</body></html>", "not-a-feed", id="html"),
        pytest.param(b"<p>gone<body>", "not-a-feed", id="tag-soup"),
        pytest.param(
            b"<html><title>Just a moment...</title></html>", "challenge-page", id="cloudflare"
        ),
        pytest.param(b"<html><script src=/ddos-guard/js></script>", "challenge-page", id="ddos"),
        pytest.param(
            b"<html><script src=/recaptcha.js></script>" + b"<p>News</p>" * 2000, "not-a-feed",
            id="page-with-a-captcha-script",
        ),
        pytest.param(b"%PDF-1.7 ...", "not-a-feed", id="pdf"),
        pytest.param(b"\x1f\x8b\x08junk", "not-a-feed", id="gzip"),
        pytest.param(b"\x00\x01\x02\xfe\xff" * 50, "not-a-feed", id="garbage"),
        pytest.param(b"plain words", "not-a-feed", id="text"),
        pytest.param(b"<opml><body/></opml>", "not-a-feed", id="opml"),
        pytest.param(b'{"items": 3}', "not-a-feed", id="json"),
        pytest.param(b'{"version": "https://jsonfeed.org', "not-a-feed", id="cut-json"),
        pytest.param(b"{" * 100_000, "not-a-feed", id="deep-json"),
        pytest.param(b"<urlset><url><loc>http://a.example/</loc></url></urlset>", "not-a-feed", id="sitemap"),
        pytest.param(
            b"<sitemapindex><sitemap><loc>http://a.example/news.xml</loc></sitemap></sitemapindex>",
            "not-a-feed", id="sitemap-index",
        ),
        pytest.param(b"<rss><channel", "not-a-feed", id="cut-at-once"),
    ],
)  # fmt: skip
def test_what_is_no_feed_says_what_it_is(body: bytes, code: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(body)
    assert error_code(caught.value) == code
    assert caught.value.thing == URL
    assert caught.value.reason and caught.value.way_out


def test_a_sitemap_index_names_the_way_on() -> None:
    body = b"<sitemapindex><sitemap><loc>http://a.example/news.xml</loc></sitemap></sitemapindex>"
    with pytest.raises(ParseError, match=r"add http://a\.example/news\.xml"):
        parse(body)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"))))
def test_plain_titles_take_no_other_way_than_odd_ones(title: str) -> None:
    odd = f"{title}\N{ZERO WIDTH SPACE}"  # dropped at the end, and looked for with everything else
    assert clean_line(title) == clean_line(odd)
