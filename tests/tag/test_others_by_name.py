"""People who bear a leader's family name, or one that sounds like it, and are somebody else."""

from __future__ import annotations

import pytest
from tag.said import leaders

from ingest.tag import Tagger
from ingest.tag.capitals import opens_sentence
from ingest.tag.first_names import is_first_name, is_form_of, is_word

DAY = "2025-06-15"


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger.load()


RELATIVES = [
    ("en", "Ivanka Trump"), ("en", "Hunter Biden"), ("en", "Olena Zelenska"), ("en", "Ella-Grace Trudeau"),
    ("en", "Charlotte Merz"), ("en", "John L. Sullivan"), ("ru", "Хантер Байден"), ("ru", "Николай Лукашенко"),
    ("ru", "Елена Зеленская"), ("ru", "Ванесса Трамп"), ("ru", "Коля Лукашенко"), ("uk", "Іванка Трамп"),
    ("uk", "Марина Порошенко"), ("be", "Мікалай Лукашэнка"), ("be", "Меланія Трамп"), ("pl", "Małgorzata Tusk"),
    ("pl", "Aleksandra Kwaśniewska"), ("pl", "Tadeusz Bór-Komorowski"), ("de", "Sara Netanjahu"), ("de", "Gudrun Scholz"),
    ("fr", "Dominique Ouattara"), ("fr", "Cécilia Sarkozy"), ("fr", "Boubacar Traoré"), ("es", "Asma al Asad"),
    ("es", "Karina Milei"), ("es", "Gabriel García Márquez"), ("es", "María Gabriela Chávez"), ("tr", "Bilal Erdoğan"),
    ("tr", "Sare Davutoğlu"),
]  # fmt: skip
SAYS = {
    "en": "said so on Friday.", "ru": "говорит об этом с пятницы.", "uk": "говорить про це з п'ятниці.", "be": "гаворыць пра гэта.",
    "pl": "mówi o tym od piątku.", "de": "sagte das am Freitag.", "fr": "le dit depuis vendredi.", "es": "lo dijo el viernes.",
    "tr": "cuma günü konuştu.",
}  # fmt: skip
BEFORE = {
    "en": "On Friday", "ru": "В пятницу", "uk": "У п'ятницю", "be": "У пятніцу", "pl": "W piątek", "de": "Am Freitag sprach mit uns",
    "fr": "Depuis vendredi,", "es": "El viernes,", "tr": "Cuma günü",
}  # fmt: skip


@pytest.mark.parametrize(("lang", "name"), RELATIVES)
def test_a_relative_or_namesake_is_nobody_we_know(tagger: Tagger, lang: str, name: str) -> None:
    assert leaders(tagger, f"{name} {SAYS[lang]}", lang, DAY) == []
    assert leaders(tagger, f"{BEFORE[lang]} {name} {SAYS[lang]}", lang, DAY) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "IVANKA TRUMP SPOKE AT A DINNER"),
        ("ru", "ЕЛЕНА ЗЕЛЕНСКАЯ ВЫСТУПИЛА"),
        ("de", "MELANIA TRUMP KOMMT NICHT"),
        ("ru", "Встречу с Иванкой Трамп отложили."),
        ("ru", "Иванку Трамп не пригласили."),
        ("uk", "Олену Зеленську запросили."),
    ],
)
def test_in_capitals_and_bent(tagger: Tagger, lang: str, text: str) -> None:
    assert leaders(tagger, text, lang, DAY) == []


OPENERS = [
    ("en", "Yesterday", "Trump"), ("en", "She said", "Trump"), ("en", "Said", "Trump"), ("en", "Per", "Putin"),
    ("ru", "Вчера", "Путин"), ("ru", "До", "Путина"), ("ru", "Сейчас", "Трамп"), ("ru", "Час", "Трампа"), ("ru", "Характер", "Путина"),
    ("uk", "Що", "Трамп"), ("uk", "Він і", "Трамп"), ("uk", "До", "Зеленського"), ("be", "Калі", "Пуцін"), ("pl", "Dziś", "Trump"),
    ("pl", "Czy", "Tusk"), ("de", "Gestern", "Merz"), ("de", "Nur", "Putin"), ("de", "Neulich", "Trump"), ("fr", "À la place", "Macron"),
    ("fr", "Le", "Macron"), ("es", "Pero", "Sánchez"), ("es", "Donde", "Trump"), ("tr", "Dünkü", "Erdoğan"), ("tr", "Şu", "Trump"),
    ("tr", "Sabah", "Erdoğan"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "word", "name"), OPENERS)
def test_an_ordinary_word_that_opens_a_sentence_is_no_given_name(
    tagger: Tagger, lang: str, word: str, name: str
) -> None:
    said = leaders(tagger, f"{word} {name} {SAYS[lang]}", lang, DAY)
    assert name in [surface for surface, _name in said]


@pytest.mark.parametrize(
    "before", ["Madrid\n", "Madrid.\n", "Madrid (2024) ", "«Madrid» ", "1 | ", "• "]
)
def test_a_sentence_opens_behind_a_line_a_bracket_and_a_mark_too(
    tagger: Tagger, before: str
) -> None:
    said = leaders(tagger, f"{before}Pero Sánchez dijo que no.", "es", DAY)
    assert said == [("Sánchez", "Pedro Sánchez")]
    places = tagger.tag(f"{before}Sam went home.", lang="en").mentions
    assert "Sam" not in [m.surface for m in places]
    listed = tagger.tag(f"{before}Visit Geneva. We did.", lang="en").mentions
    assert "Geneva" in [m.surface for m in listed]


def test_an_apostrophe_within_a_word_opens_nothing() -> None:
    assert not opens_sentence("l'avis d'Ivanka", 9)
    assert opens_sentence("He said: 'Ivanka", 10)


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("Macron called Trump on Friday.", "Trump"),
        ('One senator called Trump "a bully".', "Trump"),
        ("A senior official called Trump yesterday.", "Trump"),
        ("A source named Putin as the one behind it.", "Putin"),
        ("One paper called Macron's plan bold.", "Macron"),
        ("Trump spoke on Friday. See www.trump.com or @trump.", "Trump"),
        ("A spokesman called Putin a liar.", "Putin"),
        ("The paper named Trump its man of the year.", "Trump"),
        ("In the first place Trump wants peace.", "Trump"),
        ("They want to replace Putin soon.", "Putin"),
        ("Nobody forgets the factor Trump.", "Trump"),
    ],
)
def test_a_verb_or_a_noun_is_no_sign_of_a_namesake(tagger: Tagger, text: str, surface: str) -> None:
    assert surface in [said for said, _name in leaders(tagger, text, "en", DAY)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "On Friday Michel Martin spoke."), ("en", "Michael Martin reads the news."), ("de", "Dort sprach Michel Martin."),
        ("fr", "Ici, Louise Michel enseignait."), ("ru", "Здесь училась Луиза Мишель."), ("ru", "Вот Мишель Мартен."),
        ("pl", "W ringu stał Muhammad Ali."), ("tr", "Ringde Muhammed Ali vardı."), ("tr", "Yazar Salman Rüşdi geldi."),
        ("tr", "Süleyman Demirel Üniversitesi kapalı."), ("pl", "Lotnisko im. Lecha Wałęsy stoi."),
    ],
)  # fmt: skip
def test_another_name_that_is_spelled_or_sounds_like_a_leader_s(
    tagger: Tagger, lang: str, text: str
) -> None:
    assert leaders(tagger, text, lang, DAY) == []


@pytest.mark.parametrize(
    ("lang", "text", "surface", "name"),
    [
        ("en", "On Friday Micheal Martin spoke.", "Micheal Martin", "Micheál Martin"),
        ("en", "On Friday Victor Orban offered talks.", "Victor Orban", "Viktor Orbán"),
        ("en", "On Friday Victor Orban spoke. Orban would call.", "Orban", "Viktor Orbán"),
        ("en", "French President Emanuel Macron spoke.", "Emanuel Macron", "Emmanuel Macron"),
        ("en", "US diplomat Anthony Blinken arrived.", "Anthony Blinken", "Antony Blinken"),
        ("en", "In Rome Georgia Meloni spoke.", "Georgia Meloni", "Giorgia Meloni"),
        ("en", "On Friday Marko Rubio spoke.", "Marko Rubio", "Marco Rubio"),
        ("de", "Premier Victor Orban sprach. Orban reist.", "Victor Orban", "Viktor Orbán"),
        ("fr", "Le premier ministre Victor Orban parlait.", "Victor Orban", "Viktor Orbán"),
        ("es", "El presidente Nicholas Maduro habló.", "Nicholas Maduro", "Nicolás Maduro"),
        ("ru", "Выступил Джозеф Байден.", "Джозеф Байден", "Joe Biden"),
        ("ru", "Выступил Эммануил Макрон.", "Эммануил Макрон", "Emmanuel Macron"),
        ("en", "On Friday Aleksandr Novak spoke.", "Aleksandr Novak", "Alexander Novak"),
        ("pl", "Spotkał Juana Guaidó.", "Juana Guaidó", "Juan Guaidó"),
        ("be", "Размаўлялі з Мухамедам бін Заідам.", "Мухамедам бін Заідам", "Mohamed bin Zayed Al Nahyan"),
        ("en", "The anti-terror chief met El-Sisi.", "El-Sisi", "Abdel Fattah el-Sisi"),
        ("tr", "Erdoğan Putin'le oturdu.", "Putin", "Vladimir Putin"),
    ],
)  # fmt: skip
def test_another_spelling_is_still_theirs(
    tagger: Tagger, lang: str, text: str, surface: str, name: str
) -> None:
    assert (surface, name) in leaders(tagger, text, lang, DAY)


def test_a_family_name_after_a_namesake_is_the_namesake_s(tagger: Tagger) -> None:
    text = "Комедию сочинила драматург Анна Меркель. Сама Меркель довольна."
    assert leaders(tagger, text, "ru", DAY) == []
    named = "Комедию сочинила Анна Меркель. На премьере была Ангела Меркель. Меркель смеялась."
    assert [name for _surface, name in leaders(tagger, named, "ru", DAY)] == ["Angela Merkel"] * 2


def test_words_that_stand_together_within_a_sentence_are_a_name_at_its_start_too(
    tagger: Tagger,
) -> None:
    text = "Qwenda Trump left. We saw how Qwenda Trump came back."
    assert leaders(tagger, text, "en", DAY) == []


def test_a_headline_knows_the_namesakes_of_its_article(tagger: Tagger) -> None:
    said = tagger.tag("Anna Merkel wrote a play. Merkel smiles.", lang="en", title="Merkel smiles")
    assert (said.mentions, said.title_mentions) == ((), ())


@pytest.mark.parametrize(
    ("word", "lang", "expected"),
    [
        ("Ivanka", "en", True), ("Иванкой", "ru", True), ("Іванку", "uk", True), ("Jean-Marc", "fr", True), ("Yesterday", "en", False),
        ("Время", "ru", False), ("Вера", "ru", False), ("Roku", "pl", False), ("Małgorzatą", "pl", True), ("Li", "en", False),
    ],
)  # fmt: skip
def test_first_names(word: str, lang: str, expected: bool) -> None:
    assert is_first_name(word, lang) is expected


def test_a_word_of_a_language_is_none_even_where_a_leader_bears_it() -> None:
    assert is_word("Pero", "es")
    assert not is_first_name("Sabah", "tr", {"sabah"})
    assert is_first_name("Sabah", "en", {"sabah"})


def test_forms_of_a_name() -> None:
    assert is_form_of("Juana", "Juan")
    assert is_form_of("Александра", "Александр")
    assert not is_form_of("Мишель", "Михол")


@pytest.mark.parametrize(
    ("lang", "text", "names"),
    [
        ("en", "The Trump-Putin summit in Alaska ended early.", ["Trump", "Putin"]),
        ("en", "A Putin–Zelensky meeting in Istanbul is near.", ["Putin", "Zelensky"]),
        ("fr", "Un sommet Trump-Poutine se prépare à Budapest.", ["Trump", "Poutine"]),
        ("de", "Ein Putin-Selenskyj-Treffen in Wien ist möglich.", ["Putin", "Selenskyj"]),
        ("es", "La cumbre Putin-Zelenski será en Ginebra.", ["Putin", "Zelenski"]),
    ],
)
def test_two_names_with_a_hyphen_between_are_two_who_meet(tagger, lang, text, names):
    tagged = tagger.tag(text, lang=lang)
    assert [m.surface for m in tagged.mentions if m.kind == "leader"] == names
