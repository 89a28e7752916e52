"""Pushing to a registry whose tags are immutable, without Docker."""

from typing import Any

import pytest
from docker.errors import APIError, NotFound

from embedded_cloud.providers.docker.push import (
    PushError,
    credentials_for,
    keep_tag,
    push_image,
    registry_host,
    split_name,
)

NAME = "localhost:5050/example/web:1"
DIGEST = "sha256:" + "a" * 64


class Image:
    def __init__(self, image_id: str, *repo_digests: str) -> None:
        self.id = image_id
        self.attrs = {"RepoDigests": list(repo_digests)}


class Engine:
    """The part of Docker's SDK that a push uses."""

    def __init__(self, *, held: str | None = None, local: Image, pulled: Image | None = None, events: Any = ()) -> None:
        self.images = self.api = self
        self._held, self._local, self._pulled, self._events = held, local, pulled, events
        self.auth_config: dict[str, str] | None = None

    def get_registry_data(self, name: str, auth_config: Any) -> Image:
        if self._held is None:
            raise NotFound("manifest unknown")
        return Image(self._held)

    def get(self, name: str) -> Image:
        return self._local

    def pull(self, repository: str, tag: str, auth_config: Any) -> Image:
        assert (repository, tag) == ("localhost:5050/example/web", DIGEST)
        assert self._pulled is not None
        return self._pulled

    def push(self, repository: str, *, tag: str, auth_config: Any, stream: bool, decode: bool) -> Any:
        self.auth_config = auth_config
        yield from self._events


def test_the_port_of_a_registry_is_not_a_tag() -> None:
    assert split_name("localhost:5050/example/web") == ("localhost:5050/example/web", "latest")
    assert split_name(NAME) == ("localhost:5050/example/web", "1")


def test_a_name_without_a_host_belongs_to_docker_hub() -> None:
    assert [registry_host(name) for name in ("team/web", "web:1", NAME)] == ["docker.io", "docker.io", "localhost:5050"]


def test_a_push_gives_the_digest_and_sends_the_credentials() -> None:
    engine = Engine(local=Image("id"), events=[{"status": "Pushed", "id": "layer"}, {"aux": {"Digest": DIGEST}}])
    credentials = credentials_for({"server": "localhost:5050", "username": "AWS", "password": "token"}, NAME)
    lines: list[str] = []
    assert push_image(engine, NAME, credentials, lines.append) == DIGEST
    assert engine.auth_config == {"username": "AWS", "password": "token", "serveraddress": "localhost:5050"}
    assert lines == ["layer: Pushed"]


def test_a_refused_push_names_image_and_registry() -> None:
    engine = Engine(local=Image("id"), events=[{"error": "no basic auth credentials"}])
    with pytest.raises(PushError, match=rf"{NAME}: localhost:5050 refused the push: no basic auth credentials"):
        push_image(engine, NAME, None, print)


def test_a_free_tag_is_pushed() -> None:
    assert keep_tag(Engine(local=Image("id")), NAME, "id", None) is None


def test_a_tag_that_holds_the_image_is_not_pushed_again() -> None:
    engine = Engine(held=DIGEST, local=Image("id", f"localhost:5050/example/web@{DIGEST}"))
    assert keep_tag(engine, NAME, "id", None) == DIGEST


def test_a_tag_pushed_by_a_killed_run_is_accepted() -> None:
    engine = Engine(held=DIGEST, local=Image("id"), pulled=Image("id"))
    assert keep_tag(engine, NAME, "id", None) == DIGEST


def test_an_immutable_tag_with_another_image_is_refused() -> None:
    engine = Engine(held=DIGEST, local=Image("id"), pulled=Image("other"))
    with pytest.raises(
        PushError, match=f"ImageTagAlreadyExists: the tag 1 in localhost:5050/example/web holds {DIGEST}"
    ):
        keep_tag(engine, NAME, "id", None)


def test_a_registry_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(local=Image("id"))

    def refuse(name: str, auth_config: Any) -> Image:
        raise APIError("connection refused")

    monkeypatch.setattr(engine, "get_registry_data", refuse)
    with pytest.raises(PushError, match="registry localhost:5050 did not answer"):
        keep_tag(engine, NAME, "id", None)
