#!/usr/bin/env bash
# tests/packaging/base_system.sh FILE: makes FILE, a tar archive of a least system of Debian bookworm, unless it is there.
# tests/packaging/base_system.sh --apt DIR: writes into DIR the part of this machine's apt configuration that names
# bookworm, for use in such a system: its mirrors, and how they are reached.
#
# The mirror is the one this machine uses. Needs root and debootstrap; what it needs and lacks is said, with exit code 77.
set -euo pipefail

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT

skip() { printf '%s\n' "$*"; exit 77; }
names_bookworm() { grep -qE '^(Suites:|deb )(.*[[:space:]])?bookworm([[:space:]-]|$)' "$1"; }

copy_apt() {
  local dir=$1 list found=
  mkdir -p "$dir"
  cp -a /etc/apt/. "$dir"
  for list in "$dir"/sources.list "$dir"/sources.list.d/*; do
    [ -f "$list" ] || continue
    if names_bookworm "$list"; then found=yes; else rm -f "$list"; fi
  done
  [ -n "$found" ] || skip "apt of this machine knows no mirror of Debian bookworm"
}

make_base() {
  local file=$1 apt mirror
  [ ! -s "$file" ] || return 0
  [ "$(id -u)" -eq 0 ] || skip "a base system can only be made by root"
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  mkdir -p "$(dirname "$file")"
  work=$(mktemp -d)
  apt=$work/apt
  copy_apt "$apt"
  mirror=$(find "$apt" -path '*/sources.list*' -type f -exec sed -nE 's/^(URIs:|deb)[[:space:]](.*[[:space:]])?(https?:[^[:space:]]+).*/\3/p' {} + | head -n 1)
  [ -n "$mirror" ] || skip "apt of this machine has no mirror that debootstrap could use"
  if ! debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/log" 2>&1; then
    tail -n 5 "$work/log" >&2
    skip "debootstrap could not make a base system; is there a network connection?"
  fi
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
  # Beside the final place and renamed: whoever finds the file finds all of it. What apt needs to reach the mirror may be secret.
  umask 077
  tar --numeric-owner -C "$work/root" -cf "$file.$$.part" .
  mv "$file.$$.part" "$file"
}

case ${1-} in
  --apt) copy_apt "${2:?usage: base_system.sh --apt DIR}" ;;
  ?*) make_base "$1" ;;
  *) printf 'usage: base_system.sh FILE | --apt DIR\n' >&2; exit 2 ;;
esac
