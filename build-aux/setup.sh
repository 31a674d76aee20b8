# Nametag - what ./run.sh and ./test.sh share: packages, models, builds. Sourced by bash, from the project's root.
#
# Every step looks first and works only when something is missing, so a second run is done at once; every step that
# writes does so beside the final place and renames, so an interrupted run leaves nothing that the next one can't mend.

# Needed to build and to run. libdlib-* hold the detector's filters and the landmark model (models/manifest.json).
build_packages=(
  gcc g++ libc6-dev meson ninja-build pkg-config ca-certificates
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-libav gstreamer1.0-tools gstreamer1.0-pipewire
  libopenblas-dev liblapack-dev libsvm-dev libsqlite3-dev libjson-glib-dev libcairo2-dev libpango1.0-dev
  libgtk-4-dev libadwaita-1-dev adwaita-icon-theme librsvg2-common gettext appstream
  libgdk-pixbuf-2.0-dev libsodium-dev libsecret-1-dev fonts-dejavu-core libdlib-dev libdlib-data
)
# Needed by the tests alone: checkers; a display without a screen, and ways to use the window on it; shells; packaging; cameras and network
# cameras made from clips; what the documents' examples use.
test_packages=(valgrind gstreamer1.0-plugins-base-apps libasan8 libubsan1 libjpeg-dev libpng-dev gnome-keyring dbus
  doxygen xvfb xauth xdotool imagemagick at-spi2-core python3-pyatspi desktop-file-utils strace
  zsh fish bash-completion mandoc librsvg2-bin libglib2.0-bin python3-gi
  debhelper dpkg-dev lintian debootstrap flatpak-builder buildah
  pipewire pipewire-bin wireplumber libpipewire-0.3-dev libgstrtspserver-1.0-dev
  jq sqlite3)

say() { printf '==> %s\n' "$*"; }
fail() { printf 'nametag: %s\n' "$*" >&2; exit 1; }

# missing_packages NAME...: those that are not installed.
missing_packages() {
  comm -13 <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii  *//p' | sort -u) \
           <(printf '%s\n' "$@" | sort -u)
}

# install_packages NAME...: installs those that are missing, with sudo where that is needed and possible.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    fail "this set-up knows Debian's packages only; elsewhere, install the equivalents of: $*; then build with 'meson setup build/release && ninja -C build/release' (docs/HACKING.md)"
  mapfile -t missing < <(missing_packages "$@")
  command -v npm >/dev/null || missing+=(npm)
  [ ${#missing[@]} -gt 0 ] || return 0

  say "installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
      as_root=(sudo)
    else
      fail "these packages are missing, and installing them needs an administrator: sudo apt-get install ${missing[*]}"
    fi
  fi
  local log; log=$(mktemp)
  if ! { "${as_root[@]}" apt-get update -qq &&
         "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    grep -E '^(E|W|Err):?' "$log" >&2 || tail -n 5 "$log" >&2
    rm -f "$log"
    fail "the packages could not be installed (above is what apt said). Without a network connection, connect and run this again; a package that is not found needs Debian 12 or newer."
  fi
  rm -f "$log"
}

# fetch_packages: the model and demo packages at their pinned versions, each file checked.
fetch_packages() {
  bash models/fetch.sh build/packages || exit 1
}

# build DIR MESON-OPTION...: configures once, then builds what changed.
build() {
  local dir=$1 log; shift
  log=$(mktemp)
  if [ ! -e "$dir/.configured" ] || [ "$(cat "$dir/.configured")" != "$*" ]; then
    say "building $dir (about a minute)"
    rm -rf "$dir"
    if ! meson setup "$dir" "$@" >"$log" 2>&1 </dev/null; then
      grep -E 'ERROR' "$log" >&2 || tail -n 20 "$log" >&2
      rm -f "$log"
      fail "the build could not be configured (above is what meson said; all of it is in $dir/meson-logs/meson-log.txt)"
    fi
    printf '%s' "$*" >"$dir/.configured"
  fi
  if ! ninja -C "$dir" >"$log" 2>&1 </dev/null; then
    grep -vE '^\[[0-9]+/[0-9]+\] ' "$log" | tail -n 40 >&2
    rm -f "$log"
    fail "the build in $dir failed (above is what the compiler said)"
  fi
  grep -E 'warning:' "$log" >&2 || true
  rm -f "$log"
}

# set_up KIND: run, or test. One at a time: a second one waits for the first. Ctrl+C is no failure of what it stopped.
set_up() {
  trap 'trap - INT; rm -f "${log-}"; say "stopped; run it again to go on from here" >&2; exit 130' INT
  mkdir -p build
  exec 9>build/.lock
  flock -n 9 || { say "another set-up is at work here; waiting for it"; flock 9; }
  if [ "$1" = test ]; then
    install_packages "${build_packages[@]}" "${test_packages[@]}"
  else
    install_packages "${build_packages[@]}"
  fi
  fetch_packages
  build build/release -Dtests=false -Ddemo=disabled
  flock -u 9
  trap - INT
}
