"""Publish this release's static files to the bucket, for proxies of other releases.

During a rollout, a page of one release may request its files from the other's proxy. Files with a hash in the name are
stored below static/, with a record per release of the files that it needs.
"""

import hashlib
import json
import logging
import mimetypes
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

from django_hosting.options import options
from django_hosting.release.errors import ReleaseError
from django_hosting.static_files import PREFIX, RECORDS, are_published
from django_hosting.storage import ForgivingStaticFiles, HashedStaticFiles
from django_hosting.storages import ALIAS

log = logging.getLogger(__name__)
KEPT = 10
"""Number of releases whose files stay, this one included."""
CACHE_CONTROL = "public, max-age=31536000, immutable"
THREADS = 8
# Types that mimetypes lacks in some versions.
TYPES = {".woff": "font/woff", ".woff2": "font/woff2", ".webp": "image/webp", ".avif": "image/avif"}


class PublicationError(ReleaseError):
    """The bucket cannot be used, or the image lacks a file of its manifest."""


class Published(NamedTuple):
    """Number of added and removed files."""

    added: int
    removed: int


def publish() -> Published | None:
    """Upload this release's missing files, then remove files that none of the last KEPT releases needs.

    Returns None without a bucket, and without hashes in the names. Raises PublicationError.
    """
    if not are_published() or not hasattr(staticfiles_storage, "hashed_files"):
        return None
    name = options().bucket
    bucket = storages[ALIAS].bucket
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
            f"The static files of this release could not be published to bucket {name}: {error}. "
            "The task's role needs s3:ListBucket on it, and s3:GetObject, s3:PutObject and s3:DeleteObject in it"
        ) from error
    except (OSError, ValueError) as error:
        raise PublicationError(f"The static files of this release could not be read: {error}") from error


def _upload(bucket: Any, names: list[str]) -> None:
    """Upload files one by one: the image has their sources only, and /tmp is smaller than all of them together."""
    sources = {hashed: source for source, hashed in staticfiles_storage.hashed_files.items()}

    def put(name: str) -> None:
        kind = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        try:
            with _built(sources[name], name) as body:
                bucket.put_object(Key=PREFIX + name, Body=body, ContentType=kind, CacheControl=CACHE_CONTROL)
        except PublicationError as error:
            # A storage of the project's own may write files in a way that is not known here.
            if type(staticfiles_storage._wrapped) in {HashedStaticFiles, ForgivingStaticFiles}:
                raise
            log.warning("not published for proxies of other releases: %s", error)

    with ThreadPoolExecutor(THREADS) as pool:
        # The first failure ends the list; what has not begun is not begun.
        for done in [pool.submit(put, name) for name in names]:
            try:
                done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _built(source: str, name: str) -> File:
    """Open a file as collectstatic has built it, references to other files with their hashes.

    Raises PublicationError unless its content has the hash in `name`.
    """
    path = finders.find(source)
    if path is None:
        raise PublicationError(f"The image's static files are not those of its manifest: {source} is missing")
    storage = staticfiles_storage
    if matches_patterns(source, storage._patterns):
        text = _with_hashes(source, Path(path).read_bytes().decode())
        found: File = ContentFile(text.encode())
    else:
        # Read from the disk as it is sent, because it may be larger than the memory.
        found = File(Path(path).open("rb"))  # noqa: SIM115 - closed by the caller
    if storage.hashed_name(source, found) != name:
        found.close()
        raise PublicationError(f"The image's static files are not those of its manifest: {name} is missing")
    found.seek(0)
    return found


def _with_hashes(source: str, text: str) -> str:
    """Replace references as HashedFilesMixin._post_process does."""
    storage = staticfiles_storage
    known = _HashedFiles(storage.hashed_files)
    for extension, patterns in storage._patterns.items():
        for pattern, template, *ignored in patterns if matches_patterns(source, (extension,)) else ():
            # Since Django 6.1, with what is no reference, such as a comment.
            blocks = [storage.get_ignored_blocks(text, one) for one in ignored]
            text = pattern.sub(storage.url_converter(source, known, template, *blocks), text)
    return text


class _HashedFiles(dict[str, str]):
    """The manifest, and the names of references that it does not have, such as those with a query.

    For these, collectstatic hashes the file as it was before its own references changed. The image has its source.
    """

    def get(self, name: str, default: Any = None) -> Any:
        """Return the name with a hash."""
        if name in self:
            return self[name]
        path = finders.find(urlsplit(unquote(name)).path.strip())
        if path is None:
            return default
        with Path(path).open("rb") as content:
            return staticfiles_storage.hashed_name(name, File(content))


def _record(bucket: Any, names: list[str]) -> str:
    """Write the release's record, with the time in its name: a release that returns is the newest again."""
    body = json.dumps(names)
    digest = hashlib.sha256(body.encode()).hexdigest()[:12]
    key = f"{RECORDS}{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{digest}.json"
    bucket.put_object(Key=key, Body=body.encode(), ContentType="application/json")
    return key


def _prune(bucket: Any, keys: Iterable[str], newest: str) -> int:
    records = sorted((key for key in keys if key.startswith(RECORDS)), reverse=True)
    superseded = {key for key in records if key != newest and _digest(key) == _digest(newest)}
    kept = [key for key in records if key not in superseded][:KEPT]
    dropped = set(records) - set(kept)
    if dropped == superseded:
        # The usual case: no release was dropped.
        _delete(bucket, dropped)
        return 0
    needed, listed = _files(bucket, kept), _files(bucket, dropped)
    # Of an upload that happens to be below the prefix, no record knows.
    unneeded = (listed - needed) & set(keys)
    # Files first: after an interruption the remaining records find them again.
    _delete(bucket, unneeded)
    _delete(bucket, dropped)
    return len(unneeded)


def _files(bucket: Any, records: Iterable[str]) -> set[str]:
    return {PREFIX + name for key in records for name in json.load(bucket.Object(key).get()["Body"])}


def _digest(record: str) -> str:
    return record.rpartition("-")[2]


def _delete(bucket: Any, keys: Iterable[str]) -> None:
    found = sorted(keys)
    # S3 deletes at most a thousand per request.
    for start in range(0, len(found), 1000):
        bucket.delete_objects(Delete={"Objects": [{"Key": key} for key in found[start : start + 1000]], "Quiet": True})
