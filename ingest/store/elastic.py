"""The store for those who outgrow one machine: Elasticsearch 9, the same port as the embedded one.

Reads by id show the newest write. Searches (`find`, `count`, `search`, `proposals`, `mentions`)
show this process's own writes, and other processes' after a second at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from ingest.store.disk import watermark_bytes
from ingest.store.elastic_articles import ElasticArticles
from ingest.store.elastic_connect import connect, redacted
from ingest.store.elastic_gate import Gate
from ingest.store.elastic_mappings import INDICES, PACKAGED, Mappings, alias_of, prepare
from ingest.store.elastic_records import ElasticRecords
from ingest.store.elastic_repair import repair
from ingest.store.elastic_search import ElasticSearch
from ingest.store.elastic_wire import Wire
from ingest.store.port import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from elasticsearch import Elasticsearch

    from ingest.model import Article
    from ingest.query.ast import Node
    from ingest.settings import ElasticsearchSettings
    from ingest.store.elastic_documents import Locate, Names
    from ingest.store.port import (
        MentionRow,
        Page,
        ProposalRow,
        Save,
        SaveResult,
        Search,
        Where,
    )

R = TypeVar("R", bound=Record)


def nowhere(entity: str) -> None:  # noqa: ARG001  the shape of `locate`
    """Know no place."""
    return


def nameless(entity: str) -> tuple[str, ...]:  # noqa: ARG001  the shape of `names`
    """Know no name."""
    return ()


class ElasticStore:
    """`Store` over the indices of one prefix. Safe for threads and for processes."""

    def __init__(
        self,
        client: Elasticsearch,
        name: str,
        prefix: str,
        *,
        locate: Locate = nowhere,
        names: Names = nameless,
        mappings: Mappings = PACKAGED,
    ) -> None:
        def name_of(index: str) -> str:
            return alias_of(prefix, index)

        self.name = name
        self.prefix = prefix
        self._client = client
        self._indices = [name_of(index) for index in INDICES]
        self._wire = Wire(client, name)
        self._records = ElasticRecords(self._wire, name_of("records"))
        self._mappings = mappings
        self._wire.closed = Gate(self._wire, self._records, prefix, mappings).wait
        self._articles = ElasticArticles(
            self._wire, self._records, name_of=name_of, locate=locate, names=names
        )
        self._search = ElasticSearch(
            self._wire, articles=name_of("articles"), proposals=name_of("proposals")
        )

    @classmethod
    def open(
        cls,
        url: str,
        prefix: str,
        settings: ElasticsearchSettings,
        *,
        create: bool = True,
        locate: Locate = nowhere,
        names: Names = nameless,
        mappings: Mappings = PACKAGED,
    ) -> ElasticStore:
        """Connect, and make the indices where they are missing.

        Args:
            url: http(s)://host:port, several joined by commas.
            prefix: of index names.
            settings: credentials and trust.
            create: whether to make indices where there are none.
            locate: latitude and longitude of a place by its id, for maps.
            names: of a leader or place by its id, for Kibana.
            mappings: that this program writes.

        Raises:
            StoreDownError: unreachable, not Elasticsearch 9, credentials or certificate refused;
                no indices and not to be created.
            SchemaError: another program's index, or a newer mapping.
        """
        client = connect(url, settings)
        store = cls(client, redacted(url), prefix, locate=locate, names=names, mappings=mappings)
        try:
            prepare(store._wire, prefix, create=create, mappings=mappings)
        except BaseException:
            client.close()
            raise
        return store

    # --- records --------------------------------------------------------------------------------

    def get(self, kind: type[R], record_id: str) -> R | None:
        return self._records.get(kind, record_id)

    def get_many(self, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
        return self._records.get_many(kind, ids)

    def put(self, records: Sequence[R]) -> list[R | None]:
        return self._records.put(records)

    def find(
        self, kind: type[R], *where: Where, order_by: str = "id", limit: int | None = None
    ) -> list[R]:
        return self._records.find(kind, where, order_by, limit)

    def count(self, kind: type[R], *where: Where) -> int:
        return self._records.count(kind, where)

    def delete(self, kind: type[R], ids: Iterable[str]) -> int:
        return self._records.delete(kind, ids)

    # --- articles -------------------------------------------------------------------------------

    def save(self, saves: Sequence[Save]) -> list[SaveResult]:
        return self._articles.save(saves)

    def get_article(self, article_id: str) -> Article | None:
        return next(iter(self._articles.get((article_id,)).values()), None)

    def get_articles(self, ids: Iterable[str]) -> dict[str, Article]:
        return self._articles.get(ids)

    def find_articles(
        self, *where: Where, order_by: str = "id", limit: int | None = None
    ) -> list[Article]:
        return self._articles.find(where, order_by, limit)

    def count_articles(self, *where: Where) -> int:
        return self._articles.count(where)

    def search(self, search: Search) -> Page:
        return self._search.search(search)

    def proposals(
        self,
        node: Node,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = None,
    ) -> list[ProposalRow]:
        return self._search.proposals(node, since=since, until=until, limit=limit)

    def mentions(self, article_ids: Iterable[str]) -> list[MentionRow]:
        return self._articles.mention_rows(article_ids)

    def repair(self, articles: Sequence[Article]) -> int:
        return repair(self._articles, self._wire, articles)

    def delete_articles(self, ids: Iterable[str]) -> int:
        return self._articles.delete(ids)

    # --- the connection -------------------------------------------------------------------------

    def refresh(self) -> None:
        """Make every process's writes visible to searches now."""
        self._wire.refresh(*self._indices)

    def check(self) -> str:
        """Ask for the health of the indices; returns "" or what is wrong."""
        health = self._wire.call(
            lambda: self._client.cluster.health(index=self._indices, level="indices")
        )
        red = [name for name, state in health["indices"].items() if state["status"] == "red"]
        if red:
            return f"shards of {', '.join(sorted(red))} are lost (status red)"
        settings = self._wire.call(
            lambda: self._client.indices.get_settings(index=self._indices, name="index.blocks.*")
        )
        blocked = [name for name, state in settings.items() if state["settings"]]
        return f"{', '.join(sorted(blocked))}: read-only (index.blocks)" if blocked else ""

    def free_bytes(self) -> int:
        """Return what fits before the low watermark, above which no shard is given to a node."""
        nodes = self._wire.call(lambda: self._client.nodes.stats(metric=["fs"]))["nodes"]
        reply = self._wire.call(lambda: self._client.cluster.get_settings(include_defaults=True))
        disk: dict[str, Any] = {}
        for level in ("defaults", "persistent", "transient"):
            routing = reply[level].get("cluster", {}).get("routing", {})
            disk |= routing.get("allocation", {}).get("disk", {}).get("watermark", {})
        low, headroom = disk.get("low", "85%"), disk.get("low.max_headroom", "200gb")
        room = 0
        for node in nodes.values():
            total = node["fs"]["total"]["total_in_bytes"]
            used = total - node["fs"]["total"]["available_in_bytes"]
            room += max(watermark_bytes(low, headroom, total) - used, 0)
        return room

    def stats(self) -> Mapping[str, int | str]:
        """Return documents by kind, `bytes` on disk and the mapping version."""
        self._wire.fresh(*self._indices)
        counts: dict[str, int | str] = dict(self._records.counts())
        counts["article"] = self._articles.count()
        found = self._wire.call(
            lambda: self._client.indices.stats(index=self._indices, metric=["docs", "store"])
        )
        for index in ("mentions", "proposals"):
            alias = alias_of(self.prefix, index)
            counts[index.removesuffix("s")] = sum(
                state["primaries"]["docs"]["count"]
                for name, state in found["indices"].items()
                if name.startswith(f"{alias}-v")
            )
        counts["bytes"] = found["_all"]["total"]["store"]["size_in_bytes"]
        counts["schema"] = max(self._mappings.versions.values())
        return counts

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
