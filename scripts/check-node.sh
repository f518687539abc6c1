#!/bin/sh
# Says clearly what is missing where Node.js is absent or too old; the Makefile runs it before anything else.
minimum=20.19

if ! command -v node >/dev/null; then
  echo "Coppice needs Node.js $minimum or newer, and there is no node on PATH: see nodejs.org" >&2
  exit 1
fi
exec node - "$minimum" <<'JS'
const [minimum] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
const [wantMajor, wantMinor] = minimum.split('.').map(Number);
if (major < wantMajor || (major === wantMajor && minor < wantMinor)) {
  console.error('Coppice needs Node.js ' + minimum + ' or newer; this is ' + process.versions.node + ' (' + process.execPath + '): see nodejs.org');
  process.exit(1);
}
JS
