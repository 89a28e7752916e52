"""Guards against in-place changes: they compare the current resource with the new inputs."""

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.data.change_guards import (
    STORAGE_TAG,
    ChangeRefused,
    change_guard,
    database_problems,
    generation_problems,
)

URN = "urn:pulumi:prod::preqly::preqly:infra:Database$aws:rds/instance:Instance::database-instance"


def sized(storage: Any, version: Any = "17", *, asked: int | None = None, limit: int = 100) -> dict[str, Any]:
    """A database; `asked` is the setting of that update, which the tag keeps."""
    tags = {STORAGE_TAG: str(asked)} if asked else {}
    return {"allocatedStorage": storage, "maxAllocatedStorage": limit, "engineVersion": version, "tags": tags}


def tagged(generation: int, fallbacks: int = 1) -> dict[str, Any]:
    return {"tags": {"SecretsGeneration": str(generation), "SecretKeyFallbacks": str(fallbacks)}}


@pytest.mark.parametrize(
    ("current", "new", "key", "value", "rule", "right"),
    [
        (sized(100.0), sized(20.0), "databaseStorageGb", 20, "has 100 GiB", 100),
        (
            sized(61, asked=50),
            sized(20, asked=20),
            "databaseStorageGb",
            20,
            "asked for 50 GiB, and the database has 61",
            50,
        ),
        (sized(20, "18.1"), sized(20, "17"), "databaseVersion", "17", "runs PostgreSQL 18", 18),
    ],
)
def test_storage_cannot_shrink_and_the_engine_cannot_be_downgraded(
    current: Any, new: Any, key: str, value: Any, rule: str, right: int
) -> None:
    (problem,) = database_problems(current, new)
    assert (problem.key, problem.value) == (key, value)
    assert rule in problem.rule
    assert problem.fix.startswith(f"pulumi config set {key} {right},")


@pytest.mark.parametrize(
    ("current", "new"),
    [
        (sized(20), sized(20)),
        (sized(20), sized(100, limit=110)),
        # RDS has grown the storage by itself.
        (sized(31, asked=20), sized(20, asked=20)),
        (sized(31, asked=20), sized(25, asked=25)),
        (sized(31, asked=20), sized(40, asked=40)),
        (sized(98, asked=20), sized(20, asked=20)),
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
    assert problem.key == "secretsGeneration"
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


@pytest.mark.parametrize(
    ("current", "new", "least"),
    [
        # The limit is lowered below what RDS has grown the storage to, or raised by less than RDS takes.
        (sized(31, asked=20), sized(20, asked=20, limit=34), 35),
        (sized(100, asked=20), sized(20, asked=20, limit=105), 110),
        (sized(31, asked=20), sized(90, asked=90, limit=98), 99),
    ],
)
def test_a_limit_without_room_above_the_present_storage_is_refused(
    current: dict[str, Any], new: dict[str, Any], least: int
) -> None:
    (problem,) = database_problems(current, new)
    assert (problem.key, problem.fix) == ("databaseMaxStorageGb", f"pulumi config set databaseMaxStorageGb {least}")
    assert f"so {least} or more" in problem.rule


def call(engine: Any, old: dict[str, Any], outputs: dict[str, Any], new: dict[str, Any]) -> None:
    """Run the hook as the engine does before it updates the resource."""

    def declare() -> None:
        change_guard("changes", database_problems)

    engine.run(declare)
    kind = "aws:rds/instance:Instance"
    engine.hooks["changes"](pulumi.ResourceHookArgs(URN, "id", "database-instance", kind, new, old, None, outputs))


def test_the_refusal_names_resource_and_setting_and_ends_without_a_traceback(engine: Any) -> None:
    with pytest.raises(ChangeRefused, match="has 50 GiB") as refused:
        call(engine, sized(50), sized(50), sized(40))
    message = str(refused.value)
    assert message.startswith("aws:rds/instance:Instance database-instance cannot be changed like this")
    assert "preqly:databaseStorageGb = 40" in message
    assert isinstance(refused.value, pulumi.RunError)


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (sized(20, asked=20), sized(31, asked=20)),
        # A refresh writes what it finds into the inputs too.
        (sized(31, asked=20), sized(31, asked=20)),
        # Without the tag, the inputs tell.
        (sized(20), sized(31)),
    ],
)
def test_another_change_passes_after_rds_has_grown_the_storage(
    engine: Any, inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    call(engine, inputs, outputs, {**sized(20, asked=20), "instanceClass": "db.t4g.small"})
    with pytest.raises(ChangeRefused, match="has 31 GiB"):
        call(engine, inputs, outputs, sized(19, asked=19))
