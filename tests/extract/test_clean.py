"""Clutter goes in nine languages; sentences stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.clean import tidy, trim_clutter

ARTICLE = [
    "The ministers met in the harbour office on Monday and spoke for three hours.",
    "They will meet again on Friday, a spokesman said, in a town that nobody has named.",
    "The fishermen waited outside and were given tea.",
]
TEXT = "\n".join(ARTICLE)

TAILS = [
    "Subscribe to our newsletter",
    "Sign up for our daily briefing and never miss a story.",
    "Follow us on Facebook and Telegram",
    "Share this article with your friends",
    "Read also:",
    "Related: The bridge that was forgotten",
    "Comments (12)",
    "Tags: harbour, talks",
    "© The Courier 2026. All rights reserved.",
    "Подпишитесь на нашу рассылку",
    "Подписывайтесь на наш канал в Telegram",
    "Читайте также: Мост, о котором забыли",
    "Материалы по теме",
    "Поделиться с друзьями",
    "Все права защищены.",
    "Підпишіться на нашу розсилку",
    "Читайте також:",
    "Матеріали за темою",
    "Поділитися з друзями",
    "Падпішыцеся на нашу рассылку. Пяць навін дня ў вашай пошце кожную раніцу.",
    "Чытайце таксама: Мост, пра які забыліся",
    "Падзяліцца",
    "Zapisz się na nasz newsletter",
    "Czytaj także: Most, o którym zapomniano",
    "Udostępnij",
    "Newsletter jetzt abonnieren",
    "Lesen Sie auch: Die vergessene Brücke",
    "Mehr zum Thema",
    "Artikel teilen",
    "Abonnez-vous à notre lettre d'information",
    "Lire aussi : Le pont oublié",
    "Partager",
    "Suscríbete a nuestro boletín",
    "Lea también: El puente olvidado",
    "Compartir en Facebook",
    "Bültenimize abone olun",
    "Ayrıca okuyun: Unutulan köprü",
    "İlgili haberler",
    "World",
    "Большая политика",
]

SENTENCES = [
    "Subscribers of the old paper remember the strike of that year.",
    "Shares in the ferry company rose by four per cent on the news.",
    "He wrote in his newsletter that the talks would fail.",
    "Read the treaty and you will find no word about the bridge.",
    "Related parties may speak in court, the judge decided.",
    "Comments by the minister were not to be had on Monday.",
    "Tags on the crates show that they came by sea.",
    "Following the meeting both sides went to the opera.",
    "Поделились новостями и рыбаки, которые ждали у ворот.",
    "Подписали договор поздно вечером, когда погас свет.",
    "Тема моста на переговорах не поднималась вовсе.",
    "Теперь слово за парламентом.",
    "Themen gab es genug, doch niemand sprach sie an.",
    "Teilen wollen die Minister das Geld nicht.",
    "Partage du pouvoir : les ministres n'en ont pas parlé.",
    "Temas había de sobra, pero nadie quiso hablar de ellos.",
    "Według ministra temat mostu nie padł ani razu.",
    "Konular çoktu, ama kimse köprüden söz etmedi.",
    "Публікацыі пра мост у газетах не было.",
    "Рубрики газеты в тот день вышли без подписи.",
    "„Nein“, sagte der Minister.",
    "Partager le pouvoir, personne n'y songeait.",
    "Поделиться картами генералы отказались.",
    "Compartir el puente fue la única idea.",
    "Почти все делегаты уехали каждый своей дорогой.",
    "Copying the treaty took the clerk two days.",
    "Its readers follow us to the harbour every spring.",
]


@pytest.mark.parametrize("tail", TAILS)
def test_clutter_under_a_text_goes(tail: str) -> None:
    assert trim_clutter(f"{TEXT}\n{tail}") == TEXT
    assert trim_clutter(f"{TEXT}\n{tail}\nComments\n{tail}") == TEXT


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_stays_wherever_it_stands(sentence: str) -> None:
    for lines in ([*ARTICLE, sentence], [sentence, *ARTICLE], [ARTICLE[0], sentence, ARTICLE[1]]):
        text = "\n".join(lines)
        assert trim_clutter(text) == text


def test_headline_rubric_and_byline_above_a_text_go() -> None:
    text = f"World\nTalks in the harbour!\nAda Miller\n5 min read\n{TEXT}"
    names = ("Talks in the Harbour", "world", "Ada Miller")
    assert trim_clutter(text, names=names) == TEXT


def test_links_and_tags_of_the_page_under_a_text_go() -> None:
    text = f"{TEXT}\n- The bridge that was forgotten, again?\nHarbour 2026"
    foreign = {"The bridge that was forgotten, again?", "Harbour 2026"}
    assert trim_clutter(text, foreign=foreign) == TEXT
    assert trim_clutter(text) == text


@pytest.mark.parametrize(
    ("call", "promise"),
    [
        ("Subscribe to our newsletter", "Five headlines, in your inbox every morning."),
        ("Подпишитесь на нашу рассылку", "Пять новостей дня у вас в почте каждое утро."),
        ("Підпишіться на нашу розсилку", "П'ять новин дня у вашій пошті щоранку."),
        ("Zapisz się na newsletter", "Pięć wiadomości w twojej skrzynce każdego ranka."),
        ("Jetzt Newsletter abonnieren", "Fünf Meldungen jeden Morgen in Ihrem Postfach."),
    ],
)
def test_the_promise_of_mail_goes_only_with_the_call_above_it(call: str, promise: str) -> None:
    assert trim_clutter(f"{TEXT}\n{call}\n{promise}") == TEXT
    assert trim_clutter(f"{TEXT}\n{promise}") == f"{TEXT}\n{promise}"


def test_pointers_and_advertisements_go_from_the_middle_too() -> None:
    lines = [ARTICLE[0], "Advertisement", "Читайте также: Другое", ARTICLE[1], ARTICLE[2]]
    assert trim_clutter("\n".join(lines)) == TEXT


def test_lists_and_short_texts_stay() -> None:
    for text in ("Read also", "World", f"{TEXT}\n- Minsk\n- Geneva", "One\nTwo\nThree"):
        assert trim_clutter(text) == text


@given(st.lists(st.sampled_from([*TAILS, *SENTENCES, *ARTICLE]), max_size=12))
def test_trimming_only_drops_lines_and_no_sentence(lines: list[str]) -> None:
    kept = trim_clutter("\n".join(lines)).split("\n")
    rest = iter(lines)
    assert all(line in rest for line in kept if line)
    sentences = [line for line in lines if line in SENTENCES]
    assert [line for line in kept if line in SENTENCES] == sentences


@given(st.text())
def test_tidy_is_idempotent_and_printable(text: str) -> None:
    once = tidy(text)
    once.encode("utf-8")
    assert tidy(once) == once
