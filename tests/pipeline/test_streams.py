from __future__ import annotations

import asyncio

import pytest

from ingest.pipeline import streams


async def collect(groups, work, *, should_stop=lambda: False, size=lambda _: 0):
    return [
        chunk async for chunk in streams.by_host(groups, work, should_stop=should_stop, size=size)
    ]


async def echo(item):
    await asyncio.sleep(0)
    return item


def test_every_item_comes_once():
    groups = {f"h{n}": [f"{n}-{k}" for k in range(7)] for n in range(30)}
    chunks = asyncio.run(collect(groups, echo))
    assert sorted(x for c in chunks for x in c) == sorted(x for g in groups.values() for x in g)
    assert max(map(len, chunks)) <= streams.CHUNK_ITEMS


def test_items_of_one_host_run_one_after_another_and_hosts_side_by_side():
    running = {"a": 0, "b": 0}
    together = []

    async def work(item):
        host = item[0]
        running[host] += 1
        assert running[host] == 1
        await asyncio.sleep(0.001)
        together.append(sum(running.values()))
        running[host] -= 1
        return item

    asyncio.run(collect({"a": ["a1", "a2", "a3"], "b": ["b1", "b2", "b3"]}, work))
    assert max(together) == 2


def test_a_chunk_closes_when_it_is_heavy():
    chunks = asyncio.run(collect({"a": list(range(6))}, echo, size=lambda _: streams.CHUNK_BYTES))
    assert [len(chunk) for chunk in chunks] == [1] * 6


def test_stop_begins_nothing_new_but_keeps_what_was_done():
    done = []

    async def work(item):
        done.append(item)
        return item

    chunks = asyncio.run(collect({"a": list(range(99))}, work, should_stop=lambda: len(done) >= 5))
    assert [x for c in chunks for x in c] == done == [0, 1, 2, 3, 4]


def test_an_error_ends_the_stream():
    async def work(item):
        if item == 3:
            raise ValueError("three")
        return item

    with pytest.raises(ValueError, match="three"):
        asyncio.run(collect({"a": list(range(9))}, work))


def test_a_slow_host_does_not_hold_back_the_others(monkeypatch):
    monkeypatch.setattr(streams, "LINGER_S", 0.01)
    release = asyncio.Event()

    async def work(item):
        if item == "slow":
            await release.wait()
        return item

    async def main():
        seen = []
        async for chunk in streams.by_host(
            {"a": ["slow"], "b": ["quick"]}, work, should_stop=lambda: False, size=lambda _: 0
        ):
            seen.append(chunk)
            release.set()
        return seen

    assert asyncio.run(main()) == [["quick"], ["slow"]]


def test_nothing_to_do_gives_no_chunk():
    assert asyncio.run(collect({}, echo)) == []
