/* Video. */
#include "engine/tracker.h"
#include "lib/lib_private.h"

#include <stdlib.h>

struct NametagTracker {
    NtLibCore *core;
    NtTracker *tracker;
    NtLibPixels pixels;
    NtLibWords words;
    int64_t last_ns; /* of the frame before; -1: none */
};

NametagStatus nametag_tracker_new(Nametag *nametag, NametagTracker **tracker)
{
    if (tracker)
        *tracker = NULL;
    if (!nametag)
        return NT_LIB_MISSING(NULL, "nametag");
    if (!tracker)
        return NT_LIB_MISSING(&nametag->words, "tracker");
    NametagTracker *made = g_new0(NametagTracker, 1);
    made->core = nt_lib_core_ref(nametag->core);
    made->tracker = nt_tracker_new(made->core->models, NULL, &(NtTrackerOptions){.engine = made->core->engine});
    made->last_ns = -1;
    *tracker = made;
    return NAMETAG_OK;
}

void nametag_tracker_free(NametagTracker *tracker)
{
    if (!tracker)
        return;
    nt_tracker_free(tracker->tracker);
    nt_lib_core_unref(tracker->core);
    free(tracker->pixels.data);
    g_free(tracker->words.text);
    g_free(tracker);
}

NametagStatus nametag_tracker_tag(NametagTracker *tracker, const NametagPicture *frame, int64_t pts_ns, NametagTags **tags)
{
    if (tags)
        *tags = NULL;
    if (!tracker)
        return NT_LIB_MISSING(NULL, "tracker");
    if (!tags)
        return NT_LIB_MISSING(&tracker->words, "tags");
    if (!frame)
        return NT_LIB_MISSING(&tracker->words, "frame");
    if (pts_ns < 0 || pts_ns <= tracker->last_ns)
        return nt_lib_fail(&tracker->words, NAMETAG_ERROR_ARGUMENT,
                           "nametag_tracker_tag: the frame's time, %" G_GINT64_FORMAT " ns, does not follow that of the frame "
                           "before, %" G_GINT64_FORMAT "; nametag_tracker_restart() begins anew", pts_ns, tracker->last_ns);
    NametagPicture checked;
    NtLibView view;
    const NametagStatus status =
        nt_lib_view(frame, NT_LIB_GRAY_AS_YUV, &tracker->pixels, &checked, &view, &tracker->words);
    if (status != NAMETAG_OK)
        return status;
    GError *error = NULL;
    NtTaggedFrame *tagged = view.is_yuv ? nt_tracker_tag(tracker->tracker, &view.yuv, pts_ns, &error)
                                        : nt_tracker_tag_rgb(tracker->tracker, &view.rgb, pts_ns, &error);
    if (!tagged)
        return nt_lib_fail_with(&tracker->words, error);
    tracker->last_ns = pts_ns;
    *tags = nt_lib_tags_new(tagged, tracker->core, checked.source, FALSE);
    return NAMETAG_OK;
}

void nametag_tracker_restart(NametagTracker *tracker)
{
    if (!tracker)
        return;
    nt_tracker_restart(tracker->tracker);
    tracker->last_ns = -1;
}

const char *nametag_tracker_error(const NametagTracker *tracker) { return nt_lib_words(tracker ? &tracker->words : NULL); }
