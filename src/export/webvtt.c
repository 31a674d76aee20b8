#include "export/webvtt.h"

#include <glib/gi18n-lib.h>

#define NS_PER_MS 1000000
#define BRIDGED_NS (1000 * (gint64)NS_PER_MS) /* as long as presence.h waits until somebody has left */
#define ONLY_FRAME_NS (40 * (gint64)NS_PER_MS)
#define FLASH_NS (500 * (gint64)NS_PER_MS)

/* What is said of a face, the best last. */
typedef enum Rank { UNKNOWN, NUMBERED, GUESSED, NAMED } Rank;

typedef struct Span {
    gint64 first_ns, end_ns;
} Span;

typedef struct Frames {
    guint first, last; /* numbers of frames, as they were added */
} Frames;

/* A track; or, where faces are not tracked, all that were called the same. */
typedef struct Appearance {
    Rank rank;
    guint number;     /* NUMBERED */
    const char *name; /* GUESSED, NAMED; interned */
    GArray *frames;   /* Frames, rising; the last one may still grow */
} Appearance;

/* Somebody, by what they are called, and when they are in view. */
typedef struct Person {
    char *label;
    Rank rank;
    guint number;
    GArray *spans;
} Person;

struct NtWebvtt {
    GHashTable *appearances; /* key -> Appearance */
    GPtrArray *in_order;     /* of their first frame; borrowed */
    GArray *times;           /* gint64, of each frame */
};

static void free_appearance(gpointer data)
{
    Appearance *appearance = data;
    g_array_unref(appearance->frames);
    g_free(appearance);
}

static void free_person(gpointer data)
{
    Person *person = data;
    g_free(person->label);
    g_array_unref(person->spans);
    g_free(person);
}

NtWebvtt *nt_webvtt_new(void)
{
    NtWebvtt *webvtt = g_new0(NtWebvtt, 1);
    webvtt->appearances = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_appearance);
    webvtt->in_order = g_ptr_array_new();
    webvtt->times = g_array_new(FALSE, FALSE, sizeof(gint64));
    return webvtt;
}

void nt_webvtt_free(NtWebvtt *webvtt)
{
    if (!webvtt)
        return;
    g_array_unref(webvtt->times);
    g_ptr_array_unref(webvtt->in_order);
    g_hash_table_unref(webvtt->appearances);
    g_free(webvtt);
}

static Rank rank_of(const NtVerdict *verdict)
{
    if (verdict->kind == NT_VERDICT_NAME)
        return NAMED;
    if (verdict->kind == NT_VERDICT_UNSURE)
        return GUESSED;
    return verdict->unknown > 0 ? NUMBERED : UNKNOWN;
}

static char *label_of(Rank rank, const char *name, guint number)
{
    switch (rank) {
    case NAMED:
        return g_strdup(name);
    case GUESSED:
        return g_strconcat(name, "?", NULL);
    case NUMBERED:
        return g_strdup_printf(_("unknown %u"), number);
    case UNKNOWN:
        break;
    }
    return g_strdup(_("unknown"));
}

static Appearance *find_appearance(NtWebvtt *webvtt, const NtFace *face)
{
    const NtVerdict *verdict = &face->verdict;
    g_autofree char *label = label_of(rank_of(verdict), verdict->name, verdict->unknown);
    char *key = face->track > 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, face->track)
                                : g_strdup_printf("%d %s", (int)rank_of(verdict), label);
    Appearance *appearance = g_hash_table_lookup(webvtt->appearances, key);
    if (appearance) {
        g_free(key);
        return appearance;
    }
    appearance = g_new0(Appearance, 1);
    appearance->frames = g_array_new(FALSE, FALSE, sizeof(Frames));
    g_hash_table_insert(webvtt->appearances, key, appearance);
    g_ptr_array_add(webvtt->in_order, appearance);
    return appearance;
}

/* Of equally good words the newer ones count: names follow a gallery that changes. */
static void learn(Appearance *appearance, const NtVerdict *verdict)
{
    const Rank rank = rank_of(verdict);
    if (rank < appearance->rank)
        return;
    appearance->rank = rank;
    appearance->name = verdict->name;
    appearance->number = verdict->unknown;
}

static void add_frame(Appearance *appearance, guint frame)
{
    GArray *frames = appearance->frames;
    Frames *last = frames->len > 0 ? &g_array_index(frames, Frames, frames->len - 1) : NULL;
    const Frames alone = {frame, frame};
    if (last && frame - last->last <= 1)
        last->last = frame;
    else
        g_array_append_val(frames, alone);
}

void nt_webvtt_add(NtWebvtt *webvtt, const NtTaggedFrame *frame)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        Appearance *appearance = find_appearance(webvtt, &frame->faces[i]);
        learn(appearance, &frame->faces[i].verdict);
        add_frame(appearance, webvtt->times->len);
    }
    g_array_append_val(webvtt->times, frame->pts_ns);
}

/* A picture is shown until the next one comes; the last one as long as the one before it. */
static gint64 end_of(const NtWebvtt *webvtt, guint frame)
{
    const gint64 *times = (const gint64 *)(const void *)webvtt->times->data;
    if (frame + 1 < webvtt->times->len)
        return times[frame + 1];
    return times[frame] + (frame > 0 ? times[frame] - times[frame - 1] : ONLY_FRAME_NS);
}

static void append_spans(const NtWebvtt *webvtt, const Appearance *appearance, GArray *spans)
{
    for (guint i = 0; i < appearance->frames->len; i++) {
        const Frames *frames = &g_array_index(appearance->frames, Frames, i);
        const Span span = {g_array_index(webvtt->times, gint64, frames->first), end_of(webvtt, frames->last)};
        g_array_append_val(spans, span);
    }
}

/* Puts a span behind those that began before it, or makes the last one longer when there is hardly a gap. */
static void add_span(GArray *spans, Span span)
{
    Span *last = spans->len > 0 ? &g_array_index(spans, Span, spans->len - 1) : NULL;
    if (last && span.first_ns - last->end_ns <= BRIDGED_NS)
        last->end_ns = MAX(last->end_ns, span.end_ns);
    else
        g_array_append_val(spans, span);
}

static gint by_start(gconstpointer a, gconstpointer b)
{
    const Span *x = a, *y = b;
    return x->first_ns < y->first_ns ? -1 : x->first_ns > y->first_ns;
}

/* Joins spans that touch, overlap or nearly touch; leaves out flashes of nobody known. */
static GArray *smooth(GArray *spans, Rank rank)
{
    g_autoptr(GArray) joined = g_array_new(FALSE, FALSE, sizeof(Span));
    GArray *kept = g_array_new(FALSE, FALSE, sizeof(Span));
    g_array_sort(spans, by_start);
    for (guint i = 0; i < spans->len; i++)
        add_span(joined, g_array_index(spans, Span, i));
    for (guint i = 0; i < joined->len; i++) {
        const Span span = g_array_index(joined, Span, i);
        if (rank != UNKNOWN || span.end_ns - span.first_ns >= FLASH_NS)
            g_array_append_val(kept, span);
    }
    return kept;
}

/* People first, in the order in which they came into view; then guesses, then the unknown by number. */
static gint by_rank(gconstpointer a, gconstpointer b)
{
    const Person *x = *(Person *const *)a, *y = *(Person *const *)b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return 0;
}

static GPtrArray *list_people(const NtWebvtt *webvtt)
{
    GPtrArray *people = g_ptr_array_new_with_free_func(free_person);
    g_autoptr(GHashTable) by_label = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < webvtt->in_order->len; i++) {
        const Appearance *appearance = webvtt->in_order->pdata[i];
        g_autofree char *label = label_of(appearance->rank, appearance->name, appearance->number);
        /* A person may be called "unknown 1" too: kinds are told apart. */
        g_autofree char *key = g_strdup_printf("%d %s", (int)appearance->rank, label);
        Person *person = g_hash_table_lookup(by_label, key);
        if (!person) {
            person = g_new0(Person, 1);
            *person = (Person){g_steal_pointer(&label), appearance->rank, appearance->number,
                               g_array_new(FALSE, FALSE, sizeof(Span))};
            g_ptr_array_add(people, person);
            g_hash_table_insert(by_label, g_steal_pointer(&key), person);
        }
        append_spans(webvtt, appearance, person->spans);
    }
    for (guint i = 0; i < people->len; i++) {
        Person *person = people->pdata[i];
        g_autoptr(GArray) spans = g_steal_pointer(&person->spans);
        person->spans = smooth(spans, person->rank);
    }
    g_ptr_array_sort(people, by_rank); /* of equals keeps the order: g_ptr_array_sort is stable */
    return people;
}

static void append_escaped(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    for (const char *c = valid; *c; c++) {
        switch (*c) {
        case '&':
            g_string_append(out, "&amp;");
            break;
        case '<':
            g_string_append(out, "&lt;");
            break;
        case '>':
            g_string_append(out, "&gt;");
            break;
        case '\n':
        case '\r':
            g_string_append_c(out, ' ');
            break; /* an empty line would end the cue */
        default:
            g_string_append_c(out, *c);
        }
    }
}

static void append_time(GString *out, gint64 ns)
{
    const gint64 ms = (ns + NS_PER_MS / 2) / NS_PER_MS;
    g_string_append_printf(out, "%02d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60),
                           (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static gboolean is_in_view(const Person *person, gint64 ns)
{
    for (guint i = 0; i < person->spans->len; i++) {
        const Span *span = &g_array_index(person->spans, Span, i);
        if (span->first_ns <= ns && ns < span->end_ns)
            return TRUE;
    }
    return FALSE;
}

static char *text_at(const GPtrArray *people, gint64 ns)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < people->len; i++) {
        if (!is_in_view(people->pdata[i], ns))
            continue;
        if (text->len > 0)
            g_string_append(text, ", ");
        append_escaped(text, ((const Person *)people->pdata[i])->label);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
    const gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;
    return x < y ? -1 : x > y;
}

/* All moments at which somebody comes or goes, rising. */
static GArray *list_changes(const GPtrArray *people)
{
    GArray *changes = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < people->len; i++) {
        const Person *person = people->pdata[i];
        for (guint k = 0; k < person->spans->len; k++) {
            const Span *span = &g_array_index(person->spans, Span, k);
            g_array_append_val(changes, span->first_ns);
            g_array_append_val(changes, span->end_ns);
        }
    }
    g_array_sort(changes, by_time);
    return changes;
}

void nt_webvtt_append(const NtWebvtt *webvtt, const char *source, GString *out)
{
    g_autoptr(GPtrArray) people = list_people(webvtt);
    g_autoptr(GArray) changes = list_changes(people);
    g_string_append(out, "WEBVTT\n");
    if (source) {
        g_string_append(out, "\nNOTE Who is in view of ");
        append_escaped(out, source);
        g_string_append(out, ", by Nametag\n");
    }
    for (guint i = 0; i + 1 < changes->len; i++) {
        const gint64 begin = g_array_index(changes, gint64, i), end = g_array_index(changes, gint64, i + 1);
        g_autofree char *text = end > begin ? text_at(people, begin) : g_strdup("");
        if (!*text)
            continue;
        g_string_append_c(out, '\n');
        append_time(out, begin);
        g_string_append(out, " --> ");
        append_time(out, end);
        g_string_append_printf(out, "\n%s\n", text);
    }
}
