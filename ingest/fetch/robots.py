"""robots.txt as RFC 9309 has it. Pure: text in, verdict out.

What an answer means (`robots_status` of the host's record):

    200 and its like       the rules; kept 24 h
    4xx (not 429), or more no rules: everything is allowed; kept 24 h
      redirects than five
    everything else        unreachable: the last rules we saw hold on; where there were none,
                           nothing is allowed. Asked again after an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from ingest.fetch.result import Fetched, FetchResult, NotModified

PRODUCT: Final = "summitwatch"

KEEP: Final = timedelta(hours=24)
KEEP_UNREACHABLE: Final = timedelta(hours=1)

# RFC 9309 2.5: a limit must be at least 500 KiB.
MAX_CHARS: Final = 500 * 1024

# A crawl-delay above this would let one page a minute through; more is a ban in other words, and
# those who want one have Disallow.
MAX_CRAWL_DELAY_S: Final = 60.0

UNREACHABLE: Final = 0


def robots_url(url: str) -> str:
    """Return where a URL's robots.txt lies."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"


def read_answer(result: FetchResult) -> tuple[int, str]:
    """Return (status, rules) of a fetched robots.txt; status UNREACHABLE where it cannot be had.

    The rules are only the lines that concern us, see `our_rules`; "" where there are none.
    """
    if isinstance(result, Fetched):
        return result.status, our_rules(result.body.decode("utf-8", "replace"))
    if isinstance(result, NotModified):
        return UNREACHABLE, ""
    if result.code == "redirect-loop":
        return 404, ""
    if 400 <= result.status < 500 and result.status != 429 and result.code != "challenge":
        return result.status, ""
    return UNREACHABLE, ""


def is_fresh(status: int, asked_at: datetime | None, now: datetime) -> bool:
    """Whether what we know of a robots.txt still holds."""
    if asked_at is None:
        return False
    keep = KEEP if status != UNREACHABLE else KEEP_UNREACHABLE
    return timedelta(0) <= now - asked_at < keep


def our_rules(text: str) -> str:
    """Return the groups that name us, or else those for everybody, one rule a line.

    The rest is dropped before it is parsed: a file that names 20,000 crawlers over 20,000 rules
    takes a parser that keeps them all some hours.
    """
    ours: list[str] = []
    everybody: list[str] = []
    agents: set[str] = set()
    in_rules = True
    named = False
    for raw in text[:MAX_CHARS].replace("\ufeff", "").replace("\0", "").splitlines():
        line = raw.partition("#")[0].strip()
        field, _, value = line.partition(":")
        if not value and not line.endswith(":"):
            field, _, value = line.partition(" ")  # "Disallow /x" is meant all the same
        field = field.strip().lower()
        if field in {"user-agent", "useragent"}:
            if in_rules:
                agents, in_rules = set(), False
            agents.add(value.strip().lower().partition("/")[0])
            named = named or PRODUCT in agents
        elif field in {"sitemap", "host", ""}:
            continue  # belong to no group
        else:
            in_rules = True
            if PRODUCT in agents:
                ours.append(line)
            if "*" in agents:
                everybody.append(line)
    chosen = ours if named else everybody
    return "\n".join(["User-agent: *", *chosen]) if chosen else ""


def is_allowed(status: int, rules: str, url: str) -> bool:
    """Whether a page may be fetched under the rules of its host."""
    if status == UNREACHABLE and not rules:
        return False
    return not rules or bool(_parsed(rules).can_fetch(url, PRODUCT))


def crawl_delay_s(rules: str) -> float | None:
    """Return the pause that the rules ask for, at most a minute; None where they ask for none."""
    if not rules:
        return None
    parsed = _parsed(rules)
    asked = [delay for delay in (parsed.crawl_delay(PRODUCT),) if delay is not None]
    rate = parsed.request_rate(PRODUCT)
    if rate is not None:
        asked.append(rate.seconds / rate.requests)
    return min(max(asked), MAX_CRAWL_DELAY_S) if asked else None


@lru_cache(maxsize=64)
def _parsed(rules: str) -> Protego:
    return Protego.parse(rules)
