"""Chooses the settings module that serves."""

from collections.abc import Callable
from pathlib import Path

from infra.application.findings import Findings
from infra.application.layout import entry_file, module_of, python_files
from infra.application.manifest import FILE, Manifest
from infra.application.settings_source import SettingsSource
from infra.application.source import NamedSettings, module_file, named_settings

FOR_PRODUCTION = ("production", "prod")
FOR_DEVELOPMENT = {"local", "dev", "develop", "development", "debug", "test", "testing", "tests", "ci"}


Read = Callable[[str], SettingsSource]
"""Reads a module once."""


def choose_settings(
    base: Path, manifest: Manifest, manage: NamedSettings, read: Read, findings: Findings
) -> str | None:
    """The settings module of the project in `base`. `manage` is what its manage.py says."""
    if manifest.settings is not None:
        if module_file(base, manifest.settings):
            findings.say(f"settings: {manifest.settings}, from {FILE}")
            return manifest.settings
        findings.refuse("hosting.toml: settings", f"there is no such module in {base}", "name it", manifest.settings)
        return None
    first = manage.modules[0] if len(manage.modules) == 1 else None
    served = _served(base, read(first) if first else None)
    named, where = (served[0].modules, served[1]) if served and served[0].modules else (manage.modules, "manage.py")
    if len(named) != 1:
        how = "names several settings modules" if named else "names no settings module as plain text"
        example = _likely(base, named)
        findings.ask(where, how, "name one settings module there", f'settings = "{example}"')
        return None
    return _checked(base, read(named[0]), where, first, findings)


def _checked(base: Path, settings: SettingsSource, where: str, by_manage: str | None, findings: Findings) -> str | None:
    """The module, or the one for production beside it, or None when the files do not say which is meant."""
    module = settings.module
    file = module_file(base, module)
    if file is None and not base.joinpath(*module.split(".")).is_dir():
        known = (by_manage, *_siblings(base, by_manage)) if by_manage and module_file(base, by_manage) else ()
        line = f'settings = "{_likely(base, known)}"'
        findings.ask(where, f"names {module}, which is not among the application's files", "correct it", line)
        return None
    hidden = base.joinpath(*module.split(".")).with_suffix(".py")
    if file is not None and file.name == "__init__.py" and hidden.is_file():
        rule = (
            f"names {module}, which is both {hidden.relative_to(base)} and the package beside it, and Python takes that"
        )
        findings.ask(where, rule, "remove one of them", f'settings = "{(*_siblings(base, f"{module}.x"), module)[0]}"')
        return None
    bare = file is None or (file.name == "__init__.py" and not settings.assignments)
    if bare or module.rpartition(".")[2] in FOR_DEVELOPMENT:
        return _for_production(base, module, where, bare, findings)
    differs = f", which serves; manage.py names {by_manage}" if by_manage not in {None, module} else ""
    findings.say(f"settings: {module}, from {where}{differs}")
    others = [name for name in _siblings(base, module) if name.rpartition(".")[2].endswith(FOR_PRODUCTION)]
    if others and module not in others:
        findings.say(f'beside it: {", ".join(others)}; hosting.toml selects one by settings = "{others[0]}"')
    return module


def _for_production(base: Path, module: str, where: str, bare: bool, findings: Findings) -> str | None:
    """The module for production beside one for development, or in a package without settings of its own."""
    beside = _siblings(base, f"{module}.x" if bare else module)
    production = [name for name in beside if name.rpartition(".")[2] in FOR_PRODUCTION]
    why = "has no settings of its own" if bare else "is for development by its name"
    if len(production) == 1:
        findings.say(f"settings: {production[0]}, because {module}, which {where} names, {why}")
        return production[0]
    if not beside and not bare:
        findings.say(f"settings: {module}, from {where}, the only one there is")
        return module
    rule = f"names {module}, which {why}; beside it: {', '.join(beside) or 'nothing'}"
    findings.ask(where, rule, "name the settings for production there", f'settings = "{(*beside, module)[0]}"')
    return None


def _served(base: Path, settings: SettingsSource | None) -> tuple[NamedSettings, str] | None:
    """What the module that serves says of its settings, and its file."""
    for kind in ("wsgi", "asgi"):
        file = entry_file(base, settings, kind)
        if file is not None:
            return named_settings(file), file.relative_to(base).as_posix()
    return None


def _siblings(base: Path, module: str) -> list[str]:
    """The modules beside one, as dotted names, without itself."""
    package, _, last = module.rpartition(".")
    folder = base.joinpath(*package.split(".")) if package else base
    names = sorted(path.stem for path in folder.glob("*.py") if path.stem not in {last, "__init__"})
    return [f"{package}.{name}" if package else name for name in names]


def _likely(base: Path, named: tuple[str, ...]) -> str:
    """A settings module to name in the message."""
    if named:
        return next((name for name in named if name.rpartition(".")[2] in FOR_PRODUCTION), named[0])
    found = [*python_files(base, "settings.py"), *python_files(base, "production.py")]
    return module_of(base, found[0]) if found else "mysite.settings"
