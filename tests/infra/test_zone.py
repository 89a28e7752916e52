"""The zone: found, or made when the settings say so."""

import pulumi

from infra.zone import Zone, ZoneArgs


def declare(engine, create, protect=True):
    def program():
        zone = Zone("zone", ZoneArgs(zone="preqly.com", create=create, protect=protect))
        return {"id": zone.zone_id, "servers": zone.name_servers}

    return engine.run(program)


def test_an_existing_zone_is_looked_up_and_not_touched(engine):
    assert declare(engine, create=False)["id"] == "Z0EXISTING"
    assert engine.all("route53/zone:Zone") == []
    (call,) = engine.calls
    assert (call.args["name"], call.args["privateZone"]) == ("preqly.com", False)


def test_a_missing_zone_is_made_when_the_settings_say_so(engine):
    assert declare(engine, create=True)["id"] == "Z0CREATED"
    assert engine.one("route53/zone:Zone")["name"] == "preqly.com"
    assert engine.calls == []


def test_a_made_zone_is_protected_with_the_stack(engine):
    declare(engine, create=True)
    assert engine.options("route53/zone:Zone", "zone-public").protect


def test_who_makes_a_zone_is_told_what_to_delegate(engine, monkeypatch):
    told = []
    monkeypatch.setattr(pulumi.log, "info", lambda message, resource=None: told.append(message))
    declare(engine, create=True)
    (message,) = told
    assert "delegate preqly.com at its registrar to ns-1.awsdns-1.org, ns-2.awsdns-2.com" in message
