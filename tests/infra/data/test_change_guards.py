"""Guards against in-place changes: they compare the current resource with the new inputs."""

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data.change_guards import ChangeRefused, change_guard, database_problems, generation_problems

URN = "urn:pulumi:prod::preqly::preqly:infra:Database$aws:rds/instance:Instance::database-instance"


def sized(storage: Any, version: Any = "17") -> dict[str, Any]:
    return {"allocatedStorage": storage, "engineVersion": version}


def tagged(generation: int, fallbacks: int = 1) -> dict[str, Any]:
    return {"tags": {"SecretsGeneration": str(generation), "SecretKeyFallbacks": str(fallbacks)}}


@pytest.mark.parametrize(
    ("current", "new", "key", "value", "rule", "right"),
    [
        (sized(100.0), sized(20.0), "databaseStorageGb", 20, "has 100 GiB", 100),
        (sized(20, "18.1"), sized(20, "17"), "databaseVersion", "17", "runs PostgreSQL 18", 18),
    ],
)
def test_storage_cannot_shrink_and_the_engine_cannot_be_downgraded(
    current: Any, new: Any, key: str, value: Any, rule: str, right: int
) -> None:
    (problem,) = database_problems(current, new)
    assert (problem.key, problem.value) == (f"preqly:{key}", value)
    assert rule in problem.rule
    assert problem.fix.startswith(f"pulumi config set {key} {right},")


@pytest.mark.parametrize(
    ("current", "new"),
    [
        (sized(20), sized(20)),
        (sized(20), sized(100)),
        (sized(20, "17.4"), sized(20, "17")),
        (sized(20, "17"), sized(20, "18")),
        (sized(20), sized(pulumi.UNKNOWN, pulumi.UNKNOWN)),
        ({}, sized(20)),
    ],
)
def test_changes_that_rds_supports_pass(current: dict[str, Any], new: dict[str, Any]) -> None:
    assert list(database_problems(current, new)) == []


REFUSED_STEPS = [
    (tagged(2), tagged(1), "can only be raised", 3),
    (tagged(1), tagged(3), "logs every visitor out", 2),
    (tagged(1, 0), tagged(3, 1), "logs every visitor out", 2),
    (tagged(1, 1), tagged(2, 0), "is part of the leak", 3),
]


@pytest.mark.parametrize(("current", "new", "rule", "right"), REFUSED_STEPS)
def test_a_wrong_step_of_the_generation_is_refused_with_the_right_one(
    current: dict[str, Any], new: dict[str, Any], rule: str, right: int
) -> None:
    (problem,) = generation_problems(current, new)
    assert problem.key == "preqly:secretsGeneration"
    assert rule in problem.rule
    assert problem.fix == f"pulumi config set secretsGeneration {right}"
    assert list(generation_problems(current, tagged(right, int(new["tags"]["SecretKeyFallbacks"])))) == []


@pytest.mark.parametrize(
    ("current", "new"),
    [
        (tagged(1), tagged(2)),
        (tagged(4), tagged(4, 0)),
        (tagged(4), tagged(6, 0)),
        (tagged(4), tagged(9, 0)),
        (tagged(6, 0), tagged(6, 1)),
        (tagged(6, 0), tagged(7, 0)),
        ({"tags": {}}, tagged(5)),
    ],
)
def test_every_other_step_passes(current: dict[str, Any], new: dict[str, Any]) -> None:
    assert list(generation_problems(current, new)) == []


@given(before=st.integers(1, 50), after=st.integers(1, 50), kept=st.integers(0, 3), keeps=st.integers(0, 3))
def test_the_proposed_step_is_always_a_legal_one(before: int, after: int, kept: int, keeps: int) -> None:
    for problem in generation_problems(tagged(before, kept), tagged(after, keeps)):
        assert list(generation_problems(tagged(before, kept), tagged(int(problem.fix.split()[-1]), keeps))) == []


def call(engine: Any, old: dict[str, Any], outputs: dict[str, Any], new: dict[str, Any]) -> None:
    """Run the hook as the engine does before it updates the resource."""

    def declare() -> None:
        change_guard("changes", database_problems)

    engine.run(declare)
    kind = "aws:rds/instance:Instance"
    engine.hooks["changes"](pulumi.ResourceHookArgs(URN, "id", "database-instance", kind, new, old, None, outputs))


def test_the_refusal_names_resource_and_setting_and_ends_without_a_traceback(engine: Any) -> None:
    call(engine, sized(20), sized(20), sized(40))
    # Storage that RDS has grown counts as current.
    with pytest.raises(ChangeRefused, match="has 60 GiB") as refused:
        call(engine, sized(20), sized(60), sized(40))
    message = str(refused.value)
    assert message.startswith("aws:rds/instance:Instance database-instance cannot be changed like this")
    assert "preqly:databaseStorageGb = 40" in message
    assert isinstance(refused.value, pulumi.RunError)
