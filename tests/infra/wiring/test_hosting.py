"""A change from one kind of hosting to the other: said in the preview, or refused there."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from infra.release.record import Release
from infra.settings import SettingsError
from tests.infra.release.test_completion import RELEASE
from tests.recorder import new_engine

FUNCTION = "aws:ssm/getParametersByPath:getParametersByPath"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pulumi.log, "info", lambda line, *_, **__: lines.append(line))
    return lines


def preview(on_record: Release, **settings: str) -> Any:
    engine = new_engine(preview=True)
    engine.functions[FUNCTION] = {"names": ["/preqly/test/releases"], "values": [on_record.to_json()]}
    engine.run_program(**settings)
    return engine


@pytest.mark.parametrize(
    ("former", "later", "comes", "goes"),
    [
        ("fargate", "vm", "the machine", "the load balancer and its tasks"),
        ("vm", "fargate", "the load balancer and its tasks", "the machine"),
    ],
)
def test_a_move_is_said_with_its_order(former: str, later: str, comes: str, goes: str, told: list[str]) -> None:
    preview(replace(RELEASE, hosting=former), hosting=later, protect="false")
    (line,) = [line for line in told if "moves the site" in line]
    assert line.startswith(f"This moves the site from {former} to {later}: {comes} comes up first")
    assert f"{goes} goes" in line


def test_without_a_move_nothing_is_said(told: list[str]) -> None:
    preview(replace(RELEASE, hosting="fargate"))
    assert not any("moves the site" in line for line in told)


def test_a_protected_site_is_not_moved_before_it_is_told_how() -> None:
    with pytest.raises(SettingsError) as refused:
        preview(replace(RELEASE, hosting="fargate"), hosting="vm")
    message = str(refused.value)
    assert 'preqly:hosting = "vm"' in message
    assert "which protect guards" in message
    assert "pulumi config set hosting fargate && pulumi config set protect false && pulumi up" in message


def test_what_is_kept_is_the_same_on_either_side_of_a_move() -> None:
    """By URN: what the other kind does not declare, the engine would delete."""
    kept = ("key", "network-vpc", "database", "media", "secrets", "registry", "releases", "firewall-task", "names")
    urns = []
    for hosting in ("fargate", "vm"):
        engine = new_engine()
        engine.run_program(hosting=hosting)
        urns.append(
            {
                (request.parent, token, name)
                for (token, name), request in engine.requests.items()
                if name.startswith(kept) and token.startswith(("aws:", "random:", "docker:"))
            }
        )
    only_one = {(token, name) for _, token, name in urns[0] ^ urns[1]}
    assert only_one == {("aws:route53/record:Record", "names-app.preqly.com-aaaa")} | {
        (token, name) for token, name in only_one if name.startswith("firewall-task-to-endpoint")
    }
