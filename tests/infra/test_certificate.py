"""The certificate: every host on it, proven by records that stay."""

from infra.certificate import Certificate, CertificateArgs

HOSTS = ("app.preqly.com", "www.preqly.com", "preqly.com")


def declare(engine, hosts=HOSTS):
    return engine.run(lambda: Certificate("certificate", CertificateArgs(hosts=hosts, zone_id="Z1")).certificate_arn)


def test_every_host_is_on_the_certificate(engine):
    declare(engine)
    certificate = engine.one("acm/certificate:Certificate")
    assert certificate["domainName"] == "app.preqly.com"
    assert certificate["subjectAlternativeNames"] == ["www.preqly.com", "preqly.com"]
    assert certificate["validationMethod"] == "DNS"


def test_a_single_host_needs_no_list_of_others(engine):
    declare(engine, hosts=("app.preqly.com",))
    assert "subjectAlternativeNames" not in engine.one("acm/certificate:Certificate")


def test_each_host_is_proven_by_its_own_record(engine):
    declare(engine)
    records = {record.inputs["name"]: record.inputs for record in engine.all("route53/record:Record")}
    assert records.keys() == {f"_0123456789abcdef.{host}." for host in HOSTS}
    for host in HOSTS:
        record = records[f"_0123456789abcdef.{host}."]
        assert record["records"] == [f"_{host}.acm-validations.aws."]
        assert (record["type"], record["zoneId"]) == ("CNAME", "Z1")


def test_an_older_certificates_record_is_no_obstacle(engine):
    declare(engine)
    assert all(record.inputs["allowOverwrite"] for record in engine.all("route53/record:Record"))


def test_who_uses_the_certificate_waits_until_it_is_issued(engine):
    arn = declare(engine)
    issued = engine.one("acm/certificateValidation:CertificateValidation")
    assert issued["certificateArn"] == arn
    assert len(issued["validationRecordFqdns"]) == len(HOSTS)


def test_a_zone_that_was_never_delegated_does_not_hold_a_deploy_for_long(engine):
    declare(engine)
    options = engine.options("acm/certificateValidation:CertificateValidation", "certificate-issued")
    assert options.customTimeouts.create == "15m"
