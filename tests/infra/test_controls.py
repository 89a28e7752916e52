"""Production meets every security control that concerns the stack, or docs/waivers.toml gives a reason."""

import tomllib

import pytest

from local.runtime import ROOT
from tests.infra.controls.properties import EDITS as PROPERTY_EDITS
from tests.infra.controls.stack import CHECKS, Stack
from tests.infra.controls.weakened import EDITS as OWN_EDITS
from tests.infra.controls.weakened import Edit
from tests.program.shapes import SHAPES
from tests.recorder import declared_with

EDITS = [*PROPERTY_EDITS, *OWN_EDITS]
WAIVERS = {waiver["id"]: waiver for waiver in tomllib.loads((ROOT / "docs" / "waivers.toml").read_text())["waiver"]}
WAIVED = {control for control, waiver in WAIVERS.items() if "resources" not in waiver}
"""Controls that the whole stack need not meet; other waivers name single resources."""


@pytest.fixture(scope="module")
def production() -> Stack:
    """What the program declares with production's settings."""
    return Stack.recorded(declared_with(**SHAPES["production"]))


@pytest.mark.parametrize("control", sorted(set(CHECKS) - WAIVED))
def test_production_meets_the_control(production: Stack, control: str) -> None:
    CHECKS[control](production.without(WAIVERS.get(control, {}).get("resources", ())))


@pytest.mark.parametrize("control", sorted(WAIVERS))
def test_a_waiver_is_needed_and_has_a_reason(production: Stack, control: str) -> None:
    assert len(WAIVERS[control]["reason"]) > 30
    assert {"id", "reason"} <= WAIVERS[control].keys() <= {"id", "reason", "resources"}
    assert control in CHECKS, f"{control}: no such control is checked; delete the waiver"
    with pytest.raises(AssertionError):
        CHECKS[control](production)
    for name in WAIVERS[control].get("resources", ()):
        assert name in {resource.name for resource in production.resources}


@pytest.mark.parametrize(
    ("control", "edit"), EDITS, ids=[f"{number}-{control}" for number, (control, _) in enumerate(EDITS)]
)
def test_a_careless_edit_of_the_stack_is_caught(production: Stack, control: str, edit: Edit) -> None:
    weakened = production.without(WAIVERS.get(control, {}).get("resources", ())).copy()
    edit(weakened)
    with pytest.raises(AssertionError):
        CHECKS[control](weakened)


def test_every_check_has_an_edit_that_it_catches() -> None:
    met = {check for control, check in CHECKS.items() if control not in WAIVED}
    assert met == {CHECKS[control] for control, _ in EDITS}
