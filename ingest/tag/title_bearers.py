"""Whom a title means: the holder of the office on the day, else one of those named before.

A title that a text gives to somebody who holds no office we know ("General Burhan", "the mediator,
Chissano") counts as theirs for the rest of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document, Found
from ingest.tag.fold import LATIN_UPPER
from ingest.tag.gazetteer import LEADER, PLACE, SURNAME, Entity
from ingest.tag.sources import rows
from ingest.tag.title_words import FORMER, PRESENT, Title

OFFICES: dict[str, tuple[str, ...]] = {
    "leader": ("*", "pres", "pm", "king", "supreme"),
    "chief": (),
    "president": ("pres", "king"),
    "premier": ("pm",),
    "chancellor": ("pm",),
    "king": ("king",),
    "emir": ("king",),
    "crown": ("crown",),
    "fm": ("fm",),
    "dm": ("dm",),
    "vp": ("vp",),
    "vpm": ("deputypm", "deputypm2"),
    "spox": ("spox", "mfaspox", "govspox"),
    "envoy": ("envoy",),
    "secgen": ("secgen",),
    "pope": ("pope",),
    "commission": ("commission",),
    "council": ("council", "adviser"),
    "secretary": ("fm",),
    "statesec": ("fm",),
    "taoiseach": ("pm",),
    "nsa": ("nsa", "nsc", "security", "snsc", "nsdc"),
    "security": ("security", "intel", "fsb", "kgb", "snsc"),
    "speaker": ("speaker", "parliament", "senate", "hor", "duma", "chairman"),
}
_RECENT: dict[str, frozenset[str]] = {
    "minister": frozenset({"fm", "dm"}),
    "envoy": frozenset({"envoy", "special", "negotiator"}),
    "diplomat": frozenset({"fm", "envoy", "special", "negotiator"}),
}

# Titles of one state's office: whoever holds it on the day is meant, named before or not.
_FIXED = {"pope": ("VA", "pope"), "chancellor": ("DE", "pm"), "taoiseach": ("IE", "pm")}

# States whose office of that title is meant where several have it.
_STATES = {
    "chancellor": frozenset({"DE", "AT"}), "taoiseach": frozenset({"IE"}), "statesec": frozenset({"US"}),
    "secretary": frozenset({"US"}), "pope": frozenset({"VA"}), "emir": frozenset({"QA", "KW", "BH"}),
}  # fmt: skip
_MONARCHIES = {
    "king": frozenset({"JO", "SA", "MA", "BH", "SZ", "ES", "NP", "GB"}),
    "emir": frozenset({"QA", "KW"}),
    "crown": frozenset({"SA"}),
}

# Ranks that no office of the gazetteer is: theirs of whom the text, or ranks.tsv, says so.
_RANKS = frozenset({"general", "marshal", "colonel", "captain", "cardinal", "prince", "guide", "rebel", "dalai"})  # fmt: skip

# Titles that alone, without a state, say too little.
_TOO_LITTLE = frozenset({"leader", "chief", "diplomat", "security"})

# Which office led a state before the one that countries.tsv names: (state, until) -> office.
_LED_BEFORE = {"AM": ("2018-04-17", "pres"), "GE": ("2013-11-17", "pres"), "TR": ("2014-08-28", "pm"), "UA": ("", "")}  # fmt: skip
_SLAVIC = frozenset({"ru", "uk", "be", "pl"})

Person = tuple[Entity, str, float]

# "the general assembly", "a general strike": no officer.
_GENERAL_WHAT = re.compile(r" (?!(?:said|says|had|has|was|is|would|will|wants|went|and|in|of|from|himself|who|to|did|does|could|thought|let|took|told|asked|came|made|on)\b)[a-z]+ [a-z]*(?:committee|election|strike|amnesty|assembly|staff|public|council|secretary|affairs)")  # fmt: skip
_PORTFOLIO = re.compile(
    r" (?:del? |des |d'|du |of |for |fur |fuer |без |bez |spraw |энерг|енерг|фин|фін|внутр|внутр|экон|екон|юст|здрав|сельск|торг|транс|образ|культ|"
    r"ener|finans|gospodar|edukacj|zdrowia|sprawiedl|kultur|infrastr|rolnic|rozwoju)"
)
_AMBASSADOR = re.compile(
    r"(?<!\w)(?:ambass\w+|ambasador\w*|botschafter\w*|embajador\w*|посол|посл\w{1,2}|пасол|пасл\w{1,2})$",
    re.IGNORECASE,
)

# "the chancellor of the University of Wisconsin": of what is no state
_OF_SOMETHING = re.compile(
    r" (?:of|de l'|de la|de|du|del|von|der|des) (?:the |la |le |el )?[A-ZÀ-Þ]"
)
_OWNER = re.compile(rf"(?<![\w'’])[{LATIN_UPPER}]\w+ $")


def who(
    doc: Document, title: Title, manner: str, people: list[Found], said: dict[str, set[str]]
) -> Person | None:
    """The person a title means, the rule that says so, and how sure it is.

    Args:
        manner: as `modified` gives it.
        people: everyone named in the text, in its order.
        said: titles that the text gives to people by their names.
    """
    gazetteer = doc.gazetteer
    if manner.startswith("number "):
        _, number, country = manner.split(" ")
        return _by_number(doc, country, int(number))
    if title.office:
        if manner == "former":
            return None
        holder = gazetteer.holder(title.country, title.office, doc.day)
        return (holder, f"office:{title.country}-{title.office}", 0.9) if holder else None
    if title.category == "envoy" and _AMBASSADOR.search(doc.visible[title.start : title.end]):
        return None  # there are too many
    if title.country:
        return _of_state(doc, title, manner, people, said)
    if title.category != "speaker" and _OF_SOMETHING.match(doc.visible, title.end) and doc.lang not in _SLAVIC:  # fmt: skip
        return None
    if title.category in _TOO_LITTLE or not _definite(doc, title) or _of_a_city(doc, title):
        return None
    if title.category == "minister" and _PORTFOLIO.match(doc.folded.text, title.end):
        return None
    if title.category in _RANKS:
        if title.category == "general" and _GENERAL_WHAT.match(doc.folded.text, title.end):
            return None
        return _of_rank(title, people, said)
    fixed = _FIXED.get(title.category)
    if fixed is not None:
        recent = _recent(doc, title, manner, people, said)
        if recent is not None or manner == "former":
            return recent
        holder = gazetteer.holder(*fixed, doc.day)
        if holder is None and doc.day is not None:  # just dead, and nobody elected yet
            holder = gazetteer.holder(*fixed, doc.day - timedelta(days=30))
        return (holder, f"office:{fixed[0]}-{fixed[1]}", 0.8) if holder else None
    recent = _recent(doc, title, manner, people, said)
    if recent is None and title.category in _MONARCHIES:
        return _monarch(doc, title)
    return recent


def _of_a_city(doc: Document, title: Title) -> bool:
    """Whether it is the title of what is no state: „prezydent Krakowa“, "Galatasaray başkanı"."""
    if doc.lang in _SLAVIC:
        return any(
            h.start == title.end + 1
            and doc.visible[title.end] == " "
            and h.has(PLACE)
            and not (h.has(LEADER) or h.has(SURNAME))
            for h in doc.hits
        )
    if doc.lang != "tr" or not doc.visible[title.start : title.end].endswith("kanı"):
        return False
    owner = _OWNER.search(doc.visible, max(0, title.start - 40), title.start)
    return owner is not None and not opens_sentence(doc.visible, owner.start())


def _of_state(
    doc: Document, title: Title, manner: str, people: list[Found], said: dict[str, set[str]]
) -> Person | None:
    gazetteer = doc.gazetteer
    if title.category == "chancellor" and title.country not in _STATES["chancellor"]:
        title = replace(title, category="fm")  # "el canciller sirio"
    if manner != "former" and not (title.category == "envoy" and title.country in ("UN", "EU")):
        for named in OFFICES.get(title.category, ()):
            office = _leading(doc, title.country) if named == "*" else named
            holder = gazetteer.holder(title.country, office, doc.day)
            if holder is not None:
                return holder, f"office:{title.country}-{office}", 0.88
    recent = _recent(doc, title, manner, people, said)
    if recent is not None or manner == "former":
        return recent
    if title.category in _RANKS:
        return _of_rank(title, [f for f in people if _of(f.entity, title.country)], said)
    if title.category in ("envoy", "diplomat"):
        return _only_one(doc, title, people)
    return None


def _by_number(doc: Document, country: str, number: int) -> Person | None:
    holders = doc.gazetteer.holders.get((country, "pres"), ())
    rows_ = list(dict.fromkeys(row for _start, _end, row in holders))
    if len(rows_) < number:
        return None
    entity = doc.gazetteer.compiled.entities[rows_[number - 1]]
    return entity, f"office:{country}-pres-{number}", 0.85


_TOP = frozenset({"pres", "pm", "king", "supreme"})


def _only_one(doc: Document, title: Title, people: list[Found]) -> Person | None:
    """The one person of a state named before who does not lead it: its envoy or mediator."""
    stamp = doc.day.isoformat() if doc.day else "9999"
    own = {
        f.entity.id: f.entity
        for f in people
        if f.start < title.start
        and f.entity.country == title.country
        and not any(
            o.office in _TOP and o.start <= stamp and (not o.end or stamp < o.end)
            for o in f.entity.offices
        )
    }
    if len(own) != 1:
        return None
    return next(iter(own.values())), "one-of-that-state", 0.6


def _leading(doc: Document, country: str) -> str:
    state = doc.gazetteer.country_by_code.get(country)
    before = _LED_BEFORE.get(country)
    if before is not None and doc.day is not None and doc.day.isoformat() < before[0]:
        return before[1]
    return state.leader_office if state else "pres"


def _of(entity: Entity, country: str) -> bool:
    return entity.country == country or any(held.country == country for held in entity.offices)


def _of_rank(title: Title, people: list[Found], said: dict[str, set[str]]) -> Person | None:
    """The one person named whom the text, or ranks.tsv, gives that rank."""
    ranks = _ranks()
    bearers = {
        f.entity.id: f.entity
        for f in people
        if f.how != "title"
        and (
            title.category in said.get(f.entity.id, ())
            or f.entity.name in ranks.get(title.category, ())
        )
    }
    if len(bearers) != 1:
        return None
    return next(iter(bearers.values())), "rank-of-one-named", 0.7


@cache
def _ranks() -> dict[str, frozenset[str]]:
    return {rank: frozenset(names.split(";")) for rank, names, *_ in rows("ranks.tsv")}


def _monarch(doc: Document, title: Title) -> Person | None:
    """The ruler of the one monarchy that a text speaks of."""
    states = [c for c in _MONARCHIES[title.category] if c in doc.countries]
    is_queen = _QUEEN.search(doc.folded.text, title.start, title.end) is not None
    if is_queen:
        states = [c for c in states if c == "GB"]
    if len(states) != 1:
        return None
    office = OFFICES[title.category][0]
    holder = doc.gazetteer.holder(states[0], office, doc.day)
    if holder is None or (is_queen and not holder.name.startswith("Elizabeth ")):
        return None  # a king's wife
    return holder, f"office:{states[0]}-{office}", 0.7


_QUEEN = re.compile(r"queen|konigin|reine|reina|krolow|королев|каралев|kralice")


def _definite(doc: Document, title: Title) -> bool:
    """Whether a bare title is definite: an article where the language has one."""
    surface = doc.visible[title.start : title.end]
    if doc.lang == "tr" and title.category in ("minister", "emir"):
        return surface in ("bakan", "Bakan") or (title.category == "emir" and surface[0].isupper())
    if doc.lang in _SLAVIC or doc.lang == "tr":
        return (
            title.category not in ("spox", "council", "commission")
            or doc.visible[title.start : title.start + 1].isupper()
        )
    match = _THE.search(doc.folded.text, max(0, title.start - 24), title.start)
    return match is not None


_THE = re.compile(
    rf"(?:^|(?<=[^\w]))(?:the|der|die|den|dem|le|la|l'|el) ?(?:(?:{FORMER}|{PRESENT}) )?$"
)


def _recent(
    doc: Document, title: Title, manner: str, people: list[Found], said: dict[str, set[str]]
) -> Person | None:
    """The last person named before whose office fits, those in office on the day first."""
    offices = _RECENT.get(title.category) or frozenset(OFFICES.get(title.category, ()))
    if title.country and title.category == "leader":
        offices |= {"pres"}
    if title.category == "president" and not title.country:
        offices = frozenset({"pres"})
    states = _STATES.get(title.category)
    stamp = doc.day.isoformat() if doc.day else ""
    fitting: dict[str, tuple[Found, bool]] = {}
    for found in people:
        if found.start >= title.start:
            break
        entity = found.entity
        if title.country and not _of(entity, title.country):
            continue
        held = [
            o for o in entity.offices if o.office in offices and (not states or o.country in states)
        ]
        told = title.category in said.get(entity.id, ())
        if not held and not told:
            continue
        active = (
            told or any(o.start <= stamp and (not o.end or stamp < o.end) for o in held)
            if stamp
            else True
        )
        fitting.pop(entity.id, None)
        fitting[entity.id] = found, active
    if not fitting:
        return None
    wanted = manner != "former"
    pool = [found for found, active in fitting.values() if active == wanted or not stamp]
    pool = pool or ([] if manner == "former" else [found for found, _active in fitting.values()])
    if title.category == "minister":  # the United States have secretaries
        pool = [found for found in pool if found.entity.country != "US"] or pool
    if not pool:
        return None
    chosen = _nearby(doc, title, pool) or _subject(title, pool, people) or pool[-1]
    return chosen.entity, "title-of-last-named", 0.7


_OFTENER = 3  # times


def _subject(title: Title, pool: list[Found], people: list[Found]) -> Found | None:
    """Of several whom a title fits, whom the text has named far oftener than each of the others."""
    if len(pool) < 2:
        return None
    named = Counter(f.entity.id for f in people if f.start < title.start)
    *_others, second, first = sorted(pool, key=lambda found: named[found.entity.id])
    return first if named[first.entity.id] >= _OFTENER * named[second.entity.id] else None


def _nearby(doc: Document, title: Title, pool: list[Found]) -> Found | None:
    """Of several whom a title fits, the one whose state the sentence speaks of nearest to it."""
    if len(pool) < 2:
        return None
    low, high = doc.sentence(title.start)
    best: tuple[int, Found] | None = None
    for hit in doc.hits:
        if hit.end <= low or hit.start >= high or (hit.start < title.end and title.start < hit.end):
            continue
        codes = doc.states_of(hit)
        distance = min(abs(hit.start - title.end), abs(title.start - hit.end))
        for found in pool:
            if found.entity.country in codes and (best is None or distance <= best[0]):
                best = distance, found
    return best[1] if best else None
