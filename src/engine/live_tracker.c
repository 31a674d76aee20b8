/* Live with the tracker: what the program uses. */
#include "engine/live_private.h"

static NtTaggedFrame *tag(gpointer self, const NtYuvImage *yuv, gint64 pts_ns, GError **error)
{
    return nt_tracker_tag(self, yuv, pts_ns, error);
}

static void restart(gpointer self)
{
    nt_tracker_restart(self);
}

static void free_tracker(gpointer self)
{
    nt_tracker_free(self);
}

NtLive *nt_live_new(NtModelSet *models, const NtClassifier *classifier, const NtLiveOptions *options, NtLiveShow show,
                    gpointer user)
{
    static const NtLiveAnalysis analysis = {tag, restart, free_tracker};
    NtTracker *tracker = nt_tracker_new(models, classifier, &options->tracker);
    return nt_live_new_with(&analysis, tracker, NULL, options->patience_ns, show, user);
}
