"""Words of a language that a name of a place is written like where a sentence begins: «Калі», "Sam"."""

from __future__ import annotations

import re

from ingest.tag.capitals import opens_sentence
from ingest.tag.document import Document
from ingest.tag.fold import fold
from ingest.tag.match import Hit

# Words of a language that a name of the gazetteer is written like where a sentence begins.
_WORDS = {
    "en": "quite of than most man same come university police deal goes date save reading union normal island islands spring "
    "mission mobile wedding surprise bay forest drama orange salt bell independence tank marks bush gap temple bath "
    "rugby hire pen enterprise fate sum liberty commonwealth fleet sale sales male split sam",
    "ru": "того самое но могу ним ей буду думаю час дел роли кофе глаз дали метро ван тема делам горы тур кафе вина ровно семей вон "
    "центральный северный южный восточный западный собрал уши южного вину гор горького сам мати калі золота",
    "uk": "того час буде вона бо думаю ним буду усі мати но мали газу додому дали тема схід метро ролі гори тур вина кафе воля "
    "бан диво сум ван штат порту кут горах табору бар марка калі досі рівні рівнем золота буде",
    "be": "калі усі бо час мелі мала дзе хай бар гары штат сум сам",
    "pl": "bo aby taki sam nasze sama same obu ono boli ode sali seria kara marka man dali wola kota most pare zima barze imie rownie",
    "de": "man male seine ende lage mitte mach kamen nahe langen bau union normal leiden hof keller singen mission mut papa deal "
    "date klang siegen neubau drama essen zug leer seines",
    "fr": "un sur dire cela seul suite celle vite belle police peine plaisir date rouge ami bras union mission normal "
    "surprise roman fiche gare sale tours orange mobile papa fier tire sucre tome temple seuls termes",
    "es": "un una como nada tienen pueblo pasa centro tema universidad largo obra sur libertad asi vista haga baja sale "
    "banda normal mesa esperanza tanta chico registro azul papa gana anda tantas frontera seria pasan latina altos "
    "hermosa metro onda gracia coronel chino ama plano torres ventas regla progreso moreno come bella corona drama tome "
    "gigante retiro corrientes aventura salto soledad plato medias cerro hilo bello limpio extrema dolores barra leer tiro tuve",
    "tr": "ama iki ise beni hala anda belli bende ye hatta normal bayan kara emin adet bol asker un kent kaya ordu lira "
    "oku bina bay banka roman keskin saray pasta metro marka batman banyo tahta kutu onda bunda tank oral sur lan "
    "baris sana dili evin aman kizlar alanda",
}  # fmt: skip
_GERMAN_OPENERS = frozenset({"seine", "seines", "leer"})  # small elsewhere
_PLAIN = {lang: frozenset(words.split()) for lang, words in _WORDS.items()}
_GERMAN_PLACE = re.compile(r"(?<!\w)(?:in|nach|aus|bei|bis) $")


def is_plain_word(doc: Document, hit: Hit) -> bool:
    """Whether a name opens a sentence and is a word of the article's language: «Калі», "Sam"."""
    plain = _PLAIN.get(doc.lang)
    if plain is None or doc.folded.text[hit.start : hit.end] not in plain:
        return False
    if doc.lang == "en" and not doc.visible[hit.start : hit.end].isascii():
        return False  # Malé is no "male"
    if (
        doc.lang == "de" and doc.folded.text[hit.start : hit.end] not in _GERMAN_OPENERS
    ):  # nouns have a capital everywhere: "das Essen", but "in Essen"
        return not _GERMAN_PLACE.search(doc.folded.text, max(0, hit.start - 6), hit.start)
    return opens_sentence(doc.visible, hit.start)


def is_listed_word(surface: str, lang: str) -> bool:
    """Whether a name is one of the language's words that we list."""
    return fold(surface) in _PLAIN.get(lang, frozenset())
