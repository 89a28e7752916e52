"""Secrets Manager: staging labels move between versions as on AWS."""

from typing import Any

from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from embedded_cloud.api.moto_patches.replace import Method, wrap_method

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


def apply() -> None:
    wrap_method(FakeSecret, "reset_default_version", _make_current)
    wrap_method(SecretsManagerBackend, "update_secret_version_stage", _move_label)
    wrap_method(SecretsManagerBackend, "get_secret_value", _get_value)


def _make_current(original: Method, self: FakeSecret, secret_version: dict[str, Any], version_id: str) -> None:
    # moto removes custom labels from the previous version and leaves a moved label on both.
    before = self.versions.get(self.default_version_id or "")
    kept = [label for label in before["version_stages"] if label != CURRENT] if before else []
    original(self, secret_version, version_id)
    if before is not None and before is not secret_version:
        before["version_stages"] = [*kept, PREVIOUS]
    moved = set(secret_version["version_stages"])
    for version in self.versions.values():
        if version is not secret_version:
            version["version_stages"] = [one for one in version["version_stages"] if one not in moved]


def _move_label(
    original: Method,
    self: SecretsManagerBackend,
    secret_id: str,
    version_stage: str,
    remove_from_version_id: str,
    move_to_version_id: str,
) -> Any:
    if version_stage == CURRENT and remove_from_version_id and not move_to_version_id:
        raise InvalidParameterException(
            f"You can only move staging label {CURRENT} to a different secret version. It can't be completely removed."
        )
    answer = original(self, secret_id, version_stage, remove_from_version_id, move_to_version_id)
    if version_stage == CURRENT:
        self.secrets[secret_id].set_default_version_id(move_to_version_id)
    return answer


def _get_value(original: Method, self: SecretsManagerBackend, secret_id: str, *arguments: Any, **named: Any) -> Any:
    if self._is_valid_identifier(secret_id) and self.secrets[secret_id].is_deleted():
        raise InvalidRequestException(
            "You can't perform this operation on the secret because it was marked for deletion."
        )
    return original(self, secret_id, *arguments, **named)
