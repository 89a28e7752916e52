"""An earlier release with the settings and secrets of now: today's document with the earlier images. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from infra.release.record import Release


def with_images(document: str, release: Release) -> str:
    """The document as `release_document` renders it for this release's images and tag; everything else stays.

    Raises ValueError when a container's image comes from neither of the release's repositories.
    """
    found = json.loads(document)
    images = {_repository(image): image for image in (release.web_image, release.proxy_image)}
    services = {name: _changed(name, one, images, release.tag) for name, one in found["compose"]["services"].items()}
    changed = {
        **found,
        "version": release.tag,
        "images": sorted({release.web_image, release.proxy_image}),
        "registry": release.web_image.partition("/")[0],
        "compose": {**found["compose"], "services": services},
    }
    return json.dumps(changed, sort_keys=True)


def architecture_of(document: str) -> str:
    """What its images, and its machine, are built for."""
    return str(json.loads(document)["architecture"])


def _changed(name: str, service: Mapping[str, Any], images: Mapping[str, str], tag: str) -> dict[str, Any]:
    image = images.get(_repository(service["image"]))
    if image is None:
        raise ValueError(
            f"container {name} runs {service['image']}, and the release has no image of that repository: "
            f"{', '.join(sorted(images))}"
        )
    environment = service.get("environment", {})
    told = {"environment": {**environment, "RELEASE": tag}} if "RELEASE" in environment else {}
    return {**service, "image": image, **told}


def _repository(image: str) -> str:
    """Without the registry: that may move."""
    return image.partition("@")[0].partition("/")[2]
