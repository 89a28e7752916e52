"""What docker/Dockerfile needs of an application: build arguments, variables, and the files of Node packages."""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath

from infra.application.application import Application, NodeBuild

_OF_NODE = re.compile(
    r"(^|/)(package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|\.pnpmfile\.cjs"
    r"|yarn\.lock|\.yarnrc\.yml|\.yarnrc|\.npmrc)$|^(patches|\.yarn/(releases|plugins|patches))/"
)
"""What npm, pnpm and yarn read when they install, workspaces and patches included."""


def arguments(application: Application) -> dict[str, str]:
    """Build arguments that follow from the application."""
    manifest, node = application.manifest, application.node
    found = {
        "PYTHON_IMAGE": f"python:{application.python_version}-slim-trixie",
        "DEPENDENCIES": application.dependencies.kind,
        "DEPENDENCY_FILE": application.dependencies.file,
        "EXTRAS": ",".join(extras(application)),
        "BUILD_PACKAGES": " ".join(manifest.build.system_packages),
        "RUN_PACKAGES": " ".join(manifest.run.system_packages),
        "ROOT": application.root,
    }
    if node is not None:
        found |= {"FRONTEND": "node", "NODE_FOLDER": node.folder, "NODE_MANAGER": node.manager}
        found |= {"NODE_SCRIPT": node.script, "NODE_PACKAGE_MANAGER": node.package_manager}
    return found


def extras(application: Application) -> list[str]:
    """Extras of django-hosting that the application needs: those of the parts that it does not keep to itself."""
    left = set(application.manifest.leave)
    wanted = {
        "server": True,
        "asgi": application.server == "asgi",
        "postgres": "database" not in left,
        "cache": "cache" not in left,
        "s3": not {"media", "static"} <= left,
        "ses": "email" not in left,
        "schedules": bool(application.manifest.schedules),
    }
    return [name for name, needed in wanted.items() if needed]


def with_arguments(dockerfile: str, values: Mapping[str, str]) -> str:
    """The Dockerfile with other defaults of its build arguments: it builds this application without any."""

    def default(line: re.Match[str]) -> str:
        name = line["name"]
        return f'ARG {name}="{_escaped(values[name])}"' if name in values else line[0]

    return re.sub(r"^ARG (?P<name>\w+)=.*$", default, dockerfile, flags=re.M)


def _escaped(value: str) -> str:
    return re.sub(r'(["$\\])', r"\\\1", value)


def environment(application: Application) -> str:
    """Lines for sh that set the variables of the Node build."""
    variables = application.manifest.build.environment
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(variables.items()))


def frontend_files(node: NodeBuild | None, names: list[str]) -> dict[str, str]:
    """What the installation of Node packages reads: name in the folder of package.json to name in the application."""
    if node is None:
        return {}
    folder = PurePosixPath(node.folder)
    inside = {
        PurePosixPath(name).relative_to(folder).as_posix(): name
        for name in names
        if PurePosixPath(name).is_relative_to(folder)
    }
    return {inner: name for inner, name in inside.items() if _OF_NODE.search(inner)}
