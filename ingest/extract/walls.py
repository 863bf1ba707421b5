"""Recognises pages that stand in front of an article: consent walls and paywalls.

They are flagged, never evaded. Pure; nine languages.
"""

from __future__ import annotations

import re
from typing import Literal

_MAX_STUB_CHARS = 1500  # a longer text is an article, whatever stands around it
_MAX_WALL_CHARS = 4000  # a wall's whole page is short
_CHARS_PER_HIT = 400

# The patterns are in lower case and read lower-cased text: four times as fast as IGNORECASE, which
# hides from the engine how each alternative begins.
_PAYWALL = re.compile(
    r"""
    subscribe\ to\ (?:continue|read|keep|unlock) | to\ continue\ reading | already\ a\ subscriber
    | (?:for|to)\ subscribers\ only | subscriber[- ]only | only\ (?:for|available\ to)\ subscribers
    | (?:log|sign)\ in\ to\ (?:read|continue) | unlock\ this\ (?:article|story)
    | (?:this|the)\ (?:article|content|story)\ is\ (?:exclusive\ to|reserved\ for|available\ to)
    | reached\ your\ (?:monthly\ |free\ |article\ )*limit
    | доступ\w*\ (?:только\ )?(?:по\ подписке|подписчикам) | только\ (?:для\ подписчиков|по\ подписке)
    | чтобы\ (?:дочитать|прочитать|читать\ дальше|продолжить\ чтение).{0,60}(?:подпи|войд|зарегист)
    | (?:лише|тільки)\ (?:для\ )?(?:перед|під)платник\w* | (?:лише|тільки)\ за\ (?:перед|під)платою
    | щоб\ (?:дочитати|прочитати|читати\ далі).{0,60}(?:передплат|підпи|увійд|зареєстр)
    | толькі\ (?:для\ падпісчыкаў|па\ падпісцы)
    | каб\ (?:дачытаць|прачытаць|чытаць\ далей).{0,60}(?:падпі|увайд|зарэгістр)
    | (?:tylko|wyłącznie)\ dla\ (?:prenumeratorów|subskrybentów|zalogowanych)
    | (?:aby|żeby|by)\ (?:czytać\ dalej|przeczytać|kontynuować).{0,60}(?:prenumerat|subskryp|zalog)
    | masz\ już\ (?:prenumeratę|subskrypcję)
    | nur\ für\ abonnent | bereits\ abonnent | jetzt\ weiterlesen | weiterlesen\ mit\b
    | um\ (?:diesen\ artikel|den\ artikel|weiter).{0,30}(?:zu\ lesen|weiterzulesen|lesen\ zu\ können)
    | réservée?s?\ (?:à\ nos|aux)\ abonné | déjà\ abonné | il\ vous\ reste\ \d+.{0,3}%
    | pour\ (?:lire\ la\ suite|continuer\ (?:à\ lire|la\ lecture))
    | (?:exclusivo\ )?para\ suscriptores | para\ (?:seguir|continuar)\ leyendo
    | ya\ (?:soy|eres|es)\ suscriptor | suscríbete\ para\ (?:seguir|leer|continuar)
    | (?:sadece|yalnızca)\ abone | abonelere\ özel
    | (?:okumaya\ )?devam\ etmek\ için.{0,40}(?:abone|üye|giriş)
    """,
    re.VERBOSE,
)
_CONSENT = re.compile(
    r"""
    cookies?\b | куки\b | файл\w*\ cookie | çerez\w* | \bconsent\b | your\ privacy | personal\ data
    | legitimate\ interest | (?:our|its)\ (?:\d+\ )?partners | personali[sz]ed\ (?:ads|advertising)
    | персональн\w+\ да(?:нн|ны)\w+ | персанальн\w+\ да\w+ | наш\w+\ партн[её]р\w+
    | \brodo\b | danych\ osobowych | zaufan\w+\ partner\w+
    | einwilligung | zustimmung | personenbezogen\w* | datenschutz\w* | unsere\ (?:\d+\ )?partner
    | données\ (?:à\ caractère\ )?personnel\w+ | consentement | nos\ (?:\d+\ )?partenaires
    | datos\ personales | consentimiento | nuestros\ (?:\d+\ )?socios
    | kişisel\ veri\w* | açık\ rıza\w* | iş\ ortaklarımız
    """,
    re.VERBOSE,
)
_AGREE = re.compile(
    r"""
    \baccept\b | agree | reject\ all | before\ you\ continue | manage\ (?:preferences|options|choices)
    | принять | принимаю | соглас\w+ | прийняти | приймаю | погодж\w+ | прыняць | згодн\w+ | згаджа\w+
    | akceptuj\w* | zgadzam | zgod[aęy]\b | przejdź\ do\ serwisu
    | akzeptier\w* | zustimm\w* | einverstanden | ablehnen
    | accepte[rz]\b | j['’]accepte | refuser | continuer\ sans
    | acept\w+ | rechazar | kabul\ e(?:t|d)\w* | onayl\w+ | reddet\w*
    """,
    re.VERBOSE,
)


def find_wall(
    text: str, visible: str, *, is_free: bool | None
) -> Literal["paywall", "consent"] | None:
    """Say which wall a page is.

    Args:
        text: what was extracted, maybe "".
        visible: all the text of the page.
        is_free: what the page itself declares (schema.org isAccessibleForFree).
    """
    if len(text) > _MAX_STUB_CHARS:
        return None
    text, visible = text.lower(), visible.lower()
    if is_free is False or _PAYWALL.search(text) or _PAYWALL.search(visible):
        return "paywall"
    shown = visible if len(visible) <= _MAX_WALL_CHARS else text
    hits = len(_CONSENT.findall(shown))
    if hits >= 3 and hits * _CHARS_PER_HIT >= len(shown) and _AGREE.search(shown):
        return "consent"
    return None


def without_wall(text: str) -> str:
    """Return a teaser without the lines that ask for money."""
    return "\n".join(
        line for line in text.split("\n") if len(line) > 300 or not _PAYWALL.search(line.lower())
    )
