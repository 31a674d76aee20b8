#!/usr/bin/env bash
# The Debian packages, used as their readers would: built from the tree, installed by apt in a fresh system that has never
# seen the project, tried without a network by an ordinary user, upgraded, removed and purged. TAP.
#
#   tests/packaging/debian.sh [SCREENSHOT]    keeps the picture of the window
#
# What takes long is kept in build/: the packages (build-aux/package-deb.sh), the base system, and the same with what the
# packages depend on; a second run takes a minute.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
screenshot=${1-}
debs=$source/build/deb
chroots=$source/build/chroot
# Beside the packages and what they depend on: a compiler for the example, a session bus for the window.
tools=(gcc libc6-dev pkg-config dbus-daemon gstreamer1.0-tools)

skip_all() { printf '1..0 # SKIP %s\n' "$*"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip_all "installing in a chroot takes root"
[ -d "$source/debian" ] && git -C "$source" rev-parse --git-dir >/dev/null 2>&1 ||
  skip_all "the packages are built from a git checkout"
grep -q '^VERSION_CODENAME=bookworm' /etc/os-release 2>/dev/null || skip_all "the packages are built and tried on Debian bookworm"
for tool in dpkg-buildpackage dh lintian unshare Xvfb xdotool import identify; do
  command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
unshare --net --mount --pid --fork true 2>/dev/null || skip_all "no namespaces here"
reason=$("$here/base_system.sh" "$chroots/bookworm-minbase.tar") || skip_all "$reason"

work=$(mktemp -d "$chroots/.debian-XXXXXX")
chmod 755 "$work"
root=$work/root
xvfb='' window=''
tidy() {
  [ -z "$window" ] || kill "$window" 2>/dev/null
  [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null
  wait
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

. "$here/tap.sh"

# system OPTION... -- COMMAND...: in the system under test, with processes and mounts of its own, gone when the command ends. Options are
# unshare's (--net: without a network).
system() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  unshare --mount --pid --fork --kill-child "${options[@]}" bash -c '
    mount -t proc proc "$1/proc" && mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" || exit
    [ ! -d "$1/tmp/.X11-unix" ] || mount --bind /tmp/.X11-unix "$1/tmp/.X11-unix" || exit
    root=$1; shift
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
    bash "$root" "$@"
}
# tester OPTION... -- COMMAND...: the same as an ordinary user, without a network.
tester() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  system --net "${options[@]}" -- setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/home/tester "$@"
}

fresh() {
  rm -rf "$root"
  mkdir "$root"
  tar --numeric-owner -C "$root" -xf "$1"
}

# What apt would install for these words, one "name version" a line. Nothing is installed.
# The index is kept between these, whatever apt's configuration says.
would_install() { system -- apt-get -s -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin install "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\).*/\1 \2/p'; }

packages() { (cd "$debs" && ls ./*.deb | grep -v -- '-dbgsym_'); }
ours() { (cd "$debs" && for deb in $(packages); do dpkg-deb -f "$deb" Package; done); }
in_chroot() { sed "s,^\./,/debs/$1/,"; }

build_packages() { "$source/build-aux/package-deb.sh" --no-check; }

prepare_base() {
  fresh "$chroots/bookworm-minbase.tar" &&
    cp /etc/resolv.conf "$root/etc/resolv.conf" &&
    rm -rf "$root/etc/apt" && "$here/base_system.sh" --apt "$root/etc/apt" &&
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d" &&
    system -- useradd --create-home --uid 1000 tester &&
    system -- apt-get update -qq &&
    mkdir -p "$root/debs/1" && (cd "$debs" && cp $(packages) "$root/debs/1/")
}

# Everything that the packages need and nothing of ours; kept for the next time, under a name made of the list.
prepare_needs() {
  local list kept
  would_install --no-install-recommends "${tools[@]}" $(packages | in_chroot 1) >"$work/all" || return
  [ -s "$work/all" ] || { system -- apt-get -s install --no-install-recommends $(packages | in_chroot 1); return 1; }
  list=$(cut -d ' ' -f 1 "$work/all" | grep -vxF "$(ours)" | sort)
  kept=$chroots/bookworm-needs-$(grep -vwF "$(ours)" "$work/all" | sort | sha256sum | cut -c 1-16).tar
  if [ ! -s "$kept" ]; then
    system -- apt-get install -y -qq --no-install-recommends $list || return
    rm -rf "$root"/var/cache/apt/archives/*.deb
    rm -f "$chroots"/bookworm-needs-*.tar
    (umask 077; tar --numeric-owner -C "$root" --exclude=./debs --exclude=./home/tester -cf "$kept.$$.part" .) && mv "$kept.$$.part" "$kept" || return
  else
    fresh "$kept" && mkdir -p "$root/debs/1" && (cd "$debs" && cp $(packages) "$root/debs/1/") || return
  fi
  mkdir -p "$root/tmp/.X11-unix" "$root/home/tester" "$root/debs/2"
  chown 1000:1000 "$root/home/tester"
}

no_window_libraries() {
  would_install $(packages | grep -E '/nametag(-models)?_' | in_chroot 1) >"$work/headless" || return
  grep -q '^nametag ' "$work/headless" || return
  ! grep -E '^(libgtk-[0-9]|libadwaita|libqt)' "$work/headless"
}

# A misspelt recommendation is silently not there.
recommended_exist() {
  local name missing=0
  would_install $(packages | in_chroot 1) | cut -d ' ' -f 1 >"$work/recommended"
  for name in $(cd "$debs" && for deb in $(packages); do dpkg-deb -f "$deb" Recommends; done | tr ',' '\n' | awk '{print $1}' | sort -u); do
    grep -qx "$name" "$work/recommended" || system -- dpkg-query -W "$name" >/dev/null 2>&1 || { echo "$name"; missing=1; }
  done
  return "$missing"
}

# Every path of the system, but for what is a user's or says what was done when.
list_files() {
  find "$root" -xdev \( -path "$root/debs" -o -path "$root/home" -o -path "$root/root" -o -path "$root/tmp" -o -path "$root/var/log" \
    -o -path "$root/var/cache/apt" -o -path "$root/var/lib/apt" -o -path "$root/proc" -o -path "$root/dev" \) -prune \
    -o -printf '%y %P %l\n' | grep -vE '^f var/(lib/dpkg/[a-z]+-old|cache/debconf/.*-old) ' | sort
}

install_packages() { system --net -- apt-get install -y --no-install-recommends $(packages | in_chroot "$1"); }
whole() {
  [ -z "$(system -- dpkg --audit)" ] && system -- dpkg --verify $(ours) >"$work/verified" && [ ! -s "$work/verified" ] || { cat "$work/verified"; return 1; }
}
version_is() {
  local said; said=$(tester -- nametag --version) || return
  printf '%s\n' "$said"
  [ "$said" = "nametag $1" ]
}

links_lead_somewhere() {
  python3 - "$root" <<'PYTHON'
import glob, os, re, sys
root = sys.argv[1]
pages = glob.glob(root + "/usr/share/doc/nametag/**/*.md", recursive=True)
wrong = [f"{page[len(root):]}: {target}" for page in pages for target in re.findall(r"\]\(([^)#]+)", re.sub(r"`[^`]*`", "", open(page, encoding="utf-8").read()))
         if not re.match(r"[a-z]+:", target) and not os.path.exists(root + target if target[0] == "/" else os.path.join(os.path.dirname(page), target))]
print(len(pages), "pages", *wrong, sep="\n")
sys.exit(len(pages) < 10 or bool(wrong))
PYTHON
}

# The packages' own tests (debian/tests), as autopkgtest would run them.
package_test() {
  cp "$source/debian/tests/$1" "$root/debs/" && tester -- mkdir -p "/home/tester/$1" &&
    tester -- env AUTOPKGTEST_TMP="/home/tester/$1" "/debs/$1"
}

window_shows() {
  local shot=$work/window.png colours
  [ -n "$xvfb" ] || { echo "there is no display"; return 1; }
  tester -- env DISPLAY="$DISPLAY" GDK_BACKEND=x11 GSK_RENDERER=cairo GTK_A11Y=none XDG_RUNTIME_DIR=/home/tester \
    dbus-run-session -- nametag-gtk --gallery /home/tester/demo/demo/people.sqlite /usr/share/nametag/demo/demo.mp4 >"$work/window.log" 2>&1 &
  window=$!
  # The title is the clip's name once it is open; a window of that name is mapped, and then drawn.
  if ! timeout 60 xdotool search --sync --onlyvisible --name '^demo' >"$work/windows"; then
    cat "$work/window.log"; import -window root "$shot"; cp "$shot" "${screenshot:-$shot}" 2>/dev/null
    return 1
  fi
  sleep 5
  import -window root "$shot" && [ -z "$screenshot" ] || cp "$shot" "$screenshot"
  kill -0 "$window" || { cat "$work/window.log"; return 1; }
  kill "$window"
  wait "$window"
  window=''
  cat "$work/window.log"
  ! grep -E 'CRITICAL|WARNING.*(nametag|Adwaita|Gtk)' "$work/window.log" || return
  # A picture with people in it, not an empty frame.
  colours=$(identify -format %k "$shot")
  echo "$colours colours"
  [ "$colours" -gt 5000 ]
}

# The desktop knows the program: debhelper's triggers and helpers did their work.
desktop_knows() {
  test -s "$root/usr/share/applications/org.nametag.Nametag.desktop" &&
    grep -q 'org.nametag.Nametag' "$root/usr/share/glib-2.0/schemas/gschemas.compiled" &&
    ls "$root"/usr/share/icons/hicolor/*/apps/org.nametag.Nametag* &&
    test -s "$root/usr/share/locale/de/LC_MESSAGES/nametag.mo"
}

# The same packages with a higher version, as the next release would bring them.
newer_packages() {
  local deb dir=$work/newer old=$1 new=$2
  for deb in $(packages); do
    rm -rf "$dir"
    dpkg-deb -R "$debs/$deb" "$dir" || return
    sed -i -e "s/^Version: .*/Version: $new/" -e "s/(= $old)/(= $new)/g" "$dir/DEBIAN/control"
    dpkg-deb -Znone -b "$dir" "$root/debs/2/$deb" >/dev/null || return
  done
}
all_of_version() {
  local name
  for name in $(ours); do
    [ "$(system -- dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$name")" = "ii  $1" ] || { echo "$name is not $1"; return 1; }
  done
}
gallery_is_whole() {
  tester -- nametag people list --gallery /home/tester/demo/demo/people.sqlite | tee "$work/people" && grep -q Franck "$work/people"
}

nothing_left() {
  [ -z "$(system -- dpkg --audit)" ] || return
  list_files >"$work/after"
  ! diff "$work/before" "$work/after" | grep '^[<>]' || return
  ! find "$root" -xdev \( -path "$root/debs" -o -path "$root/home" \) -prune -o -iname '*nametag*' -print | grep .
}

echo 'TAP version 13'
must 'the packages are built, and lintian finds nothing to mend' build_packages
must 'a fresh system' prepare_base
check 'the command line brings no window libraries, with all that is recommended' no_window_libraries
check 'what is recommended can be had' recommended_exist
must 'what the packages need is there' prepare_needs
list_files >"$work/before"
must 'apt installs the packages, with no network' install_packages 1
check 'every installed file is as packaged' whole
version=$(cd "$debs" && dpkg-deb -f "$(ls nametag_*.deb)" Version)
check 'the links of the installed pages lead somewhere' links_lead_somewhere
check 'nametag --version is the version of the package' version_is "${version%-*}"
check 'the demo, by an ordinary user and without a network' package_test demo
check 'the example builds with pkg-config alone, and names a face' package_test example
check 'the desktop knows the window' desktop_knows

mkdir -p /tmp/.X11-unix
Xvfb -displayfd 7 -screen 0 1400x900x24 -ac -nolisten tcp 7>"$work/display" 2>/dev/null &
xvfb=$!
for _ in $(seq 100); do [ ! -s "$work/display" ] || break; sleep 0.1; done
export DISPLAY; DISPLAY=:$(cat "$work/display")
check 'the window plays the demo' window_shows

check 'the next version' newer_packages "$version" "$version+1"
check 'apt upgrades to it' install_packages 2
check 'every package is of the new version' all_of_version "$version+1"
check 'every file is as packaged after that' whole
check 'the people enrolled before are still known' gallery_is_whole
check 'apt removes the packages' system --net -- apt-get remove -y $(ours)
check 'nothing is left behind' nothing_left
check 'apt installs them again' install_packages 2
check 'apt purges them' system --net -- apt-get purge -y $(ours)
check 'nothing is left behind of that' nothing_left
finish
