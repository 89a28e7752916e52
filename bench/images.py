"""I1, I2: bytes that each recipe adds to the same base, and what a change of one line of code costs."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker

from bench import contexts, layers
from bench.builds import Built, Recipe, Say
from bench.samples import OURS, Measures
from local.runtime import tool_cache

LAYER_SIZES = tool_cache() / "bench" / "layers.json"
REBUILDS = 3
"""Of what a target names; the other recipes are rebuilt once, for the table."""


def measure(built: Built, folder: Path, say: Say) -> Measures:
    """Sizes of all recipes, and rebuilds of all of them in turn. The images that other parts use stay."""
    client = docker.from_env()
    measures = Measures()
    try:
        _sizes(client, built, folder, say, measures)
        for number in range(REBUILDS):
            for subject, recipes in built.recipes.items():
                if number == 0 or subject in (OURS, "single_stage"):
                    say(f"rebuilding {subject} after a one-line change ({number + 1}/{REBUILDS})")
                    _rebuild(client, subject, recipes, folder, measures)
    finally:
        client.close()
    return measures


def _sizes(client: Any, built: Built, folder: Path, say: Say, measures: Measures) -> None:
    added = {
        subject: [digest for recipe in recipes for digest in _above(client, built, recipe)]
        for subject, recipes in built.recipes.items()
    }
    say("weighing the images")
    references = [recipe.reference for recipes in built.recipes.values() for recipe in recipes]
    known = layers.sizes(references, {digest for found in added.values() for digest in found}, folder, LAYER_SIZES)
    for subject, digests in added.items():
        measures.add("images.unpacked_bytes", subject, sum(known[digest].unpacked for digest in digests))
        measures.add("images.gzip_bytes", subject, sum(known[digest].gzip for digest in digests))


def _above(client: Any, built: Built, recipe: Recipe) -> list[str]:
    base = client.images.get(built.bases[recipe.reference])
    return layers.above(client.images.get(recipe.reference), base)


def _rebuild(client: Any, subject: str, recipes: tuple[Recipe, ...], folder: Path, measures: Measures) -> None:
    changed = [replace(recipe, reference=f"{recipe.reference}:changed") for recipe in recipes]
    context = recipes[0].context
    source = context / ("app" if subject == OURS else "") / contexts.CHANGED
    before = source.read_text()
    try:
        contexts.change_one_line(source, uuid.uuid4().hex)
        started = time.monotonic()
        with ThreadPoolExecutor(len(changed)) as pool:
            # Both of ours at once, as a deployment builds them.
            list(pool.map(Recipe.build, changed))
        measures.add("images.rebuild_seconds", subject, time.monotonic() - started)
        measures.add("images.changed_bytes", subject, _new_bytes(client, recipes, changed, folder))
    finally:
        source.write_text(before)
        for recipe in changed:
            client.images.remove(recipe.reference, force=True)


def _new_bytes(client: Any, before: tuple[Recipe, ...], after: list[Recipe], folder: Path) -> int:
    """Compressed, as they travel to a registry that has the images from before. What is equal is weighed once."""
    known = {digest for recipe in before for digest in layers.digests(client.images.get(recipe.reference))}
    new = {digest for recipe in after for digest in layers.digests(client.images.get(recipe.reference))} - known
    found = layers.sizes([recipe.reference for recipe in after], new, folder, folder / "layers.json")
    return sum(layer.gzip for layer in found.values())
