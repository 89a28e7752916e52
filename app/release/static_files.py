"""This release's static files in the bucket, for proxies of the release before or after that lack them.

During a rollout pages of both releases are served, and a page's files may be asked of the other one's proxy. Every
file with a hash in its name is put below static/; a record for each release says which files it needs.
"""

import hashlib
import json
import mimetypes
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.contrib.staticfiles.management.commands import collectstatic
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage, storages
from django.core.management import call_command

from core.static_files import PREFIX
from release.errors import ReleaseError

RECORDS = f"{PREFIX}releases/"
"""Not reachable from outside: a record's name is no file's name (core/static_files.py)."""
KEPT = 10
"""Releases whose files stay, this one among them."""
CACHE_CONTROL = "public, max-age=31536000, immutable"
THREADS = 8
# What Python's own table does not have in every version.
TYPES = {".woff": "font/woff", ".woff2": "font/woff2", ".webp": "image/webp", ".avif": "image/avif"}


class PublicationError(ReleaseError):
    """The bucket cannot be read or written, or the image does not hold what its own manifest names."""


class Published(NamedTuple):
    """How many files were put there and taken away."""

    added: int
    removed: int


def publish() -> Published | None:
    """Put this release's files into the bucket, then remove those that none of the last KEPT releases needs.

    None without a bucket. Raises PublicationError.
    """
    if not settings.MEDIA_BUCKET:
        return None
    bucket = default_storage.bucket
    needed = sorted(set(staticfiles_storage.hashed_files.values()))
    try:
        present = {found.key for found in bucket.objects.filter(Prefix=PREFIX)}
        missing = [name for name in needed if PREFIX + name not in present]
        if missing:
            _upload(bucket, missing)
        record = _record(bucket, needed)
        return Published(len(missing), _prune(bucket, present | {record}, record))
    except (BotoCoreError, ClientError) as error:
        raise PublicationError(
            f"The static files of this release could not be published to bucket {settings.MEDIA_BUCKET}: {error}. "
            "The task's role needs s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject in it"
        ) from error


def _upload(bucket: Any, names: list[str]) -> None:
    """The image holds the files' sources only: they are made again as in its build, in the one place it may write."""
    with tempfile.TemporaryDirectory() as folder:
        command = collectstatic.Command()
        command.storage = storages.create_storage(settings.STORAGES["staticfiles"] | {"OPTIONS": {"location": folder}})
        call_command(command, interactive=False, verbosity=0)
        strange = [name for name in names if not (Path(folder) / name).is_file()]
        if strange:
            raise PublicationError(f"The image's static files are not those of its manifest: {strange[0]} is missing")

        def put(name: str) -> None:
            kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            body = (Path(folder) / name).read_bytes()
            bucket.put_object(Key=PREFIX + name, Body=body, ContentType=kind, CacheControl=CACHE_CONTROL)

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(put, names))


def _record(bucket: Any, names: list[str]) -> str:
    """Written last, and anew for a release that comes back: the newest name is the newest release."""
    body = json.dumps(names)
    digest = hashlib.sha256(body.encode()).hexdigest()[:12]
    key = f"{RECORDS}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{digest}.json"
    bucket.put_object(Key=key, Body=body.encode(), ContentType="application/json")
    return key


def _prune(bucket: Any, keys: Iterable[str], newest: str) -> int:
    records = sorted((key for key in keys if key.startswith(RECORDS)), reverse=True)
    superseded = {key for key in records if key != newest and _digest(key) == _digest(newest)}
    kept = [key for key in records if key not in superseded][:KEPT]
    dropped = set(records) - set(kept)
    if dropped == superseded:
        # The usual case: no release went, so no file did.
        _delete(bucket, dropped)
        return 0
    needed = {PREFIX + name for key in kept for name in json.load(bucket.Object(key).get()["Body"])}
    unneeded = {key for key in keys if not key.startswith(RECORDS)} - needed
    # The files first: what is interrupted here is found again by the records that are left.
    _delete(bucket, unneeded)
    _delete(bucket, dropped)
    return len(unneeded)


def _digest(record: str) -> str:
    return record.rpartition("-")[2]


def _delete(bucket: Any, keys: Iterable[str]) -> None:
    found = sorted(keys)
    # S3 takes a thousand at a time.
    for start in range(0, len(found), 1000):
        bucket.delete_objects(Delete={"Objects": [{"Key": key} for key in found[start : start + 1000]], "Quiet": True})
