#!/bin/bash
# First boot of the machine, on Debian 13. Everything that changes with a release is fetched by what this installs.
# Dollars of this script's own are doubled: the file is a template (user_data.py).
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# EC2 would call a machine healthy that is made by half. Powered off it is not, and its group starts another; the five
# minutes before are for a look at it, and keep a lasting fault from starting machines without a pause.
give_up() {
    [ "$$1" -ne 0 ] || return 0
    echo "user data failed with $$1: $$2"
    echo "this machine powers off in 300 s, then its group starts another"
    sleep 300
    systemctl poweroff
}
trap 'give_up "$$?" "$$BASH_COMMAND"' EXIT

# Mirrors, S3, the lock of Debian's own first update, a role of a minute ago: what is away may be back soon.
again() {
    for pause in 5 15 45 90; do
        "$$@" && return
        echo "again in $$pause s: $$*"
        sleep "$$pause"
    done
    "$$@"
}
apt_get() { apt-get --option DPkg::Lock::Timeout=300 --option Acquire::Retries=5 "$$@"; }

# Packages, from the AMI's own mirror, over TLS: only 443 is open to the outside.
sed -i 's|http://|https://|' /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/mirrors/* 2>/dev/null || true
packages="ca-certificates certbot docker.io docker-cli docker-compose iptables iproute2 python3-boto3 \
python3-cryptography unattended-upgrades"
install_packages() {
    # An update that reached a part of the mirrors only would end well without Error-Mode.
    dpkg --configure -a && apt_get update --option APT::Update::Error-Mode=any &&
        apt_get install --yes --no-install-recommends $$packages
}
if ! dpkg --status $$packages > /dev/null 2>&1; then
    again install_packages
fi
# Their security updates every day. A new kernel runs from the next night on, in UTC.
cat > /etc/apt/apt.conf.d/52preqly <<'END'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
Unattended-Upgrade::Automatic-Reboot "true";
Unattended-Upgrade::Automatic-Reboot-Time "02:00";
END

# Systems Manager: deploys and shells, in place of SSH.
install_agent() {
    latest="https://s3.$region.amazonaws.com/amazon-ssm-$region/latest"
    curl --fail --silent --show-error --output /tmp/amazon-ssm-agent.deb \
        "$$latest/debian_$$(dpkg --print-architecture)/amazon-ssm-agent.deb" && dpkg --install /tmp/amazon-ssm-agent.deb
}
if ! command -v amazon-ssm-agent > /dev/null; then
    again install_agent
fi
# No way in but that one; and certificates are the keeper's, not certbot's own timer's.
systemctl disable --now ssh.service ssh.socket certbot.timer 2>/dev/null || true

# Room for a moment of two releases at once, after a reboot too. Where there can be none, the limits of the containers
# have to do.
if [ ! -e /swapfile ]; then
    fallocate --length 1G /swapfile && chmod 600 /swapfile && mkswap /swapfile && swapon /swapfile || rm -f /swapfile
fi
if [ -e /swapfile ] && ! grep -qs '^/swapfile ' /etc/fstab; then
    echo '/swapfile none swap sw 0 0' >> /etc/fstab
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
fetch_program() {
    /usr/bin/python3 - <<'END'
import boto3, hashlib
bucket, key = "$bucket", "$program"
content = boto3.Session(region_name="$region").client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
if hashlib.sha256(content).hexdigest() not in key:
    raise SystemExit(f"s3://{bucket}/{key}: its content has another SHA-256 than its name says")
open("/opt/preqly/program.zip", "wb").write(content)
END
}
again fetch_program
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
