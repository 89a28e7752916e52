"""Choice between official images and stand-ins."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded_cloud.config import STANDIN_IMAGES
from embedded_cloud.images import images
from embedded_cloud.images.images import BASE_IMAGES, IMAGES, ImageError, debian_base, ensure


class FakeDocker:
    """Answers `docker` commands like an engine with these images."""

    def __init__(self, present: set[str], *, registry: bool = False, builds: bool = True) -> None:
        self.present, self.registry, self.builds = present, registry, builds
        self.labels: dict[str, str] = {}
        self.pulled: list[str] = []
        self.built: list[str] = []

    def __call__(self, *arguments: str, timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
        if arguments[0] == "image":
            found = arguments[-1] in self.present
            return self._answer(found, self.labels.get(arguments[-1], "") if "Labels" in arguments[3] else "")
        if arguments[0] == "pull":
            self.pulled.append(arguments[-1])
            if self.registry:
                self.present.add(arguments[-1])
            return self._answer(self.registry)
        tag = arguments[arguments.index("--tag") + 1]
        self.built.append(tag)
        if self.builds:
            self.present.add(tag)
            self.labels[tag] = arguments[arguments.index("--label") + 1].partition("=")[2]
        return self._answer(self.builds, "E: Unable to locate package")

    @staticmethod
    def _answer(success: bool, output: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0 if success else 1, output, "")


Use = Callable[[FakeDocker], FakeDocker]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    def install(docker: FakeDocker) -> FakeDocker:
        monkeypatch.setattr(images, "_docker", docker)
        return docker

    return install


def no_base(release: str) -> None:
    raise AssertionError(f"the base of {release} exists already")


def test_the_official_image_is_used_where_a_registry_answers(use: Use) -> None:
    docker = use(FakeDocker(set(), registry=True))
    assert ensure(["postgres"], print, no_base) == {"postgres": BASE_IMAGES["postgres"].official}
    assert docker.built == []


def test_the_registry_is_asked_only_once(use: Use) -> None:
    docker = use(FakeDocker({debian_base("trixie")}))
    ensure(["python", "nginx", "postgres"], print, no_base)
    assert len(docker.pulled) == 1
    assert docker.built == [BASE_IMAGES[role].standin for role in ("python", "nginx", "postgres")]


def test_the_base_is_created_when_a_stand_in_needs_it(use: Use) -> None:
    docker = use(FakeDocker(set()))
    made: list[str] = []
    ensure(["nginx", "python3.11"], print, made.append)
    assert made == ["trixie", "bookworm"], "an older Python is that of an older Debian"
    assert docker.built == [BASE_IMAGES["nginx"].standin, IMAGES["python3.11"].standin]


def test_a_second_run_chooses_the_same_images_and_pulls_nothing(use: Use) -> None:
    docker = use(FakeDocker({debian_base("trixie")}))
    first = ensure(BASE_IMAGES, print, no_base)
    docker.pulled.clear()
    docker.built.clear()
    docker.registry = True
    assert ensure(BASE_IMAGES, print, no_base) == first
    assert (docker.pulled, docker.built) == ([], [])


def test_a_stand_in_is_built_again_when_its_instructions_change(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = use(FakeDocker({debian_base("trixie")}))
    ensure(["nginx", "haproxy"], print, no_base)
    docker.built.clear()
    changed = tmp_path / "Dockerfile"
    changed.write_text(
        images.DOCKERFILE.read_text().replace("apt-get install -y haproxy", "apt-get install -y haproxy=3")
    )
    monkeypatch.setattr(images, "DOCKERFILE", changed)
    ensure(["nginx", "haproxy"], print, no_base)
    assert docker.built == [BASE_IMAGES["haproxy"].standin]


def test_a_failed_build_shows_dockers_output_and_the_fix(use: Use) -> None:
    use(FakeDocker({debian_base("trixie")}, builds=False))
    with pytest.raises(ImageError, match="Unable to locate package") as raised:
        ensure(["nginx"], print, no_base)
    assert "Fix:" in str(raised.value)


def test_stand_ins_never_carry_an_official_name() -> None:
    official = {image.official.partition(":")[0] for image in IMAGES.values()}
    assert not {image.standin.partition(":")[0] for image in IMAGES.values()} & official
    assert all(images.is_standin(image.standin) for image in BASE_IMAGES.values() if image.official)


def test_the_image_of_an_interface_is_built_on_the_registrys_debian(use: Use) -> None:
    docker = use(FakeDocker(set(), registry=True))
    own = IMAGES["interface"].standin
    assert ensure(["postgres", "interface"], print, no_base)["interface"] == own
    assert docker.built == [own]
    assert docker.pulled == [IMAGES["postgres"].official, "debian:trixie-slim"]
    assert not images.is_standin(own), "it stands in for no official image"


def test_the_dockerfile_has_a_stage_for_every_stand_in() -> None:
    stages = {line.split()[-1] for line in images.DOCKERFILE.read_text().splitlines() if line.startswith("FROM ")}
    assert {image.target for image in BASE_IMAGES.values()} <= stages


def test_the_default_configuration_uses_the_stand_ins() -> None:
    assert {BASE_IMAGES[role].standin for role in STANDIN_IMAGES} == set(STANDIN_IMAGES.values())
