"""What the machine's release goes through before Pulumi writes its name down."""

from typing import Any

import pulumi
import pytest

from infra.machine import rollout
from infra.machine.hooks import MachineSupervision
from infra.machine.remote import Remote
from infra.release import hooks
from infra.release.errors import ReleaseError
from infra.release.record import Release
from infra.release.snapshot import SnapshotPolicy
from tests.infra.release.test_completion import RELEASE

TO = Remote(group="group", document="document")


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that were brought to the machine."""
    keys: list[str] = []
    monkeypatch.setattr(rollout, "release", lambda session, to, key, policy, tell: keys.append(key))
    monkeypatch.setattr(hooks, "refuse_other_release", lambda *_: None)
    return keys


def update(engine: Any, before: str, after: str) -> None:
    """The engine is about to change the parameter that names the release."""
    args = pulumi.ResourceHookArgs(
        urn="urn:pulumi:test::preqly::aws:ssm/parameter:Parameter::machine-release",
        id="",
        name="",
        type="",
        new_inputs={"value": after},
        old_inputs={"value": before},
    )

    def program() -> Any:
        policy = pulumi.Output.from_input(SnapshotPolicy(database="site", kept=3))
        bound = MachineSupervision("machine", TO, policy, RELEASE).of_release().before_update
        return bound[0](args)  # type: ignore[index]

    engine.run(program)


def test_only_another_release_is_brought_to_the_machine(engine: Any, deployed: list[str]) -> None:
    update(engine, "releases/a.json", "releases/a.json")
    assert deployed == []
    update(engine, "releases/a.json", "releases/b.json")
    assert deployed == ["releases/b.json"]


def test_a_rollback_since_the_program_started_stops_it_before_the_machine_is_touched(
    engine: Any, deployed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_session: Any, parameter: str, latest: Release | None) -> None:
        assert (parameter, latest) == ("/preqly/test/releases", RELEASE)
        raise ReleaseError("somebody rolled back")

    monkeypatch.setattr(hooks, "refuse_other_release", refuse)
    with pytest.raises(ReleaseError, match="somebody rolled back"):
        update(engine, "releases/a.json", "releases/b.json")
    assert deployed == []
