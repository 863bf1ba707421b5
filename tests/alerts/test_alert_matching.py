"""What a rule's conditions mean, and into which groups an article falls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alerts.newsdesk import (
    DAY0,
    HOUR,
    LEADERS,
    PLACES,
    Act,
    Say,
    edited,
    make_article,
    offer,
    rules_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.alerts.facts import MAX_SENTENCE, MAX_TITLE, View, sentence_at
from ingest.alerts.matching import RuleIndex, match_articles, match_rule
from ingest.model import VENUE_ROLES, Evidence

MINSK, ISTANBUL, GENEVA, MOSCOW = PLACES.values()
LUKASHENKO, PUTIN, ZELENSKY = (entity for entity, _, _ in LEADERS.values())

OFFER = make_article(
    offer("Lukashenko offered Minsk or Istanbul for the talks.", parties=("RU", "UA")),
    Say("Zelensky refused to go to Moscow.", "rejected", Act("rejected", ("Moscow",), "Zelensky")),
    Say("The report is from Geneva."),
    source="courier.example",
    lang="en",
)
MENTIONS = make_article(
    Say("Istanbul is spoken of as the place.", "proposed", confidence=0.6),
    Say("Putin will not come."),
)
HEADLINE = make_article(
    Say("Nobody would say more."), title_says=Say("Putin to meet Zelensky in Geneva", "agreed")
)
RECALLED = make_article(
    Say("In 2014 they met in Minsk.", "hosted", Act("hosted", ("Minsk",), background=True))
)
PLAIN = make_article(
    Say("The harvest was good this year."), Say("Peace talks may follow, say farmers.")
)
ARTICLES = {
    "offer": OFFER,
    "mentions": MENTIONS,
    "headline": HEADLINE,
    "recalled": RECALLED,
    "plain": PLAIN,
}


def rule_of(fields: str, kind="match"):
    return rules_of(f"  - {{id: a, type: {kind}, {fields}}}\n").rules[0]


def met_by(rule):
    return {name for name, article in ARTICLES.items() if match_rule(rule, View(article))}


@pytest.mark.parametrize(
    ("condition", "articles"),
    [
        pytest.param("when: {leader: lukashenko}", {"offer"}, id="leader"),
        pytest.param("when: {leader: [putin, lukashenko]}", {"offer", "mentions", "headline"}, id="either"),
        pytest.param("when: {venue: minsk}", {"offer"}, id="venue-but-not-recalled"),
        pytest.param("when: {venue: geneva}", {"headline"}, id="a-location-is-no-venue"),
        pytest.param("when: {place: geneva}", {"offer", "headline"}, id="place-in-any-role"),
        pytest.param("when: {venue: istanbul}", {"offer", "mentions"}, id="a-mention-without-an-act"),
        pytest.param("when: {country: CH}", {"offer", "headline"}, id="country"),
        pytest.param("when: {role: proposed}", {"offer", "mentions"}, id="role"),
        pytest.param("when: {status: proposed}", {"offer"}, id="status-asks-for-an-act"),
        pytest.param("when: {role: location}", {"offer"}, id="role-location"),
        pytest.param("when: {venue: moscow, role: proposed}", set(), id="bound-to-one-place"),
        pytest.param("when: {all: [{venue: moscow}, {role: proposed}]}", set(), id="all-of-one-place"),
        pytest.param("when: {all: [{venue: minsk}, {venue: istanbul}]}", {"offer"}, id="both-in-one-act"),
        pytest.param("when: {all: [{venue: minsk}, {venue: moscow}]}", set(), id="not-two-acts"),
        pytest.param("when: {any: [{venue: minsk}, {text: harvest}]}", {"offer", "plain"}, id="any"),
        pytest.param("when: {any: [{leader: putin}, {text: farmer}]}", {"mentions", "headline", "plain"}, id="any-without-places"),
        pytest.param("when: {proposer: lukashenko}", {"offer"}, id="proposer"),
        pytest.param("when: {proposer: BY}", {"offer"}, id="proposer-by-state"),
        pytest.param("when: {proposer: UA, status: proposed}", set(), id="proposer-of-that-act"),
        pytest.param("when: {party: [RU, UA]}", {"offer"}, id="parties"),
        pytest.param("when: {party: [RU, US]}", set(), id="all-parties-take-part"),
        pytest.param("when: {source: courier.example, leader: putin}", {"mentions", "headline"}, id="source"),
        pytest.param("when: {lang: ru, leader: putin}", set(), id="language"),
        pytest.param("when: {role: proposed, min_confidence: 0.7}", {"offer"}, id="confidence"),
        pytest.param("when: {role: proposed}, min_confidence: 0.7", {"offer"}, id="confidence-of-the-rule"),
        pytest.param("when: {leader: zelensky, venue: minsk}", {"offer"}, id="leader-anywhere"),
        pytest.param("when: {leader: zelensky, venue: minsk, same_sentence: true}", set(), id="leader-in-the-sentence"),
        pytest.param("when: {all: [{leader: lukashenko}, {venue: minsk, same_sentence: true}]}", {"offer"}, id="same-sentence"),
        pytest.param("when: {leader: putin}, same_sentence: true", {"mentions", "headline"}, id="same-sentence-alone"),
        pytest.param("when: {all: [{role: proposed}], none: [{leader: zelensky}]}", {"mentions"}, id="none"),
        pytest.param("when: {all: [{status: proposed}], none: [{venue: minsk}]}", set(), id="none-bars-the-act"),
        pytest.param("when: {all: [{leader: putin}], none: [{venue: istanbul}]}", {"headline"}, id="none-of-the-article"),
        pytest.param("when: {none: [{place: [minsk, istanbul, geneva, moscow]}]}", {"plain"}, id="none-alone"),
        pytest.param("when: {text: '\"peace talks\"'}", {"plain"}, id="phrase"),
        pytest.param("when: {text: farmer, leader: putin}", set(), id="text-and-leader"),
        pytest.param("query: 'farmer'", {"plain"}, id="query-of-words"),
        pytest.param("query: 'venue:minsk role:proposed'", {"offer"}, id="query-of-places"),
        pytest.param("query: 'venue:geneva role:proposed'", set(), id="query-binds"),
        pytest.param("query: 'venue:istanbul'", {"offer", "mentions"}, id="query-of-a-mention"),
        pytest.param("query: 'leader:putin -venue:istanbul'", {"headline"}, id="query-not"),
        pytest.param("query: 'status:rejected proposer:zelensky'", {"offer"}, id="query-of-an-act"),
        pytest.param("query: 'harvest OR role:proposed'", {"offer", "mentions", "plain"}, id="query-or"),
    ],
)  # fmt: skip
def test_conditions(condition, articles):
    assert met_by(rule_of(condition)) == articles


@pytest.mark.parametrize(
    ("fields", "article", "keys"),
    [
        pytest.param("group_by: [venue], when: {status: proposed}", "offer", {(MINSK,), (ISTANBUL,)}, id="each-venue"),
        pytest.param("group_by: [venue], when: {venue: minsk}", "offer", {(MINSK,)}, id="the-venue-asked-for"),
        pytest.param("group_by: [leader], when: {status: proposed}", "offer", {(LUKASHENKO,)}, id="who-acts"),
        pytest.param("group_by: [leader], when: {leader: zelensky, venue: minsk}", "offer", {(ZELENSKY,)}, id="the-leader-asked-for"),
        pytest.param("group_by: [proposer, role], when: {venue: [minsk, moscow]}", "offer", {(LUKASHENKO, "proposed"), (ZELENSKY, "rejected")}, id="each-act"),
        pytest.param("group_by: [party, lang, source], when: {status: proposed}", "offer", {("RU-UA", "en", "courier.example")}, id="meeting"),
        pytest.param("group_by: [country, status], when: {venue: minsk}", "offer", {("BY", "proposed")}, id="country"),
        pytest.param("group_by: [proposer], when: {role: proposed}", "mentions", {("",)}, id="nobody-named"),
        pytest.param("group_by: [leader, venue], when: {leader: putin}", "headline", {(PUTIN, GENEVA)}, id="pair-in-a-headline"),
        pytest.param("group_by: [leader, venue], when: {leader: putin}", "mentions", {(PUTIN, ISTANBUL)}, id="pair-across-sentences"),
        pytest.param("group_by: [leader, venue], when: {text: harvest}", "plain", {("", "")}, id="no-pair"),
        pytest.param("group_by: [leader], when: {leader: [putin, zelensky]}", "headline", {(PUTIN,), (ZELENSKY,)}, id="each-leader"),
        pytest.param("when: {text: harvest}", "plain", {(PLAIN.id,)}, id="the-article"),
    ],
)  # fmt: skip
def test_groups(fields, article, keys):
    found = match_rule(rule_of(fields), View(ARTICLES[article]))
    assert {match.key for match in found} == keys


@pytest.mark.parametrize(
    ("key", "article", "keys"),
    [
        pytest.param("[leader, venue]", "offer", {(LUKASHENKO, MINSK), (LUKASHENKO, ISTANBUL), (ZELENSKY, MOSCOW)}, id="pairs"),
        pytest.param("[leader, venue]", "mentions", set(), id="half-a-pair-is-none"),
        pytest.param("[leader, venue]", "headline", {(PUTIN, GENEVA), (ZELENSKY, GENEVA)}, id="headline"),
        pytest.param("[leader, venue]", "recalled", set(), id="recalled"),
        pytest.param("[venue]", "mentions", {(ISTANBUL,)}, id="venue"),
        pytest.param("[leader]", "plain", set(), id="nobody"),
    ],
)  # fmt: skip
def test_pairs_of_a_new_rule(key, article, keys):
    found = match_rule(rule_of(f"key: {key}", "new"), View(ARTICLES[article]))
    assert {match.key for match in found} == keys


def evidence_of(fields, article) -> list[Evidence]:
    view = View(article)
    return [
        view.evidence(fact, "UTC") for m in match_rule(rule_of(fields), view) for fact in m.facts
    ]


@pytest.mark.parametrize(
    ("fields", "article", "sentence", "line"),
    [
        pytest.param(
            "when: {venue: minsk}",
            OFFER,
            "Lukashenko offered Minsk or Istanbul for the talks.",
            "2 Mar: Lukashenko (BY) offers Minsk or Istanbul for RU-UA talks; confidence .90",
            id="act",
        ),
        pytest.param(
            "when: {venue: istanbul}",
            MENTIONS,
            "Istanbul is spoken of as the place.",
            "2 Mar: Istanbul proposed as a venue; confidence .60",
            id="mention",
        ),
        pytest.param(
            "when: {place: geneva}, group_by: [role]",
            OFFER,
            "The report is from Geneva.",
            "2 Mar: Geneva named as a location by courier.example; confidence .90",
            id="location",
        ),
        pytest.param(
            "when: {venue: geneva}",
            HEADLINE,
            "Putin to meet Zelensky in Geneva",
            "2 Mar: Geneva agreed as a venue; confidence .90",
            id="headline",
        ),
        pytest.param(
            "when: {leader: putin}",
            MENTIONS,
            "Putin will not come.",
            "2 Mar: Vladimir Putin named by courier.example; confidence .90",
            id="leader",
        ),
        pytest.param(
            "when: {text: farmer}",
            PLAIN,
            "Peace talks may follow, say farmers.",
            "2 Mar: courier.example: A day in politics",
            id="words",
        ),
        pytest.param(
            "when: {none: [{leader: putin}]}",
            PLAIN,
            "A day in politics",
            "2 Mar: courier.example: A day in politics",
            id="title",
        ),
    ],
)
def test_evidence(fields, article, sentence, line):
    first = evidence_of(fields, article)[0]
    assert (first.sentence, first.line) == (sentence, line)


def test_doubt_is_shown():
    article = make_article(Say("Minsk, perhaps.", "proposed", confidence=0.3))
    (found,) = evidence_of("when: {venue: minsk}", article)
    assert found.line == "2 Mar: perhaps Minsk proposed as a venue; confidence .30"


def test_evidence_of_a_monstrous_page_is_cut():
    article = make_article(offer(f"Lukashenko offered Minsk {'x' * 10_000}"), title="t" * 10_000)
    (found,) = evidence_of("when: {venue: minsk}", article)
    assert (len(found.sentence), len(found.title)) == (MAX_SENTENCE, MAX_TITLE)


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        pytest.param("One. Two three! Four", "three", "Two three!", id="middle"),
        pytest.param("One. Two", "One", "One.", id="first"),
        pytest.param("One. Two", "Two", "Two", id="last"),
        pytest.param("Head\nBody text. More", "Body", "Body text.", id="line-break"),
        pytest.param("He said “go.” Then left.", "left", "Then left.", id="quote"),
    ],
)
def test_the_sentence_around_a_word(text, word, sentence):
    assert sentence_at(text, text.index(word)) == sentence


# --- properties --------------------------------------------------------------------------------

names = st.sampled_from(sorted(PLACES))
leaders = st.sampled_from(sorted(LEADERS))
roles = st.sampled_from(("proposed", "agreed", "rejected", "hosted", "location", "government"))
confidences = st.sampled_from((0.3, 0.6, 0.9))


@st.composite
def sentences(draw):
    who, where, role = draw(st.none() | leaders), draw(st.none() | names), draw(roles)
    words = draw(st.sampled_from(("spoke", "offered", "met", "farmers")))
    text = f"{who or 'Somebody'} {words} {where or 'somewhere'}."
    act = None
    if where and role in VENUE_ROLES and draw(st.booleans()):
        by = draw(st.sampled_from((who or "", "BY", "")))
        parties = draw(st.sampled_from(((), ("RU", "UA"), ("RU",))))
        act = Act(role, (where,), by, parties, draw(confidences), draw(st.booleans()))
    return Say(text, role, act, draw(confidences))


@st.composite
def articles(draw):
    says = draw(st.lists(sentences(), max_size=4, unique_by=lambda say: say.text))
    return make_article(
        *says,
        source=draw(st.sampled_from(("a.example", "b.example"))),
        lang=draw(st.sampled_from(("en", "ru"))),
    )


@st.composite
def clauses(draw):
    fields = draw(
        st.dictionaries(
            st.sampled_from(
                ("leader", "venue", "place", "role", "source", "status", "proposer", "party")
            ),
            st.integers(0, 3),
            min_size=1,
            max_size=2,
        )
    )
    values = {
        "leader": ("lukashenko", "putin", "zelensky", "putin"),
        "venue": ("minsk", "istanbul", "geneva", "moscow"),
        "place": ("minsk", "istanbul", "geneva", "moscow"),
        "role": ("proposed", "agreed", "location", "rejected"),
        "status": ("proposed", "agreed", "hosted", "rejected"),
        "source": ("a.example", "b.example", "a.example", "b.example"),
        "proposer": ("lukashenko", "BY", "UA", "putin"),
        "party": ("RU", "UA", "RU", "US"),
    }
    return "{" + ", ".join(f"{name}: {values[name][at]}" for name, at in fields.items()) + "}"


@st.composite
def rule_texts(draw):
    joins = draw(st.lists(st.sampled_from(("all", "any", "none")), min_size=1, unique=True))
    parts = [
        f"{join}: [{', '.join(draw(st.lists(clauses(), min_size=1, max_size=2)))}]"
        for join in joins
    ]
    kind = draw(st.sampled_from(("match", "new")))
    key = draw(st.sampled_from(("[venue]", "[leader, venue]", "[leader]", "[proposer, role]")))
    return f"type: {kind}, when: {{{', '.join(parts)}}}, group_by: {key}"


@settings(max_examples=40, deadline=None)
@given(st.lists(rule_texts(), min_size=1, max_size=4), st.lists(articles(), max_size=3))
def test_the_index_changes_nothing(texts, found):
    """Rules looked up by entity give what asking each rule by itself gives."""
    listed = "".join(f"  - {{id: r{at}, {text}}}\n" for at, text in enumerate(texts))
    rules = rules_of(listed).rules
    indexed = match_articles(rules, map(View, found))
    plain = [m for article in found for rule in rules for m in match_rule(rule, View(article))]
    shown = [(m.rule.id, m.key, m.view.article.id, m.facts) for m in indexed.matches]
    assert shown == [(m.rule.id, m.key, m.view.article.id, m.facts) for m in plain]
    assert indexed.failed == {}


def naive_facts(article):
    """The acts and place mentions that a rule may be asked of, by the letter of docs/alerts.md."""
    text = article.text
    covered = {(v, p.status) for p in article.proposals for v in p.venues}
    facts = [
        {"sentence": text[p.start : p.end], "places": set(p.venues), "role": p.status, "act": p}
        for p in article.proposals
        if not p.background
    ]
    facts += [
        {"sentence": text[m.sentence_start : m.sentence_end], "places": {m.entity}, "role": m.role, "act": None}
        for m in article.mentions
        if m.kind == "venue" and (m.entity, m.role) not in covered
    ]  # fmt: skip
    return facts


@settings(max_examples=60, deadline=None)
@given(articles(), names, st.sampled_from(VENUE_ROLES), leaders, st.booleans())
def test_a_bound_clause_means_what_it_says(article, place, role, leader, same_sentence):
    """Engine against a naive model: a leader with a place in a role."""
    fields = f"leader: {leader}, venue: {place}, role: {role}, same_sentence: {same_sentence}"
    found = match_rule(rule_of(f"when: {{{fields}}}, group_by: [venue]"), View(article))
    expected = set()
    for fact in naive_facts(article):
        named = leader in (fact["sentence"] if same_sentence else article.text)
        if named and PLACES[place] in fact["places"] and fact["role"] == role:
            expected.add(fact["sentence"])
    assert bool(found) == bool(expected)
    assert {fact.sentence for match in found for fact in match.facts} == expected


@settings(max_examples=40, deadline=None)
@given(articles(), sentences(), sentences())
def test_only_what_an_edit_brought_is_fresh(article, one, two):
    """Fresh and former matches part all of them, by whether the sentence stood there before."""
    changed = edited(article, one, two, at=DAY0 + HOUR)
    rule = rule_of("when: {place: [minsk, istanbul, geneva, moscow]}, group_by: [place, role]")
    parts = {}
    for scope in ("all", "fresh", "former"):
        found = match_rule(rule, View(changed, scope))
        parts[scope] = {fact.id for match in found for fact in match.facts}
    assert parts["fresh"] | parts["former"] == parts["all"]
    assert parts["fresh"].isdisjoint(parts["former"])
    for match in match_rule(rule, View(changed)):
        assert all(fact.sentence not in article.text for fact in match.facts)


def test_a_rule_that_breaks_leaves_the_others_alone():
    good, bad = rules_of(
        "  - {id: good, type: match, when: {venue: minsk}}\n"
        "  - {id: bad, type: match, when: {venue: minsk}}\n"
    ).rules
    bad = replace(bad, key=("no such field",))
    found = match_articles([bad, good], map(View, [OFFER, OFFER]))
    assert [match.rule.id for match in found.matches] == ["good", "good"]
    assert found.failed == {"bad": "KeyError: 'no such field'"}


def test_rules_are_found_by_what_an_article_names():
    rules = rules_of(
        "".join(f"  - {{id: r{n}, type: match, when: {{venue: geneva}}}}\n" for n in range(50))
        + "  - {id: every, type: match, when: {role: proposed}}\n"
        + "  - {id: minsk, type: match, query: 'venue:minsk OR leader:putin'}\n"
    ).rules
    assert [r.id for r in RuleIndex(rules).rules_for(View(PLAIN))] == ["every"]
    assert [r.id for r in RuleIndex(rules).rules_for(View(RECALLED))] == ["every", "minsk"]
