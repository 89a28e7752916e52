"""Finds everything about an application without running its code."""

from pathlib import Path

from infra.application.application import Application
from infra.application.dependencies import find_dependencies
from infra.application.entry_points import EntryPoints, find_entry_points
from infra.application.findings import ApplicationError, Findings
from infra.application.layout import find_root
from infra.application.manifest import Manifest
from infra.application.manifest_file import read_manifest
from infra.application.node import find_node
from infra.application.python_version import choose_python
from infra.application.source import module_file


def find_application(folder: Path) -> Application:
    """The application in a folder. Raises ApplicationError with every problem."""
    findings = Findings()
    if not folder.is_dir():
        fix = "name the folder of the Django project, absolute or relative to Pulumi.yaml"
        findings.refuse("application", "there is no such folder", fix, str(folder))
        raise ApplicationError(folder, findings.problems)
    manifest, findings.problems = read_manifest(folder)
    if findings.problems:
        # What the file says decides what is looked for.
        raise ApplicationError(folder, findings.problems)
    root = find_root(folder, manifest, findings)
    entry = find_entry_points(folder, root, manifest, findings) if root else None
    needed = find_dependencies(folder, root or ".", manifest, findings)
    python = choose_python(folder, root or ".", manifest, needed[1], findings) if needed else None
    node = find_node(folder, root or ".", manifest, findings)
    _check_folders(folder, manifest, node is not None, findings)
    if findings.problems or not (entry and needed and python):
        raise ApplicationError(folder, findings.problems)
    return Application(
        folder=folder,
        manifest=manifest,
        root=entry.root,
        settings=entry.settings,
        server=entry.server,
        callable=entry.callable,
        python_version=python,
        dependencies=needed[0],
        node=node,
        files=_needed_files(folder, entry),
        found=tuple(findings.found),
    )


def _needed_files(folder: Path, entry: EntryPoints) -> tuple[str, ...]:
    base = folder / entry.root
    modules = (entry.settings.module, entry.callable.partition(":")[0])
    files = [base / "manage.py", *(file for module in modules if (file := module_file(base, module)))]
    return tuple(file.relative_to(folder).as_posix() for file in files)


def _check_folders(folder: Path, manifest: Manifest, built: bool, findings: Findings) -> None:
    """Refuse folders of hosting.toml that do not exist, unless a build with Node may make them."""
    named = [] if built else [(f"static.folders[{index}]", name) for index, name in enumerate(manifest.static.folders)]
    pages = manifest.proxy.error_pages
    for key, name in [*named, *([("proxy.error_pages", pages)] if pages else [])]:
        if not (folder / name).is_dir():
            findings.refuse(
                f"hosting.toml: {key}", "there is no such folder", "name it from hosting.toml's folder", name
            )
