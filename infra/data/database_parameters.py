"""Parameters of PostgreSQL on RDS. Pure: no resources."""

from infra.data.database_capacity import max_connections

SLOW_STATEMENT_MS = 1000


def parameters(instance_class: str) -> list[dict[str, str]]:
    """Of the parameter group: TLS forced, connections by class, schema changes and slow statements logged."""
    return [
        # The apply method that RDS reports for its default value: any other is a diff in every preview.
        {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
        # Static: a changed value takes effect at the next restart, which a change of the class includes.
        {"name": "max_connections", "value": str(max_connections(instance_class)), "apply_method": "pending-reboot"},
        {"name": "log_statement", "value": "ddl"},
        {"name": "log_min_duration_statement", "value": str(SLOW_STATEMENT_MS)},
    ]
