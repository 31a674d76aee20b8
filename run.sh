#!/usr/bin/env bash
# ./run.sh           installs what is missing, fetches and checks the models, builds, and tags the demo clip.
# ./run.sh ARGS...   after the same (then instant) checks: build/release/src/cli/nametag ARGS...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
from=$PWD
cd "$here"
. build-aux/setup.sh
. build-aux/demo.sh

set_up run
nametag=$here/build/release/src/cli/nametag
if [ $# -gt 0 ]; then
  cd "$from"
  exec "$nametag" "$@"
fi
demo "$nametag"
