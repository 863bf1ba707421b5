"""`summitwatch alerts explain`: why an alert was raised, where it went, whether it still stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from ingest import desk
from ingest.alerts.facts import View
from ingest.alerts.groups import delivery_id
from ingest.alerts.render import alert_json, alert_lines
from ingest.alerts.rulebook import rules_in_force
from ingest.alerts.withdraw import FROM_ARTICLES, still_says
from ingest.cli.context import CALL, command, opened_store
from ingest.cli.lookup import one_record
from ingest.cli.output import clean, print_json, say
from ingest.errors import UsageError
from ingest.model import Alert, Delivery, Silence

if TYPE_CHECKING:
    from ingest.model import Article, Evidence, Mention, Proposal
    from ingest.store.port import Store

PURPOSES = ("alert", "dispute", "withdrawal")


@command
def explain(
    alert: Annotated[str, typer.Argument(help="An alert's id, or its beginning.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say why an alert was raised: the rule, the evidence and what it says, where it was sent."""
    settings = CALL.settings()
    with opened_store(settings) as store:
        found = one_record(store, Alert, alert, "alert")
        rules = rules_in_force(store, settings)
        articles = store.get_articles({item.article_id for item in found.evidence})
        silence = store.get(Silence, found.silenced_by) if found.silenced_by else None
        rows = _rows(store, found)
        written = _rule_as_written(store, found)
    evidence = [_evidence(item, articles.get(item.article_id), found) for item in found.evidence]
    names = _names(found, rules.rule(found.rule_id))
    if as_json:
        told = alert_json(found, rules)
        explained = zip(told["evidence"], evidence, strict=True)
        print_json(
            told
            | {
                "key": dict(names),
                "type": found.type,
                "rules_revision": found.rules_revision,
                "rule_as_written": written,
                "why": found.why,
                "evidence": [shown | more for shown, more in explained],
                "deliveries": [_delivery_json(row) for row in rows],
                "silence": silence.id if silence else None,
            }
        )
        return
    for line in alert_lines(found):
        say(line)
    revision = f", rules revision {found.rules_revision}" if found.rules_revision else ""
    say(f"rule {found.rule_id} ({found.type or 'match'}, version {found.rule_version}{revision})")
    if written:
        say(f"  {clean(written)}")
    say(f"group: {', '.join(f'{name} {clean(value)}' for name, value in names) or 'the one'}")
    say(
        f"period from {found.period_start:%Y-%m-%d %H:%M:%S}Z, raised {found.created_at:%Y-%m-%d %H:%M:%S}Z"
    )
    if found.why:
        say(f"{found.state} {found.changed_at:%Y-%m-%d %H:%M}Z: {clean(found.why)}")
    for item, more in zip(found.evidence, evidence, strict=True):
        _say_evidence(item, more)
    if silence is not None:
        why = f": {clean(silence.reason)}" if silence.reason else ""
        say(f"not sent: silenced by {clean(silence.author)}{why}")
    for row in rows:
        say(_delivery_line(row))


def _say_evidence(item: Evidence, more: dict[str, Any]) -> None:
    say(f"evidence: “{clean(item.sentence)}”")
    say(f"  {clean(item.line)}")
    if more["decided_by"]:
        say(f"  decided by: {clean(more['decided_by'])}")
    say(f"  {more['now']}; {clean(item.title)} {clean(item.url)}")


def _evidence(item: Evidence, article: Article | None, alert: Alert) -> dict[str, Any]:
    """What made a piece of evidence, and whether its article still says so."""
    if article is None:
        now = "the article is gone" if item.article_id else "no article"
        return {"decided_by": "", "now": now}
    stands = alert.type not in FROM_ARTICLES or still_says(item, View(article, "all"), alert.key)
    now = "the article still says so" if stands else "the article says so no more"
    return {"decided_by": _rule_of(item, article), "now": now}


def _rule_of(item: Evidence, article: Article) -> str:
    """The tagger's reason for a mention or proposal, by the id of its projection."""
    kind, ordinal = item.mention.rpartition(".")[2][:1], item.mention.rpartition(".")[2][1:]
    lists: dict[str, tuple[Mention | Proposal, ...]] = {
        "p": article.proposals,
        "m": article.mentions,
        "t": article.title_mentions,
    }
    if kind not in lists or not ordinal.isdecimal() or int(ordinal) >= len(lists[kind]):
        return ""
    return lists[kind][int(ordinal)].rule


def _names(alert: Alert, rule: Any) -> list[tuple[str, str]]:  # noqa: ANN401  Rule or None
    names = rule.alert_key if rule is not None else ()
    if len(names) != len(alert.key):
        names = tuple(f"value {at + 1}" for at in range(len(alert.key)))
    return list(zip(names, alert.key, strict=True))


def _rule_as_written(store: Store, alert: Alert) -> str:
    """The rule's text in the revision that raised the alert, as one line; "" from a file."""
    if not alert.rules_revision:
        return ""
    try:
        body = desk.numbered(store, "rules", alert.rules_revision).body
    except UsageError:  # a copied store may lack it
        return ""
    rules = (yaml.safe_load(body) or {}).get("rules") or []
    found = next((rule for rule in rules if str(rule.get("id")) == alert.rule_id), None)
    if found is None:
        return ""
    text: str = yaml.safe_dump(found, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.strip()


def _rows(store: Store, alert: Alert) -> list[Delivery]:
    ids = [delivery_id(alert.id, channel, p) for channel in alert.to for p in PURPOSES]
    rows = store.get_many(Delivery, ids)
    return [rows[row_id] for row_id in ids if row_id in rows]


def _delivery_line(row: Delivery) -> str:
    when = f" {row.delivered_at:%Y-%m-%d %H:%M:%S}Z" if row.delivered_at else ""
    tries = f", {row.tries} tries" if row.tries > 1 else ""
    error = f": {clean(row.error)}" if row.error else ""
    return f"{row.purpose} to {row.channel}: {row.state}{when}{tries}{error}"


def _delivery_json(row: Delivery) -> dict[str, Any]:
    return {
        "channel": row.channel,
        "purpose": row.purpose,
        "state": row.state,
        "tries": row.tries,
        "delivered": row.delivered_at,
        "error": row.error,
    }
