"""Certificates for a release: asked for once, kept in the secret, refused when they could not serve."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.machine.program import certbot, certificate, certificate_secret
from infra.machine.program.certbot import Issued, NoCertificateError
from infra.machine.program.certificate_secret import ChangedMeanwhileError, Kept
from infra.machine.program.errors import MachineError
from infra.machine.program.machine import Machine
from infra.machine.program.release import Release
from tests.infra.machine.program.pairs import document, pair
from tests.infra.machine.program.releases import RELEASE

OWN = replace(RELEASE, acme_server="")


class World:
    """The secret, and what is asked of the ACME server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kept = Kept()
        self.asked: list[Mapping[str, str]] = []
        self.answer: Callable[[], Issued] = lambda: Issued(pair=pair(*RELEASE.hosts), accounts={"a/key.json": "{}"})
        self.meanwhile: Callable[[], None] = lambda: None
        monkeypatch.setattr(certificate_secret, "read", lambda *_: self.kept)
        monkeypatch.setattr(certificate_secret, "write", self.write)
        monkeypatch.setattr(certbot, "ask", self.ask)
        monkeypatch.setattr(certificate, "put", lambda path, text: path.write_text(text))
        monkeypatch.setattr(time, "sleep", lambda _: self.meanwhile())

    def write(self, _session: Any, _arn: str, before: Kept, new: Mapping[str, Any]) -> Kept:
        if before.version != self.kept.version:
            raise ChangedMeanwhileError
        self.kept = Kept(version=f"{before.version}+", document=new)
        return self.kept

    def ask(self, _machine: Machine, release: Release, accounts: Mapping[str, str]) -> Issued:
        self.asked.append(dict(accounts))
        return self.answer()

    def fail(self) -> Issued:
        raise NoCertificateError("the ACME server is away", {"a/key.json": "made meanwhile"})

    def keeps(self, **changes: Any) -> None:
        """The secret holds a certificate of the release's ACME server."""
        hosts, days = changes.pop("hosts", RELEASE.hosts), changes.pop("days", 90)
        new = {**document(pair(*hosts, days=days)), "server": RELEASE.acme_server, **changes}
        self.kept = Kept(version=f"{self.kept.version}*", document=new)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(region="r", bucket="b", parameter="/p", log_group="app", memory=tmp_path)


def served(machine: Machine) -> dict[str, str]:
    return {path.name: path.read_text() for path in (machine.memory / "certificate").iterdir()}


def test_the_first_machine_asks_and_keeps_what_it_got(world: World, machine: Machine) -> None:
    certificate.place(None, machine, RELEASE)
    assert world.asked == [{}]
    assert served(machine) == document(pair(*RELEASE.hosts))
    assert world.kept.document == {
        **document(pair(*RELEASE.hosts)),
        "server": RELEASE.acme_server,
        "accounts": {"a/key.json": "{}"},
    }


def test_the_next_machine_takes_it_and_asks_for_nothing(world: World, machine: Machine) -> None:
    certificate.place(None, machine, RELEASE)
    another = replace(machine, memory=machine.memory / "another")
    certificate.place(None, another, RELEASE)
    assert certificate.renewed(None, another, RELEASE).problem(RELEASE) == ""
    assert len(world.asked) == 1
    assert served(another) == served(machine)


def test_the_days_that_are_left_are_told_of_what_nginx_reads(world: World, machine: Machine) -> None:
    assert certificate.days_left(machine) == 0
    world.keeps(days=20)
    certificate.place(None, machine, RELEASE)
    assert 19 < certificate.days_left(machine) < 21


def test_the_containers_see_certificate_and_key_and_nothing_else_of_the_secret(world: World, machine: Machine) -> None:
    world.keeps(accounts={"a/key.json": "account's own key"})
    certificate.place(None, machine, RELEASE)
    assert sorted(served(machine)) == ["cert.pem", "key.pem"]


def test_a_release_with_another_host_asks_with_the_same_account_before_it_serves(
    world: World, machine: Machine
) -> None:
    world.keeps(accounts={"a/key.json": "{}"})
    more = replace(RELEASE, hosts=["app.preqly.com", "www.preqly.com"])
    world.answer = lambda: Issued(pair=pair(*more.hosts), accounts={"a/key.json": "{}"})
    certificate.place(None, machine, more)
    assert world.asked == [{"a/key.json": "{}"}]
    assert served(machine) == document(pair(*more.hosts))


def test_a_release_does_not_wait_for_a_renewal_which_is_the_keepers(world: World, machine: Machine) -> None:
    world.keeps(days=20)
    certificate.place(None, machine, RELEASE)
    assert world.asked == []
    assert certificate.renewed(None, machine, RELEASE).pair == pair(*RELEASE.hosts)
    assert len(world.asked) == 1


def test_no_certificate_fails_the_release_with_the_reason(world: World, machine: Machine) -> None:
    world.answer = world.fail
    with pytest.raises(MachineError, match="the ACME server is away"):
        certificate.place(None, machine, RELEASE)
    with pytest.raises(MachineError, match=r"(?s)there is no certificate yet.*asked again after .*ACME server is away"):
        certificate.place(None, machine, RELEASE)
    assert len(world.asked) == 1, "the second try came too early"
    assert world.kept.document["accounts"] == {"a/key.json": "made meanwhile"}, (
        "the next one comes from the same account"
    )


def test_a_renewal_that_fails_keeps_the_old_certificate_and_is_tried_later(world: World, machine: Machine) -> None:
    world.keeps(days=20)
    world.answer = world.fail
    with pytest.raises(MachineError, match="the ACME server is away"):
        certificate.renewed(None, machine, RELEASE)
    assert certificate.renewed(None, machine, RELEASE).pair == pair(*RELEASE.hosts, days=20)
    assert len(world.asked) == 1
    long_ago = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    asked = {**world.kept.document["asked"], "again": long_ago}
    world.kept = replace(world.kept, document={**world.kept.document, "asked": asked})
    with pytest.raises(MachineError):
        certificate.renewed(None, machine, RELEASE)
    assert world.kept.document["asked"]["tries"] == 2


def test_while_one_machine_asks_the_other_waits_for_its_certificate(world: World, machine: Machine) -> None:
    request = Kept().request(RELEASE).next("the other one", datetime.now(UTC))
    world.kept = Kept(version="1", document={"asked": asdict(request)})
    world.meanwhile = world.keeps
    certificate.place(None, machine, RELEASE)
    assert world.asked == []
    assert served(machine) == document(pair(*RELEASE.hosts))


def test_a_machine_that_was_slower_to_claim_does_not_ask(world: World, machine: Machine) -> None:
    stale = Kept(version="an earlier one")
    world.keeps()
    assert certificate._ask(None, machine, RELEASE, stale) is None
    assert world.asked == []


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ({}, "cert.pem holds no certificate"),
        (document(pair("other.test")), "does not cover app.preqly.com"),
        (document(pair("app.preqly.com", days=-1)), "expired on"),
        ({**document(pair("app.preqly.com")), "key.pem": pair("other.test").key}, "does not fit"),
    ],
)
def test_a_teams_own_certificate_that_cannot_serve_never_replaces_one_that_does(
    world: World, machine: Machine, secret: dict[str, str], why: str
) -> None:
    world.kept = Kept(version="1", document=document(pair("app.preqly.com", days=50)))
    certificate.place(None, machine, OWN)
    before = served(machine)
    world.kept = Kept(version="2", document=secret)
    for look in (certificate.place, certificate.renewed):
        with pytest.raises(MachineError, match=f"^secret arn:certificate: .*{why}"):
            look(None, machine, OWN)
    assert served(machine) == before


def test_a_teams_own_certificate_is_never_renewed_by_the_machine(world: World, machine: Machine) -> None:
    world.kept = Kept(version="1", document=document(pair("app.preqly.com", days=2)))
    certificate.renewed(None, machine, OWN)
    certificate.place(None, machine, OWN)
    assert world.asked == []
    assert world.kept.version == "1"
