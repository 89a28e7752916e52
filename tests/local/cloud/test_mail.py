"""Mail that is handed to SES."""

from email import message_from_string

import pytest
from botocore.exceptions import ClientError

from local.cloud.server import EmbeddedCloud
from tests.local.cloud.clouds import client

MAIL = "From: no-reply@app.preqly.com\nTo: ada@example.com\nSubject: A link\n\nhttps://app.preqly.com/once\n"


def send(cloud: EmbeddedCloud) -> str:
    ses = client(cloud, "sesv2")
    sent = ses.send_email(FromEmailAddress="no-reply@app.preqly.com", Content={"Raw": {"Data": MAIL.encode()}})
    return str(sent["MessageId"])


def test_a_mail_of_a_verified_domain_is_a_file_for_its_owner(cloud: EmbeddedCloud) -> None:
    client(cloud, "sesv2").create_email_identity(EmailIdentity="app.preqly.com")
    file = cloud.config.state_dir / "mail" / f"{send(cloud)}.eml"
    assert message_from_string(file.read_text()).get_payload() == "https://app.preqly.com/once\n"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_who_has_verified_nothing_sends_nothing(cloud: EmbeddedCloud) -> None:
    with pytest.raises(ClientError, match="Did not have authority"):
        send(cloud)
    assert not (cloud.config.state_dir / "mail").exists()
