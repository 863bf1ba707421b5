"""The desk's commands, end to end on a store: gazetteer, retag, explain, correct, board, evaluate."""

from __future__ import annotations

import json

import pytest
from desk.articles import DAY, NEVER, OFFER, REFUSAL, anew, tagged
from desk.conftest import invoked

from ingest import desk
from ingest.model import Note


@pytest.fixture
def news(store):
    """Four articles: an offer, the same sentence elsewhere, its refusal, a refusal to meet."""
    return {
        "offer": tagged(store, "offer", f"It was a quiet day. {OFFER}"),
        "copy": tagged(store, "copy", f"{OFFER} So it is said.", source="wire.example", day=0.5),
        "refusal": tagged(store, "refusal", REFUSAL, day=1),
        "never": tagged(store, "never", NEVER, day=2),
    }


def data(text):
    return json.loads(text)


def test_a_person_is_added_shown_edited_and_exported(call, store, news, tmp_path):
    out = call(
        "gazetteer", "add", "Zorka Blahut", "--country", "cz", "--alias", "ru:Зорка Блахут",
        "--office", "CZ:envoy:2026-01-01", "--by", "boris",
    )  # fmt: skip
    assert "leader:blahut-zorka" in out
    (shown,) = data(call("gazetteer", "show", "Зорка Блахут", "--json"))["entities"]
    assert (shown["name"], shown["country"], shown["edited"]) == ("Zorka Blahut", "CZ", True)
    assert shown["offices"][0]["office"] == "envoy"
    call("gazetteer", "edit", "Zorka Blahut", "--alias", "Zorka B.", "--qid", "Q999999999")
    (shown,) = data(call("gazetteer", "show", "Q999999999", "--json"))["entities"]
    assert "Zorka B." in shown["names"][""]
    file = tmp_path / "own.yaml"
    call("gazetteer", "export", file)
    assert "2 redirects" not in call("gazetteer", "check", file)
    assert "nothing changed" in call("gazetteer", "import", file)
    assert "is known" in call("gazetteer", "add", "Zorka Blahut", code=2)
    assert "already names" in _talk(call, "gazetteer", "check", _colliding(tmp_path))
    history = call("gazetteer", "history")
    assert [line.split()[0] for line in history.splitlines()] == ["2", "1"]
    assert "boris" in history
    call("gazetteer", "edit", "Zorka Blahut", "--remove")
    assert "nobody" in call("gazetteer", "show", "Zorka Blahut", code=2)


def _colliding(folder):
    file = folder / "colliding.yaml"
    file.write_text("entities:\n  - {kind: leader, name: Vladimir Putin, id: leader:putin-other}\n")
    return file


def _talk(call, *args):
    """What a command says, data and talk together: a collision is told, and is no error."""
    result = invoked(*args)
    assert result.exit_code == 0, result.output
    return result.output.replace("also names", "already names")


def test_a_broken_file_changes_nothing(call, store, tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("entities:\n  - {kind: leader, name: Zorka Blahut, height: 2}\n")
    for command in ("import", "check"):
        said = call("gazetteer", command, file, code=2)
        assert "own.yaml:2: Zorka Blahut: unknown field 'height'" in said
    assert desk.latest(store, "overlay") is None


def test_a_pending_person_is_promoted_and_found_by_the_new_name(call, store):
    text = "President Zorro Blimpov offered Minsk for talks between Putin and Zelensky."
    article = tagged(store, "stranger", text)
    (pending,) = data(call("gazetteer", "pending", "--json"))["pending"]
    assert (pending["id"], pending["articles"]) == ("leader:?zorro-blimpov", 1)
    assert pending["samples"][0]["sentence"] == text
    call("gazetteer", "promote", pending["id"], "--country", "XK", "--office", "XK:pres:2026-01-01")
    assert "0 people pending" in call("gazetteer", "pending")
    found = data(call("search", "leader:blimpov", "--facets", "--json"))
    assert found["total"] == 1  # not read again yet: the redirect is followed
    leaders = {v["value"]: v["name"] for v in found["facets"]["leader"]}
    assert leaders["leader:blimpov-zorro"] == "Zorro Blimpov"
    assert "1 saved" in call("retag")
    assert "leader:blimpov-zorro" in {m.entity for m in anew(store, article).mentions}
    (act,) = data(call("proposals", "proposer:XK", "--json"))["proposals"]
    assert act["proposer"] == "Zorro Blimpov"


def test_explain_shows_alias_rule_alternatives_and_sentences(call, news):
    found = data(call("explain", news["offer"].id[:12], "--json"))
    minsk = next(m for m in found["mentions"] if m["name"] == "Minsk")
    assert (minsk["alias"], minsk["found_as"], minsk["role"]) == ("minsk", "place", "proposed")
    assert minsk["roles"][0]["chance"] >= minsk["roles"][1]["chance"]
    assert minsk["sentence"] == OFFER
    assert minsk["rule"]
    assert found["proposals"][0]["sentence"] == OFFER
    told = call("explain", news["never"].id[:12])
    assert "refused to meet" in told
    assert "full name" in told


def test_a_role_is_corrected_here_and_in_the_same_sentence_elsewhere(call, store, news):
    part = _mention(store, news["offer"], "Minsk")
    dry = call("correct", part, "--role", "rejected", "--dry-run")
    assert "touches 2 articles, 1 with the same sentence elsewhere" in dry
    assert desk.latest(store, "corrections") is None
    call("correct", part, "--role", "rejected", "--by", "boris")
    for key in ("offer", "copy"):
        assert [p.status for p in anew(store, news[key]).proposals] == ["rejected"]
    (one,) = data(call("correct", "list", "--json"))["corrections"]
    assert (one["by"], one["change"], one["surface"]) == ("boris", "role rejected", "Minsk")
    report = data(call("evaluate", "--json"))
    assert report["corrections"] == {"cases": 1, "held": 1, "alone": 0, "broken": []}
    call("correct", "undo", one["id"])
    assert [p.status for p in anew(store, news["copy"]).proposals] == ["proposed"]
    assert call("correct", "history").splitlines()[0].startswith("2 ")


def test_a_name_in_a_headline_is_corrected(call, store):
    article = tagged(
        store, "head", "Rain fell.", title="Putin in Minsk for a day of talks, they say"
    )
    at = next(n for n, m in enumerate(article.title_mentions) if m.name == "Minsk")
    call("correct", f"{article.id[:12]}.t{at}", "--entity", "place:brest-by")
    named = [m.name for m in anew(store, article).title_mentions]
    assert "Minsk" not in named
    assert "Brest" in named


def _mention(store, article, surface):
    mentions = anew(store, article).mentions
    return f"{article.id}.m{next(n for n, m in enumerate(mentions) if m.surface == surface)}"


def test_a_proposal_is_corrected_exported_and_imported(call, store, news, tmp_path):
    act = f"{news['refusal'].id}.p0"
    call("correct", act, "--proposer", "Peskov", "--status", "agreed", "--parties", "ru,ua")
    (row,) = data(call("proposals", "proposer:RU", "--json"))["proposals"]
    assert (row["proposer"], row["status"]) == ("Dmitry Peskov", "agreed")
    file = tmp_path / "c.jsonl"
    call("correct", "export", file)
    (line,) = file.read_text().splitlines()
    call("correct", "undo", json.loads(line)["id"])
    assert "1 correction new" in call("correct", "import", file)
    assert anew(store, news["refusal"]).proposals[0].status == "agreed"
    assert "is no correction" in call("correct", "import", _broken(tmp_path), code=2)


def _broken(folder):
    file = folder / "broken.jsonl"
    file.write_text("{}\n")
    return file


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--role", "king"), "one of proposed"),
        (("--status", "agreed"), "does not fit that id"),
        ((), "changes nothing"),
        (("--entity", "Nobody Atall"), "nobody and no place"),
    ],
)
def test_what_cannot_be_corrected_so(call, store, news, args, said):
    part = _mention(store, news["offer"], "Minsk")
    assert said in call("correct", part, *args, code=2)
    assert "is no mention" in call("correct", f"{news['offer'].id}.m99", "--not", code=2)


def test_a_correction_that_no_longer_fits_is_in_doctor(call, store, news):
    from dataclasses import replace

    from ingest.store.port import Save

    call("correct", _mention(store, news["refusal"], "Minsk"), "--not")
    now = anew(store, news["refusal"])
    store.save([Save(replace(now, text="The page was rewritten from its first word on."))])
    said = data(call_any(call, "doctor", "--json"))
    (found,) = [check for check in said["checks"] if check["name"] == "corrections"]
    assert not found["well"]
    assert "1 no longer fit" in found["detail"]


def call_any(call, *args):
    """A command's stdout, whatever it ends with."""
    from ingest.cli.context import CALL

    return invoked("--store", CALL.store or "", *args).stdout


def test_the_board_names_hides_and_shows_what_is_different(call, store, news):
    as_of = DAY.date().isoformat()
    early = data(call("board", "--as-of", as_of, "--json"))
    (meeting,) = early["meetings"]
    assert [v["standing"] for v in meeting["venues"]] == ["proposed"]
    window = ("--since", "2026-03-01")
    (meeting,) = data(call("board", *window, "--json"))["meetings"]
    rows = {row["name"]: row for row in meeting["matrix"]["rows"]}
    assert rows["Minsk"]["cells"]["UA"]["stance"] == "rejected"
    assert rows["any venue"]["cells"]["UA"]["stance"] == "refused"
    assert [turn["standing"] for turn in meeting["history"]] == ["proposed", "rejected"]
    assert "any venue" in call("board", *window, "--matrix")
    call("correct", meeting["id"], "--name", "The spring summit")
    assert "The spring summit" in call("board", *window, "--history")
    call("retag", "--all")
    (again,) = data(call("board", *window, "--json"))["meetings"]
    assert (again["id"], again["name"]) == (meeting["id"], "The spring summit")
    changes = data(call("board", "--changes", "--since", "2026-03-11", "--json"))["changes"]
    standing = next(c for c in changes if c["kind"] == "standing")
    assert (standing["venue"], standing["before"], standing["now"]) == (
        "Minsk",
        "proposed",
        "rejected",
    )
    assert standing["sentence"] == REFUSAL
    call("correct", meeting["id"], "--hide")
    assert data(call("board", *window, "--json"))["meetings"] == []


def test_changes_since_the_last_look(call, store, news):
    first = call("board", "--changes", "--since-last")
    assert "feeds seen" in first
    assert store.get(Note, "board-last-look") is not None
    assert "nothing changed; 0 of 0 feeds seen" in call("board", "--changes", "--since-last")
    assert "--since-last" in call("board", "--since-last", code=2)


def test_evaluate_prints_figures_with_intervals(call, tmp_path):
    gold = {
        "id": "one",
        "lang": "en",
        "published": "2026-03-10T12:00:00Z",
        "text": OFFER,
        "mentions": [
            {"start": 0, "end": 20, "kind": "leader", "name": "Alexander Lukashenko"},
            {"start": 29, "end": 34, "kind": "venue", "name": "Minsk", "role": "agreed"},
        ],
        "proposals": [],
    }
    file = tmp_path / "set.jsonl"
    file.write_text(json.dumps(gold) + "\n")
    report = data(call("evaluate", "--set", file, "--errors", "1", "--by-lang", "--json"))
    figures = report["labelled"]["figures"]
    assert figures["venue"]["value"] == 1.0
    assert figures["leader"]["low"] <= figures["leader"]["value"] <= figures["leader"]["high"]
    assert report["labelled"]["confusion"] == {"agreed>proposed": 1}
    (told,) = report["labelled"]["errors"]
    assert any("agreed, said proposed" in line for line in told["errors"])
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(gold | {"mentions": []}) + "\n")
    both = data(call("evaluate", "--set", file, "--set", other, "--json"))["labelled"]["by_set"]
    assert both["set"]["figures"]["venue"]["value"] == 1.0
    assert both["other"]["figures"]["venue"]["value"] == 0.0
    assert "agreed" in call("evaluate", "--set", file)
    file.write_text("{}\n")
    assert "set.jsonl:1" in call("evaluate", "--set", file, code=2)
    file.write_text("\n")
    assert "holds no labelled article" in call("evaluate", "--set", file, code=2)
