#include "app/time_line.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/time_line_builder.h"
#include "app/time_line_cache.h"

struct _NtTimeLine {
    GObject parent;
    NtLibrary *library;         /* NULL: nobody is known */
    NtTimeLineBuilder *builder; /* NULL: closed */
    NtAppearances *appearances; /* the newest */
    char *words;
    GArray *shown, *open; /* see nt_lanes_name */
    NtAppearances *named; /* what lanes and open are of */
    GPtrArray *lanes;
    gboolean naming, name_again; /* a thread is at it; it must once more */
    gboolean stale;              /* what it is at: the gallery has changed since */
    gboolean was_open;           /* the gallery, the last time lanes were named */
};
G_DEFINE_FINAL_TYPE(NtTimeLine, nt_time_line, G_TYPE_OBJECT)

enum { PROPERTY_PROGRESS = 1, PROPERTY_COMPLETE, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];
enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* What a thread is given, and gives back. */
typedef struct Naming {
    NtAppearances *appearances;
    NtClassifier *classifier; /* NULL: nobody is known */
    GArray *shown, *open;
    GPtrArray *lanes;
} Naming;

static GArray *new_numbers(void)
{
    return g_array_new(FALSE, TRUE, sizeof(guint));
}
static GPtrArray *new_lanes(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)nt_lane_unref);
}

static void free_naming(gpointer data)
{
    Naming *naming = data;
    nt_appearances_unref(naming->appearances);
    nt_classifier_unref(naming->classifier);
    g_array_unref(naming->shown);
    g_array_unref(naming->open);
    if (naming->lanes)
        g_ptr_array_unref(naming->lanes);
    g_free(naming);
}

static void name_in_thread(GTask *task, gpointer source G_GNUC_UNUSED, gpointer data,
                           GCancellable *cancellable G_GNUC_UNUSED)
{
    Naming *naming = data;
    naming->lanes = nt_lanes_name(naming->appearances, naming->classifier, naming->shown, naming->open);
    g_task_return_boolean(task, TRUE);
}

static gboolean numbers_equal(const GArray *a, const GArray *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(guint)) == 0);
}

static void name_lanes(NtTimeLine *self);

static void take_names(GObject *object, GAsyncResult *result, gpointer user G_GNUC_UNUSED)
{
    NtTimeLine *self = NT_TIME_LINE(object);
    Naming *naming = g_task_get_task_data(G_TASK(result));
    self->naming = FALSE;
    if (!self->builder)
        return;
    const gboolean stale = self->stale;
    /* Numbers given stay, even where names that are out of date are not shown for a moment. */
    g_clear_pointer(&self->shown, g_array_unref);
    self->shown = g_array_ref(naming->shown);
    if (self->name_again)
        name_lanes(self);
    if (stale)
        return;
    const gboolean was_complete = self->named->complete;
    const gboolean same = nt_lanes_equal(self->lanes, naming->lanes) && numbers_equal(self->open, naming->open) &&
                          was_complete == naming->appearances->complete;
    g_clear_pointer(&self->open, g_array_unref);
    self->open = g_array_ref(naming->open);
    g_clear_pointer(&self->named, nt_appearances_unref);
    self->named = nt_appearances_ref(naming->appearances);
    if (same)
        return;
    g_ptr_array_unref(self->lanes);
    self->lanes = g_steal_pointer(&naming->lanes);
    if (was_complete != self->named->complete)
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROPERTY_COMPLETE]);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

/* Whether it is settled who is known: while a gallery is being opened nobody is called unknown. */
static gboolean may_name(NtTimeLine *self)
{
    if (!self->library)
        return TRUE;
    const NtLibraryState state = nt_library_get_state(self->library);
    return state != NT_LIBRARY_CLOSED && state != NT_LIBRARY_OPENING;
}

static void clear_lanes(NtTimeLine *self)
{
    g_array_set_size(self->open, 0);
    if (self->lanes->len == 0)
        return;
    g_ptr_array_unref(self->lanes);
    self->lanes = new_lanes();
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

/* Names what there is by the newest classifier: now, or as soon as the thread that is at it has done so. */
static void name_lanes(NtTimeLine *self)
{
    if (!self->builder)
        return;
    self->name_again = self->naming;
    if (self->naming)
        return;
    if (!may_name(self)) {
        clear_lanes(self);
        return;
    }
    g_autoptr(NtClassifier) classifier = self->library ? nt_library_get_classifier(self->library) : NULL;
    const gboolean is_open = classifier != NULL;
    if (is_open && !self->was_open) { /* numbers given while nobody was known mean nothing */
        g_array_unref(self->shown);
        self->shown = new_numbers();
    }
    self->was_open = is_open;

    Naming *naming = g_new0(Naming, 1);
    naming->appearances = nt_appearances_ref(self->appearances);
    naming->classifier = g_steal_pointer(&classifier);
    naming->shown = g_array_copy(self->shown);
    naming->open = new_numbers();
    self->naming = TRUE;
    self->stale = FALSE;
    g_autoptr(GTask) task = g_task_new(self, NULL, take_names, NULL);
    g_task_set_source_tag(task, name_lanes);
    g_task_set_task_data(task, naming, free_naming);
    g_task_run_in_thread(task, name_in_thread);
}

static void take_report(NtAppearances *appearances, const char *words, gpointer user)
{
    NtTimeLine *self = user;
    const double progress = nt_time_line_get_progress(self);
    g_clear_pointer(&self->appearances, nt_appearances_unref);
    self->appearances = nt_appearances_ref(appearances);
    g_free(self->words);
    self->words = g_strdup(words);

    name_lanes(self);
    if (progress < nt_time_line_get_progress(self) || progress > nt_time_line_get_progress(self) || words)
        g_object_notify_by_pspec(G_OBJECT(self), properties[PROPERTY_PROGRESS]);
}

/* Nothing is written of an encrypted gallery's clips, nor before it is known whether it is. */
static void update_keep(NtTimeLine *self)
{
    gboolean keep = TRUE;
    if (self->library) {
        gboolean encrypted = TRUE;
        g_object_get(self->library, "encrypted", &encrypted, NULL);
        keep = nt_library_get_state(self->library) == NT_LIBRARY_OPEN && !encrypted;
    }
    nt_time_line_builder_set_keep(self->builder, keep);
}

static void follow_library(NtTimeLine *self)
{
    if (!self->builder)
        return;
    update_keep(self);
    self->stale = self->naming;
    name_lanes(self);
}

NtTimeLine *nt_time_line_new(const char *location, NtModelSet *models, NtLibrary *library, gboolean remember)
{
    NtTimeLine *self = g_object_new(NT_TYPE_TIME_LINE, NULL);
    self->library = library ? g_object_ref(library) : NULL;
    self->builder = nt_time_line_builder_start(location, models, remember, take_report, self);
    if (library) {
        g_signal_connect_object(library, "changed", G_CALLBACK(follow_library), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(library, "notify::state", G_CALLBACK(follow_library), self, G_CONNECT_SWAPPED);
        g_signal_connect_object(library, "notify::encrypted", G_CALLBACK(follow_library), self, G_CONNECT_SWAPPED);
    }
    update_keep(self);
    return self;
}

void nt_time_line_close(NtTimeLine *self)
{
    g_clear_pointer(&self->builder, nt_time_line_builder_stop);
}
void nt_time_line_wait_all(void)
{
    nt_time_line_builder_wait_all();
}
void nt_time_line_clear_cache(void)
{
    nt_time_line_cache_clear();
}

void nt_time_line_set_busy(NtTimeLine *self, gboolean busy)
{
    if (self->builder)
        nt_time_line_builder_set_busy(self->builder, busy);
}

double nt_time_line_get_progress(NtTimeLine *self)
{
    const NtAppearances *appearances = self->appearances;
    if (appearances->complete)
        return 1;
    if (appearances->duration_ns <= 0 || appearances->reached_ns < 0)
        return 0;
    return CLAMP((double)appearances->reached_ns / (double)appearances->duration_ns, 0, 1);
}

gboolean nt_time_line_is_complete(NtTimeLine *self) { return self->named->complete; }
const char *nt_time_line_get_words(NtTimeLine *self)
{
    return self->words;
}
gint64 nt_time_line_get_duration(NtTimeLine *self)
{
    return self->appearances->duration_ns;
}
GPtrArray *nt_time_line_get_lanes(NtTimeLine *self)
{
    return self->lanes;
}

gint64 nt_time_line_seek(NtTimeLine *self, const NtLane *lane, gint64 position_ns, int direction)
{
    return nt_lanes_seek(self->lanes, lane, position_ns, direction);
}

static NtUnknown *copy_unknown(const NtUnknown *unknown, guint number)
{
    NtUnknown *copy = g_memdup2(unknown, sizeof *unknown);
    copy->number = number;
    copy->source = g_strdup(unknown->source);
    copy->faces = g_memdup2(unknown->faces, unknown->n_faces * sizeof *unknown->faces);
    for (guint i = 0; i < copy->n_faces; i++) {
        copy->faces[i].chip = g_memdup2(unknown->faces[i].chip, NT_CHIP_BYTES);
        copy->faces[i].source = g_strdup(unknown->faces[i].source);
    }
    return copy;
}

GPtrArray *nt_time_line_get_unknown(NtTimeLine *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)nt_unknown_free);
    for (guint i = 0; i < self->open->len; i++) {
        const guint number = g_array_index(self->open, guint, i);
        if (number <= self->named->unknown->len)
            g_ptr_array_add(list, copy_unknown(self->named->unknown->pdata[number - 1],
                                               g_array_index(self->shown, guint, number - 1)));
    }
    return list;
}

char *nt_lane_label(const NtLane *lane)
{
    if (lane->name)
        return g_strdup(lane->name);
    return lane->unknown > 0 ? g_strdup_printf(_("unknown %u"), lane->unknown) : g_strdup(_("unknown"));
}

static void nt_time_line_get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    NtTimeLine *self = NT_TIME_LINE(object);
    switch (id) {
    case PROPERTY_PROGRESS:
        g_value_set_double(value, nt_time_line_get_progress(self));
        break;
    case PROPERTY_COMPLETE:
        g_value_set_boolean(value, nt_time_line_is_complete(self));
        break;
    default:
        G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
}

static void nt_time_line_finalize(GObject *object)
{
    NtTimeLine *self = NT_TIME_LINE(object);
    nt_time_line_close(self);
    g_clear_object(&self->library);
    nt_appearances_unref(self->appearances);
    nt_appearances_unref(self->named);
    g_free(self->words);
    g_array_unref(self->shown);
    g_array_unref(self->open);
    g_ptr_array_unref(self->lanes);
    G_OBJECT_CLASS(nt_time_line_parent_class)->finalize(object);
}

static void nt_time_line_class_init(NtTimeLineClass *class)
{
    GObjectClass *object_class = G_OBJECT_CLASS(class);
    object_class->get_property = nt_time_line_get_property;
    object_class->finalize = nt_time_line_finalize;
    properties[PROPERTY_PROGRESS] =
        g_param_spec_double("progress", NULL, NULL, 0, 1, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    properties[PROPERTY_COMPLETE] =
        g_param_spec_boolean("complete", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(object_class, N_PROPERTIES, properties);
    signals[SIGNAL_CHANGED] =
        g_signal_new("changed", NT_TYPE_TIME_LINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void nt_time_line_init(NtTimeLine *self)
{
    self->appearances = nt_appearances_new();
    self->named = nt_appearances_new();
    self->shown = new_numbers();
    self->open = new_numbers();
    self->lanes = new_lanes();
}
