"""Score tagged articles against labelled ones, as docs/tagging.md defines the figures."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ingest.model import ROLES, MeetingStance
from ingest.tag.tagger import Tagger, to_json

Article = Mapping[str, Any]
_LETTERS = str.maketrans(
    {"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "ð": "d", "þ": "th"}
)


def key_of(name: str | None) -> str:
    """Names compare without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", name or "").casefold().translate(_LETTERS)
    folded = "".join(char for char in folded if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", folded).strip()


def f1(right: int, wrong: int, missed: int) -> dict[str, float]:
    """Precision, recall, their harmonic mean, and how many there were."""
    p = right / (right + wrong) if right + wrong else 0.0
    r = right / (right + missed) if right + missed else 0.0
    return {
        "p": round(p, 4),
        "r": round(r, 4),
        "f1": round(2 * p * r / (p + r), 4) if p + r else 0.0,
        "n": right + missed,
    }


def tag_article(tagger: Tagger, raw: Article) -> dict[str, Any]:
    """A labelled article's text, tagged anew."""
    stamp = raw.get("published")
    tagged = tagger.tag(
        raw["text"],
        lang=raw.get("lang", ""),
        title=raw.get("title", ""),
        published=datetime.fromisoformat(stamp) if stamp else None,
    )
    return to_json(tagged, raw["text"])


def _spans(article: Article, kind: str) -> dict[tuple[int, int, str], str]:
    return {
        (m["start"], m["end"], key_of(m["name"])): m.get("role", "")
        for m in article["mentions"]
        if m["kind"] == kind
    }


def _acts(article: Article, *, who: bool) -> set[tuple[str, ...]]:
    return {
        (*((key_of(p["proposer"]),) if who else ()), key_of(venue), p["status"])
        for p in article["proposals"]
        for venue in p["venues"]
    }


def _parties(article: Article) -> dict[tuple[str, str], set[str]]:
    """Who would meet, by venue and status; of two records the first."""
    found: dict[tuple[str, str], set[str]] = {}
    for proposal in article["proposals"]:
        for venue in proposal["venues"]:
            key = key_of(venue), proposal["status"]
            found.setdefault(key, set(proposal.get("parties", ())))
    return found


def score(pairs: Iterable[tuple[Article, Article]]) -> dict[str, Any]:
    """Figures over (labelled, tagged) articles.

    Returns:
        `leader` and `venue` (exact span and entity; `_lenient`: overlapping spans), `proposal`
        ((venue, status) pairs per article), `proposal_full` (with the proposer) and `parties` (the
        states that would meet, of the pairs that are right), each as `f1`;
        `role` by role, `role_macro_f1`, `role_accuracy` over the places found, and `confusion`
        ("gold>said" -> count).
    """
    return figures(counts_of(gold, said) for gold, said in pairs)


NAMES = (
    "leader",
    "venue",
    "leader_lenient",
    "venue_lenient",
    "proposal",
    "proposal_full",
    "parties",
)
# The figures of a whole as paths into what `score` returns.
HEADLINES: dict[str, tuple[str, ...]] = {
    **{name: (name, "f1") for name in NAMES},
    "role": ("role_macro_f1",),
    "role_accuracy": ("role_accuracy",),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What one article adds to the figures: (figure, tp/fp/fn) -> count, and the confusion."""

    hits: Counter[tuple[str, str]]
    confusion: Counter[str]


def counts_of(gold: Article, said: Article) -> Counts:
    """Count one article."""
    counts: Counter[tuple[str, str]] = Counter()
    confusion: Counter[str] = Counter()
    for kind in ("leader", "venue"):
        g, s = _spans(gold, kind), _spans(said, kind)
        counts[kind, "tp"] += len(g.keys() & s.keys())
        counts[kind, "fp"] += len(s.keys() - g.keys())
        counts[kind, "fn"] += len(g.keys() - s.keys())
        hits = sum(_overlaps(one, s) for one in g)
        counts[kind + "_lenient", "tp"] += hits
        counts[kind + "_lenient", "fn"] += len(g) - hits
        counts[kind + "_lenient", "fp"] += sum(not _overlaps(one, g) for one in s)
        if kind == "venue":
            _count_roles(g, s, counts, confusion)
    for name, who in (("proposal", False), ("proposal_full", True)):
        ga, sa = _acts(gold, who=who), _acts(said, who=who)
        counts[name, "tp"] += len(ga & sa)
        counts[name, "fp"] += len(sa - ga)
        counts[name, "fn"] += len(ga - sa)
    true, ours = _parties(gold), _parties(said)
    for act in true.keys() & ours.keys():
        counts["parties", "tp"] += len(true[act] & ours[act])
        counts["parties", "fp"] += len(ours[act] - true[act])
        counts["parties", "fn"] += len(true[act] - ours[act])
    return Counts(counts, confusion)


def figures(articles: Iterable[Counts]) -> dict[str, Any]:
    """Figures over counted articles, as `score` returns them."""
    counts: Counter[tuple[str, str]] = Counter()
    confusion: Counter[str] = Counter()
    for one in articles:
        counts.update(one.hits)
        confusion.update(one.confusion)
    out: dict[str, Any] = {n: f1(counts[n, "tp"], counts[n, "fp"], counts[n, "fn"]) for n in NAMES}
    roles = {r: f1(counts[r, "tp"], counts[r, "fp"], counts[r, "fn"]) for r in ROLES}
    present = [roles[r]["f1"] for r in ROLES if roles[r]["n"]]
    found = sum(confusion.values())
    right = sum(confusion[f"{r}>{r}"] for r in ROLES)
    out["role"] = roles
    out["role_macro_f1"] = round(sum(present) / len(present), 4) if present else 0.0
    out["role_accuracy"] = round(right / found, 4) if found else 0.0
    out["confusion"] = dict(sorted(confusion.items()))
    return out


def intervals(
    articles: Sequence[Counts], *, draws: int = 200, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """The middle 95 % of each headline figure over sets drawn from these articles anew.

    Source: percentile bootstrap by article, Efron and Tibshirani 1993, chapter 13.
    """
    if not articles or draws < 1:
        return {}
    chance = random.Random(seed)
    drawn = [figures(chance.choices(articles, k=len(articles))) for _ in range(draws)]
    found = {}
    for name, path in HEADLINES.items():
        values = sorted(at(one, path) for one in drawn)
        low, high = int(0.025 * draws), min(int(0.975 * draws), draws - 1)
        found[name] = (values[low], values[high])
    return found


def at(figure: Mapping[str, Any], path: Sequence[str]) -> float:
    """Return the figure that a path of `HEADLINES` names."""
    value: Any = figure
    for key in path:
        value = value[key]
    return float(value)


def errors_of(gold: Article, said: Article) -> list[str]:
    """What is wrong in one article, a line each."""
    text = gold["text"]
    lines = []
    for kind in ("leader", "venue"):
        g, s = _spans(gold, kind), _spans(said, kind)
        lines += [f"missed {kind} {_shown(text, one)}" for one in sorted(g.keys() - s.keys())]
        lines += [f"false {kind} {_shown(text, one)}" for one in sorted(s.keys() - g.keys())]
        lines += [
            f"role {_shown(text, one)}: {g[one]}, said {s[one]}"
            for one in sorted(g.keys() & s.keys())
            if g[one] != s[one]
        ]
    ga, sa = _acts(gold, who=True), _acts(said, who=True)
    lines += [f"missed proposal {' '.join(one) or 'none'}" for one in sorted(ga - sa)]
    lines += [f"false proposal {' '.join(one) or 'none'}" for one in sorted(sa - ga)]
    return lines


def score_stances(pairs: Iterable[tuple[Article, Sequence[MeetingStance]]]) -> dict[str, Any]:
    """Figures over (labelled article, stances found in it).

    A stance is the state that takes it and how it stands; it is right where one of the sentences
    that it was found in is one that the labels name for it. An article has each but once.

    Returns:
        `stance`, the same by kind (`refused`, `ready`), and `stance_full` (with the speaker and
        the parties), each as `f1`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for gold, said in pairs:
        for full in (False, True):
            g = _stances(gold["stances"], full=full)
            s = _stances([asdict(one) | {"by": one.by_name} for one in said], full=full)
            for key in g.keys() | s.keys():
                right = bool(g.get(key, set()) & s.get(key, set()))
                for name in ("stance_full",) if full else ("stance", key[1]):
                    counts[name, "tp"] += right
                    counts[name, "fp"] += key in s and not right
                    counts[name, "fn"] += key in g and not right
    return {
        name: f1(counts[name, "tp"], counts[name, "fp"], counts[name, "fn"])
        for name in ("stance", "refused", "ready", "stance_full")
    }


def _stances(told: Iterable[Article], *, full: bool) -> dict[tuple[str, ...], set[int]]:
    """Where the sentences of each stance begin."""
    found: dict[tuple[str, ...], set[int]] = {}
    for one in told:
        who = one["country"] or key_of(one["by"])
        more = (key_of(one["by"]), *sorted(one["parties"])) if full else ()
        found.setdefault((who, one["stand"], *more), set()).add(one["start"])
    return found


def _shown(text: str, span: tuple[int, int, str]) -> str:
    start, end, name = span
    around = text[max(0, start - 30) : end + 30].replace("\n", " ")
    return f"{text[start:end]!r} ({name}) in «{around}»"


def _overlaps(one: tuple[int, int, str], others: Iterable[tuple[int, int, str]]) -> bool:
    start, end, name = one
    return any(s < end and start < e and n == name for s, e, n in others)


def _count_roles(
    gold: dict[tuple[int, int, str], str],
    said: dict[tuple[int, int, str], str],
    counts: Counter[tuple[str, str]],
    confusion: Counter[str],
) -> None:
    for span, role in gold.items():
        if span in said:
            confusion[f"{role}>{said[span]}"] += 1
        counts[role, "tp" if said.get(span) == role else "fn"] += 1
    for span, role in said.items():
        if gold.get(span) != role:
            counts[role, "fp"] += 1
