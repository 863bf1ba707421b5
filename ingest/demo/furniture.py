"""What a real site puts around every article: menus, cards, styles, configuration. Pure.

A menu of every topic, cards of other articles, link lists, icons, style sheets and configuration
in the page itself: real pages weigh 115 kB at the median, those without such furniture 5. Rendered
once a site and kept, for it is the same on all of a site's pages.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2

    from ingest.demo.records import Site

# At 100 kB: with an article some 750 elements, as the median of real pages has.
_MENU_LINKS, _CARDS, _FOOTER_LINKS, _ICONS = 70, 20, 20, 30
_RULE = ".{name}-{number}{{color:#{color};margin:{a}px {b}px 0;border-bottom:1px solid #{edge}}}\n"


@dataclass(frozen=True, slots=True)
class Headline:
    """Another article of the site, as a card shows it."""

    title: str
    url: str
    section: str
    date: str


@dataclass(frozen=True, slots=True)
class Furniture:
    """Markup for three places of a page; empty strings where pages stay light.

    Attributes:
        head: styles and configuration, the last in <head>.
        top: icons and the menu, the first in <body>.
        bottom: cards, link lists and the site's state, the last in <body>.
    """

    head: str = ""
    top: str = ""
    bottom: str = ""

    def around(self, html: str) -> str:
        """The page with the furniture in it."""
        html = html.replace("</head>", f"{self.head}</head>", 1)
        html = re.sub(r"<body[^>]*>", lambda match: match[0] + self.top, html, count=1)
        before, end, after = html.rpartition("</body>")
        return f"{before}{self.bottom}{end}{after}"


@lru_cache(maxsize=64)
def furniture(
    template: jinja2.Template, site: Site, headlines: tuple[Headline, ...], weight: int
) -> Furniture:
    """Furniture of a site's pages.

    Args:
        template: has the macros `head`, `top` and `bottom`.
        headlines: for the cards and the menu's topics; the same for all pages of the site.
        weight: kilobytes (1,000 bytes in the site's charset), within a few per cent; 0 for none.
            Markup grows with it, styles and configuration fill what is left.
    """
    if weight <= 0 or not headlines:
        return Furniture()
    share = weight / 100
    topics = tuple(_repeated(_topics(site, headlines), round(_MENU_LINKS * share)))
    links = tuple(_repeated(topics[::-1], round(_FOOTER_LINKS * share)))
    cards = tuple(_repeated(headlines, round(_CARDS * share)))
    icons = tuple(_drawn(site, number) for number in range(round(_ICONS * share)))
    macros: Any = template.module
    top = str(macros.top(site, topics, icons))
    bottom = str(macros.bottom(site, cards, links, icons))
    left = weight * 1000 - sum(
        len(part.encode(site.charset, "xmlcharrefreplace")) for part in (top, bottom)
    )
    return Furniture(
        head=str(macros.head(_styles(site, left // 2), _settings(site, left // 2))),
        top=top,
        bottom=bottom,
    )


def _repeated(values: tuple[Any, ...], count: int) -> Iterator[Any]:
    return (values[index % len(values)] for index in range(count))


def _topics(site: Site, headlines: tuple[Headline, ...]) -> tuple[str, ...]:
    """Names for the menu: sections, rubrics, and the long words of headlines."""
    words = re.findall(r"[^\W\d_]{5,}", " ".join(headline.title for headline in headlines))
    named = (word[0].upper() + word[1:] for word in words)
    return tuple(dict.fromkeys((*site.sections, *site.rubrics, *named)))


def _digits(site: Site, number: int) -> str:
    """Hexadecimal digits that look like chance and are the same in every run."""
    return hashlib.sha256(f"{site.key} {number}".encode()).hexdigest()


def _drawn(site: Site, number: int) -> str:
    """The path of an icon in a square of 256."""
    steps = bytes.fromhex(_digits(site, number))[:16]
    lines = (f"L{x} {y}" for x, y in zip(steps[::2], steps[1::2], strict=True))
    return f"M0 0{''.join(lines)}Z"


def _styles(site: Site, size: int) -> str:
    """CSS rules of about so many bytes."""
    names = ("card", "menu", "grid", "badge", "button", "stack")
    rules: list[str] = []
    while size > 0:
        number = len(rules)
        digits = _digits(site, number)
        rule = _RULE.format(
            name=names[number % len(names)],
            number=number,
            color=digits[:6],
            edge=digits[6:12],
            a=int(digits[12], 16),
            b=int(digits[13], 16),
        )
        rules.append(rule)
        size -= len(rule)
    return "".join(rules)


def _settings(site: Site, size: int) -> dict[str, dict[str, Any]]:
    """Switches of the site's scripts, about so many bytes as JSON."""
    switches: dict[str, dict[str, Any]] = {}
    while size > 0:
        number = len(switches)
        digits = _digits(site, -number)
        switch = {"on": number % 3 > 0, "share": int(digits[:2], 16), "key": digits[2:34]}
        name = f"{site.key}.switch.{number}"
        switches[name] = switch
        size -= len(json.dumps({name: switch}))
    return switches
