#!/usr/bin/env bash
# models/fetch.sh DEST [ROOT]: fetches the npm packages of models/manifest.json, at their pinned versions, into DEST/FOLDER, and
# checks every file that the manifest lists, those of Debian's packages too, by SHA-256. ROOT is where those lie when
# they are not installed but were copied (flatpak/prepare.sh).
# models/fetch.sh --check DEST [ROOT]: only checks, reading every file; fetches and writes nothing.
#
# A package is unpacked beside its place, checked there, and renamed into it: what is in its place is whole. What has been
# checked is noted with size and time in DEST/.verified, so that the next run has nothing to read.
set -euo pipefail
check_only=
[ "${1-}" != --check ] || { check_only=yes; shift; }
dest=${1:?usage: models/fetch.sh [--check] DEST [ROOT]}
debian_root=${2-}
manifest=$(dirname "$0")/manifest.json
work=

fail() { printf 'nametag: %s\n' "$*" >&2; exit 1; }
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One line a package: kind, name, version, folder. One line a file: package, path, SHA-256.
list() {
  python3 - "$manifest" "$1" <<'PYTHON'
import json, sys
manifest = json.load(open(sys.argv[1], encoding="utf-8"))
if sys.argv[2] == "packages":
    for p in manifest["packages"]:
        print(p["kind"], p["name"], p["version"], p.get("folder", "-"), sep="\t")
else:
    for f in manifest["files"]:
        print(f["package"], f["path"], f["sha256"], sep="\t")
PYTHON
}

# check_files PACKAGE ROOT: every listed file of the package under ROOT (empty: paths are absolute).
check_files() {
  local package path sum got
  while IFS=$'\t' read -r package path sum; do
    [ "$package" = "$1" ] || continue
    [ -f "$2$path" ] || fail "$2$path is missing from $1; remove $dest and run this again, and if it stays so, the package has changed"
    got=$(sha256sum "$2$path") || fail "$2$path cannot be read"
    got=${got%% *}
    [ "${got#\\}" = "$sum" ] || fail "$2$path is not the file that was published (SHA-256 is $got, and must be $sum); it is not used. $3"
  done < <(list files)
}

# fetch NAME VERSION FOLDER
fetch() {
  local name=$1 version=$2 folder=$3 log archive reason
  command -v npm >/dev/null || fail "npm is missing, and fetches $name; install it (sudo apt-get install npm)"
  printf '==> fetching %s %s\n' "$name" "$version"
  mkdir -p "$dest" 2>/dev/null || fail "cannot create the folder $dest"
  work=$(mktemp -d "$dest/.fetch-XXXXXX" 2>/dev/null) || fail "cannot write to the folder $dest; is the disk full?"
  log=$work/npm.log
  if ! (cd "$work" && npm pack --loglevel=error --fetch-retries=1 "$name@$version") >"$log" 2>&1 </dev/null; then
    reason=$(sed -n 's/.*reason: //p' "$log" | head -n 1)
    fail "$name $version could not be fetched${reason:+ ($reason)}; is there a network connection? Run this again when there is."
  fi
  archive=$(find "$work" -maxdepth 1 -name '*.tgz' | head -n 1)
  [ -n "$archive" ] || fail "$name $version could not be fetched: npm gave no package"
  tar -xzf "$archive" -C "$work" 2>/dev/null || fail "the package of $name could not be unpacked into $dest; is the disk full?"
  check_files "$name" "$work/package/" "Nothing was kept; run this again, and if it stays so, do not trust the package."
  rm -rf "${dest:?}/$folder"
  mv "$work/package" "$dest/$folder"
  rm -rf "$work"
  work=
}

# Size and time of every file that was checked, and the manifest it was checked against.
state() {
  sha256sum <"$manifest"
  local kind name version folder package path sum root
  while IFS=$'\t' read -r package path sum; do
    root=$debian_root
    while IFS=$'\t' read -r kind name version folder; do
      [ "$name" = "$package" ] && [ "$kind" = npm ] && root=$dest/$folder/
    done <<<"$packages"
    printf '%s\0' "$root$path"
  done < <(list files) | xargs -0 stat -c '%n %s %Y' 2>&1
}

packages=$(list packages) || fail "$manifest cannot be read"
if [ -z "$check_only" ] && [ -f "$dest/.verified" ] && [ "$(state)" = "$(cat "$dest/.verified")" ]; then
  exit 0
fi
while IFS=$'\t' read -r kind name version folder; do
  case $kind in
    debian) check_files "$name" "$debian_root" "Its package is $name $version of Debian; 'sudo apt-get install --reinstall $name' brings it back." ;;
    npm)
      if [ -d "$dest/$folder" ]; then
        check_files "$name" "$dest/$folder/" "Remove $dest/$folder and run this again to fetch it anew."
      elif [ -n "$check_only" ]; then
        fail "$name $version is missing: there is no $dest/$folder"
      else
        fetch "$name" "$version" "$folder"
      fi ;;
  esac
done <<<"$packages"
[ -z "$check_only" ] || exit 0
mkdir -p "$dest"
state >"$dest/.verified.part" && mv "$dest/.verified.part" "$dest/.verified"
