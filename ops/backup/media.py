"""Uploaded files: the current objects of the media bucket, without the static files that each release publishes."""

import mimetypes
from pathlib import Path
from typing import Any

from infra.release.record import ReleaseRecord
from ops.ecs.task_definitions import describe
from ops.errors import OpsError
from ops.stack import Stack

VARIABLE = "MEDIA_BUCKET"
STATIC = "static/"
"""Prefix of the static files (django_hosting/static_files.py)."""


class MediaBucket:
    """The media bucket of a release."""

    def __init__(self, stack: Stack, release: ReleaseRecord) -> None:
        self._s3: Any = stack.session.client("s3")
        containers = describe(stack.session.client("ecs"), release.task_definition)["containerDefinitions"]
        variables = (one for container in containers for one in container.get("environment", []))
        self.name = next((str(one["value"]) for one in variables if one["name"] == VARIABLE), "")

    def kept_days(self) -> int:
        """For how many days overwritten and deleted files are kept; 0 when they are not."""
        try:
            rules = self._s3.get_bucket_lifecycle_configuration(Bucket=self.name)["Rules"]
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
                raise
            return 0
        days = (one.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", 0) for one in rules)
        return max(days, default=0)

    def keys(self) -> list[str]:
        """Keys of the uploaded files."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [one["Key"] for page in pages for one in page.get("Contents", []) if not one["Key"].startswith(STATIC)]

    def download(self, folder: Path) -> int:
        """Write the files below a folder, and return their number."""
        keys = self.keys()
        for key in keys:
            path = _below(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._s3.download_file(self.name, key, str(path))
        return len(keys)

    def upload(self, folder: Path) -> int:
        """Upload the files below a folder over those of the same name, and return their number."""
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files:
            # As the application's own storage does.
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            key = path.relative_to(folder).as_posix()
            self._s3.upload_file(str(path), self.name, key, ExtraArgs={"ContentType": kind})
        return len(files)


def _below(folder: Path, key: str) -> Path:
    path = (folder / key).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise OpsError(f"The media bucket has an object whose key is no path below a folder: {key!r}.")
    return path
