#include "vision/detector.h"

#include <stdlib.h>

#include "vision/pyramid.h"
#include "vision/search.h"

NtDetectWorkspace *nt_detect_workspace_new(NtWorkers *workers)
{
    NtDetectWorkspace *workspace = calloc(1, sizeof *workspace);
    if (!workspace)
        return NULL;
    workspace->workers = workers;
    workspace->n_scanners = nt_workers_count(workers);
    workspace->scanners = calloc((size_t)workspace->n_scanners, sizeof *workspace->scanners);
    if (!workspace->scanners) {
        free(workspace);
        return NULL;
    }
    return workspace;
}

void nt_detect_workspace_free(NtDetectWorkspace *workspace)
{
    if (!workspace)
        return;
    for (int i = 0; i < 2; i++)
        free(workspace->enlarged[i].data);
    for (int i = 0; i < NT_MAX_LEVELS; i++)
        free(workspace->pixels[i].data);
    for (int i = 0; i < workspace->n_scanners; i++) {
        NtScanner *scanner = &workspace->scanners[i];
        nt_fhog_clear(&scanner->fhog);
        free(scanner->filter_work);
        free(scanner->responses);
        free(scanner->candidates);
    }
    free(workspace->scanners);
    free(workspace->candidates);
    free(workspace->found);
    free(workspace);
}

NtStatus nt_detect_check(const NtImage *image, const NtDetectOptions *options, NtError *error)
{
    int width, height;
    return nt_search_check(image, options, &width, &height, error);
}

NtStatus nt_detect(const NtDetector *detector, NtDetectWorkspace *workspace, const NtImage *image,
                   const NtDetectOptions *options, const NtDetection **found, size_t *n_found, NtError *error)
{
    int width, height;
    const NtStatus status = nt_search_check(image, options, &width, &height, error);
    if (status != NT_OK)
        return status;
    NtBand bands[NT_MAX_LEVELS];
    const int levels = nt_search_levels(width, height);
    for (int i = 0; i < levels; i++, height = nt_pyramid_next_side(height))
        bands[i] = (NtBand){i, 0, nt_window_count(height)};
    const NtSearch search = {detector, workspace, options, bands, levels};
    return nt_search_run(&search, image, found, n_found, error);
}
