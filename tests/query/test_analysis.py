"""Folding, terms, offsets; stems that find inflected forms from the base form."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.query.analysis import MAX_TERM, Streams, analyze, fold, fold_terms, streams
from ingest.query.stemmers import LANGUAGES, query_stems, stem


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("İstanbul Istanbul istanbul ISTANBUL ıstanbul", id="turkish-i"),
        pytest.param("Élysée elysee ELYSÉE E\u0301lyse\u0301e", id="accents"),
        pytest.param("Straße STRASSE strasse", id="sharp-s"),
        pytest.param("Łódź lodz ŁÓDŹ", id="polish-l"),
        pytest.param("Лёд лед ЛЁД", id="yo"),
        pytest.param("Лукаше\u0301нко лукашенко", id="stress-mark"),
        pytest.param("м'яч м’яч мʼяч мяч", id="joined-apostrophe"),
        pytest.param("ﬁnal ＦＩＮＡＬ final", id="compatibility"),
        pytest.param("Luka\u00adshenko Luka\u200bshenko lukashenko", id="invisible"),
        pytest.param("Й й И\u0306", id="short-i"),
        pytest.param("Ї ї І\u0308", id="yi"),
        pytest.param("Ў ў У\u0306", id="short-u"),
    ],
)
def test_spellings_of_one_word_fold_to_one_term(words):
    assert len({fold_terms(word) for word in words.split()}) == 1, words
    assert all(len(fold_terms(word)) == 1 for word in words.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [("мой", "мои"), ("київ", "киив"), ("ґрати", "грати"), ("є", "е"), ("ў", "у"), ("ї", "і")],
)
def test_letters_of_their_own_stay_apart(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("İstanbul'da Putin's l’Ukraine", "istanbul da putin s l ukraine"),
        ("U.S. Minsk-2 don't", "u s minsk 2 don t"),
        ("snake_case 3,5% №7 ½", "snake case 3 5 7 12"),
        ("переговоры—Минск…«да»", "переговоры минск да"),
        ("\x00\ud800 -- \u0301 '", ""),
    ],
)
def test_terms_are_runs_of_letters_and_digits(text, terms):
    assert fold_terms(text) == tuple(terms.split())


@given(st.text())
@example("İ'İ м'\u0301я a\u00ad\u00ad")
@example("ǰΐﬃ")
def test_offsets_show_where_each_term_stands(text):
    found = analyze(text, "en")
    assert len(found.terms) == len(found.stems) == len(found.offsets)
    for term, (start, end) in zip(found.terms, found.offsets, strict=True):
        assert fold(text[start:end]) == term
    bounds = [bound for offset in found.offsets for bound in offset]
    assert bounds == sorted(bounds)


@given(st.text())
def test_terms_are_fit_for_every_engine(text):
    for term in fold_terms(text):
        assert term.isalnum()
        assert len(term) <= MAX_TERM
        assert fold_terms(term) == (term,)  # folding a term changes nothing


@given(st.text(), st.sampled_from(LANGUAGES))
def test_a_word_finds_itself_in_every_language(text, lang):
    for term in fold_terms(text):
        assert stem(term, lang) in query_stems(term)


FORMS = {
    "ru": (
        "Минск Минска Минску Минском Минске",
        "Женева Женевы Женеве Женеву Женевой",
        "Стамбул Стамбула Стамбулу Стамбулом Стамбуле",
        "Москва Москвы Москве Москву Москвой",
        "Лукашенко",
        "переговоры переговоров переговорам переговорами переговорах",
        "встреча встречи встрече встречу встречей",
    ),
    "uk": (
        "Мінськ Мінська Мінську Мінськом",
        "Женева Женеви Женеві Женеву Женевою",
        "Стамбул Стамбула Стамбулу Стамбулом Стамбулі",
        "Київ Києва Києву Києвом Києві",
        "Львів Львова Львову Львовом Львові",
        "Харків Харкова Харкову Харковом Харкові",
        "Прага Праги Празі Прагу Прагою",
        "Варшава Варшави Варшаві Варшаву Варшавою",
        "Туреччина Туреччини Туреччині Туреччину",
        "Путін Путіна Путіну Путінові Путіним",
        "президент президента президентові президентом президенти президентів",
        "переговори переговорів переговорам переговорами переговорах",
        "зустріч зустрічі зустріччю",
    ),
    "be": (
        "Мінск Мінска Мінску Мінскам",
        "Жэнева Жэневы Жэневе Жэневу Жэневай",
        "Стамбул Стамбула Стамбулу Стамбулам Стамбуле",
        "Кіеў Кіева Кіеву Кіевам Кіеве",
        "Магілёў Магілёва Магілёву Магілёве",
        "Брэст Брэста Брэсту Брэстам Брэсце",
        "Масква Масквы Маскве Маскву Масквой",
        "Прага Прагі Празе Прагу Прагай",
        "прэзідэнт прэзідэнта прэзідэнту прэзідэнтам прэзідэнтаў",
        "перамовы перамоваў перамовам перамовах",
    ),
    "pl": (
        "Mińsk Mińska Mińskowi Mińskiem Mińsku",
        "Genewa Genewy Genewie Genewę Genewą",
        "Warszawa Warszawy Warszawie Warszawę Warszawą",
        "Stambuł Stambułu Stambułowi Stambułem Stambule",
        "Kraków Krakowa Krakowowi Krakowem Krakowie",
        "Kijów Kijowa Kijowem Kijowie",
        "Praga Pragi Pradze Pragę Pragą",
        "Ankara Ankary Ankarze Ankarę Ankarą",
        "Moskwa Moskwy Moskwie Moskwę Moskwą",
        "Łukaszenka Łukaszenki Łukaszence Łukaszenkę Łukaszenką",
        "Zełenski Zełenskiego Zełenskiemu Zełenskim",
        "Putin Putina Putinowi Putinem Putinie",
        "prezydent prezydenta prezydentowi prezydentem prezydenci prezydentów",
        "rozmowy rozmów rozmowom rozmowami rozmowach",
    ),
    "de": ("Genf Genfs", "Gespräch Gespräche Gesprächen", "Verhandlung Verhandlungen", "Wien Wiens"),
    "fr": ("négociation négociations", "rencontre rencontres", "proposer proposé proposée"),
    "es": ("negociación negociaciones", "reunión reuniones", "propuesta propuestas"),
    "en": ("talk talks", "offer offers offered offering", "propose proposed proposes"),
    "tr": ("İstanbul İstanbul'da İstanbul'dan", "görüşme görüşmeler görüşmelerde", "Ankara Ankara'ya"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "forms"), [(lang, forms) for lang, rows in FORMS.items() for forms in rows]
)
def test_inflected_forms_are_found_from_the_base_form(lang, forms):
    base, *others = forms.split()
    wanted = set(query_stems(fold_terms(base)[0]))
    missing = [form for form in others if analyze(form, lang).stems[0] not in wanted]
    assert not missing, (base, sorted(wanted))


@pytest.mark.parametrize(
    ("query", "lang", "other"),
    [
        ("putin", "en", "put"),
        ("paris", "fr", "pari"),
        ("женева", "uk", "жінка"),
        ("Минск", "ru", "министр"),
        ("Мінськ", "uk", "міна"),
        ("Warszawa", "pl", "wars"),
        ("Genewa", "pl", "gen"),
        ("Рим", "ru", "рис"),
    ],
)
def test_other_words_are_not_found(query, lang, other):
    assert analyze(other, lang).stems[0] not in query_stems(fold_terms(query)[0])


def test_a_text_of_no_known_language_is_stemmed_by_script():
    assert analyze("talks переговоры 2026 談判", "zz").stems == (
        "talk·en",
        "переговор·ru",
        "2026",
        "談判",
    )
    assert analyze("talks", "ru").stems == ("talk·en",)


@given(st.text(), st.sampled_from(("en", "uk", "tr", "zz")))
def test_the_streams_are_the_analysis_without_its_offsets(text, lang):
    analysis = analyze(text, lang)
    assert streams(text, lang) == Streams(analysis.terms, analysis.stems)
