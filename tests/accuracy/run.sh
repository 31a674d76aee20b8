#!/usr/bin/env bash
# The measurements of docs/accuracy.md: makes the set of faces and runs `nametag evaluate` on it.
#
#   tests/accuracy/run.sh [BUILD-DIR]      results go to BUILD-DIR/accuracy (default build/release)
#
# Pictures beside the packages' are taken from $NAMETAG_TEST_DATA, or ../shared/data beside the project; without them the set
# is too small to tell much.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1-build/release}
data=${NAMETAG_TEST_DATA:-../shared/data}
[ -d "$build" ] || meson setup "$build"
ninja -C "$build" >/dev/null
ninja -C "$build" tests/accuracy/build-set >/dev/null
out=$build/accuracy
rm -rf "$out"
mkdir -p "$out"
OPENBLAS_NUM_THREADS=1 NAMETAG_MODELS=$build/models "$build/tests/accuracy/build-set" build/packages "$data" "$out/set" >"$out/set.txt"
tail -n 1 "$out/set.txt"

# Every pair of pictures there is: "PATH PATH2 1|0".
(cd "$out/set" && find . -name '*.png' | sort) | awk -F/ '
  { path[NR] = $2 "/" $3; who[NR] = $2 }
  END { for (i = 1; i <= NR; i++) for (k = 1; k < i; k++) print path[k] "\t" path[i] "\t" (who[i] == who[k]) }' >"$out/pairs.txt"

run() {
  local name=$1; shift
  "$build/src/cli/nametag" evaluate "$@" --upsample 1 --quiet --json "$out/$name.json" --report "$out/$name.html" \
    --roc "$out/$name.svg" | tee "$out/$name.txt"
  echo
}
run identification identification "$out/set" --people 10 --leave-out 0 --enrol 1,2,3,5 --repeats 100
run verification verification "$out/pairs.txt" "$out/set"
