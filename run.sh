#!/usr/bin/env bash
# ./run.sh           installs what is missing, fetches and checks the models, builds, and plays the demo clip in the window; where
#                    there is no display, tags it: an annotated clip and records.
# ./run.sh window [FILE...]   after the same (then instant) checks: the window, with your own people.
# ./run.sh ARGS...            likewise: build/release/src/cli/nametag ARGS...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
from=$PWD
cd "$here"
. build-aux/setup.sh
. build-aux/demo.sh

set_up run
nametag=$here/build/release/src/cli/nametag window=$here/build/release/src/app/nametag-gtk
if [ "${1-}" = window ]; then
  shift
  cd "$from"
  exec "$window" "$@"
fi
if [ $# -gt 0 ]; then
  cd "$from"
  exec "$nametag" "$@"
fi
if [ -n "${WAYLAND_DISPLAY-}${DISPLAY-}" ]; then
  demo_window "$nametag" "$window"
else
  demo "$nametag"
fi
