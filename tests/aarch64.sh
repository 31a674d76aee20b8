#!/usr/bin/env bash
# Builds the core (base, vision, nn) for aarch64 with Debian's cross compiler and runs its tests in qemu-user. By hand, from
# the project's root, after ./test.sh has built the models:
#
#   sudo dpkg --add-architecture arm64 && sudo apt-get update
#   sudo apt-get install gcc-aarch64-linux-gnu qemu-user libglib2.0-dev:arm64 libopenblas-dev:arm64
#   bash tests/aarch64.sh
set -euo pipefail
cd "$(dirname "$0")/.."

models=${NAMETAG_MODELS:-$PWD/build/test/models}
out=build/aarch64
export PKG_CONFIG_LIBDIR=/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig
export NAMETAG_MODELS=$models
mkdir -p "$out"
read -ra glib <<<"$(pkg-config --cflags --libs glib-2.0)"
read -ra blas <<<"$(pkg-config --cflags --libs openblas)"

compile() { # OBJECT SOURCE FLAG...
  aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -O3 -fno-math-errno -fno-trapping-math -Isrc "${blas[@]}" \
    "${@:3}" -c "$2" -o "$out/$1.o"
}
# The same flags as in src/*/meson.build.
kernel=(-Wno-psabi -fno-tree-loop-distribute-patterns -DNT_LEVEL=baseline)
for source in src/base/*.c src/vision/*.c src/nn/*.c; do
  name=$(basename "$source" .c)
  case "$name" in
    conv8_vnni) continue ;;
    fhog_kernel | filter_kernel | conv_kernel | small_conv_kernel | winograd_kernel) compile "$name" "$source" "${kernel[@]}" -ffp-contract=fast ;;
    *_kernel) compile "$name" "$source" "${kernel[@]}" -ffp-contract=off ;;
    *) compile "$name" "$source" -ffp-contract=off ;;
  esac
done
objects=("$out"/*.o)

failed=0
for test in vision/test_image vision/test_pyramid vision/test_fhog vision/test_kernels vision/test_face vision/test_detector nn/test_layers; do
  program=$out/$(basename "$test")
  aarch64-linux-gnu-gcc -std=gnu17 -D_GNU_SOURCE -O2 -ffp-contract=off -Isrc "tests/$test.c" "${objects[@]}" -o "$program" \
    "${glib[@]}" "${blas[@]}" -lm -lpthread
  printf '== %s\n' "$test"
  KERNEL_LEVEL=baseline qemu-aarch64 "$program" || failed=1
done
[ "$failed" -eq 0 ] && echo "aarch64: all passed"
exit "$failed"
