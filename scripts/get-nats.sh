#!/usr/bin/env bash
# Makes a recent nats-server available and prints its path, and nothing else, on stdout; messages go to stderr.
#
# Looks, in this order, at $NATS_SERVER, at PATH and at .tools/nats in the project's folder. Where none of them is new
# enough it installs one: with Homebrew, or, on Debian and Ubuntu, by fetching the package of a newer suite from the
# machine's own apt mirror into .tools/nats. That needs no root, checks the distribution's signatures, and touches
# neither apt's configuration nor its lists nor the packages installed. Runs on bash 3.2 (macOS).
set -euo pipefail

minimum=2.12.0         # of a server that is there already
minimum_fetched=2.14.3 # of a server fetched from a mirror: older ones have known security holes
debian_suites='forky sid trixie-backports'
ubuntu_suites='resolute devel'

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tools=$root/.tools
own=$tools/nats/nats-server
scratch=
child=

main() {
  trap cleanup EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  use_named || use_path || use_own || install_with_brew || install_with_apt || give_up
}

use_named() {
  [ -n "${NATS_SERVER:-}" ] || return 1
  local found
  if found=$(command -v "$NATS_SERVER") && is_recent "$found" "$minimum"; then print_path "$found"; return; fi
  say "NATS_SERVER=$NATS_SERVER is not a nats-server of $minimum or newer; looking further"
  return 1
}

use_path() {
  local found
  found=$(command -v nats-server) || return 1
  if is_recent "$found" "$minimum"; then print_path "$found"; return; fi
  say "$found is $(version_of "$found"), older than $minimum; looking further"
  return 1
}

use_own() {
  is_recent "$own" "$minimum" && print_path "$own"
}

install_with_brew() {
  command -v brew >/dev/null || return 1
  say 'installing nats-server with Homebrew'
  run brew install --quiet nats-server >&2 || run brew upgrade --quiet nats-server >&2 || return 1
  local found
  found=$(brew --prefix)/bin/nats-server
  is_recent "$found" "$minimum" && print_path "$found"
}

install_with_apt() {
  local needed
  for needed in apt-get apt-config dpkg-deb; do command -v "$needed" >/dev/null || return 1; done
  local distribution codename keyring suites component
  distribution=$(os_release ID)
  codename=$(os_release VERSION_CODENAME)
  case "$distribution" in
    debian) keyring=/usr/share/keyrings/debian-archive-keyring.gpg suites=$debian_suites component=main ;;
    ubuntu) keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg suites=$ubuntu_suites component=universe ;;
    *) return 1 ;;
  esac
  [ -r "$keyring" ] || { say "cannot check signatures: $keyring is missing"; return 1; }
  prepare_scratch
  local mirror suite
  for mirror in $(mirrors_of "$codename"); do
    for suite in $suites; do
      if fetch "$mirror" "$suite" "$component" "$keyring"; then print_path "$own"; return; fi
    done
  done
  say "no apt source of this machine offers nats-server $minimum_fetched or newer"
  if [ -s "$scratch/apt.log" ]; then tail -n 5 "$scratch/apt.log" >&2; fi
  return 1
}

give_up() {
  say "install nats-server $minimum or newer from nats.io and put it on PATH, or set NATS_SERVER to its path"
  exit 1
}

# A private apt world: its own lists, cache and log, and of the machine's configuration only how to reach mirrors.
# The machine's hooks (Post-Invoke and the like) are left out, since they change things outside this folder.
prepare_scratch() {
  mkdir -p "$tools"
  scratch=$(mktemp -d "$tools/tmp.XXXXXX")
  mkdir -p "$scratch"/{sources,lists/partial,cache/archives/partial,deb,tmp}
  chmod 755 "$scratch"
  chmod 777 "$scratch/deb"
  chmod 1777 "$scratch/tmp"
  {
    apt-config dump | grep -E '^(Acquire|APT::Architectures?)(::| )'
    printf '%s "%s";\n' \
      Dir::Etc::main /dev/null Dir::Etc::parts /dev/null Dir::Etc::preferences /dev/null \
      Dir::Etc::preferencesparts /dev/null Dir::Etc::sourcelist /dev/null Dir::Etc::sourceparts "$scratch/sources" \
      Dir::State::lists "$scratch/lists" Dir::State::status /dev/null Dir::State::extended_states /dev/null \
      Dir::Cache "$scratch/cache" Dir::Log "$scratch" \
      Acquire::Languages none Acquire::Retries 2 Acquire::http::Timeout 20 Acquire::https::Timeout 20 \
      APT::Sandbox::User "$(download_user)"
  } >"$scratch/apt.conf"
}

# apt downloads as a user without rights where it can; a project inside a private folder is out of that user's reach.
download_user() {
  if [ "$(id -u)" = 0 ] && id _apt >/dev/null 2>&1 && command -v runuser >/dev/null; then
    chown _apt "$scratch/lists/partial" "$scratch/cache/archives/partial"
    if runuser -u _apt -- test -w "$scratch/lists/partial"; then echo _apt; return; fi
  fi
  echo root
}

# The addresses that apt itself would ask for the suite installed, whatever the format of its source lists.
mirrors_of() {
  apt-get update --print-uris 2>/dev/null | sed -n "s#^'\(.*\)/dists/$1/InRelease'.*#\1#p" | sort -u
}

fetch() {
  local mirror=$1 suite=$2 component=$3 keyring=$4 unpacked=$scratch/unpacked version
  say "fetching nats-server ($suite) from this machine's package mirror"
  rm -rf "$unpacked" "$scratch"/deb/*.deb
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n' \
    "$mirror" "$suite" "$component" "$keyring" >"$scratch/sources/newer.sources"
  run own_apt update && run own_apt download nats-server || return 1
  dpkg-deb -x "$scratch"/deb/nats-server_*.deb "$unpacked" 2>>"$scratch/apt.log" || return 1
  is_recent "$unpacked/usr/sbin/nats-server" "$minimum_fetched" || return 1
  mkdir -p "$tools/nats"
  cp "$unpacked/usr/share/doc/nats-server/copyright" "$tools/nats/copyright"
  chmod 755 "$unpacked/usr/sbin/nats-server"
  mv -f "$unpacked/usr/sbin/nats-server" "$own"
  version=$(version_of "$own")
  say "nats-server $version is in .tools/nats"
}

own_apt() (
  cd "$scratch/deb"
  APT_CONFIG=$scratch/apt.conf TMPDIR=$scratch/tmp exec apt-get -qq "$@" </dev/null >>"$scratch/apt.log" 2>&1
)

# Runs a slow command so that a signal ends this script at once, and the command with it, not only after it.
run() {
  local status=0
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=
  return "$status"
}

os_release() {
  # shellcheck disable=SC1091 # the file is the machine's
  (unset "$1"; [ -r /etc/os-release ] && . /etc/os-release; eval "echo \"\${$1:-}\"")
}

version_of() {
  "$1" --version 2>/dev/null | sed -n 's/.*v\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p'
}

# Whether the program runs and says a version of $2 or newer.
is_recent() {
  local version have want
  [ -x "$1" ] || return 1
  version=$(version_of "$1")
  [ -n "$version" ] || return 1
  while [ -n "$version" ]; do
    have=${version%%.*} want=${2%%.*}
    [ "$have" -eq "$want" ] || { [ "$have" -gt "$want" ]; return; }
    case "$version" in *.*) version=${version#*.} ;; *) version= ;; esac
    set -- "$1" "${2#*.}"
  done
}

print_path() {
  case "$1" in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

say() {
  echo "get-nats: $*" >&2
}

cleanup() {
  trap '' HUP INT TERM
  if [ -n "$child" ]; then kill "$child" 2>/dev/null || true; wait "$child" || true; fi
  if [ -n "$scratch" ]; then rm -rf "$scratch" || { sleep 1; rm -rf "$scratch"; }; fi
}

main "$@"
