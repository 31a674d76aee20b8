#!/usr/bin/env bash
# build-aux/image/build.sh [OPTION...]: fetches and checks the models, then builds the image localhost/nametag with podman,
# docker or buildah, whichever is there ($NAMETAG_IMAGE_TOOL chooses). The options are that tool's own.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() { printf 'nametag: %s\n' "$*" >&2; exit 1; }

version=$(sed -n "s/^ *version: '\([0-9][^']*\)',.*/\1/p" meson.build | head -n 1)
[ -n "$version" ] || fail "meson.build does not tell the version"

tool=${NAMETAG_IMAGE_TOOL:-}
for candidate in podman docker buildah; do
  [ -z "$tool" ] && command -v "$candidate" >/dev/null && tool=$candidate
done
[ -n "$tool" ] || fail "none of podman, docker and buildah is here; install one (sudo apt-get install podman)"
case ${tool##*/} in
  podman | docker) build=(build) ;;
  buildah) build=(bud) ;;
  *) fail "NAMETAG_IMAGE_TOOL must be podman, docker or buildah, not $tool" ;;
esac

bash models/fetch.sh build/packages
exec "$tool" "${build[@]}" --file build-aux/image/Containerfile --build-arg "VERSION=$version" \
  --tag "localhost/nametag:$version" --tag localhost/nametag:latest "$@" .
