"""The command line: one line for each command, in the order of the help. `ops/commands/` has its options and help."""

import typer

from ops.commands import (
    backup,
    capacity,
    checks,
    cost,
    destroy,
    dns,
    drift,
    dump,
    logs,
    protection,
    recover,
    releases,
    restore,
    rollback,
    run,
    sessions,
    status,
)

EXIT_CODES = (
    "Exit codes: 0 success, 1 failure or a stack that needs attention, 2 wrong usage, 3 refused and nothing touched, "
    "130 interrupted. run, manage and psql: the exit code of the command."
)

app = typer.Typer(
    help="Watch a deployed stack, roll back a release, recover from an interrupted update.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(status.status)
app.command()(releases.releases)
app.command()(rollback.rollback)
app.command()(rollback.forward)
app.command()(logs.logs)
app.command(context_settings=run.ANY_WORDS)(run.run)
app.command(context_settings=run.ANY_WORDS)(run.manage)
app.command()(sessions.shell)
app.command()(sessions.psql)
app.command()(sessions.tunnel)
app.command()(capacity.scale)
app.command()(capacity.restart)
app.command()(backup.backup)
app.command()(backup.backups)
app.command()(restore.restore)
app.command()(restore.drill)
app.command()(dump.dump)
app.command()(dump.load)
app.add_typer(dns.dns_app, name="dns")
app.command()(checks.doctor)
app.command()(checks.checklist)
app.command()(drift.drift)
app.command()(protection.protection)
app.command()(cost.cost)
app.command()(destroy.destroy)
app.command()(recover.recover)
