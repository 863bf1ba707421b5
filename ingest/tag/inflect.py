"""Endings of names in Russian, Ukrainian, Belarusian, Polish and German, by our own paradigms.

Used when the gazetteer is compiled, never when a text is tagged. A word is given in the
nominative; the result has the forms of each case. The paradigms give a form too many rather than one
too few: a wrong form matches nothing.
"""

from __future__ import annotations

import re
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

# Words whose stem changes as no rule says, or that bend like no other word of their ending: the
# forms by case (genitive, dative, accusative, instrumental, locative), `|` between.
_IRREGULAR: dict[str, dict[str, str]] = {
    "ru": {
        "Штаты": "Штатов Штатам Штаты Штатами Штатах",
        "Крым": "Крыма Крыму Крым Крымом Крыму", "Орёл": "Орла Орлу Орёл Орлом Орле",
        "Египет": "Египта Египту Египет Египтом Египте", "море": "моря морю море морем море",
        "острова": "островов островам острова островами островах",
        "Острова": "Островов Островам Острова Островами Островах",
        "озеро": "озера озеру озеро озером озере", "дворец": "дворца дворцу дворец дворцом дворце",
        "Вары": "Вар Варам Вары Варами Варах", "Карловы": "Карловых Карловым Карловы Карловыми Карловых",
        "Сумы": "Сум Сумам Сумы Сумами Сумах", "Черновцы": "Черновцов|Черновиц Черновцам Черновцы Черновцами Черновцах",
    },
    "uk": {
        "Штати": "Штатів Штатам Штати Штатами Штатах",
        "Відень": "Відня Відню|Відневі Відень Віднем Відні", "Єгипет": "Єгипту Єгипту|Єгиптові Єгипет Єгиптом Єгипті",
        "Схід": "Сходу Сходу|Сходові Схід Сходом Сході", "дім": "дому дому|домові дім домом домі",
        "Дім": "Дому Дому|Домові Дім Домом Домі", "Ріг": "Рогу Рогу|Рогові Ріг Рогом Розі",
        "море": "моря морю море морем морі", "Рівне": "Рівного|Рівне Рівному Рівне Рівним|Рівнем Рівному|Рівні",
        "острови": "островів островам острови островами островах",
        "Острови": "Островів Островам Острови Островами Островах",
        "Вари": "Вар Варам Вари Варами Варах", "Карлові": "Карлових Карловим Карлові Карловими Карлових",
        "Польща": "Польщі Польщі Польщу Польщею Польщі",
    },
    "be": {
        "Штаты": "Штатаў Штатам Штаты Штатамі Штатах",
        "Крэмль": "Крамля Крамлю Крэмль Крамлём Крамлі", "Егіпет": "Егіпта Егіпту Егіпет Егіптам Егіпце",
        "мора": "мора мору мора морам моры", "возера": "возера возеру возера возерам возеры",
        "астравы": "астравоў астравам астравы астравамі астравах",
        "Астравы": "Астравоў Астравам Астравы Астравамі Астравах",
        "Сочы": "Сочы Сочы Сочы Сочы Сочы",
        "Карлавы": "Карлавых Карлавым Карлавы Карлавымі Карлавых", "Вары": "Вараў|Вар Варам Вары Варамі Варах",
    },
    "pl": {
        "Niemcy": "Niemiec Niemcom Niemcy Niemcami Niemczech", "Węgry": "Węgier Węgrom Węgry Węgrami Węgrzech",
        "Włochy": "Włoch Włochom Włochy Włochami Włoszech", "Kielce": "Kielc Kielcom Kielce Kielcami Kielcach",
        "Siedlce": "Siedlec Siedlcom Siedlce Siedlcami Siedlcach", "Indie": "Indii Indiom Indie Indiami Indiach",
        "Bałkany": "Bałkanów Bałkanom Bałkany Bałkanami Bałkanach", "Stany": "Stanów Stanom Stany Stanami Stanach",
        "Biały": "Białego Białemu Biały|Białego Białym Białym", "Emiraty": "Emiratów Emiratom Emiraty Emiratami Emiratach",
        "Wiedeń": "Wiednia Wiedniowi Wiedeń Wiedniem Wiedniu", "Łódź": "Łodzi Łodzi Łódź Łodzią Łodzi",
        "Sudety": "Sudetów|Sudet Sudetom Sudety Sudetami Sudetach", "Helsinki": "Helsinek Helsinkom Helsinki Helsinkami Helsinkach",
        "Białystok": "Białegostoku Białemustokowi Białystok Białymstokiem Białymstoku",
        "Morze": "Morza Morzu Morze Morzem Morzu", "morze": "morza morzu morze morzem morzu",
        "Kopenhaga": "Kopenhagi Kopenhadze Kopenhagę Kopenhagą Kopenhadze", "Wyspy": "Wysp Wyspom Wyspy Wyspami Wyspach",
        "Królestwo": "Królestwa Królestwu Królestwo Królestwem Królestwie",
        "Zakopane": "Zakopanego Zakopanemu Zakopane Zakopanem Zakopanem",
        "Nowe": "Nowego Nowemu Nowe Nowym Nowym", "Addis": "Addis Addis Addis Addis Addis", "Dolny": "Dolnego Dolnemu Dolny Dolnym Dolnym", "Góry": "Gór Górom Góry Górami Górach",
        "Wieś": "Wsi Wsi Wieś Wsią Wsi", "Rzym": "Rzymu Rzymowi Rzym Rzymem Rzymie",
    },
}  # fmt: skip


def _same(word: str) -> Paradigm:
    return dict.fromkeys(CASES, (word,))


def _with(forms: Paradigm, **more: str) -> Paradigm:
    """A paradigm with whole forms added to some cases."""
    return {case: (*forms[case], *filter(None, more.get(case, "").split("|"))) for case in CASES}


def _irregular(word: str, lang: str) -> Paradigm | None:
    spelled = _IRREGULAR[lang].get(word)
    if spelled is None:
        return None
    return dict(
        zip(CASES, ((word,), *(tuple(c.split("|")) for c in spelled.split(" "))), strict=True)
    )


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
        forms = _make(
            s, nom=word[-2:], gen="ого", dat="ому", acc="ого|" + word[-2:], ins="ым", loc="ом"
        )
        if low.endswith("ой"):  # Ханой
            s = word[:-1]
            return _with(forms, gen=s + "я", dat=s + "ю", ins=s + "ем", loc=s + "е")
        return forms
    if low.endswith("ний") and len(word) > 5:  # Нижний, Ближний; Арсений
        s = word[:-2]
        forms = _make(s, nom="ий", gen="его", dat="ему", acc="его|ий", ins="им", loc="ем")
        s += "и"
        return _with(forms, gen=s + "я", dat=s + "ю", acc=s + "я", ins=s + "ем", loc=s + "и")
    if low.endswith("няя"):
        return _make(word[:-2], nom="яя", gen="ей", dat="ей", acc="юю", ins="ей|ею", loc="ей")
    if low.endswith(("ская", "ная", "вая", "лая", "рая", "тая", "кая")):
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
    if low.endswith("енко"):  # bent in talk only: "Лукашенке"
        return _make(word[:-1], nom="о", gen="о|и", dat="о|е", acc="о|у", ins="о|ой", loc="о|е")
    if low.endswith(("ово", "ево", "ино", "во")):
        return _make(word[:-1], nom="о", gen="а|о", dat="у|о", acc="о", ins="ом|о", loc="е|о")
    if low.endswith(("ье", "ие")):
        return _make(word[:-1], nom="е", gen="я", dat="ю", acc="е", ins="ем", loc="е|и")
    if low.endswith("ы"):
        return _make(word[:-1], nom="ы", gen="|ов", dat="ам", acc="ы", ins="ами", loc="ах")
    if low.endswith("аи"):
        return _make(word[:-1], nom="и", gen="ев", dat="ям", acc="и", ins="ями", loc="ях")
    if low.endswith(("ики", "ичи", "зги", "ули", "рки", "луки", "ушки")) and len(word) > 4:
        return _make(
            word[:-1], nom="и", gen="|ов|ей|ь", dat="ам|ям", acc="и", ins="ами|ями", loc="ах|ях"
        )
    if low.endswith("ец") and len(word) > 4:
        s = word[:-2] + "ц"
        forms = _make(s, nom="", gen="а", dat="у", acc="а", ins="ом|ем", loc="е")
        whole = _make(word, nom="", gen="а", dat="у", acc="а|", ins="ом|ем", loc="е")
        return {case: whole[case] + (() if case == "nom" else forms[case]) for case in CASES}
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
        if low.endswith("ній"):  # Нижній
            weak = _make(
                s, nom="ій", gen="ього", dat="ьому", acc="ього|ій", ins="ім", loc="ьому|ім"
            )
            hard = {case: hard[case] + weak[case] for case in CASES}
        if low.endswith("ій"):
            gentle = _make(
                word[:-2], nom="ій", gen="ія", dat="ію|ієві", acc="ія", ins="ієм", loc="ії|ієві"
            )
            return {case: hard[case] + gentle[case] for case in CASES}
        return hard
    if low.endswith("ая"):
        return _make(word[:-1], nom="я", gen="ї", dat="ї", acc="ю", ins="єю", loc="ї")
    if low.endswith("а"):
        s = word[:-1]
        if low[-2:-1] in _HUSH:  # Ніцца, Ґянджа
            return _make(s, nom="а", gen="і|и", dat="і", acc="у", ins="ею|ою", loc="і")
        soft = {"к": "ц", "г": "з", "ґ": "з", "х": "с"}.get(low[-2:-1], "")
        loc = word[:-2] + soft if soft else s
        forms = _make(s, nom="а", gen="и|ої", dat="ій", acc="у", ins="ою|ею", loc="ій")
        return _with(forms, dat=loc + "і", loc=loc + "і")
    if low[-1:] == "я" and low[-2:-1] in _VOWELS["uk"]:
        return _make(word[:-1], nom="я", gen="ї", dat="ї", acc="ю", ins="єю", loc="ї")
    if low.endswith("я"):
        if low[-2:-1] == low[-3:-2] or low.endswith("'я"):
            return _make(word[:-1], nom="я", gen="я", dat="ю", acc="я", ins="ям", loc="і|ю|ї")
        return _make(word[:-1], nom="я", gen="і", dat="і", acc="ю", ins="ею", loc="і")
    if low.endswith("ко") or (low.endswith("о") and len(word) > 4):
        s = word[:-1]
        return _make(s, nom="о", gen="а", dat="у|ові", acc="а|о", ins="ом", loc="ові|у|і")
    if low.endswith(("не", "ке", "ве", "те")) and len(word) > 4:
        return _make(
            word[:-1], nom="е", gen="ого|а|я", dat="ому|у", acc="е", ins="им|ом|ем", loc="ому|ім|і"
        )
    if low.endswith("е") and len(word) > 5:
        return _make(
            word[:-1], nom="е", gen="ого|я|а", dat="ому|ю|у", acc="е", ins="им|ем", loc="ому|і"
        )
    if low.endswith("ь"):
        s = word[:-1]
        forms = _make(
            s,
            nom="ь",
            gen="я|і",
            dat="ю|еві|і",
            acc="я|ь",
            ins="ем|" + low[-2:-1] + "ю",
            loc="і|ю|еві",
        )
        short = ""
        if low.endswith(("ець", "ень")) and len(word) > 4:  # Кременець: Кременця
            short = word[:-3] + word[-2]
        elif low.endswith("піль"):  # Тернопіль: Тернополя
            short = word[:-3] + "ол"
        if short:
            return _with(forms, gen=short + "я", dat=short + "ю", ins=short + "ем", loc=short + "і")
        return forms
    if low.endswith("їв"):
        return _make(
            word[:-2], nom="їв", gen="єва", dat="єву|єві", acc="їв|єва", ins="євом|євим", loc="єві"
        )
    if low.endswith("ів"):
        return _make(word[:-2], nom="ів", gen="ова|іва|ева", dat="ову|іву", acc="ова|ів", ins="овом|овим|івом", loc="ові|іві|еві")  # fmt: skip
    if low.endswith("и"):
        return _make(word[:-1], nom="и", gen="|ів", dat="ам", acc="и", ins="ами", loc="ах")
    if low.endswith(("ані", "ені", "ькі", "ові", "рні", "дні", "чні")) and len(word) > 5:
        forms = _make(word[:-1], nom="і", gen="их", dat="им", acc="і|их", ins="ими", loc="их")
        if low.endswith("ькі"):
            return forms
        s = word[:-1]
        return _with(forms, gen=s + "|" + s + "ів", dat=s + "ам", ins=s + "ами", loc=f"{s}ах|{s}ях")
    if low.endswith(("ці", "чі", "улі", "ки", "ені", "ані")):
        return _make(
            word[:-1], nom="і", gen="|ів|ей|ій", dat="ам|ям", acc="і", ins="ами|ями", loc="ах|ях"
        )
    if low[-1:] in _VOWELS["uk"] or not low[-1:].isalpha():
        return _same(word)
    if low.endswith("й"):
        return _make(word[:-1], nom="й", gen="я", dat="ю|єві", acc="я|й", ins="єм", loc="ї|єві|ю")
    if low.endswith(("ов", "ев", "єв", "ін", "їн", "ин")):
        return _make(word, nom="", gen="а|у", dat="у|ові", acc="а|", ins="им|ом", loc="і|ові|у")
    forms = _make(
        word, nom="", gen="а|у", dat="у|ові|еві", acc="а|", ins="ом|ем", loc="і|у|ові|еві"
    )
    palatal = {"г": "зі", "х": "сі"}.get(low[-1])  # у Гамбурзі
    return _with(forms, loc=word[:-1] + palatal) if palatal else forms


def _be(word: str) -> Paradigm:
    low = word.lower()
    if low.endswith("кі"):
        s = word[:-1]
        forms = _make(s, nom="і", gen="ага", dat="аму", acc="ага|і", ins="ім", loc="ім")
        if low.endswith(("скі", "цкі", "зкі")):
            return forms
        return _with(forms, gen=f"{s}аў|{s}", dat=s + "ам", ins=s + "амі", loc=s + "ах")  # Салонікі
    if low.endswith("ні") and len(word) > 4:  # Ніжні, Блізкі
        s = word[:-1]
        return _make(s, nom="і", gen="яга|яў", dat="яму|ям", acc="яга|і", ins="ім|ямі", loc="ім|ях")
    if low.endswith(("нае", "кае", "вае")):
        return _make(word[:-2], nom="ае", gen="ага", dat="аму", acc="ае", ins="ым|ім", loc="ым|ім")
    if low.endswith("ы") and low.endswith(("ны", "вы", "лы", "ты", "ры")) and len(word) > 3:
        return _make(
            word[:-1], nom="ы", gen="ага||аў", dat="аму|ам", acc="ага|ы", ins="ым|амі", loc="ым|ах"
        )
    if low.endswith(("ская", "ная", "вая", "кая", "рая", "тая", "лая")):
        return _make(word[:-2], nom="ая", gen="ай", dat="ай", acc="ую", ins="ай|аю", loc="ай")
    if low.endswith(("ыя", "ія")) and len(word) > 4:
        return _make(word[:-1], nom="я", gen="і|х", dat="і|м", acc="ю|я", ins="яй|яю|мі", loc="і|х")
    if low.endswith("ка"):
        s = word[:-1]
        forms = _make(s, nom="а", gen="і", dat="у|е", acc="у|а", ins="ай|ам|аю|ой|ою", loc="у")
        return {
            **forms,
            "dat": (*forms["dat"], word[:-2] + "цы"),
            "loc": (*forms["loc"], word[:-2] + "цы"),
        }
    if low.endswith(("га", "ха")):
        soft = {"г": "зе", "х": "се"}[low[-2]]
        forms = _make(word[:-1], nom="а", gen="і", dat="у", acc="у", ins="ай|аю|ой|ою", loc="у")
        return {**forms, "dat": (word[:-2] + soft,), "loc": (word[:-2] + soft,)}
    if low.endswith("а"):
        s = word[:-1]
        hard = {"т": "це", "д": "дзе"}.get(low[-2:-1])
        loc = (word[:-2] + hard,) if hard else (s + "е", s + "ы")
        forms = _make(s, nom="а", gen="ы|ай", dat="ы|ай", acc="у", ins="ай|ой|ою|аю|ам", loc="ы|ай")
        return {**forms, "dat": forms["dat"] + loc, "loc": forms["loc"] + loc}
    if low.endswith("я"):
        return _make(word[:-1], nom="я", gen="і", dat="і", acc="ю", ins="яй|яю", loc="і")
    if low.endswith(("аў", "оў", "еў", "ёў")):
        s = word[:-1]
        return _make(s, nom="ў", gen="ва", dat="ву", acc="ва|ў", ins="вым|вам", loc="ве")
    if low.endswith("ь"):
        s = word[:-1]
        ins = "ем|ём|" + low[-2:-1] + "ю"
        return _make(s, nom="ь", gen="я|і", dat="ю|і", acc="я|ь", ins=ins, loc="і|ю")
    if low.endswith("й"):
        return _make(word[:-1], nom="й", gen="я", dat="ю", acc="я|й", ins="ем", loc="і|ю")
    if low.endswith("о"):
        return _make(word[:-1], nom="о", gen="а", dat="у", acc="о|а", ins="ам", loc="у|е")
    if low.endswith("ы"):
        return _make(word[:-1], nom="ы", gen="|аў", dat="ам", acc="ы", ins="амі", loc="ах")
    if low.endswith(("гі", "улі", "хі")) and len(word) > 4:
        return _make(
            word[:-1], nom="і", gen="аў|яў|ёў|", dat="ам|ям", acc="і", ins="амі|ямі", loc="ах|ях"
        )
    if low.endswith("ец") and len(word) > 4:
        forms = _make(word, nom="", gen="а|у", dat="у", acc="а|", ins="ам|ом", loc="ы")
        s = word[:-2] + "ц"
        return _with(forms, gen=s + "а", dat=s + "у", ins=f"{s}ом|{s}ам", loc=s + "ы")
    if low[-1:] in _VOWELS["be"] or not low[-1:].isalpha():
        return _same(word)
    tail = {"т": word[:-1] + "це", "д": word[:-1] + "дзе"}.get(low[-1])
    forms = _make(word, nom="", gen="а|у", dat="у", acc="а|", ins="ам|ом|ем|ым", loc="е|у|ы")
    if tail:
        forms["loc"] = (*forms["loc"], tail)
    return forms


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
    if low.endswith(("ski", "cki", "dzki")):
        return _make(word, nom="", gen="ego", dat="emu", acc="ego|", ins="m", loc="m")
    if low.endswith("li") and len(word) > 3:  # Saakaszwilego, Ghaliego
        forms = _make(word, nom="", gen="ego|", dat="emu|", acc="ego|", ins="m|", loc="m|")
        s = word[:-1]
        return _with(forms, gen=s + "ego", dat=s + "emu", acc=s + "ego")
    if low.endswith(("di", "ni", "ti", "ri", "bi", "fi", "gi", "hi", "mi", "pi", "si", "vi", "wi", "zi", "szi")) and len(word) > 3:  # fmt: skip
        return _make(word, nom="", gen="ego|", dat="emu|", acc="ego|", ins="m|", loc="m|")
    if low.endswith(("ía", "íja")):
        return _make(word[:-1], nom="a", gen="i", dat="i", acc="ę", ins="ą", loc="i")
    if low.endswith(("ska", "cka", "zka")) and len(word) > 5:
        s = word[:-1]
        forms = _make(s, nom="a", gen="iej|i", dat="iej", acc="ą|ę", ins="ą", loc="iej")
        return _with(forms, dat=word[:-2] + "ce", loc=word[:-2] + "ce")  # Polsce
    if low.endswith(("owa", "ewa")) and len(word) > 4:
        s = word[:-1]
        return _make(s, nom="a", gen="y|ej", dat="ie|ej", acc="ę|ą", ins="ą", loc="ie|ej")
    if low.endswith(("ny", "wy", "ły")):
        return _make(
            word[:-1], nom="y", gen="ego||ów", dat="emu|om", acc="ego|y", ins="ym|ami", loc="ym|ach"
        )
    if low.endswith("ia"):
        i = "|i" if low.endswith("śnia") else "i"  # Bośni, but Hiszpanii
        if low.endswith(("dnia", "tnia")):  # Europa Wschodnia
            i += "|ej"
        return _make(word[:-1], nom="a", gen=i, dat=i, acc="ę|ą", ins="ą", loc=i)
    if low.endswith("ja"):
        s = word[:-1]
        return _make(s, nom="a", gen="i", dat="i", acc="ę", ins="ą", loc="i")
    if low.endswith(("ea", "ua")):  # Korea, Managua
        s = word[:-1]
        return _make(s, nom="a", gen="i|y", dat="i", acc="ę", ins="ą", loc="i")
    if low.endswith("a"):
        s = word[:-1]
        gen = "i" if low[-2:-1] in "kgl" else "y|i" if low[-2:-1] == "j" else "y"
        last = low[-2:-1]
        if last == "k":
            ends: tuple[str, ...] = (word[:-2] + "ce",)
        elif last == "g":
            ends = (word[:-2] + "dze",)
        elif last == "h":
            ends = (word[: -3 if low[-3:-2] == "c" else -2] + "sze",)
        elif last in _PL_SOFT:
            ends = (word[:-2] + _PL_SOFT[last],)
        elif last in "clj" or low.endswith(("cza", "sza", "rza", "dza", "ża")):
            ends = (s + "y", s + "i")
        else:
            ends = (s + "ie",)
        forms = _make(s, nom="a", gen=gen, dat="", acc="ę", ins="ą", loc="")
        forms = {**forms, "dat": ends, "loc": ends}
        if low.endswith(("na", "wa", "ła", "ta")) and len(word) > 5:  # Korea Północna
            return _with(forms, gen=s + "ej", dat=s + "ej", acc=s + "ą", loc=s + "ej")
        return forms
    if low.endswith("o") and len(word) > 3:
        s = word[:-1]
        return _make(
            s, nom="o", gen="a|i|o|y", dat="u|owi|o", acc="o|ę", ins="em|iem|o|ą", loc="ie|u|o|cy"
        )
    if low.endswith(("skie", "ckie")):
        s = word[:-1]
        return _make(s, nom="e", gen="ch|go", dat="m|mu", acc="e", ins="mi|m", loc="ch|m")
    if low.endswith(("ne", "we", "te")) and len(word) > 4:  # Zjednoczone, Czarne
        s = word[:-1]
        return _make(
            s, nom="e", gen="ych|ego", dat="ym|emu", acc="e|ego", ins="ymi|ym|em", loc="ych|ym|em"
        )
    if low.endswith(("ice", "cze", "yce")) and len(word) > 5:  # Katowice, Małaszewicze
        return _make(word[:-1], nom="e", gen="|y", dat="om", acc="e", ins="ami", loc="ach")
    if low.endswith(("rze", "że", "sze", "lsce")) and len(word) > 5:  # Naddniestrze, Zaporoże
        return _make(word[:-1], nom="e", gen="a", dat="u", acc="e", ins="em", loc="u")
    if low.endswith("ki") and len(word) > 5:  # Saloniki, Suwałki
        s = word[:-1]
        forms = _make(s, nom="i", gen="|ów", dat="om", acc="i", ins="ami", loc="ach")
        return _with(forms, gen=word[:-2] + "ek")
    if low.endswith("ie") and len(word) > 5:
        return _make(word[:-1], nom="e", gen="a", dat="u", acc="e", ins="em", loc="u")
    if low.endswith(("be", "de", "te", "ge", "ke", "pe", "fe", "me", "ne", "re", "se", "ve", "ze", "bé", "dé", "té", "né", "ré", "lé")):  # fmt: skip
        # Contego, Mugabem, Compaorégo
        return _make(word, nom="", gen="go|", dat="mu|", acc="go|", ins="m|", loc="m|")
    if low.endswith("au") and len(word) > 2:  # Raua
        return _make(word, nom="", gen="a|", dat="owi|", acc="a|", ins="em|", loc="|u")
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
        forms = _make(s, nom=low[-1], gen=soft + "a", dat=soft + "owi|" + soft + "u", acc=low[-1] + "|" + soft + "a", ins=soft + "em", loc=soft + "u")  # fmt: skip
        return _with(
            forms, gen=s + soft, dat=s + soft, ins=s + soft + "ą", loc=s + soft
        )  # Białoruś
    if low.endswith(("szcz", "rz")) and len(word) > 5:  # Bydgoszcz
        return _make(word, nom="", gen="y|a|u", dat="y|owi|u", acc="|a", ins="ą|em", loc="y|u")
    nominative = word
    stems = [word]
    if low[-2:] in ("ód", "óg", "ór", "ół", "óz", "óż"):  # Nowogród: Nowogrodu
        word = word[:-2] + "o" + word[-1]
        low = word.lower()
        stems = [word]
    if low.endswith("ek"):
        stems.append(word[:-2] + "k")
    if low.endswith("iec"):
        stems.append(word[:-3] + "c")
    if low.endswith("ec"):
        stems.append(word[:-2] + "c")
    hard: Paradigm = {"nom": (nominative,)}
    hard["gen"] = tuple(s + e for s in stems for e in ("a", "u"))
    hard["dat"] = tuple(s + e for s in stems for e in ("owi", "u"))
    hard["acc"] = (*(s + "a" for s in stems), nominative)
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
        *(
            "den",
            "dos",
            "du",
            "ul",
            "uld",
            "ould",
            "bin",
            "ben",
            "ibn",
            "el",
            "la",
            "di",
            "da",
            "del",
            "van",
            "zu",
            "asz",
            "asz-",
        ),
        *("бін", "ульд", "ель", "дэ", "дэр", "дос", "душ", "дус", "ибн", "ібн", "арап"),
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
    irregular = _irregular(word, lang)
    if irregular is not None:
        return irregular
    if "-" in word:
        head, middle, tail = word.partition("-")
        if middle and tail.startswith(("на-", "над-", "nad-")):  # Ростов-на-Дону
            heads = rule(head)
            return {case: tuple(f"{form}-{tail}" for form in heads[case]) for case in CASES}
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


def _is_syllable(word: str, words: list[str]) -> bool:
    """Whether it is the short last word of an eastern name, which bends: "Кім Чен Ина", "Mun Dze Ina"."""
    return len(words) > 2 and word is words[-1] and bool(re.fullmatch("[ИЫЕІIUEЭ][нмnm]", word))


def inflect(name: str, lang: str) -> tuple[str, ...]:
    """Every form of a name of one or more words, all words in the same case.

    Args:
        name: in the nominative.
        lang: ru, uk, be, pl (paradigms), de (genitive -s); any other: the name alone.
    """
    if lang == "de":
        last = name[-1:].lower()
        bent = last not in "sxzß" and all(map(str.isalpha, re.split("[ -]", name)))
        return (name, name + "s") if bent else (name,)
    if lang not in _BY_LANG:
        return (name,)
    words = name.split(" ")
    tables = [
        inflect_word(word, lang)
        if not _is_syllable(word, words)
        and word
        and word not in _LOWER_PARTICLES
        and (word[0].isupper() or len(word) > 2)
        else _same(word)
        for word in words
    ]
    tables = [
        _BY_LANG[lang](word) if _is_syllable(word, words) else table
        for word, table in zip(words, tables, strict=True)
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
