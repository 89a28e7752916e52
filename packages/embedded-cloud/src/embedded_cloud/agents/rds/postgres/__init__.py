"""PostgreSQL as RDS runs it: configuration, first start, roles, backups."""
