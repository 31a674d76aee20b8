#!/usr/bin/env bash
# Builds Nametag's Debian packages from the working tree into build/deb; --help says how. docs/packaging.md has the rest.
set -euo pipefail
cd "$(dirname "$0")/.."
. build-aux/setup.sh

usage() {
  cat <<'TEXT'
usage: build-aux/package-deb.sh [OPTION...]

Builds Nametag's Debian packages from the working tree, with what is not committed yet, into build/deb: the source
package with both its archives, and the .deb files. At once done when nothing has changed since. To install them:
sudo apt-get install ./build/deb/nametag*.deb

  --source    the source package only
  --no-check  without the unit tests
  --twice     builds a second time, in another folder, time zone and language, without the tests, and compares every byte
  --help      this text

The packages are examined by lintian; what it says is in build/deb/lintian.txt, and an error or a warning fails.
TEXT
}

source_only='' checked=yes twice=''
for argument; do
  case $argument in
    --source) source_only=yes ;;
    --no-check) checked=no ;;
    --twice) twice=yes ;;
    --help|-h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

out=build/deb
packaging_packages=(dpkg-dev debhelper lintian xz-utils git python3)

# Everything below works on one commit: the tree as it is now, new files too. It is made with an index and a store of its
# own, so that the repository is left as it was.
in_store() {
  GIT_INDEX_FILE=$work/index GIT_OBJECT_DIRECTORY=$work/objects GIT_ALTERNATE_OBJECT_DIRECTORIES=$objects "$@"
}
snapshot() {
  objects=$(realpath "$(git rev-parse --git-path objects)")
  mkdir "$work/objects"
  in_store git read-tree HEAD
  in_store git -c core.safecrlf=false add --all .
  tree=$(in_store git write-tree)
  date=$(dpkg-parsechangelog -S Timestamp)
  commit=$(GIT_AUTHOR_NAME=nametag GIT_AUTHOR_EMAIL='' GIT_COMMITTER_NAME=nametag GIT_COMMITTER_EMAIL='' \
    GIT_AUTHOR_DATE="@$date +0000" GIT_COMMITTER_DATE="@$date +0000" in_store git commit-tree "$tree" -m "Working tree")
}

# pack DIR FILE: an archive of a folder, the same bytes whenever and by whomever it is made.
pack() {
  tar -C "$(dirname "$1")" --format=gnu --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s \
    -cf - "$(basename "$1")" | xz -T1 -6 >"$2"
}

# The files that models/manifest.json lists of packages that are not Debian's, and no others.
component() {
  local folder path
  while IFS=$'\t' read -r folder path; do
    install -D -m 644 "build/packages/$folder/$path" "$work/packages/$folder/$path"
  done < <(python3 - models/manifest.json <<'PYTHON'
import json, sys
manifest = json.load(open(sys.argv[1], encoding="utf-8"))
folders = {p["name"]: p["folder"] for p in manifest["packages"] if p["kind"] == "npm"}
for f in manifest["files"]:
    if f["package"] in folders:
        print(folders[f["package"]], f["path"], sep="\t")
PYTHON
)
  pack "$work/packages" "$1"
}

# unpacked DIR: the tree of the source package, as dpkg-source unpacks it.
unpacked() {
  mkdir -p "$1"
  xz -dc "$work/$archive" | tar -C "$1" --strip-components=1 -xf -
  mkdir "$1/packages"
  xz -dc "$work/$component" | tar -C "$1/packages" --strip-components=1 -xf -
  in_store git archive "$commit:debian" --prefix=debian/ | tar -C "$1" -xf -
}

# build_packages_in DIR BUILDPACKAGE-OPTION...: dpkg-buildpackage there; its log only when it fails.
build_packages_in() {
  local dir=$1 options='' log; shift
  log=$(dirname "$dir")/build.log
  [ "$checked" = yes ] || options=nocheck
  # debhelper hides the home folder, and with it the compiler's cache.
  if ! (cd "$dir" && export CCACHE_DIR="${CCACHE_DIR:-$HOME/.cache/ccache}" DEB_BUILD_OPTIONS="${DEB_BUILD_OPTIONS-} $options" &&
        dpkg-buildpackage -us -uc "$@") >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log" >&2
    mkdir -p "$out"
    cp "$log" "$out/build.log"
    fail "the packages could not be built (above is the end of $out/build.log)"
  fi
}

# What the build needs, from the mirror when that may be done.
install_needed() {
  local profile=() missing
  [ "$checked" = yes ] || profile=(-Pnocheck)
  missing=$(cd "$1" && dpkg-checkbuilddeps "${profile[@]}" 2>&1) && return 0
  say "installing what the build needs"
  if [ "$(id -u)" -ne 0 ]; then
    fail "${missing##*: } is missing; an administrator installs it: sudo apt-get build-dep ./"
  fi
  (cd "$1" && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get build-dep -y -qq --no-install-recommends "${profile[@]}" ./) \
    >"$work/apt.log" 2>&1 </dev/null || { tail -n 5 "$work/apt.log" >&2; fail "apt could not install what the build needs (above is why)"; }
}

git rev-parse --git-dir >/dev/null 2>&1 && [ -d debian ] ||
  fail "this is not a git checkout with a debian folder; a source package is built by 'dpkg-buildpackage -us -uc' in it"
mkdir -p build
exec 8>build/.deb-lock
flock -n 8 || { say "packages are being built here already; waiting"; flock 8; }
install_packages "${packaging_packages[@]}"
fetch_packages

upstream=$(dpkg-parsechangelog -S Version); upstream=${upstream%-*}
archive=nametag_$upstream.orig.tar.xz
component=nametag_$upstream.orig-packages.tar.xz
# Always the same place: the compiler's cache knows files by it.
work=$PWD/build/.deb-work
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
snapshot
built=$(cat "$out/.built" 2>/dev/null || true)
case "$built" in
  "$tree yes"|"$tree $checked") [ -n "$twice$source_only" ] || exit 0 ;;
esac

say "packing the source"
in_store git archive --prefix="nametag-$upstream/" "$commit" | xz -T1 -6 >"$work/$archive"
component "$work/$component"
first=$work/nametag-$upstream
unpacked "$first"
if [ -n "$source_only" ]; then
  build_packages_in "$first" --build=source -d
  mkdir -p "$out"
  rm -f "$out"/*.dsc "$out"/nametag_*.tar.xz "$out"/*_source.*
  mv "$work"/*.dsc "$work"/nametag_*.tar.xz "$work"/*_source.* "$out/"
  exit 0
fi

install_needed "$first"
say "building the packages (some minutes)"
build_packages_in "$first"
if [ -n "$twice" ]; then
  say "building them again"
  mkdir -p "$work/again"
  cp "$work/$archive" "$work/$component" "$work/again/"
  unpacked "$work/again/elsewhere"
  checked_before=$checked checked=no # the tests are no part of what is compared
  # A home folder that is not there; what makes it all the same (the compiler's cache) is gone with the rest.
  (umask 027; export TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 LANGUAGE=fr HOME="$work/again/home"; build_packages_in "$work/again/elsewhere")
  checked=$checked_before
  different=()
  for deb in "$work"/*.deb; do
    cmp -s "$deb" "$work/again/$(basename "$deb")" || different+=("$(basename "$deb")")
  done
  if [ ${#different[@]} -gt 0 ]; then
    mkdir -p "$out/twice/1" "$out/twice/2"
    for deb in "${different[@]}"; do
      cp "$work/$deb" "$out/twice/1/"
      cp "$work/again/$deb" "$out/twice/2/"
    done
    fail "two builds differ in ${different[*]}; both are in $out/twice, and diffoscope tells how"
  fi
  say "both builds are the same, byte for byte"
fi

rm -rf "$out"
mkdir "$out"
mv "$work"/*.deb "$work"/*.dsc "$work"/nametag_*.tar.xz "$work"/*.buildinfo "$work"/*.changes "$work"/build.log "$out/"
say "examining them (lintian)"
if ! lintian --allow-root --display-info --pedantic --fail-on error,warning "$out"/*.changes >"$out/lintian.txt" 2>&1; then
  grep -E '^[EW]:' "$out/lintian.txt" >&2 || cat "$out/lintian.txt" >&2
  fail "lintian is not content (all of it is in $out/lintian.txt)"
fi
echo "$tree $checked" >"$out/.built"
say "the packages are in $out: $(cd "$out" && echo *.deb)"
