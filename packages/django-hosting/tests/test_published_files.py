"""Static files in the bucket: what a release uploads and what it removes."""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from moto import mock_aws

from django_hosting.release import static_files
from django_hosting.release.static_files import RECORDS, PublicationError, Published, publish
from django_hosting.storages import ALIAS, media_storage

BUCKET = "films-media-1"
KEPT = 3
"""Instead of ten: each release runs collectstatic."""
UPLOAD = "pictures/1/a.webp"


@pytest.fixture
def bucket(settings, options: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The media bucket, with a picture in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with mock_aws():
        bucket = boto3.resource("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        bucket.put_object(Key=UPLOAD, Body=b"picture")
        options(bucket=BUCKET)
        settings.STORAGES = {
            ALIAS: media_storage(BUCKET),
            "staticfiles": {"BACKEND": "django_hosting.storage.HashedStaticFiles"},
        }
        yield bucket


@pytest.fixture
def build(settings, tmp_path: Path) -> Callable[..., None]:
    """Build an image's static files as docker/Dockerfile does: `build(**{"a.css": "text"})`."""
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]

    def image(**texts: str) -> None:
        number = len(list(tmp_path.glob("sources*")))
        sources = tmp_path / f"sources{number}"
        for name, text in texts.items():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_text(text)
        settings.STATICFILES_DIRS = [sources]
        settings.STATIC_ROOT = str(tmp_path / f"root{number}")
        call_command("collectstatic", interactive=False, verbosity=0)

    return image


def files(bucket: Any) -> dict[str, str]:
    """The files for visitors in the bucket, key to text."""
    found = bucket.objects.filter(Prefix=static_files.PREFIX)
    return {one.key: one.get()["Body"].read().decode() for one in found if not one.key.startswith(RECORDS)}


def records(bucket: Any) -> list[list[str]]:
    return [json.load(one.get()["Body"]) for one in bucket.objects.filter(Prefix=RECORDS)]


def test_every_file_with_a_hash_is_put_there_as_the_proxy_would_serve_it(bucket: Any, build: Callable) -> None:
    build(**{"core/a.css": "p { background: url(b.svg) }", "core/b.svg": "<svg/>", "core/c.woff2": "font"})
    assert publish() == Published(3, 0)
    names = staticfiles_storage.hashed_files
    assert files(bucket) == {
        f"static/{names['core/a.css']}": f'p {{ background: url("{Path(names["core/b.svg"]).name}") }}',
        f"static/{names['core/b.svg']}": "<svg/>",
        f"static/{names['core/c.woff2']}": "font",
    }
    kinds = {name: bucket.Object(f"static/{names[name]}").content_type for name in names}
    assert kinds == {"core/a.css": "text/css", "core/b.svg": "image/svg+xml", "core/c.woff2": "font/woff2"}
    assert bucket.Object(f"static/{names['core/a.css']}").cache_control == "public, max-age=31536000, immutable"
    assert records(bucket) == [sorted(names.values())]


def test_what_is_there_already_is_not_made_again(bucket: Any, build: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    build(**{"a.css": "1", "b.css": "1"})
    publish()
    monkeypatch.setattr(static_files, "_upload", lambda *_: pytest.fail("uploaded again"))
    assert publish() == Published(0, 0)
    assert len(records(bucket)) == 1


def test_an_interrupted_publication_is_completed(bucket: Any, build: Callable) -> None:
    build(**{"a.css": "1", "b.css": "1"})
    publish()
    whole = files(bucket)
    for one in bucket.objects.filter(Prefix=RECORDS):
        one.delete()
    bucket.Object(min(whole)).delete()
    assert publish() == Published(1, 0)
    assert (files(bucket), len(records(bucket))) == (whole, 1)


def test_the_files_of_the_last_releases_stay_and_older_ones_go(
    bucket: Any, build: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert static_files.KEPT == 10
    monkeypatch.setattr(static_files, "KEPT", KEPT)
    for number in range(KEPT + 2):
        build(**{"a.css": f"{number}", "same.css": "always"})
        published = publish()
    assert published == Published(1, 1)
    assert sorted(files(bucket).values()) == sorted([*map(str, range(2, KEPT + 2)), "always"])
    assert len(records(bucket)) == KEPT
    assert bucket.Object(UPLOAD).get()["Body"].read() == b"picture"


def test_a_release_that_comes_back_is_the_newest_again(
    bucket: Any, build: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_files, "KEPT", KEPT)
    for number in [0, *range(1, KEPT), 0, KEPT]:
        build(**{"a.css": f"{number}"})
        publish()
    assert "0" in files(bucket).values()
    assert "1" not in files(bucket).values()


def test_without_a_bucket_nothing_happens(settings) -> None:
    assert settings.DJANGO_HOSTING.bucket == ""
    assert publish() is None


def test_a_project_that_serves_static_files_itself_publishes_none(bucket: Any, build: Callable, settings) -> None:
    build(**{"a.css": "1"})
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "static_files" not in name]
    assert publish() is None


def test_an_upload_that_is_below_the_prefix_stays(
    bucket: Any, build: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(static_files, "KEPT", 1)
    bucket.put_object(Key="static/uploaded.0123456789ab.png", Body=b"picture")
    for number in range(2):
        build(**{"a.css": f"{number}"})
        publish()
    assert files(bucket)["static/uploaded.0123456789ab.png"] == "picture"
    assert len(files(bucket)) == 2


def test_a_bucket_that_refuses_is_named_with_what_the_role_needs(
    bucket: Any, build: Callable, settings, options: Callable[..., None]
) -> None:
    build(**{"a.css": "1"})
    options(bucket="gone")
    settings.STORAGES = settings.STORAGES | {ALIAS: media_storage("gone")}
    with pytest.raises(PublicationError, match=r"to bucket gone: .*NoSuchBucket.* needs s3:ListBucket"):
        publish()


def test_an_image_whose_files_are_not_those_of_its_manifest_publishes_nothing(
    bucket: Any, build: Callable, settings, tmp_path: Path
) -> None:
    build(**{"a.css": "1"})
    (tmp_path / "sources0" / "a.css").write_text("changed since the build")
    with pytest.raises(PublicationError, match=r"not those of its manifest: a\.[0-9a-f]{12}\.css is missing"):
        publish()
    assert files(bucket) == {}


LINKS = "url(../b.svg#x), url('../b.svg?v=1'), url(../b.svg?#iefix), url( ../b.svg ), url(../b.svg?v=1#x)"


def test_files_are_published_without_a_copy_of_all_of_them(
    bucket: Any, build: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    build(
        **{"deep/a.css": f"p {{ background: {LINKS} }}\n/*# sourceMappingURL=a.map */", "b.svg": "<svg/>"}
        | {
            "deep/d.css": '@import "a.css?v=3";',
            "deep/a.map": "{}",
            "deep/c.js": "let a\r\n//# sourceMappingURL=a.map\r\n",
        }
    )
    for kept in ("mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, kept, lambda *_given, **_named: pytest.fail("a copy on the tmpfs"))
    names, root = set(staticfiles_storage.hashed_files.values()), Path(settings.STATIC_ROOT)
    built = {name: (root / name).read_bytes() for name in names}
    # The image has the manifest alone.
    for name in ("b.svg", "deep"):
        (root / name).rename(tmp_path / f"moved-{name}")
    assert publish() == Published(5, 0)
    published = {found.key.removeprefix("static/"): found.get()["Body"].read() for found in bucket.objects.all()}
    assert {name: published[name] for name in names} == built


def test_a_file_that_cannot_be_read_is_told_and_nothing_is_recorded(
    bucket: Any, build: Callable, tmp_path: Path
) -> None:
    build(**{"a.bin": "1"})
    (tmp_path / "sources0" / "a.bin").unlink()
    (tmp_path / "sources0" / "a.bin").mkdir()
    with pytest.raises(PublicationError, match=r"could not be read: .*a\.bin"):
        publish()
    assert records(bucket) == []
