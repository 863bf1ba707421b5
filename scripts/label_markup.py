"""Turn articles with inline labels into labelled articles, one JSON object a line.

label_markup.py FILE.txt …

Prints to standard output; what it cannot make out goes to standard error, and the exit code is 1.

    ## en 2025-03-04 Title of the article
    {Lukashenko} offered [Minsk|P]; {the Belarusian leader=Lukashenko} ruled out [Kiev|R=Kyiv].
    > Lukashenko; Minsk; RU UA; P

`{surface}` or `{surface=name}` is a leader, `[surface|role]` or `[surface|role=name]` a place; roles are
P(roposed) A(greed) R(ejected) H(osted) G(overnment) L(ocation). Without a name the gazetteer says who is
meant; a name may be the surface of an earlier label. A line `> proposer; venues; parties; status` is a
proposal: proposer `-` is nobody named, venues are separated by `,`, the sentence is the first that has one
of them in that role.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from ingest.model import ROLES
from ingest.tag.gazetteer import Gazetteer
from ingest.tag.sentences import sentence_bounds

_LABEL = re.compile(r"\{([^{}=]+)(?:=([^{}]+))?\}|\[([^\[\]|]+)\|([PARHGL])(?:=([^\[\]]+))?\]")
_HEAD = re.compile(r"## (en|ru|uk|be|pl|de|fr|es|tr) (\d{4}-\d\d-\d\d) (.+)")
_ROLE = {role[0].upper(): role for role in ROLES}
_CODE = re.compile(r"[A-Z]{2}|NATO")


class Reader:
    """Reads labelled text; collects what is wrong with it."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.wrong: list[str] = []
        self._label = ""

    def _name(self, kind: str, said: str, known: dict[str, str]) -> str:
        if said in known:
            return known[said]
        ids = self.gazetteer.resolve("leader" if kind == "leader" else "venue", said)
        found = [e for e in (self.gazetteer.entity(i) for i in ids) if e is not None]
        exact = [e.name for e in found if e.name == said or e.name in known.values()]
        if len({e.name for e in found}) > 1 and kind == "leader" and not exact:
            self.wrong.append(f"{self._label}: {said} may be {', '.join(e.name for e in found)}")
        if not found:
            self.wrong.append(f"{self._label}: no {kind} is called {said}")
            return said
        return exact[0] if exact else found[0].name

    def article(self, number: str, block: str) -> dict[str, Any]:
        """One article from its block of lines."""
        head, *lines = block.strip().splitlines()
        match = _HEAD.fullmatch(head.strip())
        if match is None:
            raise SystemExit(f"{number}: {head!r} is no heading")
        lang, day, title = match.groups()
        self._label = f"{number} {title[:30]}"
        told = [line for line in lines if not line.startswith(">")]
        known: dict[str, dict[str, str]] = {"leader": {}, "venue": {}}
        mentions: list[dict[str, Any]] = []
        plain, last, marked = "", 0, "\n".join(told).strip()
        for label in _LABEL.finditer(marked):
            plain += marked[last : label.start()]
            surface = label[1] or label[3]
            kind = "leader" if label[1] else "venue"
            name = self._name(kind, label[2] or label[5] or surface, known[kind])
            known[kind].setdefault(surface, name)
            found = {"start": len(plain), "end": len(plain) + len(surface), "surface": surface}
            found |= {"kind": kind, "name": name}
            mentions.append(found | ({"role": _ROLE[label[4]]} if kind == "venue" else {}))
            plain, last = plain + surface, label.end()
        text = plain + marked[last:]
        if re.search(r"[{}\[\]|]", text):
            self.wrong.append(f"{self._label}: a label is not closed")
        acts = [self._act(line, lang, text, mentions, known) for line in lines if line[:1] == ">"]
        stamp = f"{day}T{6 + len(text) % 15:02}:{len(text) % 60:02}:00Z"
        return {
            "id": number, "lang": lang, "published": stamp, "title": title, "text": text,
            "mentions": mentions, "proposals": acts,
        }  # fmt: skip

    def _act(
        self,
        line: str,
        lang: str,
        text: str,
        mentions: list[dict[str, Any]],
        known: dict[str, dict[str, str]],
    ) -> dict[str, Any]:
        cells = [cell.strip() for cell in line[1:].split(";")]
        if len(cells) != 4 or cells[3] not in "PARH":
            raise SystemExit(f"{self._label}: {line!r} has not four cells")
        status, people = _ROLE[cells[3]], {**known["leader"]}
        people.update({m["name"]: m["name"] for m in mentions if m["kind"] == "leader"})
        who = cells[0]
        proposer = None if who == "-" else who if _CODE.fullmatch(who) else people.get(who)
        if who != "-" and proposer is None:
            proposer = self._name("leader", who, people)
        venues = [self._name("venue", v.strip(), known["venue"]) for v in cells[1].split(",")]
        places = [m for m in mentions if m["kind"] == "venue" and m["name"] in venues]
        said = [m for m in places if m["role"] == status] or places
        if {m["name"] for m in places} != set(venues):
            self.wrong.append(f"{self._label}: {line!r} has a venue that is not labelled")
        at = said[0]["start"] if said else 0
        bounds = [b for b in sentence_bounds(text, lang) if b[0] <= at < b[1]]
        start, end = bounds[0] if bounds else (0, len(text))
        return {
            "proposer": proposer, "venues": venues, "parties": cells[2].split(), "status": status,
            "start": start, "end": end,
        }  # fmt: skip


def main() -> int:
    """Command line."""
    reader = Reader(Gazetteer.load())
    for path in map(Path, sys.argv[1:]):
        blocks = re.split(r"(?m)^(?=## )", path.read_text(encoding="utf-8"))
        for number, block in enumerate(filter(str.strip, blocks), 1):
            article = reader.article(f"{path.stem}-{number:03}", block)
            sys.stdout.write(json.dumps(article, ensure_ascii=False) + "\n")
    for line in reader.wrong:
        sys.stderr.write(line + "\n")
    return 1 if reader.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
