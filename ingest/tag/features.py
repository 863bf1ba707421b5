"""What the role classifier looks at around a place name. Pure; the same code trains and tags."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter

from ingest.tag.cues import find_cues, lexicon
from ingest.tag.document import Document, Found, Sentence, inside
from ingest.tag.wordings import ARTICLES, DATELINE, DAY, LIST, OR, PREP_CLASS, SPLIT, WORD, YEAR

BRIEF = 400  # letters of a text that may well name nobody, and tell of talks


def read_sentences(doc: Document) -> list[Sentence]:
    """Cues and clause cuts of every sentence."""
    text = doc.folded.text
    words = lexicon(doc.lang)
    read = []
    for start, end in doc.sentences:
        cuts = [start, *(m.start() for m in SPLIT.finditer(text, start, end)), end]
        read.append(
            Sentence(
                start,
                end,
                tuple(find_cues(text, start, end, doc.lang)),
                tuple(cuts),
                text[start:end].rstrip("\"'”»").endswith("?"),
                bool(YEAR.search(text, start, end)),
                tuple(words.concepts(text, start, end)),
            )
        )
    return read


def clause_of(sentence: Sentence, offset: int) -> tuple[int, int]:
    """Bounds of the clause around an offset; very short pieces join their neighbours."""
    cuts = sentence.cuts
    index = max(bisect_left(cuts, offset + 1) - 1, 0)
    low, high = index, min(index + 1, len(cuts) - 1)
    while cuts[high] - cuts[low] < 28 and (low > 0 or high < len(cuts) - 1):
        if low > 0:
            low -= 1
        elif high < len(cuts) - 1:
            high += 1
    return cuts[low], cuts[high]


def _distance(gap: int) -> str:
    return "0" if gap < 12 else "1" if gap < 35 else "2" if gap < 80 else "3"


class Surroundings:
    """What stands around the places of a text.

    Args:
        doc: its people and places found.
        sentences: as `read_sentences` gives them.
    """

    def __init__(self, doc: Document, sentences: list[Sentence]) -> None:
        self.doc = doc
        self.sentences = sentences
        self._numbers = [doc.sentence_index(place.start) for place in doc.places]
        self._inside = Counter(self._numbers)
        self._times: Counter[str] = Counter()  # how often a place is named
        self._order = []  # how often before
        for place in doc.places:
            self._order.append(self._times[place.entity.id])
            self._times[place.entity.id] += 1
        self._countries = {person.entity.country for person in doc.people}
        # What the places of a sentence or clause share, by its number or bounds.
        self._of_sentence: dict[int, list[str]] = {}
        self._of_clause: dict[tuple[int, int], list[str]] = {}
        self._stems_of: dict[int, list[str]] = {}

    def features(self, index: int) -> tuple[list[str], ...]:
        """Names of the features that hold for `doc.places[index]`.

        Returns:
            Lists to be taken together; one that other places share is the same object for each.
        """
        doc, place, here = self.doc, self.doc.places[index], self._numbers[index]
        text, lang, sentence = doc.folded.text, doc.lang, self.sentences[here]
        kind = place.entity.kind
        capital = is_capital(doc, place)
        sort = "cap" if capital else kind
        before, after = _words_before(text, sentence, place), _words_after(text, sentence, place)
        prep = _prep(lang, text, place, before)
        found = [
            "bias", f"sort={sort}", f"how={place.how}", f"prep={prep}", f"prep={prep}|{sort}",
            f"b1={before[-1]}|{lang}", f"b2={before[-2][:6]} {before[-1]}|{lang}", f"a1={after[0][:7]}|{lang}",
            f"a12={after[0][:6]} {after[1][:6]}|{lang}", f"b1={before[-1]}", f"a1={after[0][:7]}",
            f"lang={lang}|{sort}", f"prep={prep}|a1={after[0] if not after[0][:1].isalpha() else 'w'}",
        ]  # fmt: skip
        first = place.start - sentence.start < 3 or (
            before[-1] in ("the", "«", '"', "“", "„", "-", "—") and before[-2] == "^"
        )
        if first:
            found += ["first", f"first|{sort}"]
        found += [f"4b={w[:6]}|{lang}" for w in before if w[:1].isalpha()]
        found += [f"4a={w[:6]}|{lang}" for w in after if w[:1].isalpha()]
        country = place.entity.country
        found += [f"ent={place.entity.id}", f"ent={place.entity.id}|{prep}"]
        found += [f"cc={country}", f"cc={country}|{sort}"]
        found += _governor_features(doc, sentence, index, sort, before, after)
        clause = clause_of(sentence, place.start)
        found += _cue_features(sentence, place, clause, text, sort, first)
        shared = self._sentence_features(here)
        found += _concept_features(sentence, place, clause, sort, prep)
        found += _list_features(doc, place, index, text)
        found += _people_features(doc, sentence, place, sort)
        found += self._article_features(index, sort)
        if sentence.question:
            found.append(f"question|{sort}")
        if "day" in shared:
            beside = text[max(sentence.start, place.start - 26) : min(sentence.end, place.end + 26)]
            if DAY.search(beside):
                found += ["day-beside", f"day-beside|{prep}"]
        opens = here == 0 and place.start - sentence.start < 3
        if opens and DATELINE.match(doc.visible, place.end):
            found.append("dateline")
        if _in_quotes(text, sentence, place):
            found.append("quoted")
        return found, self._clause_features(clause), shared

    def _clause_features(self, clause: tuple[int, int]) -> list[str]:
        """What every place of a clause has in common."""
        found = self._of_clause.get(clause)
        if found is None:
            lang = self.doc.lang
            words = set(WORD.findall(self.doc.folded.text[clause[0] : clause[1]]))
            found = [f"c={w[:6]}|{lang}" for w in words if len(w) > 2 and w[:1].isalpha()]
            self._of_clause[clause] = found
        return found

    def _stems(self, number: int) -> list[str]:
        """How the longer words of a sentence begin."""
        found = self._stems_of.get(number)
        if found is None:
            sentence = self.sentences[number]
            words = set(WORD.findall(self.doc.folded.text, sentence.start, sentence.end))
            found = [w[:6] for w in words if len(w) > 3 and w[:1].isalpha()]
            self._stems_of[number] = found
        return found

    def _sentence_features(self, here: int) -> list[str]:
        """What every place of a sentence has in common."""
        found = self._of_sentence.get(here)
        if found is not None:
            return found
        text, lang, sentence = self.doc.folded.text, self.doc.lang, self.sentences[here]
        found = [f"s={stem}|{lang}" for stem in self._stems(here)]
        for step, label in ((-1, "prev"), (1, "next")):
            if 0 <= here + step < len(self.sentences):
                beside = self.sentences[here + step]
                found += [f"{label}:{k}" for k in {k for _s, _e, k in beside.cues}]
                found += [f"{label}={stem}|{lang}" for stem in self._stems(here + step)]
        if sentence.question:
            found.append("question")
        if sentence.year:
            found.append("year")
        if DAY.search(text, sentence.start, sentence.end):
            found.append("day")
        self._of_sentence[here] = found
        return found

    def _article_features(self, index: int, sort: str) -> list[str]:
        doc, place = self.doc, self.doc.places[index]
        here, total = self._numbers[index], len(self.sentences)
        at = "0" if here == 0 else "1" if here * 3 < total else "2" if here * 3 < total * 2 else "3"
        found = [
            f"nth={min(self._order[index], 2)}",
            f"count={min(self._times[place.entity.id], 4)}",
            f"at={at}",
            f"at={at}|{sort}",
        ]
        if place.entity.country in self._countries:
            found += ["own-people", f"own-people|{sort}"]
        if not doc.people and len(doc.visible) > BRIEF:
            found += ["no-people", f"no-people|{sort}"]
        found.append(f"places={min(self._inside[here], 4)}")
        return found


def _words_before(text: str, sentence: Sentence, place: Found) -> list[str]:
    """The five words before a place in its sentence; "^" is none."""
    low = max(sentence.start, place.start - 70)
    words = [t.group() for t in WORD.finditer(text, low, place.start)][-5:]
    return ["^"] * (5 - len(words)) + words


def _words_after(text: str, sentence: Sentence, place: Found) -> list[str]:
    """The five words after a place in its sentence; "$" is none."""
    high = min(sentence.end, place.end + 70)
    words = [t.group() for t in WORD.finditer(text, place.end, high)][:5]
    return words + ["$"] * (5 - len(words))


def _governor_features(
    doc: Document, sentence: Sentence, index: int, sort: str, before: list[str], after: list[str]
) -> list[str]:
    """The content words beside the enumeration that a place is in: they hold for all of it.

    Args:
        before: the words before the place itself, `after` those behind it.
    """
    text, lang, places = doc.folded.text, doc.lang, doc.places
    low = high = index
    while low > 0 and _listed(text, sentence, places[low - 1], places[low]):
        low -= 1
    while high + 1 < len(places) and _listed(text, sentence, places[high], places[high + 1]):
        high += 1
    if low < index:
        before = _words_before(text, sentence, places[low])
    if high > index:
        after = _words_after(text, sentence, places[high])
    prep = _prep(lang, text, places[low], before)
    left = next((w[:6] for w in reversed(before[1:]) if _is_content(w)), "^")
    right = next((w[:6] for w in after[:3] if _is_content(w)), "$")
    return [
        f"gl={left}|{lang}", f"gl={left}|{prep}|{lang}", f"gr={right}|{lang}", f"gr={right}|{prep}|{lang}",
        f"glr={left}|{right}|{lang}", f"hp={prep}|{sort}",
    ]  # fmt: skip


def _listed(text: str, sentence: Sentence, left: Found, right: Found) -> bool:
    """Whether two places of a sentence are neighbours in an enumeration."""
    gap = text[left.end : right.start]
    inside = sentence.start <= left.start and right.start < sentence.end
    return inside and len(gap) <= 24 and bool(LIST.fullmatch(gap))


def _is_content(word: str) -> bool:
    return word[:1].isalpha() and word not in PREP_CLASS and word not in ARTICLES


def is_capital(doc: Document, place: Found) -> bool:
    """Whether a place is the capital of its state."""
    country = doc.gazetteer.country_by_code.get(place.entity.country)
    return bool(country and country.capital == place.entity.id)


def _prep(lang: str, text: str, place: Found, before: list[str]) -> str:
    if lang == "tr":
        tail = text[place.end : place.end + 8]
        match = re.match(
            r"'?(d[ae]ki|t[ae]ki|d[ae]n|t[ae]n|d[ae]|t[ae]|n[iı]n|[iıuü]n|y[ae]|[ae]|y[iıuü]|[iıuü])(?!\w)",
            tail,
        )
        return "tr:" + match[1] if match else "none"
    word = before[-1]
    if word == "the" and before[-2] != "^":
        word = before[-2]
    return PREP_CLASS.get(word, "none" if word.isalpha() or word == "^" else "punct")


_FINE = frozenset({"neg", "drop", "fut", "cond", "offer", "go", "meet", "past"})
_COARSE = frozenset({"propose", "reject", "agree", "hosted", "say", "war"})


def _cue_features(
    sentence: Sentence, place: Found, clause: tuple[int, int], text: str, sort: str, first: bool
) -> list[str]:
    found: dict[str, None] = {}
    nearest: dict[str, tuple[int, str]] = {}
    for start, end, kind in sentence.cues:
        inside = clause[0] <= start < clause[1]
        side = "b" if end <= place.start else "a"
        gap = place.start - end if side == "b" else start - place.end
        if gap < 0:
            continue
        stem = text[start : min(end, start + 6)]
        scope = "c" if inside else "s"
        found[f"{scope}{side}:{kind}"] = None
        found[f"{scope}:{kind}|{sort}"] = None
        if inside:
            found[f"c{side}:{kind}:{_distance(gap)}"] = None
            found[f"cw:{kind}:{stem}"] = None
        if kind in _COARSE and (side not in nearest or gap < nearest[side][0]):
            nearest[side] = (gap, kind)
    for side, (gap, kind) in nearest.items():
        found[f"near{side}:{kind}|{sort}"] = None
        found[f"near{side}:{kind}:{_distance(gap)}"] = None
    pair = "+".join(nearest[side][1] if side in nearest else "-" for side in "ba")
    found[f"pair:{pair}"] = None
    here = {k for s, _e, k in sentence.cues if clause[0] <= s < clause[1]}
    fine = sorted(here & _FINE)
    found["fine:" + "+".join(fine)] = None
    found["fine:" + "+".join(fine) + "|" + sort] = None
    for i, one in enumerate(fine):
        for other in fine[i + 1 :]:
            found[f"both:{one}+{other}"] = None
    whole = sorted({k for _s, _e, k in sentence.cues} & _FINE)
    found["fine-s:" + "+".join(whole)] = None
    if first:
        found[f"first+{nearest['a'][1] if 'a' in nearest else '-'}|{sort}"] = None
    return list(found)


# Concepts that may stand anywhere in a clause; their pairs say more than each alone.
_PAIRED = frozenset(
    {"offer", "invite", "host", "ready", "prefer", "want", "possible", "accept", "settle", "future", "refuse", "cancel",
     "not", "meet", "signed", "past", "travel", "war", "ally", "year", "setting"}
)  # fmt: skip


def _concept_features(
    sentence: Sentence, place: Found, clause: tuple[int, int], sort: str, prep: str
) -> list[str]:
    """What is said in the place's clause, language aside: nearest meanings and pairs of them."""
    found: dict[str, None] = {}
    before: list[tuple[int, str]] = []
    after: list[tuple[int, str]] = []
    here: set[str] = set()
    for start, end, concept in sentence.concepts:
        if not clause[0] <= start < clause[1]:
            found[f"ks:{concept}"] = None
        elif end <= place.start:
            here.add(concept)
            before.append((place.start - end, concept))
        elif start >= place.end:
            here.add(concept)
            after.append((start - place.end, concept))
    for side, near in (("b", sorted(before)), ("a", sorted(after))):
        for order, (gap, concept) in enumerate(near[:3]):
            found[f"k{side}:{concept}:{_distance(gap)}"] = None
            found[f"k{side}:{concept}"] = None
            if order == 0:
                found[f"k{side}1:{concept}|{sort}"] = None
                found[f"k{side}1:{concept}|{prep}"] = None
    nearest = [near[0][1] if near else "-" for near in (sorted(before), sorted(after))]
    found["k1:" + "+".join(nearest)] = None
    for concept in here:
        found[f"k:{concept}|{sort}"] = None
        found[f"k:{concept}|{prep}"] = None
    paired = sorted(here & _PAIRED)
    for i, one in enumerate(paired):
        for other in paired[i + 1 :]:
            found[f"kk:{one}+{other}"] = None
    return list(found)


def _list_features(doc: Document, place: Found, index: int, text: str) -> list[str]:
    found = []
    places = doc.places
    for step in (-1, 1):
        other = index + step
        if not 0 <= other < len(places):
            continue
        left, right = (places[other], place) if step < 0 else (place, places[other])
        gap = text[left.end : right.start]
        if len(gap) > 24:
            continue
        if OR.search(gap):
            found.append("list:or")
        if LIST.fullmatch(gap):
            found += ["list", f"list:{places[other].entity.kind}"]
        if gap.strip() in ("-", "/", "—", "–") and len(gap) < 4:
            found.append("dash-list")
    return found


def _people_features(doc: Document, sentence: Sentence, place: Found, sort: str) -> list[str]:
    people = inside(doc.people, sentence)
    found = [f"people={min(len(people), 3)}", f"people={min(len(people), 3)}|{sort}"]
    if any(p.end <= place.start for p in people):
        found.append("person-before")
    if any(p.start >= place.end for p in people):
        found.append("person-after")
    gaps = [place.start - p.end for p in people if p.end <= place.start]
    if gaps and min(gaps) < 3:
        found.append("person-adjacent")
    return found


def _in_quotes(text: str, sentence: Sentence, place: Found) -> bool:
    left = text[sentence.start : place.start]
    return (
        left.count("«") > left.count("»")
        or left.count("“") > left.count("”")
        or left.count('"') % 2 == 1
    )
