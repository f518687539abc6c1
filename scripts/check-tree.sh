#!/bin/sh
# Fails if a file under version control names a package registry's host or a folder of somebody's machine: the project
# must install from any mirror and run from any folder.
cd "$(dirname "$0")/.." || exit 1
status=0

# Written so that this file does not find itself.
hosts='registry[.]npmjs|npmjs[.]org|registry[.]yarnpkg|deb[.]debian|archive[.]ubuntu|node[s]ource'
folders='(^|[^A-Za-z0-9_.~/])/(home|Users|root|work|mnt|media)/[A-Za-z0-9_.-]+'

report() {
  echo "$1:"
  echo "$2" | head -n 20
  status=1
}

found=$(git grep -nIE "$hosts" -- . ':!LICENSE') && report 'names the host of a registry' "$found"
found=$(git grep -nIE "$folders" -- . ':!LICENSE') && report 'names a folder of one machine' "$found"
found=$(git grep -nE '"resolved":' -- package-lock.json) && report 'package-lock.json says where packages came from' "$found"
found=$(git ls-files -- node_modules dist .tools .coppice .demo '*.tgz') && [ -n "$found" ] && report 'must not be under version control' "$found"
exit "$status"
