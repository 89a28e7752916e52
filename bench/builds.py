"""The images that are compared, all built on one base, from copies of the sources."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import peers
from bench.samples import OURS
from infra.application.application import application_document
from infra.application.discovery import find_application
from infra.images.sources import DOCKERFILE, stage
from local.runtime import ROOT, OperatorError
from local.setup.steps import Reporter

BASE = "preqly-bench/base"
LEFT_OUT = ("tests", "conftest.py", "pytest.ini", "media", "static", "__pycache__", "*.pyc", ".*_cache", ".hypothesis")
"""Files that no image of the application contains."""
HOSTED = {"DJANGO_SETTINGS_MODULE": "django_hosting.settings", "DJANGO_HOSTING_APPLICATION": "application.json"}
"""Variables by which a peer's server uses the application's settings as ours does."""
CHANGED = "core/views.py"
"""The file that gets the one-line change."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to build the application into an image."""

    reference: str
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str]
    target: str | None = None

    def build(self) -> None:
        """Raises OperatorError with the last lines of Docker's output."""
        command = ["docker", "buildx", "build", "--load", "--progress", "plain", "--tag", self.reference]
        command += [word for name, value in self.arguments.items() for word in ("--build-arg", f"{name}={value}")]
        command += ["--target", self.target] if self.target else []
        done = subprocess.run(
            [*command, "--file", str(self.dockerfile), str(self.context)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            last_lines = "\n".join(done.stdout.splitlines()[-20:])
            raise OperatorError(f"Building {self.reference} failed. Docker's last lines:\n{last_lines}")


@dataclass(frozen=True, kw_only=True)
class Built:
    """The built images by subject; ours has two: web and proxy."""

    recipes: Mapping[str, tuple[Recipe, ...]]
    bases: Mapping[str, str]
    """Reference of an image to that of its base."""

    @property
    def web(self) -> str:
        """Our application server."""
        return self.recipes[OURS][0].reference

    @property
    def proxy(self) -> str:
        """Our nginx."""
        return self.recipes[OURS][1].reference


def build(folder: Path, base_images: Mapping[str, str], report: Reporter) -> Built:
    """Build every image from copies of the sources in `folder`. `base_images` maps a role to its base image."""
    report("building the base of all images")
    base = Recipe(
        reference=BASE,
        dockerfile=peers.FOLDER / "base" / "Dockerfile",
        context=peers.FOLDER / "base",
        arguments={"PYTHON_IMAGE": base_images["python"]},
    )
    base.build()
    recipes = {OURS: _our_recipes(our_context(folder / OURS), base_images["nginx"])}
    recipes |= {
        peer.name: (_peers_recipe(peer, peers_context(peer, folder / peer.name)),)
        for peer in peers.load().values()
        if peer.has_image
    }
    for subject, parts in recipes.items():
        report(f"building {subject}")
        for recipe in parts:
            recipe.build()
    bases = {recipe.reference: BASE for parts in recipes.values() for recipe in parts}
    return Built(recipes=recipes, bases=bases | {recipes[OURS][1].reference: base_images["nginx"]})


def _our_recipes(context: Path, nginx: str) -> tuple[Recipe, ...]:
    return tuple(
        Recipe(
            reference=f"preqly-bench/{target}",
            dockerfile=context / DOCKERFILE,
            context=context,
            arguments={"PYTHON_IMAGE": BASE, "NGINX_IMAGE": nginx},
            target=target,
        )
        for target in ("web", "proxy")
    )


def _peers_recipe(peer: peers.Peer, context: Path) -> Recipe:
    return Recipe(
        reference=f"preqly-bench/{peer.name.replace('_', '-')}",
        dockerfile=peer.folder / "Dockerfile",
        context=context,
        arguments={"BASE": BASE},
    )


def our_context(folder: Path) -> Path:
    """Stage everything that docker/Dockerfile reads."""
    stage(find_application(ROOT / "app"), ROOT, str(folder))
    return folder


def peers_context(peer: peers.Peer, folder: Path) -> Path:
    """Copy the application, django_hosting, the peer's own files, and requirements.txt with our versions."""
    ignored = shutil.ignore_patterns(*LEFT_OUT, "requirements.*")

    def ignore(at: str, names: list[str]) -> set[str]:
        # The applications keep their static folders: only the one for collected files is left out.
        return ignored(at, names) if Path(at) == ROOT / "app" else ignored(at, names) - {"static", "media"}

    shutil.copytree(ROOT / "app", folder, ignore=ignore)
    package = ROOT / "packages" / "django-hosting"
    shutil.copytree(package / "src" / "django_hosting", folder / "django_hosting", ignore=ignored)
    (folder / "application.json").write_text(application_document(find_application(ROOT / "app")))
    for file in peer.folder.iterdir():
        if file.name not in {"Dockerfile", "peer.toml", "nginx.conf"}:
            shutil.copy(file, folder)
    locks = (ROOT / "app" / "requirements.txt", package / "platform.txt")
    wanted = requirements("\n".join(lock.read_text() for lock in locks), peer)
    (folder / "requirements.txt").write_text("\n".join(wanted) + "\n")
    return folder


def requirements(lock: str, peer: peers.Peer) -> list[str]:
    """`name==version` lines of locks without their hashes, once per name, and the packages that the peer adds."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^\s\\;]+)( ;[^\\\n]*)?", lock, re.M)
    found = {name: f"{name}=={version}{marker}".rstrip() for name, version, marker in reversed(pinned)}
    return [*reversed(found.values()), *peer.added_packages]


def change_one_line(file: Path, mark: str) -> None:
    """Append a comment: other bytes, the same program."""
    with file.open("a") as source:
        source.write(f"# {mark}\n")
