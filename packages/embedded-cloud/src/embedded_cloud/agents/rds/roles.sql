-- Gives the master user its rights on RDS (everything but superuser) and creates the first database. Idempotent.
-- Variables: master; optional: verifier (what PostgreSQL stores of its password; a restored one stays), database.
SELECT 'CREATE ROLE rds_superuser'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser') \gexec
GRANT pg_monitor, pg_signal_backend, pg_checkpoint, pg_maintain TO rds_superuser WITH ADMIN OPTION;

SELECT format('CREATE ROLE %I', :'master')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'master') \gexec
ALTER ROLE :"master" LOGIN CREATEDB CREATEROLE;
\if :{?verifier}
ALTER ROLE :"master" PASSWORD :'verifier';
\endif
GRANT rds_superuser TO :"master";

\if :{?database}
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'master')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
\endif
