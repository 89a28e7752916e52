"""docs/faults.md names tests that exist, and every test of a fault."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults.md").read_text()
NAMED = set(re.findall(r"`([\w/-]+\.py)::(\w+)`", PAGE))
ABOUT_FAULTS = (
    *(f"tests/e2e/test_{name}.py" for name in ("accidents", "bad_releases", "releases", "removal", "rollback")),
    *(f"tests/recovery/test_{name}.py" for name in ("broken_account", "killed_engine", "recover")),
)


def written_in(file: str) -> set[tuple[str, str]]:
    path = ROOT / file
    functions = ast.parse(path.read_text()).body if path.exists() else []
    return {(file, one.name) for one in functions if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def test_every_test_that_the_page_names_exists() -> None:
    assert NAMED
    assert {one for one in NAMED if one not in written_in(one[0])} == set()


def test_every_test_of_a_fault_is_on_the_page() -> None:
    written = {test for file in ABOUT_FAULTS for test in written_in(file)}
    assert written
    assert written - NAMED == set()
