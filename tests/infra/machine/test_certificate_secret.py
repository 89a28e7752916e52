"""The secret of the machine's certificate, and the lookup of a team's own."""

from typing import Any

import pulumi
import pytest

from infra.machine.certificate_secret import CertificateSecret, CertificateSecretArgs, find_own
from infra.machine.certificate_source import CertificateSource

KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/tls-AbCdEf"
GET_SECRET, GET_KEY = "aws:secretsmanager/getSecret:getSecret", "aws:kms/getKey:getKey"


@pytest.mark.parametrize(("protect", "days"), [(True, 30), (False, 0)])
def test_the_secret_is_empty_encrypted_and_never_in_the_way_of_a_move(engine: Any, protect: bool, days: int) -> None:
    args = CertificateSecretArgs(key_arn=KEY, protect=protect)
    engine.run(lambda: CertificateSecret("certificate", args).secret_arn)
    secret = engine.one("secretsmanager/secret:Secret")
    assert (secret["kmsKeyId"], secret["recoveryWindowInDays"]) == (KEY, days)
    assert not engine.all("secretsmanager/secretVersion:SecretVersion")
    assert not engine.options("secretsmanager/secret:Secret", "certificate-pair").protect


def found(engine: Any, name_or_arn: str) -> tuple[CertificateSource, str, str]:
    """The source, its secret's ARN and its key's."""
    source: list[CertificateSource] = []

    def program() -> Any:
        source.append(find_own(name_or_arn, hosts=("app.preqly.com",), zone_id="Z1"))
        return pulumi.Output.all(source[0].secret_arn, source[0].key_arn)

    secret_arn, key_arn = engine.run(program)
    return source[0], secret_arn, key_arn


@pytest.mark.parametrize(("asked", "argument"), [("team/tls", "name"), (SECRET, "arn")])
def test_a_teams_own_secret_is_found_by_name_or_arn_with_its_key(engine: Any, asked: str, argument: str) -> None:
    engine.functions[GET_SECRET] = {"arn": SECRET, "kmsKeyId": "alias/team"}
    engine.functions[GET_KEY] = {"arn": KEY}
    source, secret_arn, key_arn = found(engine, asked)
    assert (secret_arn, key_arn, source.acme_server) == (SECRET, KEY, "")
    first, second = engine.calls
    assert (first.token, first.args) == (GET_SECRET, {argument: asked})
    assert (second.token, second.args) == (GET_KEY, {"keyId": "alias/team"})


def test_a_secret_under_awss_own_key_needs_no_permission_on_a_key(engine: Any) -> None:
    engine.functions[GET_SECRET] = {"arn": SECRET, "kmsKeyId": ""}
    _, _, key_arn = found(engine, "team/tls")
    assert key_arn == ""
    assert [call.token for call in engine.calls] == [GET_SECRET]
