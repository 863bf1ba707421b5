"""What a pass that went well says of the whole: troubles that are over, and two that nobody raises.

That no feed answers, and that nothing is stored any more, are no errors of any one step.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.archive import Archive
from ingest.coverage import ago
from ingest.errors import ArchiveError
from ingest.metrics import kind_of
from ingest.model import Feed
from ingest.store.port import Where

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.ops import Alarms
    from ingest.settings import Settings
    from ingest.store.port import Store

NO_ANSWER = ("dns", "dns-again", "connect", "tls", "proxy", "timeout")
ENOUGH_FEEDS = (
    10  # fewer may all be down at once without our being cut off, unless there are no more
)


async def after_pass(
    alarms: Alarms,
    settings: Settings,
    store: Store,
    counters: Mapping[str, int],
    now: datetime,
) -> None:
    """Resolve what is over, raise `network` and `quiet` where they are so, and else beat.

    Args:
        counters: of the pass that has just ended well.

    Raises:
        StoreError: the store failed meanwhile.
    """
    await alarms.resolved("settings")
    await alarms.resolved("store")
    is_well = await _look_at_archive(alarms, settings)
    polled = store.count(Feed, Where("muted", "=", False))
    answered = is_cut_off(counters, polled)
    if answered is True:
        await alarms.raise_("network", f"none of {counters['feeds_polled']} feeds could be reached")
    elif answered is False:
        await alarms.resolved("network")
    since = quiet_since(store, polled)
    limit = timedelta(seconds=settings.ops.quiet_after_s)
    is_quiet = bool(limit) and since is not None and now - since >= limit
    if is_quiet:
        assert since is not None
        await alarms.raise_(
            "quiet",
            f"no article was stored for {ago((now - since).total_seconds())}, though passes go well"
            " (see feeds list; ops.quiet_after sets the time)",
        )
    else:
        await alarms.resolved("quiet")
    if is_well and not is_quiet and not alarms.is_raised("network"):
        await alarms.heartbeat()


def is_cut_off(counters: Mapping[str, int], feeds: int) -> bool | None:
    """Whether no feed could even be reached, by a pass's counters; None: too few to tell."""
    polled = counters.get("feeds_polled", 0)
    unreached = sum(counters.get(kind_of("feeds_failed", code), 0) for code in NO_ANSWER)
    if unreached < polled:
        return False
    return True if 0 < min(ENOUGH_FEEDS, feeds) <= polled else None


def quiet_since(store: Store, feeds: int) -> datetime | None:
    """When the newest article was stored, else when the first feed was added; None without feeds."""
    if not feeds:
        return None
    newest = store.find_articles(order_by="-first_stored_at", limit=1)
    if newest:
        return newest[0].first_stored_at
    added = [feed.added_at for feed in store.find(Feed) if feed.added_at]
    return min(added, default=None)


async def _look_at_archive(alarms: Alarms, settings: Settings) -> bool:
    """Resolve the archive's trouble only if it can be written again: a pass may not have tried."""
    if not alarms.is_raised("archive"):
        return True
    try:
        Archive(settings.archive.url).probe()
    except ArchiveError as exc:
        await alarms.raise_("archive", exc)
        return False
    await alarms.resolved("archive")
    return True
