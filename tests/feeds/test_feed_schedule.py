"""The polling policy: one row a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feeds.parsed import ParsedEntry, ParsedFeed
from ingest.feeds.schedule import (
    Changed,
    Failed,
    PollPolicy,
    PollResponse,
    Unchanged,
    moved_url,
    next_state,
    should_send_validators,
)
from ingest.fetch.result import Fetched, Hop, NotModified
from ingest.model import Feed, FeedState
from ingest.settings import PollSettings

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)  # a Wednesday
MIN, HOUR, DAY = 60.0, 3600.0, 86_400.0
URL = "http://courier.example/feed"
POLICY = PollPolicy(feed_id="feed")
OWN = replace(POLICY, own_interval_s=300)


def unchanged(*, hops: tuple[Hop, ...] = (), **headers: str) -> Unchanged:
    return Unchanged(NotModified(URL, URL, named(headers), NOW, hops))


def changed(
    new: int = 0,
    ids: tuple[str, ...] = ("a", "b"),
    *,
    status: int = 200,
    hops: tuple[Hop, ...] = (),
    final_url: str = URL,
    parsed: ParsedFeed | None = None,
    **headers: str,
) -> Changed:
    result = Fetched(URL, final_url, status, named(headers), b"<rss/>", NOW, hops)
    return Changed(result, parsed or ParsedFeed(), new, max(0, len(ids) - new), ids)


def failed(code: str, status: int = 0, *, passing: bool = True, **headers: str) -> Failed:
    return Failed(code, "why", status, named(headers), (), passing)


def named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def well(**changes: object) -> FeedState:
    """A feed that was polled on time for a while."""
    state = FeedState(
        etag='"old"',
        first_success_at=NOW - timedelta(days=30),
        last_success_at=NOW - timedelta(minutes=15),
        last_checked_at=NOW - timedelta(minutes=15),
        last_new_at=NOW - timedelta(minutes=5),
        last_unconditional_at=NOW - timedelta(hours=2),
        next_check_at=NOW,
        on_time_successes=20,
        recent_ids=("a", "b"),
    )
    return replace(state, **changes)  # type: ignore[arg-type]


def wait(state: FeedState) -> float:
    assert state.next_check_at is not None
    return (state.next_check_at - NOW).total_seconds()


def dated(*hours_ago: float) -> ParsedFeed:
    return ParsedFeed(
        entries=tuple(
            ParsedEntry(key=str(n), published_at=NOW - timedelta(hours=ago))
            for n, ago in enumerate(hours_ago)
        )
    )


DATE = format_datetime(NOW + timedelta(hours=5), usegmt=True)


@pytest.mark.parametrize(
    ("state", "response", "policy", "shortest", "longest"),
    [
        pytest.param(FeedState(), changed(2), POLICY, 7 * MIN, 15 * MIN, id="default-is-15-minutes"),
        pytest.param(well(), unchanged(), POLICY, 13 * MIN, 18 * MIN, id="stays-at-its-pace"),
        pytest.param(well(interval_s=3600), changed(9), POLICY, 15 * MIN, 40 * MIN, id="many-new-shorten"),
        pytest.param(well(last_new_at=NOW - timedelta(days=6)), unchanged(), POLICY, 2 * HOUR, 6.4 * HOUR, id="silence-lengthens"),
        pytest.param(well(), changed(1, parsed=dated(0, 24, 48, 72, 96)), POLICY, 1.5 * HOUR, 13 * HOUR, id="dates-tell-a-slow-pace"),
        pytest.param(well(interval_s=9000), changed(1, parsed=dated(0, 0.05, 0.1, 0.15)), POLICY, 13 * MIN, 20 * MIN, id="dates-tell-a-fast-pace"),
        pytest.param(well(), changed(parsed=ParsedFeed(ttl_s=1800)), POLICY, 27 * MIN, 33 * MIN, id="ttl-lifts"),
        pytest.param(well(), changed(parsed=ParsedFeed(ttl_s=7 * 86_400)), POLICY, 54 * MIN, 66 * MIN, id="ttl-lifts-to-an-hour-at-most"),
        pytest.param(well(), changed(parsed=ParsedFeed(update_period_s=3600)), POLICY, 54 * MIN, 66 * MIN, id="update-period-lifts"),
        pytest.param(well(hint_s=1800), unchanged(), POLICY, 27 * MIN, 33 * MIN, id="ttl-holds-over-a-304"),
        pytest.param(well(), unchanged(cache_control="max-age=2400"), POLICY, 36 * MIN, 44 * MIN, id="max-age-lifts"),
        pytest.param(well(), unchanged(cache_control="max-age=2400", age="1200"), POLICY, 18 * MIN, 22 * MIN, id="age-is-taken-off"),
        pytest.param(well(), unchanged(cache_control="no-cache, max-age=3600"), POLICY, 13 * MIN, 18 * MIN, id="no-cache-cancels-max-age"),
        pytest.param(well(), unchanged(cache_control="max-age=99999999"), POLICY, 54 * MIN, 66 * MIN, id="max-age-lifts-to-an-hour-at-most"),
        pytest.param(well(), unchanged(expires=DATE), POLICY, 54 * MIN, 66 * MIN, id="expires-lifts"),
        pytest.param(well(interval_s=7200, last_new_at=NOW), unchanged(cache_control="max-age=60"), POLICY, 1.7 * HOUR, 2.3 * HOUR, id="hints-never-shorten"),
        pytest.param(well(), changed(parsed=ParsedFeed(ttl_s=3600)), OWN, 300, 300, id="own-interval-beats-hints"),
        pytest.param(well(), failed("http-429", 429, retry_after="7200"), OWN, 2 * HOUR, 3.4 * HOUR, id="refusals-beat-own-interval"),
        pytest.param(well(), failed("http-429", 429), POLICY, HOUR, 2.4 * HOUR, id="429-without-retry-after"),
        pytest.param(well(), failed("http-429", 429, cache_control="max-age=10800"), POLICY, 3 * HOUR, 4.5 * HOUR, id="429-with-max-age"),
        pytest.param(well(), failed("http-503", 503, retry_after=DATE), POLICY, 5 * HOUR, 5.6 * HOUR, id="503-with-a-date"),
        pytest.param(well(), failed("http-429", 429, retry_after="316800"), POLICY, 24 * HOUR, 28 * HOUR, id="retry-after-is-capped-at-a-day"),
        pytest.param(well(), failed("http-404", 404, retry_after="7200"), POLICY, 15 * MIN, 30 * MIN, id="retry-after-counts-on-429-and-503"),
        pytest.param(well(), failed("robots"), POLICY, 24 * HOUR, 27 * HOUR, id="robots-rest-a-day"),
        pytest.param(well(), failed("challenge", 403), POLICY, 6 * HOUR, 7 * HOUR, id="challenge-backs-off-long"),
        pytest.param(well(), failed("challenge-page", 200), POLICY, 6 * HOUR, 7 * HOUR, id="challenge-page-backs-off-long"),
        pytest.param(well(), failed("timeout"), POLICY, 22 * MIN, 25 * MIN, id="first-failure-waits-longer"),
        pytest.param(well(interval_s=14_400), failed("timeout"), POLICY, 18 * MIN, 25 * MIN, id="a-quiet-feed-that-stumbles-is-asked-soon"),
        pytest.param(well(interval_s=14_400, failures=1.0), failed("timeout"), POLICY, 9 * HOUR, 11 * HOUR, id="then-it-waits-longer-than-ever"),
        pytest.param(well(interval_s=14_400), failed("http-403", 403, passing=False), POLICY, 7.9 * HOUR, 9 * HOUR, id="a-refusal-is-no-stumble"),
        pytest.param(well(failures=9.0), failed("timeout"), POLICY, 2.6 * HOUR, 2.9 * HOUR, id="failures-back-off"),
        pytest.param(well(failures=999.0), failed("http-404", 404), POLICY, 24 * HOUR, 27 * HOUR, id="failures-never-kill"),
        pytest.param(well(), failed("http-410", 410), OWN, 30 * DAY, 31 * DAY, id="410-asks-again-monthly"),
        pytest.param(well(gone=True), failed("http-404", 404), POLICY, 30 * DAY, 31 * DAY, id="gone-stays-gone"),
        pytest.param(well(), failed("resting", retry_after="600"), POLICY, 600, 600, id="resting-is-no-answer"),
        pytest.param(well(), changed(parsed=ParsedFeed(skip_hours=(10, 11, 12))), POLICY, 3 * HOUR, 3.3 * HOUR, id="skip-hours"),
        pytest.param(well(), changed(parsed=ParsedFeed(skip_days=(2,))), POLICY, 14 * HOUR, 14.3 * HOUR, id="skip-days"),
        pytest.param(well(), changed(parsed=ParsedFeed(skip_days=(2, 3, 4, 5, 6, 0))), POLICY, 24 * HOUR, 24.6 * HOUR, id="skips-cost-a-day-at-most"),
        pytest.param(well(), changed(parsed=ParsedFeed(skip_hours=(10, 11))), OWN, 300, 300, id="own-interval-beats-skips"),
    ],
)  # fmt: skip
def test_next_check(
    state: FeedState, response: PollResponse, policy: PollPolicy, shortest: float, longest: float
) -> None:
    after = next_state(state, response, NOW, policy)
    assert shortest <= wait(after) <= longest, after.why
    assert after.why


def test_jitter_is_a_feeds_own() -> None:
    waits = {
        wait(next_state(well(), unchanged(), NOW, replace(POLICY, feed_id=f"feed-{n}")))
        for n in range(50)
    }
    assert len(waits) > 25
    assert all(13 * MIN < one < 20 * MIN for one in waits)
    again = [wait(next_state(well(), unchanged(), NOW, POLICY)) for _ in range(2)]
    assert again[0] == again[1]


def test_policy_comes_from_settings_and_feed() -> None:
    settings = PollSettings(interval_s=600, quiet_cap_s=7200, hint_cap_s=1800, refusal_cap_s=9000)
    policy = PollPolicy.of(settings, Feed(id="f", url=URL, interval_s=120))
    assert policy == PollPolicy(600, 7200, 1800, 9000, 120, "f")


@pytest.mark.parametrize("cap_h", [1, 4, 12])
def test_a_quiet_feed_waits_as_long_as_the_desk_allows(cap_h: int) -> None:
    policy = replace(POLICY, quiet_cap_s=cap_h * 3600)
    state = well(last_new_at=NOW - timedelta(days=90))
    for _ in range(20):
        state = next_state(state, unchanged(), NOW, policy)
    assert wait(state) == pytest.approx(cap_h * HOUR, rel=0.05)


@pytest.mark.parametrize(
    ("code", "status", "passing", "weight"),
    [
        pytest.param("http-403", 403, False, 1.0, id="hard"),
        pytest.param("blocked-address", 0, False, 1.0, id="blocked"),
        pytest.param("http-404", 404, False, 0.5, id="soft-404"),
        pytest.param("http-502", 502, True, 0.5, id="soft-5xx"),
        pytest.param("not-a-feed", 200, True, 0.5, id="soft-html"),
        pytest.param("empty-body", 200, True, 0.5, id="soft-empty"),
        pytest.param("redirect-loop", 0, True, 0.25, id="passing"),
    ],
)
def test_failures_weigh_by_kind(code: str, status: int, passing: bool, weight: float) -> None:
    after = next_state(well(failures=1.0), failed(code, status, passing=passing), NOW, POLICY)
    assert after.failures == 1.0 + weight
    assert (after.error, after.error_detail, after.last_status) == (code, "why", status)
    assert after.failing_since == NOW
    assert (after.etag, after.last_success_at) == ('"old"', well().last_success_at)


def test_failing_since_is_the_first_failure() -> None:
    first = next_state(well(), failed("dns"), NOW, POLICY)
    later = next_state(first, failed("dns"), NOW + timedelta(hours=1), POLICY)
    assert later.failing_since == NOW


def test_a_request_that_was_not_made_changes_nothing_but_the_time() -> None:
    before = well()
    after = next_state(before, failed("busy-host"), NOW, POLICY)
    assert replace(after, next_check_at=before.next_check_at, why=before.why) == before


# --- validators --------------------------------------------------------------------------------


def test_validators_are_kept_as_they_came() -> None:
    after = next_state(well(), changed(etag='W/"x y"', last_modified="odd date"), NOW, POLICY)
    assert (after.etag, after.last_modified) == ('W/"x y"', "odd date")


def test_both_validators_are_replaced_after_a_200() -> None:
    after = next_state(well(last_modified="old"), changed(etag='"new"'), NOW, POLICY)
    assert (after.etag, after.last_modified) == ('"new"', "")


def test_a_304_updates_the_validators_that_it_names() -> None:
    after = next_state(well(last_modified="old"), unchanged(etag='"new"'), NOW, POLICY)
    assert (after.etag, after.last_modified, after.unchanged_streak) == ('"new"', "old", 1)


@pytest.mark.parametrize("expires", ["0", " -1 "])
def test_expires_0_keeps_no_validators(expires: str) -> None:
    after = next_state(well(), changed(etag='"x"', expires=expires), NOW, POLICY)
    assert (after.etag, after.last_modified) == ("", "")


def test_a_truncated_document_keeps_no_validators() -> None:
    after = next_state(well(), changed(etag='"x"', parsed=ParsedFeed(truncated=True)), NOW, POLICY)
    assert after.etag == ""


def test_a_200_with_the_same_etag_is_a_change() -> None:
    after = next_state(well(), changed(1, etag='"old"'), NOW, POLICY)
    assert (after.last_new_at, after.unchanged_streak) == (NOW, 0)


@pytest.mark.parametrize(
    ("state", "ignore_cache", "sent"),
    [
        pytest.param(well(), False, True, id="within-the-day"),
        pytest.param(well(last_unconditional_at=NOW - timedelta(days=1)), False, False, id="once-a-day-not"),
        pytest.param(well(last_unconditional_at=None), False, False, id="never-seen-whole"),
        pytest.param(well(etag="", last_modified=""), False, False, id="none-known"),
        pytest.param(well(), True, False, id="switched-off-for-the-feed"),
    ],
)  # fmt: skip
def test_validators_are_sent(state: FeedState, ignore_cache: bool, sent: bool) -> None:
    assert should_send_validators(state, NOW, ignore_cache=ignore_cache) is sent


def test_a_day_of_304s_ends_in_an_unconditional_fetch() -> None:
    state, now = next_state(well(), changed(etag='"x"'), NOW, POLICY), NOW
    conditional = 0
    while should_send_validators(state, now):
        conditional += 1
        assert state.next_check_at is not None
        now = state.next_check_at
        state = next_state(state, unchanged(), now, POLICY)
    assert timedelta(days=1) <= now - NOW < timedelta(days=2)
    assert conditional > 3


# --- moves -------------------------------------------------------------------------------------

TO = "https://www.courier.example/feed"


def moving(codes: tuple[int, ...] = (301,), to: str = TO) -> Changed:
    return changed(hops=tuple(Hop(URL, code, to) for code in codes), final_url=to)


def after_moves(responses: list[PollResponse], days: float) -> tuple[FeedState, datetime]:
    state, now = well(), NOW
    for number, response in enumerate(responses):
        now = NOW + timedelta(days=days * number / max(1, len(responses) - 1))
        state = next_state(state, response, now, POLICY)
    return state, now


@pytest.mark.parametrize(
    ("responses", "days", "url"),
    [
        pytest.param([moving()] * 5, 7, TO, id="five-in-seven-days"),
        pytest.param([moving((308,))] * 5, 7, TO, id="308"),
        pytest.param([moving((301, 308))] * 5, 7, TO, id="chain-permanent"),
        pytest.param([moving()] * 4, 7, "", id="four-are-too-few"),
        pytest.param([moving()] * 50, 6.9, "", id="too-short-a-time"),
        pytest.param([moving((302,))] * 9, 9, "", id="302-never"),
        pytest.param([moving((307,))] * 9, 9, "", id="307-never"),
        pytest.param([moving((301, 302))] * 9, 9, "", id="chain-with-a-302"),
        pytest.param([*[moving()] * 8, changed()], 9, "", id="back-again"),
        pytest.param([*[moving()] * 8, moving(to="http://spam.example/")], 9, "", id="other-target"),
        pytest.param([*[moving()] * 4, failed("timeout"), moving()], 9, TO, id="a-failure-between"),
    ],
)  # fmt: skip
def test_moved_url(responses: list[PollResponse], days: float, url: str) -> None:
    state, now = after_moves(responses, days)
    assert moved_url(state, now) == url


# --- the rest ----------------------------------------------------------------------------------


def test_410_mutes_and_a_success_unmutes() -> None:
    gone = next_state(well(), failed("http-410", 410), NOW, POLICY)
    assert gone.gone
    assert not next_state(gone, changed(), NOW, POLICY).gone


@pytest.mark.parametrize(
    ("response", "has_gap"),
    [
        pytest.param(changed(2, ("c", "d")), True, id="nothing-in-common"),
        pytest.param(changed(1, ("b", "c")), False, id="one-in-common"),
        pytest.param(changed(1, ("c",)), False, id="shorter-document"),
        pytest.param(changed(2, ("c", "d"), status=226), False, id="226-is-partial"),
        pytest.param(changed(0, ()), False, id="empty-document"),
    ],
)
def test_a_feed_that_rolled_over_leaves_a_gap(response: Changed, has_gap: bool) -> None:
    after = next_state(well(), response, NOW, POLICY)
    assert (after.gap_from is not None) is has_gap
    if has_gap:
        assert (after.gap_from, after.gap_to) == (well().last_success_at, NOW)
        assert "missed" in after.why


def test_a_gap_ends_with_the_oldest_entry_seen() -> None:
    state = well(last_success_at=NOW - timedelta(hours=9))
    after = next_state(state, changed(2, ("c", "d"), parsed=dated(1, 3)), NOW, POLICY)
    assert after.gap_to == NOW - timedelta(hours=3)


def test_a_success_records_what_the_document_says() -> None:
    parsed = ParsedFeed(hub="http://hub.example/", topic=URL, id_kind="link")
    after = next_state(well(), changed(1, ("b", "x"), parsed=parsed), NOW, POLICY)
    assert (after.hub, after.topic, after.id_kind) == ("http://hub.example/", URL, "link")
    assert after.recent_ids == ("b", "x")
    assert len(after.body_hash) == 64
    assert after.last_unconditional_at == NOW


# --- properties --------------------------------------------------------------------------------

times = st.datetimes(
    min_value=datetime(1995, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
values = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**20), 10**20).map(str),
    times.map(lambda at: format_datetime(at, usegmt=True)),
    st.sampled_from(["max-age=99999999999999999999", "no-store", "Thu, 01 Jan 9999 00:00:00 GMT"]),
)
headers = st.dictionaries(
    st.sampled_from(["retry-after", "cache-control", "age", "expires", "etag", "last-modified"]), values
)  # fmt: skip
hops = st.lists(
    st.builds(Hop, st.just(URL), st.sampled_from([301, 302, 307, 308])), max_size=3
).map(tuple)
ids = st.lists(st.sampled_from("abcdef"), unique=True).map(tuple)
parsed_feeds = st.builds(
    ParsedFeed,
    entries=st.lists(
        st.builds(ParsedEntry, key=st.just("k"), published_at=st.none() | times), max_size=6
    ).map(tuple),
    ttl_s=st.none() | st.integers(0, 10**9),
    skip_hours=st.sets(st.integers(0, 23), max_size=23).map(lambda s: tuple(sorted(s))),
    skip_days=st.sets(st.integers(0, 6), max_size=6).map(lambda s: tuple(sorted(s))),
    truncated=st.booleans(),
)
responses = st.one_of(
    st.builds(Unchanged, st.builds(NotModified, st.just(URL), st.just(URL), headers, times, hops)),
    st.builds(
        Changed,
        st.builds(Fetched, st.just(URL), st.just(TO), st.sampled_from([200, 226]), headers, st.binary(max_size=9), times, hops),
        parsed_feeds,
        st.integers(0, 3000),
        st.integers(0, 3000),
        ids,
    ),
    st.builds(
        Failed,
        st.sampled_from(["dns", "timeout", "not-a-feed", "robots", "resting", "challenge", "http-410", "http-429", "odd"]),
        st.text(max_size=20),
        st.sampled_from([0, 200, 403, 404, 410, 429, 503]),
        headers,
        hops,
        st.booleans(),
    ),
)  # fmt: skip
policies = st.builds(
    PollPolicy,
    interval_s=st.integers(60, 86_400),
    own_interval_s=st.none() | st.integers(60, 10**7),
    feed_id=st.text(max_size=8),
)


@given(times, st.lists(st.tuples(responses, st.integers(0, 10**6)), max_size=6), policies)
def test_whatever_happens_there_is_a_next_check_and_a_success_heals(
    now: datetime, answers: list[tuple[PollResponse, int]], policy: PollPolicy
) -> None:
    state = FeedState()
    for response, later in answers:
        now += timedelta(seconds=later)
        before, state = state, next_state(state, response, now, policy)
        assert state.next_check_at is not None
        assert now + timedelta(seconds=60) <= state.next_check_at <= now + timedelta(days=31)
        assert state.why.startswith("in ")
        if isinstance(response, Failed):
            assert state.etag == before.etag
            assert state.failures >= before.failures
        else:
            assert (state.failures, state.error, state.failing_since) == (0.0, "", None)
