"""Arguments of the database as the settings give them."""

from typing import Any

from infra.data.database import DatabaseArgs
from infra.settings.settings import Settings


def database_args(values: Settings, **parts: Any) -> DatabaseArgs:
    """Arguments for these settings; `parts` replaces what other components would give."""
    given: dict[str, Any] = {
        "subnet_ids": ["subnet-a", "subnet-b"],
        "security_group_id": "group",
        "key_arn": "key",
        "owner_password": "canary-of-the-owner",
        "application_role": "preqly_app_1",
        "application_password": "canary",
        **parts,
    }
    return DatabaseArgs(
        **given,
        engine_version=values.database_version,
        instance_class=values.database_class,
        storage_gb=values.database_storage_gb,
        max_storage_gb=values.database_max_storage_gb,
        multi_az=values.database_multi_az,
        backup_days=values.database_backup_days,
        log_days=values.log_days,
        protect=values.protect,
        final_snapshot=values.database_final_snapshot,
    )
