/* Who is on a picture that was shown already: names by what is known now. Nothing that was handed out is changed. */
#include <string.h>

#include "app/viewing_private.h"

NtTaggedFrame *nt_viewing_copy_tags(const NtTaggedFrame *tagged, NtFrameStore *store)
{
    NtTaggedFrame *copy = store ? nt_frame_store_take(store, tagged->n_faces) : nt_tagged_frame_new(tagged->n_faces);
    gboolean has_chips = FALSE;
    copy->index = tagged->index;
    copy->pts_ns = tagged->pts_ns;
    copy->width = tagged->width;
    copy->height = tagged->height;
    copy->cut = tagged->cut;
    for (guint i = 0; i < tagged->n_faces; i++)
        has_chips |= tagged->faces[i].chip != NULL;
    if (has_chips)
        nt_tagged_frame_add_chips(copy);
    for (guint i = 0; i < tagged->n_faces; i++) {
        guint8 *chip = copy->faces[i].chip;
        copy->faces[i] = tagged->faces[i];
        copy->faces[i].chip = tagged->faces[i].chip ? chip : NULL;
        if (tagged->faces[i].chip)
            memcpy(chip, tagged->faces[i].chip, NT_CHIP_BYTES);
    }
    return copy;
}

static void make_unknown(NtVerdict *verdict)
{
    verdict->kind = NT_VERDICT_UNKNOWN;
    verdict->reason = NT_REASON_TIE;
    verdict->name = NULL;
    verdict->sure = FALSE;
}

/* Whether a keeps the name that both have: who had it before, else the nearer one, else who has been there longer. */
static gboolean keeps_name(const NtTaggedFrame *before, guint a, const NtVerdict *of_a, guint b, const NtVerdict *of_b)
{
    const gboolean a_had_it =
        before->faces[a].verdict.kind == NT_VERDICT_NAME && before->faces[a].verdict.name == of_a->name;
    const gboolean b_had_it =
        before->faces[b].verdict.kind == NT_VERDICT_NAME && before->faces[b].verdict.name == of_b->name;
    if (a_had_it != b_had_it)
        return a_had_it;
    return of_a->distance <= of_b->distance;
}

/* No two faces of a picture have the same name, and nobody is guessed to be whom another face is named. */
static void settle(NtTaggedFrame *frame, const NtTaggedFrame *before)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        for (guint k = 0; k < i; k++) {
            NtVerdict *a = &frame->faces[k].verdict, *b = &frame->faces[i].verdict;
            if (a->kind == NT_VERDICT_NAME && b->kind == NT_VERDICT_NAME && a->name == b->name)
                make_unknown(keeps_name(before, k, a, i, b) ? b : a);
        }
    }
    for (guint i = 0; i < frame->n_faces; i++) {
        NtVerdict *guess = &frame->faces[i].verdict;
        for (guint k = 0; k < frame->n_faces && guess->kind == NT_VERDICT_UNSURE; k++) {
            const NtVerdict *named = &frame->faces[k].verdict;
            if (named->kind == NT_VERDICT_NAME && named->name == guess->name)
                make_unknown(guess);
        }
    }
}

NtShown *nt_viewing_name_anew(const NtShown *shown, const NtTaggedFrame *original, NtAlbum *album,
                              const NtClassifier *classifier)
{
    NtShown *anew = nt_shown_new();
    anew->texture = g_object_ref(shown->texture);
    anew->pixel_aspect = shown->pixel_aspect;
    anew->pts_ns = shown->pts_ns;
    anew->frame = shown->frame ? nt_frame_ref(shown->frame) : NULL;
    anew->still = shown->still;
    anew->still_pixels = shown->still_pixels ? g_bytes_ref(shown->still_pixels) : NULL;
    anew->tagged = nt_viewing_copy_tags(original, NULL);
    for (guint i = 0; i < anew->tagged->n_faces; i++) {
        NtFace *face = &anew->tagged->faces[i];
        const guint number = face->verdict.unknown;
        NtVerdict verdict;
        if (!nt_album_identify(album, face->track, classifier, &verdict))
            continue;
        face->verdict = verdict;
        const gboolean has_number = verdict.kind == NT_VERDICT_UNKNOWN && verdict.reason != NT_REASON_IGNORED;
        face->verdict.unknown = has_number ? number : 0;
    }
    settle(anew->tagged, shown->tagged);
    return anew;
}

/* Of a person's pictures so many of two must be known: one may be like somebody by chance. */
static gboolean is_unknown(const NtUnknown *unknown, const NtClassifier *classifier)
{
    guint n_known = 0;
    for (guint i = 0; i < unknown->n_faces; i++) {
        NtVerdict verdict;
        nt_classifier_identify(classifier, unknown->faces[i].embedding, &verdict);
        n_known += verdict.kind == NT_VERDICT_NAME || verdict.reason == NT_REASON_IGNORED;
    }
    return 2 * n_known < MAX(unknown->n_faces, 1);
}

GPtrArray *nt_viewing_still_unknown(GPtrArray *unknown, const NtClassifier *classifier)
{
    for (guint i = unknown->len; classifier && i-- > 0;)
        if (!is_unknown(unknown->pdata[i], classifier))
            g_ptr_array_remove_index(unknown, i);
    return unknown;
}
