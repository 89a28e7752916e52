"""Where the project's Python files are."""

from collections.abc import Iterator
from pathlib import Path

from infra.application.findings import Findings
from infra.application.manifest import Manifest
from infra.application.settings_source import SettingsSource
from infra.application.source import module_file, named_settings

_NOT_THE_PROJECTS = {"node_modules", "venv", "env", "site-packages", "tests", "build", "dist", "__pycache__"}


def find_root(folder: Path, manifest: Manifest, findings: Findings) -> str | None:
    """The folder of manage.py, relative to `folder`."""
    if manifest.root is not None:
        if (folder / manifest.root / "manage.py").is_file():
            return manifest.root
        findings.refuse("hosting.toml: root", "has no manage.py", "name the folder of manage.py", manifest.root)
        return None
    roots = ["."] if _is_djangos(folder / "manage.py") else []
    roots = roots or [path.name for path in folders(folder) if _is_djangos(path / "manage.py")]
    if len(roots) == 1:
        if roots[0] != ".":
            findings.say(f"manage.py: in {roots[0]}")
        return roots[0]
    if roots:
        places = ", ".join(f"{root}/manage.py" for root in roots)
        findings.ask("manage.py", f"there are {len(roots)}: {places}", "remove one", f'root = "{roots[0]}"')
        return None
    deeper = [path.parent for one in folders(folder) for path in one.glob("*/manage.py") if _is_djangos(path)]
    example = deeper[0].relative_to(folder).as_posix() if deeper else "<folder of manage.py>"
    rule = "is neither in the application's folder nor in a folder of it"
    findings.ask("manage.py", rule, "give the folder of the Django project", f'root = "{example}"')
    return None


def entry_file(base: Path, settings: SettingsSource | None, kind: str) -> Path | None:
    """The file of the WSGI or ASGI application: what the settings name, else wsgi.py or asgi.py of the project."""
    if settings is not None:
        target = settings.text(f"{kind.upper()}_APPLICATION")
        file = module_file(base, target.rpartition(".")[0]) if target else None
        file = file or module_file(base, f"{settings.module.partition('.')[0]}.{kind}")
        if file is not None:
            return file
    found = [path for path in python_files(base, f"{kind}.py") if named_settings(path).modules]
    return found[0] if len(found) == 1 else None


def module_of(base: Path, file: Path) -> str:
    parts = file.relative_to(base).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_files(base: Path, name: str) -> list[Path]:
    """Files of a name in the folder, its folders and theirs."""
    inside = list(folders(base))
    places = [base, *inside, *(deeper for one in inside for deeper in folders(one))]
    return [place / name for place in places if (place / name).is_file()]


def place_of(root: str, name: str) -> str:
    return name if root == "." else f"{root}/{name}"


def folders(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name not in _NOT_THE_PROJECTS and path.name[0] != ".":
            yield path


def _is_djangos(path: Path) -> bool:
    return path.is_file() and b"django" in path.read_bytes().lower()
