-- Gives the master user its rights on RDS (everything but superuser) and creates the first database. Idempotent.
-- Variables: master, verifier (what PostgreSQL stores of its password), database (optional).
SELECT 'CREATE ROLE rds_superuser'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \gexec
GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_maintain TO rds_superuser WITH ADMIN OPTION;

SELECT format('CREATE ROLE %I', :'master')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'master') \gexec
ALTER ROLE :"master" LOGIN CREATEDB CREATEROLE PASSWORD :'verifier';
GRANT rds_superuser TO :"master";

\if :{?database}
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'master')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
\endif
