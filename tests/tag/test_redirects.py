"""Ids of earlier releases."""

from __future__ import annotations

from ingest.tag import Gazetteer
from ingest.tag.overlaid import overlaid
from ingest.tag.overlay import Overlay, Own

FORMER, NOW = "place:hargeysa-so", "place:hargeisa-so"


def test_an_id_of_an_earlier_release_leads_to_the_one_of_now():
    gazetteer = Gazetteer.load()
    entity = gazetteer.entity(FORMER)
    assert entity is not None
    assert entity.id == NOW
    assert gazetteer.resolve("venue", FORMER)[0] == NOW
    assert FORMER in gazetteer.resolve("venue", "Hargeisa")  # stored articles may hold it


def test_every_one_leads_to_an_entity_and_is_none_itself():
    gazetteer = Gazetteer.load()
    ids = {entity.id for entity in gazetteer.compiled.entities}
    assert gazetteer.redirects
    assert not ids & gazetteer.redirects.keys()
    assert ids >= set(gazetteer.redirects.values())


def test_a_desk_that_edited_an_entity_by_its_former_id_still_edits_it():
    own = Own(FORMER, names={"en": ("Hargaysopolis",)})
    changed = overlaid(Gazetteer.load(), Overlay({FORMER: own}, {}))
    assert changed.resolve("venue", "Hargaysopolis")[0] == NOW
    assert len(changed.compiled.entities) == len(Gazetteer.load().compiled.entities)


def test_a_desk_s_redirect_goes_on_where_ours_ends():
    changed = overlaid(Gazetteer.load(), Overlay({}, {NOW: "place:berbera-so"}))
    assert changed.current(FORMER) == "place:berbera-so"


def test_a_state_or_territory_that_is_one_city_has_one_id():
    gazetteer = Gazetteer.load()
    for name, former in (
        ("Singapore", "place:singapore-sg-1880252"),
        ("Monaco", "place:monaco-mc-2993458"),
        ("Hong Kong", "place:hong-kong-hk"),
        ("Hongkong", "place:hong-kong-sar-china-hk"),
        ("Macau", "place:macao-sar-china-mo"),
    ):
        now, *others = gazetteer.resolve("venue", name)
        assert gazetteer.current(former) == now
        assert former in others
        assert {gazetteer.current(one) for one in others} == {now}
