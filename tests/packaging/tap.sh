# What the packaging tests in shell share: TAP. Sourced; needs the folder $work.
n=0 failed=0 started=$SECONDS

# check NAME COMMAND...: one test; what the command says is shown when it fails.
check() {
  local name=$1; shift
  n=$((n + 1))
  if "$@" >"$work/out" 2>&1; then
    printf 'ok %d - %s\n' "$n" "$name"
  else
    failed=$((failed + 1))
    printf 'not ok %d - %s\n' "$n" "$name"
    tail -n 40 "$work/out" | sed 's/^/# /'
  fi
  printf '# %d s\n' "$((SECONDS - started))"
}
finish() { printf '1..%d\n' "$n"; exit "$((failed > 0))"; }
# must NAME COMMAND...: as check, and nothing further makes sense when it fails.
must() { local before=$failed; check "$@"; [ "$failed" -eq "$before" ] || finish; }
