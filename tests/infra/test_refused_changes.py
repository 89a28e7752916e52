"""Changes in place that end badly: found by comparing what stands with what is asked for."""

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.refused_changes import ChangeRefused, database, refusing, secrets

URN = "urn:pulumi:prod::preqly::preqly:infra:Database$aws:rds/instance:Instance::database-instance"


def sized(storage: Any, version: Any = "17") -> dict[str, Any]:
    return {"allocatedStorage": storage, "engineVersion": version}


def tagged(generation: int, fallbacks: int = 1) -> dict[str, Any]:
    return {"tags": {"SecretsGeneration": str(generation), "SecretKeyFallbacks": str(fallbacks)}}


def test_storage_never_shrinks() -> None:
    (problem,) = database(sized(100.0), sized(20.0))
    assert (problem.key, problem.value) == ("preqly:databaseStorageGb", 20)
    assert "has 100 GiB" in problem.rule
    assert problem.fix.startswith("pulumi config set databaseStorageGb 100,")


def test_the_engine_never_goes_back() -> None:
    (problem,) = database(sized(20, "18.1"), sized(20, "17"))
    assert (problem.key, problem.value) == ("preqly:databaseVersion", "17")
    assert "runs PostgreSQL 18" in problem.rule
    assert problem.fix.startswith("pulumi config set databaseVersion 18,")


@pytest.mark.parametrize(
    ("standing", "new"),
    [
        (sized(20), sized(20)),
        (sized(20), sized(100)),
        (sized(20, "17.4"), sized(20, "17")),
        (sized(20, "17"), sized(20, "18")),
        (sized(20), sized(pulumi.UNKNOWN, pulumi.UNKNOWN)),
        ({}, sized(20)),
    ],
)
def test_what_rds_can_do_passes(standing: dict[str, Any], new: dict[str, Any]) -> None:
    assert list(database(standing, new)) == []


REFUSED_STEPS = [
    (tagged(2), tagged(1), "generations only go up", 3),
    (tagged(1), tagged(3), "logs everybody out", 2),
    (tagged(1, 0), tagged(3, 1), "logs everybody out", 2),
    (tagged(1, 1), tagged(2, 0), "a leak of theirs has told it too", 3),
]


@pytest.mark.parametrize(("standing", "new", "rule", "right"), REFUSED_STEPS)
def test_a_wrong_step_of_the_generation_is_refused_with_the_right_one(
    standing: dict[str, Any], new: dict[str, Any], rule: str, right: int
) -> None:
    (problem,) = secrets(standing, new)
    assert problem.key == "preqly:secretsGeneration"
    assert rule in problem.rule
    assert problem.fix == f"pulumi config set secretsGeneration {right}"
    assert list(secrets(standing, tagged(right, int(new["tags"]["SecretKeyFallbacks"])))) == []


@pytest.mark.parametrize(
    ("standing", "new"),
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
def test_every_other_step_passes(standing: dict[str, Any], new: dict[str, Any]) -> None:
    assert list(secrets(standing, new)) == []


@given(before=st.integers(1, 50), after=st.integers(1, 50), kept=st.integers(0, 3), keeps=st.integers(0, 3))
def test_the_proposed_step_is_always_a_legal_one(before: int, after: int, kept: int, keeps: int) -> None:
    for problem in secrets(tagged(before, kept), tagged(after, keeps)):
        assert list(secrets(tagged(before, kept), tagged(int(problem.fix.split()[-1]), keeps))) == []


def call(engine: Any, old: dict[str, Any], outputs: dict[str, Any], new: dict[str, Any]) -> None:
    """What the engine does before it updates the resource."""

    def declare() -> None:
        refusing("changes", database)

    engine.run(declare)
    kind = "aws:rds/instance:Instance"
    engine.hooks["changes"](pulumi.ResourceHookArgs(URN, "id", "database-instance", kind, new, old, None, outputs))


def test_the_refusal_names_the_resource_and_the_setting(engine: Any) -> None:
    with pytest.raises(ChangeRefused) as refused:
        call(engine, sized(50), sized(50), sized(20))
    message = str(refused.value)
    assert message.startswith("aws:rds/instance:Instance database-instance cannot be changed like this")
    assert "preqly:databaseStorageGb = 20" in message


def test_storage_that_rds_has_grown_by_itself_counts_as_what_stands(engine: Any) -> None:
    with pytest.raises(ChangeRefused, match="has 60 GiB"):
        call(engine, sized(20), sized(60), sized(40))


def test_a_good_change_goes_through_without_a_word(engine: Any) -> None:
    call(engine, sized(20), sized(20), sized(40))


def test_a_refused_change_ends_without_a_traceback() -> None:
    assert issubclass(ChangeRefused, pulumi.RunError)
