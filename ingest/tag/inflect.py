"""Endings of names in Russian, Ukrainian, Belarusian, Polish and German, by our own paradigms.

Used when the gazetteer is compiled, never when a text is tagged. A word is given in the
nominative; the result has the forms of each case. The paradigms give a form too many rather than one
too few: a wrong form matches nothing.
"""

from __future__ import annotations

from itertools import product

CASES = ("nom", "gen", "dat", "acc", "ins", "loc")
Paradigm = dict[str, tuple[str, ...]]

_VOWELS = {
    "ru": "аеёиоуыэюя",
    "uk": "аеєиіїоуюя",
    "be": "аеёіоуыэюя",
    "pl": "aeiouyąęó",
}
_HUSH = frozenset("жшчщц")


def _same(word: str) -> Paradigm:
    return dict.fromkeys(CASES, (word,))


def _make(stem: str, **endings: str) -> Paradigm:
    """`gen="а|ой"`: the endings of a case, `|` between."""
    return {case: tuple(stem + end for end in endings[case].split("|")) for case in CASES}


def _ru(word: str) -> Paradigm:
    low = word.lower()
    if low.endswith(("ский", "цкий", "кий", "гий", "хий")):
        s = word[:-2]
        return _make(s, nom="ий", gen="ого", dat="ому", acc="ого|ий", ins="им", loc="ом")
    if low.endswith(("ый", "ой")) and len(word) > 3:
        s = word[:-2]
        return _make(
            s, nom=word[-2:], gen="ого", dat="ому", acc="ого|" + word[-2:], ins="ым", loc="ом"
        )
    if low.endswith(("ская", "ная", "вая", "лая", "рая", "тая")):
        return _make(word[:-2], nom="ая", gen="ой", dat="ой", acc="ую", ins="ой|ою", loc="ой")
    if low.endswith(("ное", "рное", "кое", "ное", "вое")):
        return _make(word[:-2], nom="ое", gen="ого", dat="ому", acc="ое", ins="ым|им", loc="ом")
    if low.endswith(("ные", "кие", "вые", "ские")):
        return _make(word[:-2], nom=word[-2:], gen="ых|их", dat="ым|им", acc=word[-2:] + "|ых|их", ins="ыми|ими", loc="ых|их")  # fmt: skip
    if low.endswith("ий"):
        s = word[:-1]
        return _make(s, nom="й", gen="я", dat="ю", acc="я|й", ins="ем", loc="и|е")
    if low.endswith("й"):
        s = word[:-1]
        return _make(s, nom="й", gen="я", dat="ю", acc="я|й", ins="ем", loc="е")
    if low.endswith("ия"):
        return _make(word[:-1], nom="я", gen="и", dat="и", acc="ю", ins="ей", loc="и")
    if low.endswith("я"):
        return _make(word[:-1], nom="я", gen="и", dat="е", acc="ю", ins="ей", loc="е")
    if low.endswith(("ова", "ева", "ёва", "ина")):
        s = word[:-1]
        return _make(s, nom="а", gen="ой|ы", dat="ой|е", acc="у", ins="ой|ою", loc="ой|е")
    if low.endswith("а"):
        gen = "и" if low[-2:-1] in "гкхжшчщ" else "ы"
        ins = "ей|ой" if low[-2:-1] in "жшчщц" else "ой|ою"
        return _make(word[:-1], nom="а", gen=gen, dat="е", acc="у", ins=ins, loc="е")
    if low.endswith("ь"):
        s = word[:-1]
        return _make(s, nom="ь", gen="я|и", dat="ю|и", acc="я|ь", ins="ем|ью", loc="е|и")
    if low.endswith(("ово", "ево", "ино", "во")):
        return _make(word[:-1], nom="о", gen="а|о", dat="у|о", acc="о", ins="ом|о", loc="е|о")
    if low.endswith(("ье", "ие")):
        return _make(word[:-1], nom="е", gen="я", dat="ю", acc="е", ins="ем", loc="е|и")
    if low.endswith("ы"):
        return _make(word[:-1], nom="ы", gen="|ов", dat="ам", acc="ы", ins="ами", loc="ах")
    if low[-1:] in _VOWELS["ru"] or not low[-1:].isalpha():
        return _same(word)
    if low.endswith(("ов", "ев", "ёв", "ин", "ын")):
        return _make(word, nom="", gen="а", dat="у", acc="а|", ins="ым|ом", loc="е")
    ins = "ем|ом" if low[-1] in _HUSH else "ом"
    return _make(word, nom="", gen="а", dat="у", acc="а|", ins=ins, loc="е")


def _uk(word: str) -> Paradigm:
    low = word.lower()
    if low.endswith(("ий", "ій")) and len(word) > 3:
        s = word[:-2]
        hard = _make(
            s, nom=word[-2:], gen="ого", dat="ому", acc="ого|" + word[-2:], ins="им", loc="ому|ім"
        )
        if low.endswith("ій"):
            gentle = _make(
                word[:-2], nom="ій", gen="ія", dat="ію|ієві", acc="ія", ins="ієм", loc="ії|ієві"
            )
            return {case: hard[case] + gentle[case] for case in CASES}
        return hard
    if low.endswith("ая"):
        return _make(word[:-1], nom="я", gen="ї", dat="ї", acc="ю", ins="єю", loc="ї")
    if low.endswith(
        ("ка", "ва", "на", "ша", "ча", "ла", "да", "та", "ра", "са", "ба", "ма", "за", "га", "ха")
    ):
        s = word[:-1]
        soft = {"к": "ц", "г": "з", "х": "с"}.get(low[-2], "")
        loc = word[:-2] + soft if soft else s
        forms = _make(s, nom="а", gen="и|ої", dat="ій", acc="у", ins="ою|ею", loc="ій")
        extra = (loc + "і",)
        return {**forms, "dat": forms["dat"] + extra, "loc": forms["loc"] + extra}
    if low.endswith(("ія", "їя")):
        return _make(word[:-1], nom="я", gen="ї", dat="ї", acc="ю", ins="єю", loc="ї")
    if low.endswith("я"):
        if low[-2:-1] == low[-3:-2] or low.endswith("'я"):
            return _make(word[:-1], nom="я", gen="я", dat="ю", acc="я", ins="ям", loc="і|ю|ї")
        return _make(word[:-1], nom="я", gen="і", dat="і", acc="ю", ins="ею", loc="і")
    if low.endswith("ко") or (low.endswith("о") and len(word) > 4):
        s = word[:-1]
        return _make(s, nom="о", gen="а", dat="у|ові", acc="а|о", ins="ом", loc="ові|у|і")
    if low.endswith("е") and len(word) > 5:
        return _make(
            word[:-1], nom="е", gen="ого|я|а", dat="ому|ю|у", acc="е", ins="им|ем", loc="ому|і"
        )
    if low.endswith("ь"):
        s = word[:-1]
        return _make(s, nom="ь", gen="я|і", dat="ю|еві|і", acc="я|ь", ins="ем|лю", loc="і|ю|еві")
    if low.endswith("їв"):
        return _make(
            word[:-2], nom="їв", gen="єва", dat="єву|єві", acc="їв|єва", ins="євом|євим", loc="єві"
        )
    if low.endswith("ів"):
        return _make(word[:-2], nom="ів", gen="ова|іва|ева", dat="ову|іву", acc="ова|ів", ins="овом|овим|івом", loc="ові|іві|еві")  # fmt: skip
    if low.endswith("и"):
        return _make(word[:-1], nom="и", gen="|ів", dat="ам", acc="и", ins="ами", loc="ах")
    if low.endswith("і"):
        return _make(
            word[:-1], nom="і", gen="|ів|ей|ій", dat="ам|ям", acc="і", ins="ами|ями", loc="ах|ях"
        )
    if low[-1:] in _VOWELS["uk"] or not low[-1:].isalpha():
        return _same(word)
    if low.endswith("й"):
        return _make(word[:-1], nom="й", gen="я", dat="ю|єві", acc="я|й", ins="єм", loc="ї|єві|ю")
    if low.endswith(("ов", "ев", "єв", "ін", "їн", "ин")):
        return _make(word, nom="", gen="а|у", dat="у|ові", acc="а|", ins="им|ом", loc="і|ові|у")
    return _make(word, nom="", gen="а|у", dat="у|ові|еві", acc="а|", ins="ом|ем", loc="і|у|ові|еві")


def _be(word: str) -> Paradigm:
    low = word.lower()
    if low.endswith(("скі", "цкі", "зкі", "кі")):
        s = word[:-1]
        return _make(s, nom="і", gen="ага", dat="аму", acc="ага|і", ins="ім", loc="ім")
    if low.endswith("ы") and low.endswith(("ны", "вы", "лы", "ты", "ры")) and len(word) > 4:
        return _make(
            word[:-1], nom="ы", gen="ага||аў", dat="аму|ам", acc="ага|ы", ins="ым|амі", loc="ым|ах"
        )
    if low.endswith(("ская", "ная", "вая", "кая", "рая")):
        return _make(word[:-2], nom="ая", gen="ай", dat="ай", acc="ую", ins="ай|аю", loc="ай")
    if low.endswith(("ыя", "ія")) and len(word) > 4:
        return _make(word[:-1], nom="я", gen="і|х", dat="і|м", acc="ю|я", ins="яй|яю|мі", loc="і|х")
    if low.endswith("ка"):
        s = word[:-1]
        forms = _make(s, nom="а", gen="і", dat="у|е", acc="у|а", ins="ай|ам|аю", loc="у")
        return {
            **forms,
            "dat": (*forms["dat"], word[:-2] + "цы"),
            "loc": (*forms["loc"], word[:-2] + "цы"),
        }
    if low.endswith(("га", "ха")):
        soft = {"г": "зе", "х": "се"}[low[-2]]
        forms = _make(word[:-1], nom="а", gen="і", dat="у", acc="у", ins="ай|аю", loc="у")
        return {**forms, "dat": (word[:-2] + soft,), "loc": (word[:-2] + soft,)}
    if low.endswith("а"):
        s = word[:-1]
        hard = {"т": "це", "д": "дзе"}.get(low[-2:-1])
        loc = (word[:-2] + hard,) if hard else (s + "е", s + "ы")
        forms = _make(s, nom="а", gen="ы|ай", dat="ы|ай", acc="у", ins="ай|ою|аю|ам", loc="ы|ай")
        return {**forms, "dat": forms["dat"] + loc, "loc": forms["loc"] + loc}
    if low.endswith("я"):
        return _make(word[:-1], nom="я", gen="і", dat="і", acc="ю", ins="яй|яю", loc="і")
    if low.endswith(("аў", "оў", "еў", "ёў")):
        s = word[:-1]
        return _make(s, nom="ў", gen="ва", dat="ву", acc="ва|ў", ins="вым|вам", loc="ве")
    if low.endswith("ь"):
        s = word[:-1]
        return _make(s, nom="ь", gen="я|і", dat="ю|і", acc="я|ь", ins="ем|лю|ню", loc="і|ю")
    if low.endswith("й"):
        return _make(word[:-1], nom="й", gen="я", dat="ю", acc="я|й", ins="ем", loc="і|ю")
    if low.endswith("о"):
        return _make(word[:-1], nom="о", gen="а", dat="у", acc="о|а", ins="ам", loc="у|е")
    if low.endswith("ы"):
        return _make(word[:-1], nom="ы", gen="|аў", dat="ам", acc="ы", ins="амі", loc="ах")
    if low[-1:] in _VOWELS["be"] or not low[-1:].isalpha():
        return _same(word)
    tail = {"т": word[:-1] + "це", "д": word[:-1] + "дзе"}.get(low[-1])
    forms = _make(word, nom="", gen="а|у", dat="у", acc="а|", ins="ам|ом|ем|ым", loc="е|у|ы")
    if tail:
        forms["loc"] = (*forms["loc"], tail)
    return forms


_PL_IRREGULAR: dict[str, tuple[str, ...]] = {
    "Niemcy": ("Niemiec", "Niemcom", "Niemcami", "Niemczech"),
    "Węgry": ("Węgier", "Węgrom", "Węgrami", "Węgrzech"),
    "Włochy": ("Włoch", "Włochom", "Włochami", "Włoszech"),
    "Chiny": ("Chin", "Chinom", "Chinami", "Chinach"),
    "Czechy": ("Czech", "Czechom", "Czechami", "Czechach"),
    "Ateny": ("Aten", "Atenom", "Atenami", "Atenach"),
    "Indie": ("Indii", "Indiom", "Indiami", "Indiach"),
    "Emiraty": ("Emiratów", "Emiratom", "Emiratami", "Emiratach"),
    "Kielce": ("Kielc", "Kielcom", "Kielcami", "Kielcach"),
    "Katowice": ("Katowic", "Katowicom", "Katowicami", "Katowicach"),
    "Siedlce": ("Siedlec", "Siedlcom", "Siedlcami", "Siedlcach"),
    "Bałkany": ("Bałkanów", "Bałkanom", "Bałkanami", "Bałkanach"),
    "Stany": ("Stanów", "Stanom", "Stanami", "Stanach"),
    "Biały": ("Białego", "Białemu", "Białym", "Białym"),
}
_PL_SOFT = {
    "t": "cie",
    "d": "dzie",
    "ł": "le",
    "r": "rze",
    "st": "ście",
    "szt": "szcie",
    "zd": "ździe",
}


def _pl(word: str) -> Paradigm:
    low = word.lower()
    if word in _PL_IRREGULAR:
        gen, dat, ins, loc = _PL_IRREGULAR[word]
        return {
            "nom": (word,),
            "gen": (gen,),
            "dat": (dat,),
            "acc": (word,),
            "ins": (ins,),
            "loc": (loc,),
        }
    if low.endswith(("ski", "cki", "dzki")):
        return _make(word, nom="", gen="ego", dat="emu", acc="ego|", ins="m", loc="m")
    if low.endswith(("di", "li", "ni", "ti", "ri")) and len(word) > 3:
        return _make(word, nom="", gen="ego|", dat="emu|", acc="ego|", ins="m|", loc="m|")
    if low.endswith(("ska", "cka", "zka")) and len(word) > 5:
        s = word[:-1]
        return _make(s, nom="a", gen="iej|i", dat="iej|ie", acc="ą|ę", ins="ą", loc="iej|ie")
    if low.endswith(("owa", "ewa")) and len(word) > 4:
        s = word[:-1]
        return _make(s, nom="a", gen="y|ej", dat="ie|ej", acc="ę|ą", ins="ą", loc="ie|ej")
    if low.endswith(("ny", "wy", "ły")):
        return _make(
            word[:-1], nom="y", gen="ego|", dat="emu|om", acc="ego|y", ins="ym|ami", loc="ym|ach"
        )
    if low.endswith("ia"):
        s = word[:-1]
        return _make(s, nom="a", gen="|i", dat="|i", acc="ę", ins="ą", loc="|i")
    if low.endswith("ja"):
        s = word[:-1]
        return _make(s, nom="a", gen="i", dat="i", acc="ę", ins="ą", loc="i")
    if low.endswith("a"):
        s = word[:-1]
        gen = "i" if low[-2:-1] in "kgl" else "y|i" if low[-2:-1] == "j" else "y"
        last = low[-2:-1]
        if last == "k":
            ends: tuple[str, ...] = (word[:-2] + "ce",)
        elif last == "g":
            ends = (word[:-2] + "dze",)
        elif last == "h":
            ends = (word[:-3] + "sze",)
        elif last in _PL_SOFT:
            ends = (word[:-2] + _PL_SOFT[last],)
        elif last in "czlj":
            ends = (s + "y", s + "i")
        else:
            ends = (s + "ie",)
        forms = _make(s, nom="a", gen=gen, dat="", acc="ę", ins="ą", loc="")
        return {**forms, "dat": ends, "loc": ends}
    if low.endswith("o") and len(word) > 3:
        s = word[:-1]
        return _make(
            s, nom="o", gen="a|i|o|y", dat="u|owi|o", acc="o|ę", ins="em|iem|o|ą", loc="ie|u|o|cy"
        )
    if low.endswith("ie") and len(word) > 5:
        return _make(word[:-1], nom="e", gen="a", dat="u", acc="e", ins="em", loc="u")
    if low.endswith("y"):
        return _make(
            word[:-1], nom="y", gen="|ego|ów", dat="om|emu", acc="y|ego", ins="ami|ym", loc="ach|ym"
        )
    if low[-1:] in _VOWELS["pl"] or not low[-1:].isalpha():
        return _same(word)
    if low.endswith("ów"):
        s = word[:-2]
        return _make(s, nom="ów", gen="owa", dat="owowi|owu", acc="ów|owa", ins="owem", loc="owie")
    soft = {"ń": "ni", "ć": "ci", "ś": "si", "ź": "zi"}.get(low[-1])
    if soft:
        s = word[:-1]
        return _make(s, nom=low[-1], gen=soft + "a", dat=soft + "owi|" + soft + "u", acc=low[-1] + "|" + soft + "a", ins=soft + "em", loc=soft + "u")  # fmt: skip
    stems = [word]
    if low.endswith("ek"):
        stems.append(word[:-2] + "k")
    if low.endswith("iec"):
        stems.append(word[:-3] + "c")
    if low.endswith("ec"):
        stems.append(word[:-2] + "c")
    hard: Paradigm = {"nom": (word,)}
    hard["gen"] = tuple(s + e for s in stems for e in ("a", "u"))
    hard["dat"] = tuple(s + e for s in stems for e in ("owi", "u"))
    hard["acc"] = (*(s + "a" for s in stems), word)
    hard["ins"] = tuple(s + e for s in stems for e in (("iem",) if s[-1:] in "kg" else ("em",)))
    locs = [s + e for s in stems for e in ("ie", "u")]
    for tail in ("szt", "st", "zd", "t", "d", "ł", "r"):
        if low.endswith(tail):
            locs.append(word[: -len(tail)] + _PL_SOFT[tail])
            break
    hard["loc"] = tuple(locs)
    return hard


_BY_LANG = {"ru": _ru, "uk": _uk, "be": _be, "pl": _pl}
_LOWER_PARTICLES = frozenset(
    [
        "бен",
        "бин",
        "ад",
        "аль",
        "ас",
        "аш",
        "эль",
        "де",
        "дер",
        "фон",
        "ван",
        "дель",
        "ди",
        "ла",
        "ле",
        "да",
        "душ",
        "д'",
        "arap",
        "ульд",
        "al",
        "as",
        "von",
        "der",
        "de",
        "van",
        "и",
        "на",
        "над",
    ]
)


def inflect_word(word: str, lang: str) -> Paradigm:
    """Forms of one word by case. Hyphenated words bend in their last part (and the first, if long)."""
    rule = _BY_LANG.get(lang)
    if rule is None:
        return _same(word)
    if "-" in word:
        head, _, tail = word.rpartition("-")
        ends = rule(tail) if tail[:1].isupper() and len(tail) > 1 else _same(tail)
        forms = {case: tuple(f"{head}-{end}" for end in ends[case]) for case in CASES}
        if head and "-" not in head and len(head) > 2 and head[0].isupper():
            heads = rule(head)
            both = {
                case: tuple(f"{a}-{b}" for a in heads[case] for b in ends[case]) for case in CASES
            }
            forms = {case: tuple(dict.fromkeys(forms[case] + both[case])) for case in CASES}
        return forms
    if len(word) < 3 or word.isupper():
        return _same(word)
    return rule(word)


def inflect(name: str, lang: str) -> tuple[str, ...]:
    """Every form of a name of one or more words, all words in the same case.

    Args:
        name: in the nominative.
        lang: ru, uk, be, pl (paradigms), de (genitive -s); any other: the name alone.
    """
    if lang == "de":
        last = name[-1:].lower()
        return (name,) if last in "sxzß" or not name.isalpha() else (name, name + "s")
    if lang not in _BY_LANG:
        return (name,)
    words = name.split(" ")
    tables = [
        inflect_word(word, lang)
        if word and word not in _LOWER_PARTICLES and (word[0].isupper() or len(word) > 2)
        else _same(word)
        for word in words
    ]
    # a woman's given name with a man's family name pattern stands still: "Кая Каллас", "Анна Азари"
    forms: dict[str, None] = {name: None}
    for case in CASES:
        for combo in product(*(table[case] for table in tables)):
            forms[" ".join(combo)] = None
        if len(words) > 1:  # the family name may be indeclinable
            for first in tables[0][case]:
                forms[" ".join((first, *words[1:]))] = None
            if len(words[0]) < 5 or words[0][-1:] in "оуюиіеэьoiueé":
                for last in tables[-1][case]:  # or the given name: "Цзян Цзэминем", "Фуміо Кісіди"
                    forms[" ".join((*words[:-1], last))] = None
    return tuple(forms)


_ADJECTIVE = {
    "ru": "ий|ого|ому|им|ом|ая|ой|ую|ое|ие|их|ими",
    "uk": "ий|ого|ому|им|ім|а|ої|ій|у|ою|е|і|их|ими",
    "be": "і|ага|аму|ім|ая|ай|ую|аю|ае|ія|іх|імі",
    "pl": "i|iego|iemu|im|a|iej|ą|ie|ich|imi",
    "de": "|e|er|en|em|es",
    "fr": "|e|s|es",
    "es": "|s",
}


def inflect_adjective(stem: str, lang: str) -> tuple[str, ...]:
    """Forms of an adjective given by its stem (ru, uk, be, pl, de) or whole (others)."""
    return tuple(stem + ending for ending in _ADJECTIVE.get(lang, "").split("|"))
