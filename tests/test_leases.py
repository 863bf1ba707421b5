from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import LeaseHeldError, MigratingError
from ingest.leases import LEASE_TTL, lease, wait_to_write
from ingest.model import Lease
from ingest.store import open_store

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with open_store(f"sqlite:///{tmp_path}/s.sqlite") as found:
        yield found


def clock():
    return NOW


def held_by(pid, host=None, expires=NOW + LEASE_TTL):
    host = host or socket.gethostname()
    return Lease(id="poll", holder="x", host=host, pid=pid, started_at=NOW, expires_at=expires)


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_run_is_told_who_holds_it(store):
    first, second = (lease(store, "poll", clock=clock) for _ in range(2))
    with first, pytest.raises(LeaseHeldError) as error, second:
        pass
    assert str(os.getpid()) in str(error.value)
    assert socket.gethostname() in str(error.value)
    assert "2026-03-02 00:00:00Z" in str(error.value)
    assert "00:05:00Z" in str(error.value)
    assert error.value.exit_code == 4


def test_it_is_given_back(store):
    for _ in range(2):
        with lease(store, "poll", clock=clock):
            assert store.get(Lease, "poll") is not None
    assert store.get(Lease, "poll") is None


def test_other_names_do_not_collide(store):
    with lease(store, "poll", clock=clock), lease(store, "deliver", clock=clock):
        assert store.count(Lease) == 2


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(lambda: held_by(dead_pid()), id="dead-process-of-this-host"),
        pytest.param(lambda: held_by(1, host="elsewhere", expires=NOW), id="expired-elsewhere"),
    ],
)
def test_a_stale_one_is_taken_over(store, left):
    store.put([left()])
    with lease(store, "poll", clock=clock):
        assert store.get(Lease, "poll").pid == os.getpid()


def test_one_held_on_another_host_is_respected(store):
    store.put([held_by(dead_pid(), host="elsewhere")])
    with pytest.raises(LeaseHeldError, match="elsewhere"), lease(store, "poll", clock=clock):
        pass


def test_a_run_that_lost_its_lease_notices_at_the_next_renewal_and_leaves_the_new_one(store):
    with lease(store, "poll", clock=clock) as held:
        held.renew()
        other = store.get(Lease, "poll")
        store.put([replace(other, holder="somebody else")])
        with pytest.raises(LeaseHeldError):
            held.renew()
    assert store.get(Lease, "poll").holder == "somebody else"


def test_renewing_pushes_the_expiry(store):
    times = iter([NOW, NOW + timedelta(minutes=3)])
    with lease(store, "poll", clock=lambda: next(times)) as held:
        held.renew()
        assert store.get(Lease, "poll").expires_at == NOW + timedelta(minutes=3) + LEASE_TTL


def test_writers_wait_for_a_migration_and_not_for_a_dead_one(store):
    wait_to_write(store, clock)
    with lease(store, "migrate", clock=clock), pytest.raises(MigratingError, match="migration"):
        wait_to_write(store, clock, patience_s=0.0)
    wait_to_write(store, clock)
    store.put([replace(held_by(dead_pid()), id="migrate")])
    wait_to_write(store, clock, patience_s=0.0)
