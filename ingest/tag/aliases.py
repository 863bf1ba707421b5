"""Which language an alias of GeoNames belongs to: the aliases come without one.

Used when cities.tsv is taken anew and when the gazetteer is compiled, never when a text is tagged.
Cyrillic aliases are told apart by letters and spelling rules; a Russian one is the surer the better a
Ukrainian or Belarusian alias agrees with it. A Latin alias is taken only with letters of one language,
or where it is what that language makes of the Russian or Ukrainian name: a plain one may be a word.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from ingest.tag.fold import fold
from ingest.tag.translit import LATIN_LANGS, to_belarusian, to_latin, to_ukrainian

# States whose towns are written of in Russian: their Latin spellings are made from it.
SOVIET = frozenset(("RU", "UA", "BY", "MD", "KZ", "KG", "TJ", "TM", "UZ", "AM", "AZ", "GE"))
# Languages that spell a foreign town as it sounds, like Russian.
_WRITTEN_AS_RUSSIAN = ("pl", "tr")
_SHORTEST = 4  # letters of an alias; shorter ones are words too often
_WELL_KNOWN = 700_000
_ALIKE = 0.6
_MADE = 4  # Belarusian spellings of one name
_KEPT = 3  # aliases of one language, the likeliest first

_CYRILLIC = re.compile(r"[А-Яа-яЁёІіЇїЄєҐґЎў'’ -]+")
# Words that stand beside the name of a town in Kyrgyz, Mongolian, Mari, Russian..., none in the name.
_BESIDE = re.compile(
    r"(?:^| )(?:шаары|шахри|хот|хотот|ош|ола|шаар|шәһәр|город|горад|місто|град|область|вобласць|район|раён|муніципалітет|"
    r"округ|кала|каласы|хошуу|аймаг|столица)(?:$| )"
)
# What no Russian, Ukrainian or Belarusian word has: Bulgarian ъ, Mongolian and Kyrgyz long vowels.
_FOREIGN = re.compile(
    r"ъ(?![еёюя])|ээ|оо(?=[кнрхгт]$)|уу|ыы|аа(?=[кнрх]$)|ьо(?=[^ю])(?<!ньо)(?<!льо)(?<!сьо)(?<!тьо)(?<!зьо)(?<!дьо)"
)
_NOT_RUSSIAN = re.compile(r"[іїєґў']|[жшчщ][ыэ]|[жшч]ю|[цс]ьк|ць$|йи")
_NOT_UKRAINIAN = re.compile(r"[ыэъёў]|[жшч]ю|[ияеє]е")
_NOT_BELARUSIAN = re.compile(
    r"[иїєґщъ]|[тдр][іеёюяь]|[жшч][іеёюя]|ц[еюя]$|[кгх]ы|о.*о|[аеёоуыэюя]в(?=[бвгджзклмнпрстфхцчш]|$)"
)
_OF_POLISH = re.compile("[żłńśźąęć]", re.IGNORECASE)
_NOT_POLISH = re.compile(
    "[^a-zżłńśźąęćó' -]|[qvx]|(?:as|is|us|os|e)$|ij[aeo]|(?<![sc])h(?=[aeiou])ij", re.IGNORECASE
)
_OF_TURKISH = re.compile("[şŞğı]|[çÇ](?=[aıou])")
_NOT_TURKISH = re.compile("[^A-Za-zşŞğıçÇöÖüÜİ' -]|[qwxQWX]")
_ROMAN = str.maketrans("абвгдеёжзийклмнопрстуфхцчшщыэюя", "abvgdeejziiklmnoprstufhccssyeua", "ьъ'")


def _is_name(alias: str) -> bool:
    """Whether each word is written like one of a name, and none is a word beside it."""
    words = re.split("[ -]", alias)
    return (
        sum(map(str.isalpha, alias)) >= _SHORTEST
        and words[0][:1].isupper()
        and words[-1][:1].isupper()
        and len(words) <= 4
        and not alias.isupper()
        and not _BESIDE.search(alias.lower())
    )


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def is_alike(one: str, other: str) -> bool:
    """Whether two folded labels may be spellings of one name."""
    return _likeness(one, other) > _ALIKE


def _roman(lowered: str) -> str:
    return lowered.translate(_ROMAN)


def _agrees(russian: str, others: Iterable[str], lang: str) -> bool:
    carry = to_ukrainian if lang == "uk" else to_belarusian
    made = {fold(name) for name in carry(russian, place=True)}
    return any(fold(name) in made for name in others if name != russian)


def cyrillic_names(name: str, country: str, aliases: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Russian, Ukrainian and Belarusian names of a town among all its aliases, likeliest first.

    Args:
        name: the town's label.
        country: ISO code: what has no letter of its own may be Ukrainian in Ukraine.
        aliases: as GeoNames has them, of any language and script.
    """
    names = [a.replace("’", "'") for a in aliases if _CYRILLIC.fullmatch(a)]
    names = [a for a in names if _is_name(a) and not _FOREIGN.search(a.lower())]
    low = {n: n.lower() for n in names}
    own = [n for n in names if re.search("[іїєґў]", low[n])]
    uk = [n for n in names if not _NOT_UKRAINIAN.search(low[n]) and (n in own or country == "UA")]
    be = [
        n for n in names
        if not _NOT_BELARUSIAN.search(low[n]) and (n in own or country == "BY" or re.search("[ыэё]|дз", low[n]))
    ]  # fmt: skip

    def trust(alias: str) -> float:
        agreed = _agrees(alias, uk, "uk") + _agrees(alias, be, "be")
        alike = _likeness(_roman(low[alias]), fold(name))
        own_letters = min(2, len(re.findall("[йьыёщюя]", low[alias])))
        return 2 * agreed + 3 * alike + 0.5 * own_letters + ("-" in alias)

    written = {fold(alias) for alias in aliases if alias.isascii()}
    trusted = {n: trust(n) for n in names if not _NOT_RUSSIAN.search(low[n])}
    best = max(trusted.values(), default=0.0)
    former = {
        n for n in trusted if len(n) > _SHORTEST and _roman(low[n]) in written
    }  # Сайгон, Мадрас
    ru = sorted(
        (n for n in trusted if trusted[n] > best - 1 or n in former), key=lambda n: -trusted[n]
    )
    # what agrees with no Russian name is likelier a third language's
    uk.sort(key=lambda n: not any(_agrees(r, (n,), "uk") for r in ru))
    be.sort(key=lambda n: not any(_agrees(r, (n,), "be") for r in ru))
    picked = {"ru": ru, "uk": uk, "be": be}
    return {lang: _distinct(found)[:_KEPT] for lang, found in picked.items() if found}


def latin_names(
    name: str,
    country: str,
    aliases: Iterable[str],
    cyrillic: Mapping[str, Sequence[str]],
    population: int = 0,
) -> dict[str, tuple[str, ...]]:
    """Polish, German, French, Spanish and Turkish names of a town among all its aliases.

    Args:
        name: the town's label; an alias that folds to the same adds nothing.
        country: ISO code.
        aliases: as GeoNames has them.
        cyrillic: its names as `cyrillic_names` has told them apart.
        population: a short alias is that of a great city only.
    """
    usable = [
        a
        for a in aliases
        if (len(a) > _SHORTEST or population >= _WELL_KNOWN)
        and _is_name(a)
        and a.isprintable()
        and fold(a) != fold(name)
    ]
    found: dict[str, list[str]] = {lang: [] for lang in LATIN_LANGS}
    by_form: dict[str, list[str]] = {}
    for alias in usable:
        by_form.setdefault(fold(alias), []).append(alias)
        if _OF_POLISH.search(alias) and not _NOT_POLISH.search(alias):
            found["pl"].append(alias)
        if _OF_TURKISH.search(alias) and not _NOT_TURKISH.search(alias):
            found["tr"].append(alias)
    for lang in _WRITTEN_AS_RUSSIAN if country not in SOVIET else LATIN_LANGS:
        for made in made_in(lang, country, cyrillic):
            same = by_form.get(fold(made), ())
            if same:
                found[lang].append(made if made in same else same[0])
    return {lang: _distinct(names)[:_KEPT] for lang, names in found.items() if names}


def ukrainian_names(russian: str) -> tuple[str, ...]:
    """What is made of a town's Russian name in Ukrainian."""
    return to_ukrainian(russian, place=True)


def belarusian_names(russian: str) -> tuple[str, ...]:
    """What is made of a town's Russian name in Belarusian: only a stressed «о» stays, and any may be it."""
    plain = to_belarusian(russian, place=True)[0]
    plain = re.sub(r"([бвгджзклмнпрстфх])\1", r"\1", plain)
    places = [m.start() for m in re.finditer("[оО]", plain)]
    kept = [plain] if len(places) < 2 else []
    for stressed in (*places, None):
        letters = [
            "аА"["оО".index(letter)] if at in places and at != stressed else letter
            for at, letter in enumerate(plain)
        ]
        kept.append("".join(letters))
    return _distinct(kept)[:_MADE]


def made_in(lang: str, country: str, cyrillic: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What a Latin-written language makes of the Russian and Ukrainian names of a town."""
    made: list[str] = []
    for source in ("ru", "uk") if country == "UA" else ("ru",):
        for name in cyrillic.get(source, ())[:1]:
            spelled = to_latin(name, lang)
            if lang == "tr":
                spelled = re.sub("dj", "c", re.sub("^Dj", "C", spelled))
                spelled = re.sub("[iı]y$", "i", spelled)
            elif lang == "fr":
                spelled = re.sub("jj", "j", spelled)
            if re.fullmatch(r"[^\W\d_]+(?:[ -][^\W\d_]+)*", spelled):
                made.append(spelled)
    return _distinct(made)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Names that are not the same when folded, the first of each."""
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(fold(name), name)
    return tuple(kept.values())
