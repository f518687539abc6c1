#!/bin/sh
# All static checks, one line for each; each is run even if one before it fails. What a check prints is shown if it
# failed, or if it is a warning.
cd "$(dirname "$0")/.." || exit 1
PATH=$PWD/node_modules/.bin:$PATH
NO_COLOR=1
export PATH NO_COLOR
status=0

check() {
  name=$1
  shift
  if output=$("$@" 2>&1 </dev/null); then
    echo "ok    $name"
    echo "$output" | grep -F '[Warning/' | sed 's/^/      /'
    return
  fi
  echo "FAIL  $name"
  echo "$output" | sed 's/^/      /'
  status=1
}

# oxlint is given folders, not the root, so that its rules with types do not wander elsewhere.
folders=
for folder in src actors test bench examples scripts; do
  if [ -n "$(find "$folder" -name '*.ts' -o -name '*.mjs' 2>/dev/null | head -n 1)" ]; then folders="$folders $folder"; fi
done

check 'format and import order (make format mends)' biome check --colors=off --reporter=summary .
# shellcheck disable=SC2086 # one word for each folder
check 'rules, types of promises, import table' oxlint --format=unix $folders
check 'types' tsc -p tsconfig.json
check 'package: entries and files' publint run --strict
check 'package: types as others see them' attw --pack . --profile esm-only --no-definitely-typed --no-emoji --no-color
check 'files under version control' scripts/check-tree.sh
exit "$status"
