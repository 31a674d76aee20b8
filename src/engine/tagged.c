#include "engine/tagged.h"

NtTaggedFrame *nt_tagged_frame_new(guint n_faces)
{
    NtTaggedFrame *frame = g_new0(NtTaggedFrame, 1);
    frame->ref_count = 1;
    frame->pts_ns = -1;
    frame->n_faces = n_faces;
    frame->faces = g_new0(NtFace, n_faces);
    return frame;
}

NtTaggedFrame *nt_tagged_frame_ref(NtTaggedFrame *frame)
{
    g_atomic_int_inc(&frame->ref_count);
    return frame;
}

void nt_tagged_frame_unref(NtTaggedFrame *frame)
{
    if (!frame || !g_atomic_int_dec_and_test(&frame->ref_count))
        return;
    for (guint i = 0; i < frame->n_faces; i++)
        g_free(frame->faces[i].chip);
    g_free(frame->faces);
    g_free(frame);
}
