"""docs/faults.md names tests that exist, and every test of a fault."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "faults.md").read_text()
NAMED = set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE))
ABOUT_FAULTS = (
    "test_accidents",
    "test_bad_releases",
    "test_broken_account",
    "test_moving",
    "test_recover",
    "test_recovery",
    "test_releases",
    "test_removal",
    "test_rollback",
    "vm/test_accidents",
    "vm/test_bad_releases",
    "vm/test_own_certificate",
    "vm/test_releases",
    "vm/test_removal",
    "vm/test_rollback",
)


def written_in(file: str) -> set[tuple[str, str]]:
    path = TESTS / file
    functions = ast.parse(path.read_text()).body if path.exists() else []
    return {(file, one.name) for one in functions if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def test_every_test_that_the_table_names_exists() -> None:
    assert NAMED
    assert {one for one in NAMED if one not in written_in(one[0])} == set()


def test_every_test_of_a_fault_is_in_the_table() -> None:
    written = {test for name in ABOUT_FAULTS for test in written_in(f"e2e/{name}.py")}
    assert written - NAMED == set()
