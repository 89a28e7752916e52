"""I1, I2: bytes that each recipe adds to the same base, and the cost of a one-line change."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from bench import builds
from bench.builds import Built, Recipe
from bench.samples import OURS, Measures
from bench.sandbox import Sandbox, open_sandbox, until
from local.runtime import OperatorError
from local.setup.steps import Reporter

REBUILDS = 3
"""For subjects with a target; the others are rebuilt once, for the table."""
_CONFIGURATION = """
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/registry}}
http: {addr: ":5000"}
"""
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def measure(built: Built, base_images: dict[str, str], folder: Path, report: Reporter) -> Measures:
    """Sizes and rebuilds of all recipes. The images stay for the other parts."""
    measures = Measures()
    with open_sandbox() as sandbox:
        registry = Registry(sandbox, base_images["registry"], folder)
        report("pushing the images")
        for subject, recipes in built.recipes.items():
            _sizes(registry, built, subject, recipes, measures)
        for number in range(REBUILDS):
            for subject, recipes in built.recipes.items():
                if number == 0 or subject in (OURS, "single_stage"):
                    report(f"rebuilding {subject} after a one-line change ({number + 1}/{REBUILDS})")
                    _rebuild(registry, subject, recipes, measures)
    return measures


class Registry:
    """An image registry: the layers' compressed sizes are those that `docker push` sends."""

    def __init__(self, sandbox: Sandbox, image: str, folder: Path) -> None:
        self._docker = sandbox.docker
        configuration = folder / "registry.yml"
        configuration.write_text(_CONFIGURATION)
        container = sandbox.run(
            image,
            entrypoint=["registry", "serve", "/registry.yml"],
            command=[],
            volumes=[f"{configuration}:/registry.yml:ro"],
            ports={"5000/tcp": ("127.0.0.1", None)},
        )
        container.reload()
        self._host = f"127.0.0.1:{container.ports['5000/tcp'][0]['HostPort']}"
        until(self._answers, 30, lambda: str(container.logs(tail=20).decode()))

    def image(self, reference: str) -> Any:
        """An image of Docker's SDK."""
        return self._docker.images.get(reference)

    def remove(self, reference: str) -> None:
        """Remove an image from Docker."""
        self._docker.images.remove(reference, force=True)

    def layers(self, reference: str) -> dict[str, int]:
        """Push an image and return the compressed bytes of each layer, by digest and from the lowest."""
        image, repository = self.image(reference), uuid.uuid4().hex
        image.tag(f"{self._host}/{repository}", "size")
        try:
            for line in self._docker.images.push(f"{self._host}/{repository}", "size", stream=True, decode=True):
                if "error" in line:
                    raise OperatorError(f"docker push {reference}: {line['error']}")
        finally:
            self._docker.images.remove(f"{self._host}/{repository}:size")
        url = f"http://{self._host}/v2/{repository}/manifests/size"
        manifest = httpx.get(url, headers={"Accept": _MANIFEST}, trust_env=False).raise_for_status().json()
        sizes = [int(layer["size"]) for layer in manifest["layers"]]
        return dict(zip(image.attrs["RootFS"]["Layers"], sizes, strict=True))

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://{self._host}/v2/", trust_env=False).is_success
        except httpx.TransportError:
            return False


def _sizes(registry: Registry, built: Built, subject: str, recipes: tuple[Recipe, ...], measures: Measures) -> None:
    unpacked = compressed = 0
    for recipe in recipes:
        image, base = registry.image(recipe.reference), registry.image(built.bases[recipe.reference])
        layers, below = registry.layers(recipe.reference), base.attrs["RootFS"]["Layers"]
        if list(layers)[: len(below)] != below:
            raise OperatorError(f"{image.tags} is not built on {base.tags}: the base has changed. Run this again.")
        unpacked += image.attrs["Size"] - base.attrs["Size"]
        compressed += sum(list(layers.values())[len(below) :])
    measures.add("images.unpacked_bytes", subject, unpacked)
    measures.add("images.gzip_bytes", subject, compressed)


def _rebuild(registry: Registry, subject: str, recipes: tuple[Recipe, ...], measures: Measures) -> None:
    changed = [replace(recipe, reference=f"{recipe.reference}:changed") for recipe in recipes]
    source = recipes[0].context / ("application" if subject == OURS else "") / builds.CHANGED
    before = source.read_text()
    try:
        builds.change_one_line(source, uuid.uuid4().hex)
        started = time.monotonic()
        with ThreadPoolExecutor(len(changed)) as pool:
            # A deployment builds both of ours at the same time too.
            list(pool.map(Recipe.build, changed))
        measures.add("images.rebuild_seconds", subject, time.monotonic() - started)
        known = {digest for recipe in recipes for digest in registry.image(recipe.reference).attrs["RootFS"]["Layers"]}
        new = {digest: size for recipe in changed for digest, size in registry.layers(recipe.reference).items()}
        measures.add("images.changed_bytes", subject, sum(size for digest, size in new.items() if digest not in known))
    finally:
        source.write_text(before)
        for recipe in changed:
            registry.remove(recipe.reference)
