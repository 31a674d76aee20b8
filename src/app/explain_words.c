#include "app/explain_words.h"

#include <glib/gi18n.h>
#include <math.h>

#include "identity/threshold.h"
#include "overlay/explain_steps.h"

/* Two decimals with a true minus sign, which a mark (U+200E) keeps before the number in right-to-left text. */
static char *number_words(double value)
{
    if (!isfinite(value))
        return g_strdup("–");
    return value < -0.005 ? g_strdup_printf("\xe2\x80\x8e−%.2f", -value) : g_strdup_printf("%.2f", fabs(value));
}

char *nt_explain_words_score(const NtExplainFace *explain)
{
    g_autofree char *score = number_words(explain->face.detection.score);
    return g_strdup_printf(_("Detector score %s, limit 0"), score);
}

char *nt_explain_words_found(const NtExplainFace *explain)
{
    const NtFace *face = &explain->face;
    const char *filter = nt_explain_filter_name(face->detection.part);
    g_autofree char *score = number_words(face->detection.score);
    switch (face->finding) {
    case NT_FOUND_DETECTED:
        break;
    case NT_FOUND_FOLLOWED:
        return g_strdup(_("Not found anew just now: followed from the picture before."));
    case NT_FOUND_PREDICTED:
        return g_strdup(_("Not seen just now: this is where it should be by its movement."));
    }
    if (!filter)
        return g_strdup_printf(_("Score %s, limit 0."), score);
    /* Translators: the second %s is one of “looking straight ahead”, “turned to the left”… */
    return g_strdup_printf(_("Score %s, limit 0: by the filter for faces %s."), score, filter);
}

char *nt_explain_words_aligned(const NtExplainFace *explain)
{
    const int degrees = nt_round(fabs(explain->plan.angle) * 180 / G_PI);
    if (!explain->chip)
        return g_strdup(_("The face lies outside the picture."));
    return g_strdup_printf(ngettext("Turned by %d degree and scaled to 150 × 150 pixels.",
                                    "Turned by %d degrees and scaled to 150 × 150 pixels.", (gulong)degrees),
                           degrees);
}

char *nt_explain_words_numbers(const NtExplainFace *explain)
{
    float least = INFINITY, most = -INFINITY;
    if (!explain->has_embedding)
        return g_strdup(_("Not measured yet."));
    for (int i = 0; i < NT_EMBEDDING_SIZE; i++) {
        least = MIN(least, explain->embedding[i]);
        most = MAX(most, explain->embedding[i]);
    }
    g_autofree char *from = number_words((double)least), *to = number_words((double)most);
    return g_strdup_printf(_("128 numbers from %s to %s."), from, to);
}

char *nt_explain_words_people(const NtExplainFace *explain)
{
    g_autoptr(GString) words = g_string_new(NULL);
    g_autofree char *limit = number_words(explain->limit);
    if (explain->n_neighbours == 0)
        return g_strdup(_("Nobody to compare with."));
    for (guint i = 0; i < explain->n_neighbours; i++) {
        g_autofree char *distance = number_words((double)explain->neighbours[i].distance);
        if (i > 0)
            g_string_append(words, _(", "));
        /* Translators: a name and its distance: “Anna at 0.32”. */
        g_string_append_printf(words, _("%s at %s"), explain->neighbours[i].name, distance);
    }
    return g_strdup_printf(_("%s; limit %s."), words->str, limit);
}

/* The nearest other person than whom the verdict is about; NULL when there is none. */
static const char *second_person(const NtExplainFace *explain)
{
    for (guint i = 0; i < explain->n_neighbours; i++)
        if (explain->verdict.nearest && !g_str_equal(explain->neighbours[i].name, explain->verdict.nearest))
            return explain->neighbours[i].name;
    return NULL;
}

static char *name_words(const NtExplainFace *explain, const char *distance, const char *limit)
{
    const char *name = explain->verdict.name, *second = second_person(explain);
    if (!second || !isfinite(explain->verdict.margin))
        return g_strdup_printf(_("%s, because %s is within the limit of %s."), name, distance, limit);
    return g_strdup_printf(_("%s, because %s is within the limit of %s and clearly nearer than %s."), name, distance,
                           limit, second);
}

/* Beyond the limit, or within it but with somebody else hardly farther (identity/threshold.h). */
static char *close_words(const NtExplainFace *explain, const char *distance, const char *limit)
{
    const char *name = explain->verdict.nearest, *second = second_person(explain);
    if ((double)explain->verdict.distance > explain->limit || !second)
        return g_strdup_printf(_("Perhaps %s: %s is near, but beyond the limit of %s."), name, distance, limit);
    return g_strdup_printf(_("Perhaps %s: %s is within the limit of %s, but %s is nearly as near."), name, distance,
                           limit, second);
}

static char *far_words(const NtExplainFace *explain, const char *distance, const char *limit)
{
    const char *name = explain->verdict.nearest, *second = second_person(explain);
    if ((double)explain->verdict.distance > explain->limit || !second)
        return g_strdup_printf(_("Unknown: the nearest, %s, is too far away: %s, and the limit is %s."), name, distance,
                               limit);
    return g_strdup_printf(_("Unknown: %s and %s are about as near, so it is likely neither."), name, second);
}

static char *tie_words(const NtExplainFace *explain)
{
    const char *name = explain->verdict.nearest, *second = second_person(explain);
    if (!second)
        return g_strdup_printf(_("Perhaps %s."), name);
    if (explain->verdict.margin < NT_MIN_MARGIN)
        return g_strdup_printf(_("Perhaps %s: %s is about as near."), name, second);
    return g_strdup_printf(
        _("Perhaps %s: nearest by distance, but compared one against one somebody else fits better."), name);
}

/* Somebody who is nearer than who it was called, but whom a user has ruled out. */
static char *add_ruled_out(const NtExplainFace *explain, char *words)
{
    const NtVerdict *verdict = &explain->verdict;
    if (verdict->kind == NT_VERDICT_UNKNOWN || explain->n_neighbours == 0 || !verdict->nearest ||
        g_str_equal(explain->neighbours[0].name, verdict->nearest))
        return words;
    g_autofree char *first = words;
    g_autofree char *more = g_strdup_printf(_("%s is nearer, but you said that it is not %s."),
                                            explain->neighbours[0].name, explain->neighbours[0].name);
    return g_strconcat(first, " ", more, NULL);
}

char *nt_explain_words_verdict(const NtExplainFace *explain)
{
    const NtVerdict *verdict = &explain->verdict;
    g_autofree char *distance = number_words((double)verdict->distance), *limit = number_words(explain->limit);
    if (!explain->has_embedding)
        return g_strdup(_("Not measured yet: a moment, or a clearer view of the face."));
    switch (verdict->reason) {
    case NT_REASON_NONE:
        return add_ruled_out(explain, name_words(explain, distance, limit));
    case NT_REASON_CLOSE:
        return add_ruled_out(explain, close_words(explain, distance, limit));
    case NT_REASON_TIE:
        return add_ruled_out(explain, tie_words(explain));
    case NT_REASON_FAR:
        return far_words(explain, distance, limit);
    case NT_REASON_REJECTED:
        return g_strdup_printf(_("Unknown: it looks like %s, but you said that it is not %s."), verdict->nearest,
                               verdict->nearest);
    case NT_REASON_IGNORED:
        return g_strdup(_("Unknown: it looks like a face that you said to ignore."));
    case NT_REASON_EMPTY:
        break;
    }
    return g_strdup(_("Unknown: nobody has a name yet. Click the face in the picture to give it one."));
}

char *nt_explain_words_together(const NtExplainFace *explain)
{
    const NtVerdict *track = &explain->face.verdict, *alone = &explain->verdict;
    if (!explain->has_embedding || explain->face.n_embedded < 2 ||
        (track->kind == alone->kind && g_strcmp0(track->name, alone->name) == 0))
        return NULL;
    switch (track->kind) {
    case NT_VERDICT_NAME:
        return g_strdup_printf(_("That is this picture alone. All its pictures together say: %s."), track->name);
    case NT_VERDICT_UNSURE:
        return g_strdup_printf(_("That is this picture alone. All its pictures together say: perhaps %s."),
                               track->name);
    case NT_VERDICT_UNKNOWN:
        break;
    }
    return g_strdup(_("That is this picture alone. All its pictures together say: unknown."));
}
