#!/bin/sh
# The Node build of an application's frontend, in the folder of its package.json.
#   frontend.sh install npm|pnpm|yarn PACKAGE_MANAGER   packages of the lock; one that package.json outgrew is refused
#   frontend.sh build npm|pnpm|yarn SCRIPT              the script of package.json, with the variables of hosting.toml
# PACKAGE_MANAGER is what package.json says in `packageManager`, such as pnpm@10.2.0, or empty.
set -eu
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -r $certificates ]; then
    # The base's certificate authorities, so that a company's registry works when the base trusts it.
    export NODE_EXTRA_CA_CERTS=$certificates npm_config_cafile=$certificates
fi
export CI=true npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
step=$1 manager=$2

# Installs the manager itself, at the version that package.json names without its hash.
provide() {
    wanted=${1%%+*}
    [ -n "$wanted" ] || wanted=$2
    case $wanted in
        # Its package on the registry ends with version 1.
        yarn@[2-9]*) wanted=@yarnpkg/cli-dist@${wanted#yarn@} ;;
    esac
    npm install --global --silent "$wanted"
}

if [ "$step" = build ]; then
    . "$(dirname "$0")/environment.sh"
    [ -z "$3" ] || "$manager" run "$3"
    exit
fi
case $manager in
    npm) npm ci ;;
    pnpm)
        provide "$3" pnpm@10
        pnpm install --frozen-lockfile
        ;;
    yarn)
        [ -z "$3" ] && command -v yarn > /dev/null || provide "$3" yarn@1
        case $(yarn --version) in
            1.*) yarn install --frozen-lockfile --non-interactive ;;
            *) yarn install --immutable ;;
        esac
        ;;
esac
