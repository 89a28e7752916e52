"""PostgreSQL as RDS runs it: its files, its first start, its roles."""
