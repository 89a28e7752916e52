"""Tables are readable at 80 columns, and plain in a pipe or a file."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from bench import page
from bench.catalog import PARTS
from bench.results import Results
from bench.samples import OURS, Measures
from ops.output import console, table

COLUMNS = ("task", "runs", "status", "health", "target", "zone", "age", "outdated")
ROW = (
    "3f2a9c1b",
    "release 12",
    "RUNNING",
    "[green]HEALTHY[/]",
    "[green]healthy (Target.ResponseCodeMismatch)[/]",
    "us-east-1a",
    "3 h 12 min",
    "[yellow]older secret version: 1f0c9a3e-2b4d-4c6e-8f10-9a1b2c3d4e5f[/]",
)


def printed(width: int, columns: Sequence[str] = COLUMNS, row: Sequence[str] = ROW) -> list[str]:
    screen = Console(file=io.StringIO(), width=width, highlight=False)
    screen.print(table("Tasks", columns, [row]))
    assert isinstance(screen.file, io.StringIO)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_a_table_that_does_not_fit_becomes_a_list_without_a_broken_word() -> None:
    lines = printed(80)
    assert max(map(len, lines)) <= 80
    text = " ".join(line.strip() for line in lines)
    assert "3f2a9c1b  runs release 12, status RUNNING, health HEALTHY" in text
    assert "outdated older secret version: 1f0c9a3e-2b4d-4c6e-8f10-9a1b2c3d4e5f" in text
    assert "target healthy (Target.ResponseCodeMismatch)" in text


def test_a_table_that_fits_has_its_columns_names_once() -> None:
    lines = printed(200)
    assert lines[1].split() == list(COLUMNS)
    assert len(lines) == 3


def test_an_empty_cell_is_left_out_of_a_list() -> None:
    assert "outdated" not in " ".join(printed(80, row=(*ROW[:-1], "")))


def test_in_a_pipe_lines_are_never_broken_and_have_no_escape_codes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    screen = console()
    screen.print("[red]" + "word " * 300)
    screen.print(table("Tasks", COLUMNS, [ROW]))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 4


def test_the_results_of_the_bench_fit_80_columns_without_a_broken_word() -> None:
    found, measures = Results(machine={"cores": 2}), Measures()
    measures.add_all("images.unpacked_bytes", OURS, (150_000_000, 151_000_000))
    measures.add_all("images.unpacked_bytes", "cookiecutter", (900_000_000,))
    found.note("images", {"taken": "2026-01-01T00:00:00+00:00", "seconds": 12.3, "load": 0.4}, measures)
    screen = Console(file=io.StringIO(), width=80)
    page.print_tables(found, PARTS, screen)
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    words = " ".join(screen.file.getvalue().split())
    for verdict in found.verdicts():
        for cell in page.cells(verdict):
            assert cell in words
