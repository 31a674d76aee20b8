#!/usr/bin/env bash
# nametag detect under valgrind: no error, no definite leak.
set -u
echo 'TAP version 13'
echo '1..1'
picture=$NAMETAG_PACKAGES/face-api-1.7.15/demo/sample1.jpg
if ! command -v valgrind >/dev/null; then
  echo 'ok 1 # SKIP valgrind is not installed'
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A small picture: valgrind is fifty times slower than the processor.
gst-launch-1.0 -q filesrc location="$picture" ! jpegdec ! videoscale ! video/x-raw,width=640,height=426 ! videoconvert ! \
  pngenc ! filesink location="$work/small.png" </dev/null
# OpenBLAS: the kernels that valgrind can run, without the program starting itself again.
if OPENBLAS_CORETYPE=Haswell OPENBLAS_NUM_THREADS=1 G_SLICE=always-malloc valgrind --quiet --error-exitcode=9 \
    --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
    "$NAMETAG_PROGRAM" detect "$work/small.png" >"$work/out" 2>"$work/err" && grep -q '"embedding"' "$work/out"; then
  echo 'ok 1 - detect: no error, no definite leak'
else
  sed 's/^/# /' "$work/err" | head -n 60
  echo 'not ok 1 - detect: no error, no definite leak'
fi
