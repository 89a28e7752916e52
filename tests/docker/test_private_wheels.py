"""The build's requirements with wheels in the place of private packages (docker/build/wheels.py)."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from local.runtime import ROOT

with_wheels: Callable[[Path, Path], Path] = runpy.run_path(str(ROOT / "docker" / "build" / "wheels.py"))["with_wheels"]
FILMS = "films-1.0-py3-none-any.whl"
PIN = "films @ WHEELS/films-1.0-py3-none-any.whl --hash=sha256:0a"


def after(folder: Path, text: str, *wheels: str, name: str = "requirements.txt") -> list[str]:
    """The lines that are installed with these wheels, with WHEELS for the URL of their folder."""
    place = folder / "wheels"
    place.mkdir()
    for wheel in wheels:
        (place / wheel).touch()
    pins = [f"{'=='.join(wheel.split('-')[:2]).replace('_', '-')} --hash=sha256:0a\n" for wheel in wheels]
    (place / "requirements.txt").write_text("".join(pins))
    (folder / name).write_text(text)
    return with_wheels(folder / name, place).read_text().replace(place.as_uri(), "WHEELS").splitlines()


def test_without_wheels_the_file_is_installed_as_it_is(tmp_path: Path) -> None:
    text = "--extra-index-url https://download.example/simple\nfilms\n"
    assert after(tmp_path, text) == text.splitlines()


@pytest.mark.parametrize(
    ("line", "installed"),
    [
        ("films", PIN),
        ("Films>=0.5 # ours", PIN),
        ("films==1.0 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22", PIN),
        (
            "films==1.0 ; python_version < '4' --hash=sha256:11",
            f"films @ WHEELS/{FILMS} ; python_version < '4' --hash=sha256:0a",
        ),
        (
            "films[sound]>=1;sys_platform=='linux'",
            f"films[sound] @ WHEELS/{FILMS} ; sys_platform=='linux' --hash=sha256:0a",
        ),
        ("films @ git+https://example.com/a/films@v1#subdirectory=x", PIN),
        (
            "films[sound] @ git+https://example.com/a/films ; os_name=='posix'",
            f"films[sound] @ WHEELS/{FILMS} ; os_name=='posix' --hash=sha256:0a",
        ),
        ("-e git+https://example.com/a/films@v1#egg=films&subdirectory=x", PIN),
        (
            "git+https://example.com/a/films#subdirectory=x&egg=Films[sound]",
            f"films[sound] @ WHEELS/{FILMS} --hash=sha256:0a",
        ),
    ],
)
def test_a_line_of_a_fetched_package_installs_its_wheel_under_the_same_conditions(
    tmp_path: Path, line: str, installed: str
) -> None:
    assert after(tmp_path, f"{line}\n", FILMS) == [installed]


def test_other_lines_stay(tmp_path: Path) -> None:
    others = ["films-extra==2", "django @ https://example.com/django.whl", "-c constraints.txt", "./films"]
    assert after(tmp_path, "\n".join(["films", *others]), FILMS) == [f"films @ WHEELS/{FILMS}", *others]


def test_a_wheel_that_only_another_wheel_needs_is_installed_too(tmp_path: Path) -> None:
    lines = after(tmp_path, "films\n", FILMS, "fast_reels-2.0-cp313-cp313-linux_aarch64.whl")
    assert lines == [PIN, "fast-reels @ WHEELS/fast_reels-2.0-cp313-cp313-linux_aarch64.whl --hash=sha256:0a"]


def test_indexes_that_the_build_cannot_reach_are_left_out_of_every_included_file(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "base.txt").write_text("--extra-index-url=https://private.example/simple\nfilms\nDjango\n")
    text = "-i https://private.example/simple\n--trusted-host private.example\n-r more/base.txt\n"
    assert after(tmp_path, text, FILMS) == [f"films @ WHEELS/{FILMS}", "Django"]


def test_dependencies_of_pyproject_are_lines_too(tmp_path: Path) -> None:
    text = '[project]\ndependencies = ["films[sound]>1", "Django"]\n[tool.uv.sources]\nfilms = {git = "x"}\n'
    assert after(tmp_path, text, FILMS, name="pyproject.toml") == [f"films[sound] @ WHEELS/{FILMS}", "Django"]


def test_a_wheel_has_its_hash_where_the_other_packages_have_theirs(tmp_path: Path) -> None:
    """uv and pip ask for all hashes once they find one."""
    lines = after(tmp_path, "films\nDjango==5.2 --hash=sha256:33\n", FILMS)
    assert lines == [PIN, "Django==5.2 --hash=sha256:33"]
