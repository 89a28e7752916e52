"""Whether a variable looks like a secret, by its name or by its value. Pure."""

import re

# Covers more names than Security Hub control ECS.8.
_NAME = re.compile(
    r"SECRET|PASSWORD|PASSWD|PASSPHRASE|(?<![A-Z])(PASS|PWD)(?![A-Z])|TOKEN|KEY|CREDENTIAL|DATABASE_URL|EMAIL_URL"
    r"|ECS_ENGINE_AUTH",
    re.I,
)
_VALUES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern))
    for what, pattern in (
        ("a URL with a password", r"://[^/@\s]*:[^/@\s]+@"),
        ("a private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|AGE-SECRET-KEY-1"),
        ("a JSON Web Token", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+"),
        ("an access key of AWS", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
        ("a key of Azure Storage", r"\bAccountKey="),
        ("a key of Google", r"\bAIza[\w-]{35}|\bGOCSPX-|\"private_key\""),
        ("a secret of Stripe", r"\b(sk|rk)_(live|test)_|\bwhsec_"),
        ("a token of GitHub", r"\bgh[opusr]_[A-Za-z0-9]{30,}|\bgithub_pat_"),
        ("a token of GitLab", r"\bglpat-"),
        ("a token of Slack", r"\bxox[a-z]-|\bxapp-|hooks\.slack\.com/services/"),
        ("a key of SendGrid", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
        ("a key of OpenAI or Anthropic", r"\bsk-[A-Za-z0-9_-]{20,}"),
        ("a token of npm, PyPI or Hugging Face", r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-AgE|\bhf_[A-Za-z0-9]{30,}"),
        ("a token of Sentry", r"\bsntry[su]_"),
        ("a token of DigitalOcean", r"\bdo[opr]_v1_"),
        ("a token of Vault", r"\bhv[sb]\.[\w-]{20,}"),
    )
)
"""Formats by which their makers, and scanners of repositories, recognize secrets."""


def why_secret(name: str, value: str) -> str | None:
    """Why the variable looks like a secret, without its value; None when it does not."""
    if found := _NAME.search(name):
        return f"its name has {found[0].upper()}"
    return next((f"its value looks like {what}" for what, pattern in _VALUES if pattern.search(value)), None)
