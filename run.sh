#!/usr/bin/env bash
# ./run.sh           installs what is missing, fetches and checks the models, builds, and plays the demo clip in the window; where
#                    there is no display, tags it: an annotated clip and records.
# ./run.sh window [FILE...]   after the same (then instant) checks: the window, with your own people.
# ./run.sh ARGS...            likewise: build/release/src/cli/nametag ARGS...
# ./run.sh --help             says this, and sets nothing up.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
from=$PWD
cd "$here"
. build-aux/setup.sh
. build-aux/demo.sh

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  cat <<'END'
Usage:
  ./run.sh                     play the demo clip in the window; where there is no display, tag it
  ./run.sh window [FILE...]    the window, with your own people
  ./run.sh COMMAND ...         the same as 'nametag COMMAND ...'; './run.sh help' lists the commands

Each first installs what is missing, fetches and checks the models, and builds: minutes the first time, nothing after that.
END
  exit 0
fi

set_up run
nametag=$here/build/release/src/cli/nametag window=$here/build/release/src/app/nametag-gtk
if [ "${1-}" = window ]; then
  shift
  [ -n "${WAYLAND_DISPLAY-}${DISPLAY-}" ] || [[ ${1-} = --* ]] ||
    fail "there is no display for the window; './run.sh' tags the demo clip without one, './run.sh help' lists the commands"
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
