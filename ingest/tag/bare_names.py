"""What a family name that stands alone needs, so that it means a leader and not its other bearers, or a word.

Most articles are not about talks, and in them a name of the gazetteer is mostly somebody else's: a firm's,
a footballer's, a word's ("BIOS" is no President Bio's, "Browns" are no Gordon Brown).
"""

from __future__ import annotations

from functools import lru_cache

from ingest.tag.document import Document
from ingest.tag.fold import fold
from ingest.tag.gazetteer import Entity

# Where names do not bend, but for a German genitive.
_UNBENT = frozenset({"en", "fr", "es", "de"})


def is_bent_elsewhere(entity: Entity, surface: str, lang: str) -> bool:
    """Whether a family name has an ending that this language does not give it: "Pandora", "the Browns".

    Args:
        surface: as the text has it.
    """
    if lang not in _UNBENT:
        return False
    form = fold(surface).replace("-", " ")
    families = _families(entity.id, tuple(n for names in entity.names.values() for n in names))
    if form in families:
        return False
    if lang == "de" and form[-1:] == "s" and form[:-1] in families:
        return surface.isupper()  # a genitive has a small ending: "Macrons", but not "BIOS"
    return any(
        form.startswith(family[:-1]) and len(form) - len(family) <= _ENDING
        for family in families
        if len(family) > _SHORT
    )


_SHORT = 2  # letters: a family name that any word may begin with
_ENDING = 2  # letters that make another spelling no other name


@lru_cache(maxsize=20_000)
def _families(_id: str, names: tuple[str, ...]) -> frozenset[str]:
    """What a person's names end in, and the first words of those whose family name comes first."""
    ends: set[str] = set()
    for name in names:
        words = fold(name).replace("-", " ").split(" ")
        ends.update(" ".join(words[at:]) for at in range(1, len(words)))
        ends.add(words[0])
    return frozenset(ends)


# Family names that so many bear that no text which does not speak of their state means a leader by one.
_FREQUENT = frozenset(
    """
    abdullah adams ahmed ali alvarado alvarez anand andersson austin baker bauer bennett berger bishop bryant burns campbell
    carney carr carter castillo chen christopher clark cohen collins cook cooper costa cox crocker davis delgado duncan
    estrada evans fernandez fischer flores ford fox francois garcia gonzalez graham gutierrez hahn haig harper harris hassan
    henry hernandez hill howard hunt ivanov jackson jimenez johnson jones katz kellogg kelly khan kohler krol lambert
    lee levy lopes lopez major maldonado marles marquez martin martinez medina mejia michel miller mills mitchell
    moller moore morales moreno mori morrison munoz nielsen novak ortega owen patel patterson payne pedersen pena
    pereira perez perry persson peters philippe phillips powell price ramirez ramos reynolds rice richardson robertson
    robinson rodriguez ross rubio russell sanchez sanders santos schmidt schmitt scholz schulz schuster shamir sharma
    shevchuk silva simon singh smirnov smith soto sullivan tanaka tanner taylor vance vargas vazquez vidal wagner walker
    wang welch williams williamson wong yamamoto yang yilmaz zhang zhao
    """.split()  # noqa: SIM905
)


def is_frequent(surface: str) -> bool:
    """Whether so many bear a family name that it tells nobody by itself."""
    return fold(surface) in _FREQUENT


def may_be_meant(
    doc: Document, entity: Entity, surface: str, *, in_office: bool, alone: bool
) -> bool:
    """Whether a bare family name without a title may mean somebody whom the text has not named in full.

    Args:
        entity: the likeliest of those who bear it.
        surface: as the text has it.
        in_office: on the article's day.
        alone: no other leader is named in the text.
    """
    frequent = is_frequent(surface)
    if in_office:
        at_home = entity.country in _HOME.get(doc.lang, ())
        return bool(entity.weight and (at_home or not frequent)) or is_spoken_of(doc, entity)
    if frequent:
        return not alone and is_spoken_of(doc, entity)
    return not alone or is_spoken_of(doc, entity)


# Whose papers need not name the state.
_HOME = {
    "de": frozenset({"DE", "AT", "CH"}), "fr": frozenset({"FR", "BE"}), "es": frozenset({"ES"}), "pl": frozenset({"PL"}),
    "tr": frozenset({"TR"}), "ru": frozenset({"RU"}), "uk": frozenset({"UA"}), "be": frozenset({"BY"}),
}  # fmt: skip
# Whom the world speaks of without naming a state.
_STATELESS = frozenset({"UN", "EU", "VA"})


def is_spoken_of(doc: Document, entity: Entity) -> bool:
    """Whether a text, or the article under a headline, speaks of somebody's state; an organisation has none."""
    state = entity.country
    if len(state) != len("US") or state in _STATELESS:
        return True
    return any(state in read.countries for read in (doc, doc.context) if read is not None)
