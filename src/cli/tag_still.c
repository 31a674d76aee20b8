#include "cli/tag_job.h"
#include "export/draw_tags.h"
#include "media/still.h"

gboolean nt_tag_still(const NtTagJob *job, const char *path, const char *output, NtUnknowns *unknowns, NtTagSummary *summary,
                      GError **error)
{
    g_autoptr(NtStill) still = nt_still_load(path, error);
    if (!still)
        return FALSE;
    NtEngineOptions options = job->options;
    options.workers = (int)job->n_threads;
    g_autoptr(NtAnalyser) analyser = nt_analyser_new(job->models, job->classifier, &options);
    g_autoptr(NtTaggedFrame) frame = nt_analyser_tag_rgb(analyser, &still->rgb, error);
    if (!frame)
        return FALSE;
    nt_unknowns_add(unknowns, frame, job->classifier ? nt_classifier_threshold(job->classifier) : 0);
    nt_tag_summary_add(summary, frame);
    if (job->records && !nt_record_writer_write(job->records, path, frame, job->landmarks, error))
        return FALSE;
    NtOverlayOptions overlay = NT_OVERLAY_DEFAULTS;
    overlay.landmarks = job->landmarks;
    return !output || nt_draw_tags_save(&still->rgb, 1, frame, &overlay, output, error);
}
