"""Collects entities and forms for the compiled gazetteer; the desk's overlay uses it too."""

from __future__ import annotations

import re

from ingest.tag.fold import fold, folded_name, from_first_letter
from ingest.tag.gazetteer import ALL_CAPS, ANY_CASE, CAPITAL, Country, Entity, pack
from ingest.tag.inflect import inflect
from ingest.tag.sources import rows, split_names

_LETTERS = str.maketrans({"ł": "l", "ı": "i", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae"})


def slug(text: str) -> str:
    """ASCII letters and hyphens for an id."""
    folded = fold(text).translate(_LETTERS)
    return re.sub(r"[^a-z0-9]+", "-", folded).strip("-") or "x"


def leader_id(label: str) -> str:
    """`Alexander Lukashenko` -> `leader:lukashenko-alexander`."""
    words = slug(label).split("-")
    return "leader:" + "-".join([words[-1], *words[:-1]])


# Of a name with «», the marks that papers write.
_MARKS = (("«", "»"), ('"', '"'), ("„", "“"), ("“", "”"))


def forms_in_texts(name: str) -> list[str]:
    """A name as folded texts have it, in each kind of quotation marks; the first stands for all."""
    folded = folded_name(name)
    if "«" not in folded:
        return [folded]
    return [folded.replace("«", opening).replace("»", closing) for opening, closing in _MARKS]


def case_rule(name: str) -> int:
    """Acronyms are matched in capitals only, names that start with a capital need one."""
    name = from_first_letter(name)
    letters = [c for c in name if c.isalpha()]
    if letters and len(letters) <= 5 and all(c.isupper() for c in letters):
        return ALL_CAPS
    return CAPITAL if name[:1].isupper() or not name[:1].isalpha() else ANY_CASE


def script_language(name: str) -> str:
    """The language whose endings a name of no given language takes: one of Cyrillic, or none."""
    letters = set(name.lower())
    if not letters & set("абвгдежзиклмнопрстуфхцчшь"):
        return ""
    return "be" if "ў" in letters else "uk" if letters & set("іїєґ") else "ru"


class Builder:
    """Collects entities and forms."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self.row_by_id: dict[str, int] = {}
        self.forms: dict[str, dict[int, None]] = {}
        self.titles: list[tuple[str, str]] = []
        self.epithets: list[tuple[str, str]] = []
        self.countries: list[Country] = []
        self.qids = {row[2]: row[1] for row in rows("qids.tsv")}  # by entity id
        self.stop = {(fold(row[0]), row[1]) for row in rows("stoplist.tsv")}
        self.redirects = {former: now for former, now, *_ in rows("redirects.tsv")}
        self.spellings = {row[0]: row[1] for row in rows("spellings.tsv")}
        self.german: list[tuple[str, int]] = []  # names of no one language, for add_genitives
        self.towns: list[tuple[int, int, str]] = []  # row, GeoNames id or 0, names in cities.tsv
        # GeoNames id -> forms that are likelier a word
        self.town_words = {int(r[0]): frozenset(r[1].split(";")) for r in rows("town_words.tsv")}
        self.given: frozenset[str] = frozenset()  # given names of leaders, folded
        self.spelled: set[str] = set()  # labels of spellings.tsv that were met

    def add_form(self, form: str, ref: int, kind: int, case: int) -> None:
        folded, *marked = forms_in_texts(form)
        if len(folded) < 2 or (folded, str(kind)) in self.stop or (folded, "*") in self.stop:
            return
        for written in (folded, *marked):
            self.forms.setdefault(written, {})[pack(ref, kind, case)] = None

    def more_spellings(self, label: str) -> list[tuple[str, str]]:
        """What spellings.tsv adds to an entity: (language or "", name)."""
        self.spelled.add(label)
        return split_names(self.spellings.get(label, ""), ";")

    def add_name(self, name: str, lang: str, ref: int, kind: int) -> None:
        """A name with all the forms it has in a language."""
        name = from_first_letter(name)
        rule = case_rule(name)
        for form in inflect(name, lang) if rule != ALL_CAPS else (name,):
            self.add_form(form, ref, kind, rule)

    def add_entity(self, entity: Entity) -> int:
        if entity.id in self.row_by_id:
            raise SystemExit(f"{entity.id} stands twice in the sources ({entity.name})")
        self.row_by_id[entity.id] = len(self.entities)
        self.entities.append(entity)
        return len(self.entities) - 1


# "al-Assad", "of Jordan", "bin Salman": what follows is no family name.
_PARTICLES = frozenset(
    {"al", "el", "of", "bin", "ben", "ibn", "аль", "ас", "де", "бен", "бин", "бін", "ибн"}
)


def surname_of(name: str) -> str:
    """The part that may stand alone: from `*` on, else the last word with its particle."""
    if "*" in name:
        after = name.split("*", 1)[1]
        return after.split(" ")[0] if name.startswith("*") else after
    words = name.split(" ")
    last = words[-1]
    if re.fullmatch(r"(I|V|X|II|III|IV|VI|VII|XIV|Jr\.?|Sr\.?)", last):
        return ""
    if len(words) > 1 and fold(words[-2]) in _PARTICLES:
        return ""
    return last
