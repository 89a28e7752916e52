"""Which records of Route 53 the ACME server believes."""

from types import SimpleNamespace
from typing import Any

from local.cloud.acme.records import challenge_texts

NAME = "_acme-challenge.app.preqly.com."


def zone(name: str, *values: str, private: bool = False, kind: str = "TXT", record: str = NAME) -> Any:
    texts = [f'"{value}"' for value in values]
    return SimpleNamespace(
        name=name, private_zone=private, rrsets=[SimpleNamespace(name=record, type=kind, records=texts)]
    )


def believed(*zones: Any) -> set[str]:
    return challenge_texts(SimpleNamespace(zones=dict(enumerate(zones))), "app.preqly.com")


def test_the_texts_of_the_hosts_own_name_count() -> None:
    assert believed(zone("preqly.com.", "one", "two")) == {"one", "two"}
    assert believed(zone("preqly.com.", "one", kind="CNAME")) == set()
    assert believed(zone("preqly.com.", "one", record="_acme-challenge.preqly.com.")) == set()


def test_the_zone_with_the_longest_name_is_the_one_that_the_public_dns_asks() -> None:
    assert believed(zone("app.preqly.com.", "near"), zone("preqly.com.", "far")) == {"near"}


def test_zones_of_others_and_private_ones_are_not_asked() -> None:
    assert believed(zone("example.test.", "one"), zone("notpreqly.com.", "two")) == set()
    assert believed(zone("app.preqly.com.", "inside", private=True), zone("preqly.com.", "outside")) == {"outside"}
