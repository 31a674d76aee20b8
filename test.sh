#!/usr/bin/env bash
# ./test.sh          the set-up of ./run.sh plus the test tools, the demo, then every test: as built for use (warnings
#                    are errors), and again with the address and undefined-behaviour sanitizers.
# ./test.sh quick    without the sanitizers and without the slow tests.
# Ends with "N passed, N failed"; the exit code is 0 when nothing failed.
set -euo pipefail
cd "$(dirname "$0")"
. build-aux/setup.sh
. build-aux/demo.sh

case "${1-}" in
  ''|quick) ;;
  *) fail "usage: ./test.sh [quick]" ;;
esac

set_up test
demo build/release/src/cli/nametag

passed=0 failed=0 skipped=0

count() { { grep -oE "$1" "$2" || true; } | wc -l; }

# unwell DIR: how many tests meson itself counts as failed, crashed or too slow (one that is killed has no subtest that
# failed), and on the error output what they printed: of a test that speaks TAP meson shows no word.
unwell() {
  python3 - "$1/meson-logs/testlog.json" <<'PYTHON'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    tests = [json.loads(line) for line in file if line.strip()]
bad = [test for test in tests if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")]
for test in bad:
    print(f"--- {test['name']}: {test['result']}", *test.get("stdout", "").splitlines()[-80:], sep="\n", file=sys.stderr)
print(len(bad))
PYTHON
}

# run_tests DIR MESON-TEST-OPTION...: runs and counts.
run_tests() {
  local dir=$1 junit; shift
  say "testing $dir"
  rm -f "$dir"/meson-logs/testlog.junit.xml "$dir"/meson-logs/testlog.json
  meson test -C "$dir" --no-rebuild --print-errorlogs "$@" </dev/null || true
  junit=$dir/meson-logs/testlog.junit.xml
  [ -s "$junit" ] || { failed=$((failed + 1)); return 0; }
  local all bad skip broken
  all=$(count '<testcase ' "$junit")
  bad=$(count '<(failure|error)[ />]' "$junit")
  skip=$(count '<skipped' "$junit")
  broken=$(unwell "$dir") || broken=1
  if [ "$broken" -gt "$bad" ]; then
    all=$((all + broken - bad)) bad=$broken
  fi
  [ "$all" -gt 0 ] || { printf 'no test ran in %s\n' "$dir" >&2; bad=1; all=1; }
  passed=$((passed + all - bad - skip)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

say "building with warnings as errors"
build build/test -Dwerror=true -Ddemo=disabled -Dparity=enabled
if [ "${1-}" = quick ]; then
  run_tests build/test --no-suite slow
else
  run_tests build/test
  say "building with the sanitizers"
  build build/sanitize -Dwerror=true -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dparity=disabled -Ddemo=disabled
  run_tests build/sanitize --no-suite slow --timeout-multiplier 4
fi

if [ "$skipped" -gt 0 ]; then
  printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
else
  printf '%d passed, %d failed\n' "$passed" "$failed"
fi
[ "$failed" -eq 0 ]
