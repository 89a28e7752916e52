"""The platform's modules can move into a package of their own."""

import ast
from pathlib import Path

import pytest

HOSTING = Path(__file__).parents[1]


@pytest.mark.parametrize("path", sorted(HOSTING.glob("*.py")), ids=lambda path: path.name)
def test_a_module_imports_nothing_of_the_site(path: Path) -> None:
    statements = [one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Import | ast.ImportFrom)]
    names = {
        name.partition(".")[0]
        for one in statements
        for name in ([one.module or ""] if isinstance(one, ast.ImportFrom) else [alias.name for alias in one.names])
    }
    assert not names & {"account", "config", "core", "release"}
