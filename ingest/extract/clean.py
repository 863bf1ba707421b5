"""Takes off what sticks to a text: newsletter boxes, share lines, rubric names, "read also".

Only whole lines go, and only where their first words say what they are: an imperative that no
news sentence begins with, a label with a colon, a lone rubric name under the last sentence. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from unicodedata import normalize

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANKS = re.compile(r"[^\S\n]+")
_NEITHER = re.compile(r"[\W_]+")  # letter nor digit
_TAIL_LINES = 10  # looked at from the end
_HEAD_LINES = 4

# en | ru | uk | be | pl | de | fr | es | tr, one row a meaning; matched at the start of a line.
_CALLS = r"""
subscribe\b | sign\ up\b | join\ our\b | get\ our\b | register\ now\b | become\ a\ member\b
| подпишитесь\b | подписывайтесь\b | подписаться\b | оформите\ подписку\b | присоединяйтесь\ к\b
| підпишіться\b | підписуйтес[ья]\b | підписатис[ья]\b | оформіть\ (?:перед|під)плату\b
| падпішыцеся\b | падпісвайцеся\b | падпісацца\b
| zapisz\ się\b | subskrybuj\b | zasubskrybuj\b | zaprenumeruj\b | prenumeruj\b | dołącz\ do\ nas\b
| abonnieren\ sie\b | jetzt\ abonnieren\b | newsletter\b.{0,40}\babonnieren\b
| melden\ sie\ sich\b.{0,60}\bnewsletter\b | (?:hier|jetzt)\b.{0,40}\bnewsletter\b
| abonnez-vous\b | inscrivez-vous\b | s['’]abonner\b
| suscr[ií]b(?:ete|ase|irse)\b | ap[uú]ntate\b | reg[ií]strate\b
| (?:e-)?bülten(?:imize|e)\b | abone\ ol(?:un|mak)?\b
"""
_FOLLOW = r"""
follow\ (?:us|@\w|\w+\ on\b) | like\ us\ on\b | find\ us\ on\b
| читайте\ нас\b | следите\ за\ нами\b | мы\ в\ (?:соцсетях|телеграме|telegram)\b
| читайте\ нас\ у\b | стежте\ за\ нами\b | ми\ в\ (?:соцмережах|телеграмі|telegram)\b
| сачыце\ за\ намі\b | мы\ ў\ (?:сацсетках|тэлеграме|telegram)\b
| obserwuj\ nas\b | śledź\ nas\b | znajdź\ nas\b
| folgen\ sie\ uns\b | folg(?:e|t)\ uns\b
| suivez-nous\b | retrouvez-nous\ sur\b
| s[ií]guenos\b | s[ií]ganos\b
| bizi\ (?:takip\ edin|.{0,30}\bda\ takip\ edin)
"""
_SHARE = r"""
share\ (?:this|on|with|via|it)\b | share:?$
| поделиться\b | поделитесь\b | поділитис[ья]\b | поділіться\b | поширити\b
| падзяліцца\b | падзяліцеся\b | udostępnij\b | podziel\ się\b
| (?:artikel\ |jetzt\ |beitrag\ )?teilen\b | diesen\ artikel\ (?:mit\ .{0,30}\ )?teilen\b
| partager\b | partagez\b | comparte\b | compartir\b | paylaş\b | .{0,40}\bpaylaşın$
"""
_ELSEWHERE = r"""
read\ (?:also|more|next|too) | also\ read | see\ also | related(?:\ (?:articles?|stories|news))?
| more\ on\ this(?:\ (?:story|subject|topic))? | you\ (?:may|might)\ also\ (?:like|be\ interested\ in)
| recommended(?:\ for\ you)? | most\ read | don['’]t\ miss
| читайте\ (?:также|ещ[её]) | смотрите\ также | (?:материалы\ |ещ[её]\ |новости\ )?по\ теме
| самое\ читаемое | вам\ может\ быть\ интересно
| читайте\ також | дивіться\ також | (?:матеріали\ |ще\ |новини\ )?за\ темою | вас\ може\ зацікавити
| чытайце\ таксама | глядзіце\ таксама | (?:матэрыялы\ |яшчэ\ )?(?:па|на)\ (?:тэме|гэтую\ тэму)
| (?:prze)?czytaj\ (?:też|także|również) | zobacz\ (?:też|także|również) | polecamy
| (?:więcej\ )?na\ ten\ temat
| lesen\ sie\ (?:auch|mehr) | mehr\ zum\ thema | auch\ interessant | lesetipp
| das\ könnte\ sie\ (?:auch\ )?interessieren
| (?:à\ )?lire\ (?:aussi|également) | voir\ aussi | sur\ le\ même\ (?:sujet|thème)
| (?:lee|lea|leer|ver|vea|mira)\ también | (?:le|te)\ puede\ interesar | más\ sobre\ (?:este|el)\ tema
| ayrıca\ (?:okuyun|bkz) | bunlar\ da\ ilginizi\ çekebilir | ilgili\ haberler | bunu\ da\ okuyun
"""
_LABELS = r"""
tags? | filed\ under | topics? | categor(?:y|ies) | keywords | comments? | leave\ a\ (?:comment|reply)
| что\ говорят\ читатели | комментарии | комментировать | теги | тэги | метки | рубрик[аи](?:\ материала)? | темы
| коментар(?:і|ии) | мітки | рубрик[аи](?:\ матеріалу)? | теми
| каментар(?:ы|ыі) | рубрык[аі] | тэмы
| tagi | kategori[ae] | tematy | komentarze
| schlagw[oö]rter | themen | kommentare | schlagworte
| mots[\ -]cl[eé]s | th[eè]mes | commentaires | rubriques?
| etiquetas | temas | comentarios | categor[ií]as?
| etiketler | konular | yorumlar | kategori(?:ler)?
"""
_LEGAL = r"""
© | \(c\)\s | copyright\b | all\ rights\ reserved\b | все\ права\ защищены\b | усі\ права\ захищен
| усе\ правы\ абаронен | wszelkie\ prawa\ zastrzeżone\b | alle\ rechte\ vorbehalten\b
| tous\ droits\ réservés\b | todos\ los\ derechos\ reservados\b | tüm\ hakları\ saklıdır\b
"""
_ADVERT = r"""
advertis(?:e)?ment | sponsored | реклама | на\ правах\ рекламы | на\ правах\ реклами | рэклама
| reklama | anzeige | werbung | publicité | publicidad | reklam
"""
_READING_TIME = r"""
(?:reading\ time|время\ чтения|час\ читання|czas\ czytania|lesezeit|temps\ de\ lecture
|tiempo\ de\ lectura|tempo\ de\ leitura|okuma\ süresi)\b | \d{1,2}[\ -]min(?:ute)?s?\ read$
"""
_MAIL = re.compile(
    r"newsletter|inbox|e-?mail|рассылк|почт[еуы]\b|розсилк|пошт[іуы]\b|пошце|skrzyn[ck]|biuletyn|mailem"
    r"|postfach|boîte|courriel|correo|boletín|bülten|posta",
    re.IGNORECASE,
)

_YOURS = re.compile(
    r"\b(?:you|ваш|вас\b|вам\b|twoj|twoim|ihr|ihnen\b|dein|votre|vos\b|vous\b|tu\b|su\b|sizin|.*nız|.*nuz)",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\b(?:every|daily|each|каждо|каждый|ежедн|щоран|щодн|кожн|штодз|codzien|każd|täglich|jeden\b"
    r"|jede[rs]?\b|chaque|tous\ les|cada|diari|her\b)",
    re.IGNORECASE,
)


def _row(pattern: str, end: str = "") -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern}){end}", re.IGNORECASE | re.VERBOSE)


_CALL = _row(_CALLS)
_FOLLOW_CALL = _row(_FOLLOW)
_SHARE_BUTTON = _row(_SHARE)
_LABEL_LINE = _row(rf"{_LABELS} | {_ELSEWHERE}", r"\s*(?:[:…|»→]|\(\d+\)|$)")
_POINTER = _row(_ELSEWHERE, r"\s*:")
_LEGAL_LINE = _row(_LEGAL)
_ADVERT_LINE = _row(_ADVERT, r"\W*$")
_READING_LINE = _row(_READING_TIME)
_PROMISE = re.compile(
    r"(?:get|receive|join|recevez|recibe|otrzymuj|erhalten\ sie|получайте|отримуйте|атрымлівайце)\b",
    re.IGNORECASE,
)

# A rubric: up to four short words of a European script; no sentence, no list item, no number.
_RUBRIC = re.compile(r"(?!-)[A-Za-z\u00c0-\u024f\u0400-\u04ff'’-]{2,20}(?: [^\W\d_]{1,20}){0,3}")
_ENDS_SENTENCE = re.compile(r"[.!?…][\"'»”“’)\]]*$")


def tidy(text: str) -> str:
    """NFC, one line a paragraph, single blanks, no empty line, nothing unprintable."""
    text = _BLANKS.sub(" ", UNPRINTABLE.sub("", normalize("NFC", text)))
    return "\n".join(line for line in map(str.strip, text.splitlines()) if line)


def trim_clutter(
    text: str, *, names: Iterable[str] = (), foreign: AbstractSet[str] = frozenset()
) -> str:
    """Return the text without the lines around it that are no part of the article.

    Args:
        text: tidy lines.
        names: headline, rubric, publisher and authors: no line above or under a text is just that.
        foreign: texts of the page's links and tags: a last line that is one of them goes.
    """
    labels = {folded(name) for name in names} - {""}
    lines = [line for line in text.split("\n") if not _is_inset(line)]
    lines = lines[_head_length(lines, labels) :]
    return "\n".join(lines[: len(lines) - _tail_length(lines, labels, foreign)])


def folded(text: str) -> str:
    """Letters and digits only, without case: what makes two headlines the same."""
    return _NEITHER.sub("", text.casefold())


def _is_inset(line: str) -> bool:
    """A line that is foreign wherever it stands: an advertisement's label, "Read also: ..."."""
    if len(line) > 200:
        return False
    return bool(_ADVERT_LINE.match(line) or _POINTER.match(line))


def _head_length(lines: list[str], labels: set[str]) -> int:
    count = 0
    for line in lines[:_HEAD_LINES]:
        if folded(line) not in labels and not (len(line) < 60 and _READING_LINE.match(line)):
            break
        count += 1
    return count if count < len(lines) else 0


def _tail_length(lines: list[str], labels: set[str], foreign: AbstractSet[str]) -> int:
    count, pending = 0, 0
    for position, line in enumerate(reversed(lines[-_TAIL_LINES:]), start=1):
        above = lines[: len(lines) - position]
        known = line.removeprefix("- ") in foreign or _is_tail(line, labels)
        if known or _is_rubric(line, above):
            count, pending = position, 0
        elif pending == 0 and _is_promise(line):
            pending = position  # goes only together with the call above it
        else:
            break
    return count if count < len(lines) else 0


def _is_promise(line: str) -> bool:
    """Mail for you, every day: what a newsletter's box says under its call."""
    return bool(
        len(line) < 160 and _MAIL.search(line) and _YOURS.search(line) and _EVERY.search(line)
    )


def _is_tail(line: str, labels: set[str]) -> bool:
    if len(line) > 250:
        return False
    return bool(
        _CALL.match(line)
        or _LABEL_LINE.match(line)
        or (len(line) < 120 and (_FOLLOW_CALL.match(line) or _LEGAL_LINE.match(line)))
        or (_SHARE_BUTTON.match(line) and len(line.split()) < 8 and not line.endswith("."))
        or (_PROMISE.match(line) and _MAIL.search(line))
        or folded(line) in labels
    )


def _is_rubric(line: str, above: list[str]) -> bool:
    """A capitalised name without a full stop, under a text that is made of sentences."""
    if not above or not line[0].isupper() or not _RUBRIC.fullmatch(line):
        return False
    sentences = sum(1 for other in above if _ENDS_SENTENCE.search(other))
    ends_well = _ENDS_SENTENCE.search(above[-1]) or _RUBRIC.fullmatch(above[-1])
    return bool(ends_well) and sentences * 2 > len(above)
