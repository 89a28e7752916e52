"""Every security control that concerns the stack is met by what production declares, or waived with a reason."""

import tomllib
from pathlib import Path

import pytest
import yaml

from tests.infra.controls import database, ecs, entrance, network, stores
from tests.infra.controls.stack import CHECKS, Stack
from tests.infra.controls.weakened import EDITS, Edit
from tests.recorder import new_engine

ROOT = Path(__file__).parents[2]
AREAS = (database, ecs, entrance, network, stores)
"""Importing them registers their checks."""
WAIVED = {
    waiver["id"]: waiver["reason"] for waiver in tomllib.loads((ROOT / "docs" / "waivers.toml").read_text())["waiver"]
}


@pytest.fixture(scope="module")
def production() -> Stack:
    """What the program declares with production's settings."""
    config = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    settings = {key.partition(":")[2]: value for key, value in config.items() if key.startswith("preqly:")}
    recorder = new_engine()
    recorder.run_program(
        **{key: value if isinstance(value, str) else str(value).lower() for key, value in settings.items()}
    )
    return Stack.recorded(recorder)


@pytest.mark.parametrize("control", sorted(set(CHECKS) - set(WAIVED)))
def test_production_meets_the_control(production: Stack, control: str) -> None:
    CHECKS[control](production)


@pytest.mark.parametrize("control", sorted(WAIVED))
def test_a_waiver_is_needed_and_has_a_reason(production: Stack, control: str) -> None:
    assert len(WAIVED[control]) > 30
    assert control in CHECKS, f"{control}: no such control is checked; delete the waiver"
    with pytest.raises(AssertionError):
        CHECKS[control](production)


@pytest.mark.parametrize(
    ("control", "edit"), EDITS, ids=[f"{number}-{control}" for number, (control, _) in enumerate(EDITS)]
)
def test_a_careless_edit_of_the_stack_is_caught(production: Stack, control: str, edit: Edit) -> None:
    weakened = production.copy()
    edit(weakened)
    with pytest.raises(AssertionError):
        CHECKS[control](weakened)


def test_every_check_has_an_edit_that_it_catches() -> None:
    met = {check for control, check in CHECKS.items() if control not in WAIVED}
    assert met == {CHECKS[control] for control, _ in EDITS}
