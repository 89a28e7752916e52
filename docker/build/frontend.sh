#!/bin/sh
# The Node build of an application's frontend, in the folder of its package.json.
#   frontend.sh install npm|pnpm|yarn PACKAGE_MANAGER   packages of the lock; one that package.json outgrew is refused
#   frontend.sh build npm|pnpm|yarn SCRIPT              the script of package.json, with the variables of hosting.toml
# PACKAGE_MANAGER is what package.json says in `packageManager`, such as pnpm@10.2.0+sha512.0123abcd, or empty.
set -eu
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -r $certificates ]; then
    # The base's certificate authorities, so that a company's registry works when the base trusts it.
    export NODE_EXTRA_CA_CERTS=$certificates npm_config_cafile=$certificates
fi
export CI=true npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
step=$1 manager=$2

# Installs a package manager, name@version with or without the hash that Corepack writes.
provide() {
    package=${1%%+*}
    case $package in
        # Its package on the registry ends with version 1.
        yarn@[2-9]*) package=@yarnpkg/cli-dist@${package#yarn@} ;;
    esac
    case $1 in
        *+sha*.*) compare "${1#*+}" ;;
    esac
    npm install --global --silent "$package"
}

compare() {
    folder=$(mktemp -d)
    file=$folder/$(npm pack --silent --pack-destination "$folder" "$package")
    case $package in
        # Corepack hashes its only file.
        @yarnpkg/*) tar --extract --file "$file" --directory "$folder" && file=$folder/package/bin/yarn.js ;;
    esac
    echo "${1#*.}  $file" | "${1%%.*}sum" --check --status 2> /dev/null || {
        echo "package.json: packageManager: $package of the registry does not have the hash $1" >&2
        exit 1
    }
    # What is installed is what was compared.
    export npm_config_prefer_offline=true
}

# The package manager that takes a lock of this format without a change.
manager_of() {
    format=$(sed -n -e "s/^lockfileVersion: '\{0,1\}\([0-9]*\).*/\1/p" -e 's/^  version: \([0-9]*\)$/\1/p' "$1")
    case $manager:$format in
        pnpm:5) echo pnpm@7 ;;
        pnpm:6) echo pnpm@8 ;;
        pnpm:*) echo pnpm@10 ;;
        yarn:) echo yarn@1 ;;
        yarn:[4-6]) echo yarn@3 ;;
        # Later ones would write it again.
        yarn:8) echo yarn@4.13.0 ;;
        yarn:*) echo yarn@4 ;;
    esac
}

if [ "$step" = build ]; then
    . "$(dirname "$0")/environment.sh"
    [ -z "$3" ] || "$manager" run "$3"
    exit
fi
case $manager in
    npm) npm ci ;;
    pnpm)
        provide "${3:-$(manager_of pnpm-lock.yaml)}"
        pnpm install --frozen-lockfile
        ;;
    yarn)
        provide "${3:-$(manager_of yarn.lock)}"
        case $(yarn --version) in
            1.*) yarn install --frozen-lockfile --non-interactive ;;
            *) yarn install --immutable ;;
        esac
        ;;
esac
