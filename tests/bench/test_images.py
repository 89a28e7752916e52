"""Compressed sizes of layers are those that `docker push` sends."""

from pathlib import Path

import pytest

from bench.images import Registry
from bench.sandbox import open_sandbox
from embedded_cloud.images import images

pytestmark = pytest.mark.containers


def test_every_layer_of_an_image_has_a_compressed_size(tmp_path: Path) -> None:
    def without_base(_release: str) -> None:
        pytest.skip("no image registry answers and no stand-in is built: run `make up` once")

    image = images.ensure(["registry"], lambda _line: None, without_base)["registry"]
    with open_sandbox() as sandbox:
        registry = Registry(sandbox, image, tmp_path)
        known = registry.image(image)
        layers = registry.layers(image)
        assert list(layers) == known.attrs["RootFS"]["Layers"]
        assert 0 < sum(layers.values()) < known.attrs["Size"]
        # The tag for the push is removed. Other tests push this image too, under tags of their own.
        assert [tag for tag in registry.image(image).tags if tag.endswith(":size")] == []
