"""The images that are compared, all built on one base."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import contexts, peers
from bench.samples import OURS
from local.runtime import OperatorError

Say = Callable[[str], None]
BASE = "preqly-bench/base"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One way to turn the application into an image."""

    reference: str
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str]
    target: str | None = None

    def build(self) -> None:
        """Raises OperatorError with the builder's last words."""
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
            words = "\n".join(done.stdout.splitlines()[-20:])
            raise OperatorError(f"Building {self.reference} failed. Docker's last words:\n{words}")


@dataclass(frozen=True, kw_only=True)
class Built:
    """Images by subject; ours has two."""

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


def build(folder: Path, base_images: Mapping[str, str], say: Say) -> Built:
    """Every image, from copies of the sources in the folder. What Docker has built before takes seconds."""
    say("building the base of all images")
    base = Recipe(
        reference=BASE,
        dockerfile=peers.FOLDER / "base" / "Dockerfile",
        context=peers.FOLDER / "base",
        arguments={"PYTHON_IMAGE": base_images["python"]},
    )
    base.build()
    recipes = {OURS: _ours(contexts.ours(folder / OURS), base_images["nginx"])}
    recipes |= {
        peer.name: (_theirs(peer, contexts.theirs(peer, folder / peer.name)),)
        for peer in peers.load().values()
        if peer.has_image
    }
    for subject, parts in recipes.items():
        say(f"building {subject}")
        for recipe in parts:
            recipe.build()
    bases = {recipe.reference: BASE for parts in recipes.values() for recipe in parts}
    return Built(recipes=recipes, bases=bases | {recipes[OURS][1].reference: base_images["nginx"]})


def _ours(context: Path, nginx: str) -> tuple[Recipe, ...]:
    return tuple(
        Recipe(
            reference=f"preqly-bench/{target}",
            dockerfile=context / "docker" / "Dockerfile",
            context=context,
            arguments={"PYTHON_IMAGE": BASE, "NGINX_IMAGE": nginx},
            target=target,
        )
        for target in ("web", "proxy")
    )


def _theirs(peer: peers.Peer, context: Path) -> Recipe:
    return Recipe(
        reference=f"preqly-bench/{peer.name.replace('_', '-')}",
        dockerfile=peer.folder / "Dockerfile",
        context=context,
        arguments={"BASE": BASE},
    )
