"""`summitwatch evaluate`: how well the tagger reads labelled articles, and what the desk corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.context import CALL, command
from ingest.cli.output import clean, counted, print_json, say, talk
from ingest.cli.overlays import read_text
from ingest.cli.searches import JsonOption
from ingest.errors import IngestError, UsageError
from ingest.model import ROLES
from ingest.store import open_store
from ingest.tag import Tagger
from ingest.tag.evaluate import (
    HEADLINES,
    at,
    counts_of,
    errors_of,
    figures,
    intervals,
    tag_article,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tag.evaluate import Counts

SET = "set"  # of an article: the file that it came from
LABELLED = Path("tests/data/tagging")
HELD_OUT = "heldout"  # the one set there that the shipped weights have not seen
MANY = 2000  # draws; more change the second digit no more
SHOWN = ("leader", "venue", "role", "proposal", "proposal_full")


@command
def evaluate(
    sets: Annotated[
        list[Path] | None,
        typer.Option("--set", help="Labelled articles, JSON lines; repeat it."),
    ] = None,
    by_lang: Annotated[
        bool, typer.Option("--by-lang", help="Each language by itself too.")
    ] = False,
    errors: Annotated[int, typer.Option(min=0, help="Articles whose errors are told.")] = 0,
    draws: Annotated[int, typer.Option(min=0, max=MANY, help="Of the bootstrap; 0: none.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Score the tagger on labelled articles, on the sample newsroom, and on the desk's corrections.

    Without --set: the labelled articles of the project where they are at hand.
    """
    tagger = Tagger.load()
    report: dict[str, Any] = {"tagger": tagger.version}
    articles = _labelled(sets)
    if articles:
        report["labelled"] = _scored(tagger, articles, by_lang, errors, draws)
    if not sets:
        report["newsroom"] = _newsroom(tagger)
        cases = _corrections(tagger)
        if cases is not None:
            report["corrections"] = cases
    if as_json:
        print_json(report)
        return
    _print(report)


def _labelled(sets: Sequence[Path] | None) -> list[dict[str, Any]]:
    names = sets or sorted(LABELLED.glob("*.jsonl"))
    if not names:
        talk("no labelled articles at hand: name some with --set")
    return [article | {SET: name.stem} for name in names for article in _read(name)]


def _read(path: Path) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            article = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise UsageError(f"{path}:{number}", f"is no JSON: {exc}", "one object a line") from exc
        if not isinstance(article, dict) or not _is_labelled(article):
            raise UsageError(
                f"{path}:{number}", "is no labelled article", "see docs/tagging.md: text, mentions, proposals"
            )  # fmt: skip
        found.append(article)
    if not found:
        raise UsageError(str(path), "holds no labelled article", "name another file")
    return found


def _is_labelled(article: dict[str, Any]) -> bool:
    mentions, acts = article.get("mentions"), article.get("proposals")
    return (
        isinstance(article.get("text"), str)
        and isinstance(mentions, list)
        and isinstance(acts, list)
        and all(isinstance(m, dict) and {"start", "end", "kind", "name"} <= m.keys() for m in mentions)
        and all(isinstance(p, dict) and {"proposer", "venues", "status"} <= p.keys() for p in acts)
    )  # fmt: skip


def _scored(
    tagger: Tagger, articles: list[dict[str, Any]], by_lang: bool, errors: int, draws: int
) -> dict[str, Any]:
    said = [tag_article(tagger, article) for article in articles]
    counts = [counts_of(gold, one) for gold, one in zip(articles, said, strict=True)]
    whole = figures(counts)
    report = _figures(whole, counts, draws)
    for key, wanted in ((SET, True), ("lang", by_lang)):
        values = sorted({str(article.get(key, "")) for article in articles})
        if wanted and len(values) > 1:
            report[f"by_{key}"] = {
                value: _figures_of(articles, counts, key, value, draws) for value in values
            }
    report["roles"] = {role: whole["role"][role] for role in ROLES}
    report["confusion"] = whole["confusion"]
    told: list[dict[str, Any]] = []
    for gold, one in zip(articles, said, strict=True):
        lines = errors_of(gold, one) if len(told) < errors else []
        if lines:
            told.append({"id": gold.get("id", ""), "lang": gold.get("lang", ""), "errors": lines})
    if errors:
        report["errors"] = told
    return report


def _figures_of(
    articles: list[dict[str, Any]], counts: list[Counts], key: str, value: str, draws: int
) -> dict[str, Any]:
    part = [c for a, c in zip(articles, counts, strict=True) if str(a.get(key, "")) == value]
    return _figures(figures(part), part, draws)


def _figures(whole: dict[str, Any], counts: list[Counts], draws: int) -> dict[str, Any]:
    bounds = intervals(counts, draws=draws)
    return {
        "articles": len(counts),
        "figures": {
            name: {
                "value": round(at(whole, path), 4),
                "low": round(bounds[name][0], 4) if bounds else None,
                "high": round(bounds[name][1], 4) if bounds else None,
            }
            for name, path in HEADLINES.items()
        },
    }


def _newsroom(tagger: Tagger) -> dict[str, Any]:
    """Score (venue, status) acts and leaders of the sample newsroom, article by article."""
    from datetime import date  # noqa: PLC0415

    from ingest.demo.newsroom import Newsroom  # noqa: PLC0415  its texts are large
    from ingest.tag.evaluate import f1, key_of  # noqa: PLC0415

    sums = {name: [0, 0, 0] for name in ("leader", "venue", "proposal")}
    articles = [a for a in Newsroom.load(date(2026, 1, 5)).all_articles if not a.copy_of]
    for article in articles:
        tagged = tagger.tag(
            "\n".join(article.paragraphs), lang=article.site.lang, published=article.published_at
        )
        mentions = (*tagged.mentions, *tagged.title_mentions)
        said: dict[str, set[Any]] = {
            "leader": {key_of(m.name) for m in mentions if m.kind == "leader"},
            "venue": {(key_of(m.name), m.role) for m in mentions if m.kind == "venue"},
            "proposal": {(key_of(v), p.status) for p in tagged.proposals for v in p.venue_names},
        }
        true: dict[str, set[Any]] = {
            "leader": {key_of(name) for name in article.leaders},
            "venue": {(key_of(n), r) for n, roles in article.venues.items() for r in roles},
            "proposal": {(key_of(v), f.status) for f in article.facts for v in f.venues},
        }
        for name, counted_ in sums.items():
            counted_[0] += len(true[name] & said[name])
            counted_[1] += len(said[name] - true[name])
            counted_[2] += len(true[name] - said[name])
    return {"articles": len(articles)} | {name: f1(*three) for name, three in sums.items()}


def _corrections(tagger: Tagger) -> dict[str, Any] | None:
    """Run the desk's corrections as cases; None where there is no store or nothing was corrected."""
    from ingest.tag.cases import run_cases  # noqa: PLC0415

    settings = CALL.settings()
    try:
        store = open_store(settings.store, settings.prefix, create=False)
    except IngestError as exc:
        talk(f"corrections were not run: {exc}")
        return None
    with store:
        results = run_cases(store, tagger)
    if not results:
        return None
    return {
        "cases": len(results),
        "held": sum(one.held for one in results),
        "alone": sum(one.alone for one in results),
        "broken": [
            {"id": one.correction.id, "change": one.correction.change, "why": one.why}
            for one in results
            if not one.held
        ],
    }


def _print(report: dict[str, Any]) -> None:
    say(f"tagger {report['tagger']}")
    if "labelled" in report:
        _print_labelled(report["labelled"])
    if "newsroom" in report:
        room = report["newsroom"]
        told = ", ".join(
            f"{name} {room[name]['f1']:.3f}" for name in ("leader", "venue", "proposal")
        )
        say(f"newsroom, {room['articles']} articles (their texts were trained on): {told}")
    if "corrections" in report:
        cases = report["corrections"]
        say(
            f"{counted(cases['cases'], 'correction')}: {cases['held']} hold,"
            f" {cases['alone']} the tagger would now get right alone"
        )
        for one in cases["broken"]:
            say(f"  {one['id']}: {clean(one['change'])}: {one['why']}", style="red")


def _print_labelled(found: dict[str, Any]) -> None:
    say(f"{'':<12}{'n':>5}" + "".join(f"{name:>22}" for name in SHOWN))
    for name, part in (*found.get("by_set", {}).items(), *found.get("by_lang", {}).items()):
        _print_row(name or "-", part)
    _print_row("all", found)
    ours = {path.stem for path in LABELLED.glob("*.jsonl")} - {HELD_OUT}
    if seen := sorted(ours & set(found.get("by_set", {}))):
        say(f"the shipped weights have seen {', '.join(seen)}: those figures are fitted")
    figure = found["figures"]
    say(
        f"lenient: leader {figure['leader_lenient']['value']:.3f},"
        f" venue {figure['venue_lenient']['value']:.3f};"
        f" role accuracy {figure['role_accuracy']['value']:.3f}"
    )
    corner = "true \\ said"
    say(f"{corner:<12}" + "".join(f"{role:>12}" for role in ROLES) + f"{'f1':>9}")
    for true in ROLES:
        row = [found["confusion"].get(f"{true}>{said}", 0) for said in ROLES]
        say(
            f"{true:<12}" + "".join(f"{n:>12}" for n in row) + f"{found['roles'][true]['f1']:>9.3f}"
        )
    for one in found.get("errors", ()):
        say(f"{one['id']} ({one['lang']})", style="bold")
        for line in one["errors"]:
            say(f"  {clean(line)}")


def _print_row(name: str, part: dict[str, Any]) -> None:
    cells = []
    for key in SHOWN:
        one = part["figures"][key]
        bounds = f" ({one['low']:.3f}-{one['high']:.3f})" if one["low"] is not None else ""
        cells.append(f"{one['value']:.3f}{bounds}")
    say(f"{name:<12}{part['articles']:>5}" + "".join(f"{cell:>22}" for cell in cells))
