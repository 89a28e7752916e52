"""SES identities: one of each name, with DKIM tokens, verified by the records of these tokens."""

import pytest
from botocore.exceptions import ClientError

from embedded_cloud.cloud import EmbeddedCloud
from support.clouds import client

DOMAIN = "app.example.com"


def test_an_identity_exists_once(cloud: EmbeddedCloud) -> None:
    ses = client(cloud, "sesv2")
    ses.create_email_identity(EmailIdentity=DOMAIN)
    with pytest.raises(ClientError, match=rf"\(AlreadyExistsException\).*Email identity {DOMAIN} already exist\."):
        ses.create_email_identity(EmailIdentity=DOMAIN)
    ses.delete_email_identity(EmailIdentity=DOMAIN)
    with pytest.raises(ClientError, match="NotFoundException"):
        ses.delete_email_identity(EmailIdentity=DOMAIN)
    ses.create_email_identity(EmailIdentity=DOMAIN)


def test_the_records_of_its_tokens_verify_a_domain(cloud: EmbeddedCloud) -> None:
    ses, route53 = client(cloud, "sesv2"), client(cloud, "route53")
    tokens = ses.create_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]["Tokens"]
    assert len(set(tokens)) == 3
    assert ses.get_email_identity(EmailIdentity=DOMAIN)["VerifiedForSendingStatus"] is False
    (zone,) = route53.list_hosted_zones()["HostedZones"]
    for token in tokens:
        value = {"Value": f"{token}.dkim.amazonses.com"}
        record = {"Name": f"{token}._domainkey.{DOMAIN}", "Type": "CNAME", "TTL": 60, "ResourceRecords": [value]}
        changes = [{"Action": "CREATE", "ResourceRecordSet": record}]
        route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": changes})
    found = ses.get_email_identity(EmailIdentity=DOMAIN)
    assert (found["VerifiedForSendingStatus"], found["VerificationStatus"]) == (True, "SUCCESS")


def test_tags_of_an_identity_are_reported_with_it(cloud: EmbeddedCloud) -> None:
    ses = client(cloud, "sesv2")
    ses.create_email_identity(EmailIdentity=DOMAIN, Tags=[{"Key": "Stack", "Value": "prod"}])
    arn = f"arn:aws:ses:us-east-1:123456789012:identity/{DOMAIN}"
    ses.tag_resource(ResourceArn=arn, Tags=[{"Key": "Team", "Value": "films"}])
    tags = ses.get_email_identity(EmailIdentity=DOMAIN)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Stack": "prod", "Team": "films"}
