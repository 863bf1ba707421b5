"""Refusals and readiness to meet at all, with no place named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.tag import Tagger, to_json

DAY = datetime(2025, 11, 5, tzinfo=UTC)
PUTIN, ZELENSKY = "leader:putin-vladimir", "leader:zelenskyy-volodymyr"


def stances(text: str, lang: str) -> list[tuple[str, str]]:
    found = Tagger.load().tag(text, lang=lang, published=DAY).stances
    assert all(text[s.start : s.end] in text and len(s.parties) > 1 for s in found)
    return [(s.by, s.stand) for s in found]


@pytest.mark.parametrize(
    ("lang", "text", "by", "stand"),
    [
        ("en", "Volodymyr Zelensky refused to meet Vladimir Putin.", ZELENSKY, "refused"),
        ("en", "The Kremlin has ruled out talks with Kyiv this year.", "RU", "refused"),
        ("en", "Dmitry Peskov said Vladimir Putin was ready to meet Zelensky.", PUTIN, "ready"),
        ("en", "Vladimir Putin does not rule out a summit with Donald Trump.", PUTIN, "ready"),
        ("en", "Volodymyr Zelensky is not ready for talks with Russia.", ZELENSKY, "refused"),
        ("ru", "Владимир Зеленский отказался от встречи с Владимиром Путиным.", ZELENSKY, "refused"),
        ("ru", "Москва готова к переговорам с Киевом.", "RU", "ready"),
        ("ru", "Владимир Путин не исключил встречи с Дональдом Трампом.", PUTIN, "ready"),
        ("ru", "Киев не готов к прямым переговорам с Россией.", "UA", "refused"),
        ("uk", "Володимир Зеленський відмовився зустрічатися з Путіним.", ZELENSKY, "refused"),
        ("uk", "Київ готовий до переговорів з Москвою.", "UA", "ready"),
        ("be", "Аляксандр Лукашэнка адмовіўся сустракацца з Зяленскім.", "leader:lukashenko-alexander", "refused"),
        ("be", "Мінск гатовы да перамоў з Варшавай.", "BY", "ready"),
        ("pl", "Władimir Putin odmówił spotkania z Wołodymyrem Zełenskim.", PUTIN, "refused"),
        ("pl", "Moskwa jest gotowa do rozmów z Kijowem.", "RU", "ready"),
        ("de", "Wladimir Putin lehnt ein Treffen mit Wolodymyr Selenskyj ab.", PUTIN, "refused"),
        ("de", "Moskau ist zu Gesprächen mit Kiew bereit.", "RU", "ready"),
        ("fr", "Vladimir Poutine refuse de rencontrer Volodymyr Zelensky.", PUTIN, "refused"),
        ("fr", "Moscou se dit prêt à des pourparlers avec Kiev.", "RU", "ready"),
        ("es", "Vladímir Putin se niega a reunirse con Volodímir Zelenski.", PUTIN, "refused"),
        ("es", "Kiev está dispuesta a negociar con Moscú.", "UA", "ready"),
        ("tr", "Vladimir Putin, Volodimir Zelenski ile görüşmeyi reddetti.", PUTIN, "refused"),
        ("tr", "Moskova, Kiev ile müzakerelere hazır.", "RU", "ready"),
        ("en", "\"I'd be happy to meet with him,\" Vladimir Putin said of Donald Trump.", PUTIN, "ready"),
        ("en", "Vladimir Putin declined to accept an invitation to talks with Kyiv.", PUTIN, "refused"),
        ("en", "Kyiv is prepared to sit down again with Moscow, Andriy Yermak said.", "UA", "ready"),
        ("ru", "Переговоров с Киевом не будет, заявил Сергей Лавров.", "leader:lavrov-sergey", "refused"),
        ("ru", "Москва никогда не отказывалась от диалога с Киевом.", "RU", "ready"),
        ("uk", "Володимир Зеленський не говоритиме з Путіним.", ZELENSKY, "refused"),
        ("be", "З Кіевам гаварыць няма пра што, заявіў Уладзімір Пуцін.", PUTIN, "refused"),
        ("pl", "Kijów nie usiądzie do stołu z Moskwą.", "UA", "refused"),
        ("de", "Wladimir Putin schließt ein Treffen mit Donald Trump nicht aus.", PUTIN, "ready"),
        ("de", "Wolodymyr Selenskyj hat Wladimir Putin ein Treffen angeboten.", ZELENSKY, "ready"),
        ("fr", "« Nous ne négocierons pas avec Moscou », a déclaré Volodymyr Zelensky.", ZELENSKY, "refused"),
        ("es", "Moscú aceptó conversar con Kiev.", "RU", "ready"),
        ("tr", "Kremlin, Putin'in Zelenskiy ile görüşmeye hazır olduğunu bildirdi.", PUTIN, "ready"),
    ],
)  # fmt: skip
def test_who_refuses_and_who_is_ready(lang: str, text: str, by: str, stand: str) -> None:
    assert stances(text, lang) == [(by, stand)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        pytest.param("en", "Vladimir Putin is ready to meet Volodymyr Zelensky in Istanbul.", id="a place is named"),
        pytest.param("en", "Is Vladimir Putin ready to meet Volodymyr Zelensky?", id="a question"),
        pytest.param("en", "Sergey Lavrov declined to talk to reporters about Ukraine.", id="the press"),
        pytest.param("ru", "Белый дом отказался уточнить, когда состоится встреча с Россией.", id="refuses to say"),
        pytest.param("en", "Moscow accuses Kyiv of refusing to negotiate.", id="another state says it"),
        pytest.param("pl", "Zdaniem Donalda Tuska Władimir Putin nie chce rozmów z Kijowem.", id="another's view"),
        pytest.param("tr", "Emmanuel Macron'a göre Putin, Zelenskiy ile görüşmeye hazır değil.", id="another's view, behind"),
        pytest.param("fr", "Vladimir Poutine est prêt à un sommet avec Donald Trump, a rapporté Volodymyr Zelensky.", id="another's report"),
        pytest.param("en", "If Vladimir Putin refuses to meet Volodymyr Zelensky, prices will rise.", id="a condition"),
        pytest.param("ru", "Может быть, Владимир Путин и согласится на встречу с Зеленским.", id="perhaps"),
        pytest.param("de", "Wladimir Putin hatte es abgelehnt, Wolodymyr Selenskyj zu treffen.", id="it was so before"),
        pytest.param("es", "Ucrania está dispuesta a acoger una cumbre con Rusia.", id="ready to host"),
        pytest.param("uk", "Туреччина готова допомогти на переговорах між Києвом і Москвою.", id="ready to help"),
        pytest.param("en", "Donald Trump wants talks between Vladimir Putin and Volodymyr Zelensky.", id="others are to meet"),
        pytest.param("uk", "Дональд Трамп пропонує Путіну сісти за стіл переговорів з Україною.", id="others are to meet, one asked"),
        pytest.param("fr", "Après sa rencontre avec Donald Trump, Volodymyr Zelensky a refusé de signer.", id="a meeting is the occasion"),
        pytest.param("de", "Olaf Scholz lehnt Lieferungen ab und trifft Emmanuel Macron.", id="refuses something else"),
        pytest.param("en", "The unions have refused to meet Emmanuel Macron.", id="no state refuses"),
        pytest.param("en", "Vladimir Putin refused to meet the demands of Ukraine.", id="meet a demand"),
        pytest.param("en", "The shopkeeper refused to meet the plumber.", id="nobody known"),
    ],
)  # fmt: skip
def test_what_is_no_stance(lang: str, text: str) -> None:
    assert stances(text, lang) == []


def test_stances_are_no_part_of_the_output_that_is_scored() -> None:
    text = "Volodymyr Zelensky refused to meet Vladimir Putin."
    tagged = Tagger.load().tag(text, lang="en", published=DAY)
    assert tagged.stances
    assert set(to_json(tagged, text)) == {"mentions", "proposals", "title_mentions", "tagger"}
    assert tagged.proposals == ()
