#!/bin/bash
# First boot of the machine, on Debian 13. Everything that changes with a release is fetched by what this installs.
# Dollars of this script's own are doubled: the file is a template (user_data.py).
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# Packages, and their security updates every night. The AMI's own mirror, over TLS: only 443 is open to the outside.
sed -i 's|http://|https://|' /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/mirrors/* 2>/dev/null || true
packages="ca-certificates certbot docker.io docker-cli docker-compose iptables iproute2 python3-boto3 \
python3-cryptography unattended-upgrades"
if ! dpkg --status $$packages > /dev/null 2>&1; then
    apt-get update
    apt-get install --yes --no-install-recommends $$packages
fi
printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' > /etc/apt/apt.conf.d/20auto-upgrades

# Systems Manager: deploys and shells, in place of SSH.
if ! command -v amazon-ssm-agent > /dev/null; then
    curl --fail --silent --show-error --retry 5 --output /tmp/amazon-ssm-agent.deb \
        "https://s3.$region.amazonaws.com/amazon-ssm-$region/latest/debian_$$(dpkg --print-architecture)/amazon-ssm-agent.deb"
    dpkg --install /tmp/amazon-ssm-agent.deb
fi
# No way in but that one; and certificates are the keeper's, not certbot's own timer's.
systemctl disable --now ssh.service ssh.socket certbot.timer 2>/dev/null || true

# Room for a moment of two releases at once. Where there can be none, the limits of the containers have to do.
if [ ! -e /swapfile ]; then
    fallocate --length 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile || rm -f /swapfile
fi

# Restarts of the engine leave containers running.
mkdir -p /etc/docker
cat > /etc/docker/daemon.json <<'END'
{"live-restore": true, "no-new-privileges": true}
END
systemctl enable docker.service
systemctl restart docker.service

mkdir -p /etc/preqly /opt/preqly
cat > /etc/preqly/machine.json <<'END'
$told
END

# The machine's program, checked against the name it has.
/usr/bin/python3 - <<'END'
import boto3, hashlib
bucket, key = "$bucket", "$program"
content = boto3.Session(region_name="$region").client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
if hashlib.sha256(content).hexdigest() not in key:
    raise SystemExit(f"s3://{bucket}/{key}: its content has another SHA-256 than its name says")
open("/opt/preqly/program.zip", "wb").write(content)
END
printf '#!/bin/sh\nPYTHONPATH=/opt/preqly/program.zip exec /usr/bin/python3 -m program "$$@"\n' > /usr/local/sbin/preqly
chmod 755 /usr/local/sbin/preqly

cat > /etc/systemd/system/preqly.service <<'END'
[Unit]
Description=The site: brings it up and looks after it
After=docker.service network-online.target
Wants=docker.service network-online.target

[Service]
ExecStart=/usr/local/sbin/preqly keep
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable preqly.service
systemctl restart preqly.service
