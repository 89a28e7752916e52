"""The Elastic IP's way through this machine's ports."""

from local.cloud.machine.address import configuration


def test_https_passes_untouched_and_a_redirect_names_the_port_that_stands_for_443() -> None:
    text = configuration("172.20.0.5", 9443)
    https = text[text.index("backend https") :]
    assert "mode tcp" in https
    assert "server instance 172.20.0.5:443" in https
    assert r"https://\1:9443\3" in text
