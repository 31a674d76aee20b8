#!/usr/bin/env bash
# flatpak/prepare.sh [FILE]: makes FILE, by default flatpak/model-sources.tar, of which flatpak/org.nametag.Nametag.yml builds the
# models and the demo.
#
# In it are the files that models/manifest.json lists, from the packages they are published in, each checked by its SHA-256 here and
# again by the Flatpak's build, which has no network; and the demo's clips. Packages are installed where they are missing, as
# ./run.sh does. The same files give the same archive.
set -euo pipefail
output=$(realpath -m "${1:-$(dirname "$0")/model-sources.tar}")
cd "$(dirname "$0")/.."
. build-aux/setup.sh
. build-aux/demo.sh

mkdir -p build
exec 9>build/.lock
flock -n 9 || { say "another set-up is at work here; waiting for it"; flock 9; }
install_packages "${build_packages[@]}"
fetch_packages
demo_clips

work=$(mktemp -d build/.flatpak-XXXXXX)
trap 'rm -rf "$work" "$output.part"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# One line a file: where it is, and where it goes.
python3 - models/manifest.json <<'PYTHON' | while IFS=$'\t' read -r from to; do install -D -m 0644 "$from" "$work/$to"; done
import json, sys
manifest = json.load(open(sys.argv[1], encoding="utf-8"))
packages = {package["name"]: package for package in manifest["packages"]}
for file in manifest["files"]:
    package = packages[file["package"]]
    if package["kind"] == "npm":
        inside = f"packages/{package['folder']}/{file['path']}"
        print(f"build/{inside}", inside, sep="\t")
    else:
        print(file["path"], f"debian{file['path']}", sep="\t")
PYTHON
for clip in demo Franck Presenter; do
  install -D -m 0644 "build/demo/$clip.mp4" "$work/demo/$clip.mp4"
done

tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --format=gnu -C "$work" -cf "$output.part" packages debian demo ||
  fail "$output could not be written; is the disk full?"
mv "$output.part" "$output"
say "$output is made ($(du -h "$output" | cut -f 1)); flatpak/README.md tells how to go on"
