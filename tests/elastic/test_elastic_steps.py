"""A save that is cut off between any two of its steps, and is run again."""

from dataclasses import replace

import pytest
from storing import make_entry

from elastic.looking import check_projections, edited, opened, told
from ingest.model import Entry, EntryState
from ingest.store.port import Lost, Save, Saved

# Requests of a save: read articles, read entries, then write articles, projections, surplus, entry
REQUESTS = 6


class Cut(BaseException):
    """The process dies here."""


def cut_at(store, request, *, after):
    """Let the store die before or after its n-th request."""
    send = store._client.transport.perform_request
    count = 0

    def perform(*args, **kwargs):
        nonlocal count
        count += 1
        if count == request and not after:
            raise Cut
        reply = send(*args, **kwargs)
        if count == request:
            raise Cut
        return reply

    store._client.transport.perform_request = perform


def save_again(store, wanted, entry):
    """What the pipeline does on its next run: read both, and save what is not stored yet."""
    current = store.get(Entry, entry.id)
    if current.state is EntryState.DONE:
        return
    stored = store.get_article(wanted.id)
    article = edited(stored, wanted) if stored else wanted
    marked = replace(current, state=EntryState.DONE)
    (result,) = store.save([Save(article, marked)])
    assert isinstance(result, Saved)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("request_number", range(1, REQUESTS + 1))
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(None, told(), id="new"),
        pytest.param(told(), told(mentions=1, proposals=0, text="Minsk no more."), id="shrinks"),
        pytest.param(told(mentions=1, proposals=0), told(), id="grows"),
    ],
)
def test_a_save_cut_off_anywhere_is_whole_after_the_next(
    elastic_url, elastic_prefix, elastic_client, first, second, request_number, after
):
    with opened(elastic_url, elastic_prefix) as store:
        (entry,) = store.put([make_entry()])
        if first:
            (result,) = store.save([Save(first)])
            second = edited(result.article, second)
    with opened(elastic_url, elastic_prefix) as dying:
        cut_at(dying, request_number, after=after)
        with pytest.raises(Cut):
            dying.save([Save(second, replace(entry, state=EntryState.DONE))])
            raise Cut  # fewer requests: nothing to delete, nothing was cut off
    with opened(elastic_url, elastic_prefix) as store:
        save_again(store, second, entry)
        check_projections(store, elastic_client, [second.id])
        assert store.get_article(second.id).text == second.text
        assert store.get(Entry, entry.id).state is EntryState.DONE
        assert store.count_articles() == 1


def test_a_slow_writer_leaves_the_projections_of_a_later_revision(
    elastic_url, elastic_prefix, elastic_client
):
    """The first writer stops after its article, the second saves the next revision whole."""
    with opened(elastic_url, elastic_prefix) as slow, opened(elastic_url, elastic_prefix) as quick:
        articles = slow._articles
        write = articles._write_projections

        def overtaken(steps):
            stored = quick.get_article(told().id)
            (result,) = quick.save([Save(edited(stored, told(mentions=1, proposals=1)))])
            assert isinstance(result, Saved)
            write(steps)

        articles._write_projections = overtaken
        slow.save([Save(told())])
        check_projections(quick, elastic_client, [told().id])
        assert len(quick.mentions([told().id])) == 1


def test_an_article_saved_again_after_it_was_deleted_has_its_projections(
    elastic_url, elastic_prefix, elastic_client
):
    with opened(elastic_url, elastic_prefix) as store:
        (first,) = store.save([Save(told())])
        for _ in range(3):  # raises the versions of the first life
            (first,) = store.save([Save(edited(first.article, told(title=str(_))))])
        assert store.delete_articles([first.article.id]) == 1
        assert store.mentions([first.article.id]) == []
        (second,) = store.save([Save(told())])
        assert second.created
        check_projections(store, elastic_client, [second.article.id])


def test_a_conflict_with_ones_own_write_is_none(elastic_url, elastic_prefix):
    """The reply of a create is lost; the second try meets what the first one wrote."""
    with opened(elastic_url, elastic_prefix) as store:
        send = store._client.transport.perform_request
        lost = []

        def perform(method, target, *args, **kwargs):
            reply = send(method, target, *args, **kwargs)
            if "_bulk" in target and not lost:
                lost.append(target)
                from elastic_transport import ConnectionError as Reset

                raise Reset("reply lost")
            return reply

        store._client.transport.perform_request = perform
        (entry,) = store.put([make_entry()])
        assert entry is not None
        assert entry.revision == 1
        lost.clear()
        (result,) = store.save([Save(told(), replace(entry, state=EntryState.DONE))])
        assert isinstance(result, Saved)
        lost.clear()
        (repeat,) = store.put([make_entry()])
        assert repeat is None
        (result,) = store.save([Save(told())])
        assert result == Lost(told().id, "article")
