#include "app/time_line_builder.h"

#include <glib/gi18n.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/time_line_cache.h"
#include "engine/tracker.h"
#include "media/source.h"

#define LOWEST_PRIORITY 19
#define REPORT_US (G_USEC_PER_SEC / 5)
/* A report makes work for each track: of very many they come less often. */
#define REPORT_TRACK_US 400
#define KEEP_US (10 * G_USEC_PER_SEC)

struct NtTimeLineBuilder {
    gint ref_count; /* of the starter, the thread, and a report under way */
    char *location;
    NtModelSet *models;
    gboolean remember;
    NtBuilderReport report;
    gpointer user;
    GMainContext *context;
    GCancellable *cancellable; /* stopped */

    GMutex lock; /* of what follows */
    GCond changed;
    gboolean busy, keep, stopped;
    NtSource *source;      /* while it is read */
    NtAppearances *latest; /* to be reported */
    char *words;
    gboolean report_pending;
};

/* The thread's own. */
typedef struct Look {
    NtTimeLineBuilder *builder;
    char *name, *ticket;    /* of the cache; NULL: not kept */
    NtAppearances *earlier; /* of a look that was broken off, until this one has got as far */
    NtCollector *collector;
    gint64 duration_ns, reached_ns;
    gint64 next_report_us, next_keep_us;
} Look;

static GMutex threads_lock;
static GCond threads_changed;
static guint n_threads;

static NtTimeLineBuilder *builder_ref(NtTimeLineBuilder *builder)
{
    g_atomic_int_inc(&builder->ref_count);
    return builder;
}

static void builder_unref(NtTimeLineBuilder *builder)
{
    if (!g_atomic_int_dec_and_test(&builder->ref_count))
        return;
    g_free(builder->location);
    nt_model_set_unref(builder->models);
    g_main_context_unref(builder->context);
    g_object_unref(builder->cancellable);
    nt_appearances_unref(builder->latest);
    g_free(builder->words);
    g_mutex_clear(&builder->lock);
    g_cond_clear(&builder->changed);
    g_free(builder);
}

static gboolean deliver(gpointer data)
{
    NtTimeLineBuilder *builder = data;
    g_mutex_lock(&builder->lock);
    builder->report_pending = FALSE;
    g_autoptr(NtAppearances) latest = g_steal_pointer(&builder->latest);
    g_autofree char *words = g_strdup(builder->words);
    const gboolean stopped = builder->stopped;
    g_mutex_unlock(&builder->lock);
    if (latest && !stopped)
        builder->report(latest, words, builder->user);
    return G_SOURCE_REMOVE;
}

/* The newest replaces one that nobody has looked at yet. */
static void report(NtTimeLineBuilder *builder, NtAppearances *appearances, const char *words)
{
    g_autoptr(NtAppearances) old = NULL;
    g_mutex_lock(&builder->lock);
    old = builder->latest;
    builder->latest = nt_appearances_ref(appearances);
    if (words) {
        g_free(builder->words);
        builder->words = g_strdup(words);
    }
    const gboolean attach = !builder->report_pending && !builder->stopped;
    builder->report_pending |= attach;
    g_mutex_unlock(&builder->lock);
    if (attach) {
        g_autoptr(GSource) idle = g_idle_source_new();
        g_source_set_callback(idle, deliver, builder_ref(builder), (GDestroyNotify)builder_unref);
        g_source_attach(idle, builder->context);
    }
}

/* What stands: of the earlier look, with how far this one is; or this one's. */
static NtAppearances *take(Look *look, gboolean complete, gboolean thorough)
{
    if (!look->earlier || complete || look->reached_ns >= look->earlier->reached_ns) {
        g_clear_pointer(&look->earlier, nt_appearances_unref);
        return nt_collector_take(look->collector, look->duration_ns, complete, thorough);
    }
    NtAppearances *mixed = nt_appearances_new();
    g_ptr_array_unref(mixed->tracks);
    g_ptr_array_unref(mixed->unknown);
    mixed->tracks = g_ptr_array_ref(look->earlier->tracks);
    mixed->unknown = g_ptr_array_ref(look->earlier->unknown);
    mixed->duration_ns = look->duration_ns;
    mixed->reached_ns = look->reached_ns;
    return mixed;
}

/* FALSE when it may not be kept for now. */
static gboolean keep(Look *look, const NtAppearances *appearances)
{
    g_mutex_lock(&look->builder->lock);
    const gboolean may = look->builder->keep;
    g_mutex_unlock(&look->builder->lock);
    if (may && look->name)
        nt_time_line_cache_store(look->name, look->ticket, appearances);
    return may || !look->name;
}

/* Waits while the machine is needed elsewhere. FALSE: stopped. */
static gboolean may_go_on(NtTimeLineBuilder *builder)
{
    g_mutex_lock(&builder->lock);
    while (builder->busy && !builder->stopped)
        g_cond_wait(&builder->changed, &builder->lock);
    const gboolean stopped = builder->stopped;
    g_mutex_unlock(&builder->lock);
    return !stopped;
}

static void tell(Look *look)
{
    const gint64 now_us = g_get_monotonic_time();
    const gboolean is_time_to_keep = now_us >= look->next_keep_us && !look->earlier;
    if (now_us < look->next_report_us && !is_time_to_keep)
        return;
    g_autoptr(NtAppearances) appearances = take(look, FALSE, is_time_to_keep);
    report(look->builder, appearances, NULL);
    if (is_time_to_keep) {
        keep(look, appearances);
        look->next_keep_us = g_get_monotonic_time() + KEEP_US;
    }
    look->next_report_us = g_get_monotonic_time() + MAX(REPORT_US, REPORT_TRACK_US * (gint64)appearances->tracks->len);
}

static gboolean read_frames(Look *look, NtSource *source, GError **error)
{
    /* On Linux the priority is the thread's own, and handed on to those it starts. So only now: those that decode are started, and may
     * come from GLib's shared pool, which wants them to be as its others, and may serve the player next. They wait for us anyway. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
    const NtTrackerOptions options = {.engine = {.with_embedding = TRUE, .with_chips = TRUE, .workers = 1}};
    g_autoptr(NtTracker) tracker = nt_tracker_new(look->builder->models, NULL, &options);
    while (may_go_on(look->builder)) {
        g_autoptr(NtFrame) frame = nt_source_read(source, error);
        if (!frame)
            return *error == NULL;
        g_autoptr(NtTaggedFrame) tagged = nt_tracker_tag(tracker, nt_frame_image(frame), nt_frame_pts_ns(frame), error);
        if (!tagged)
            return FALSE;
        nt_collector_add(look->collector, tagged);
        look->reached_ns = tagged->pts_ns;
        tell(look);
    }
    return FALSE; /* stopped */
}

/* Others may cancel the source while it is read. */
static void set_source(NtTimeLineBuilder *builder, NtSource *source)
{
    g_mutex_lock(&builder->lock);
    builder->source = source;
    if (source && builder->stopped)
        nt_source_cancel(source);
    g_mutex_unlock(&builder->lock);
}

static gboolean is_stopped(NtTimeLineBuilder *builder)
{
    g_mutex_lock(&builder->lock);
    const gboolean stopped = builder->stopped;
    g_mutex_unlock(&builder->lock);
    return stopped;
}

/* A finished look waits until it may be kept, which a gallery that is still being opened decides. */
static void keep_when_allowed(Look *look, const NtAppearances *appearances)
{
    NtTimeLineBuilder *builder = look->builder;
    while (!keep(look, appearances)) {
        g_mutex_lock(&builder->lock);
        while (!builder->keep && !builder->stopped)
            g_cond_wait(&builder->changed, &builder->lock);
        const gboolean give_up = builder->stopped && !builder->keep;
        g_mutex_unlock(&builder->lock);
        if (give_up)
            break;
    }
}

static void look_through(Look *look)
{
    NtTimeLineBuilder *builder = look->builder;
    g_autoptr(GError) error = NULL;
    g_autoptr(NtSource) source = nt_source_open_cancellable(builder->location, builder->cancellable, &error);
    if (!source) {
        g_autoptr(NtAppearances) nothing = look->earlier ? nt_appearances_ref(look->earlier) : nt_appearances_new();
        report(builder, nothing, _("This clip could not be looked through."));
        return;
    }
    set_source(builder, source);
    look->collector = nt_collector_new(nt_source_location(source));
    look->duration_ns = nt_source_duration_ns(source);
    const gboolean whole = read_frames(look, source, &error);
    set_source(builder, NULL);
    if (is_stopped(builder)) {
        if (!look->earlier && look->reached_ns >= 0) {
            g_autoptr(NtAppearances) part = take(look, FALSE, TRUE);
            keep(look, part);
        }
        return;
    }
    /* A clip that breaks off does so the next time too. */
    g_autoptr(NtAppearances) found = take(look, TRUE, TRUE);
    report(builder, found, whole ? NULL : _("The clip breaks off: what comes after could not be looked through."));
    g_clear_pointer(&source, nt_source_close);
    keep_when_allowed(look, found);
}

static gpointer run(gpointer data)
{
    NtTimeLineBuilder *builder = data;
    Look look = {.builder = builder, .duration_ns = -1, .reached_ns = -1};
    look.next_keep_us = g_get_monotonic_time() + KEEP_US;
    if (builder->remember) {
        look.name = nt_time_line_cache_name(builder->location, nt_model_set_fingerprint(builder->models));
        look.ticket = look.name ? nt_time_line_cache_ticket() : NULL;
        look.earlier = look.name ? nt_time_line_cache_load(look.name) : NULL;
    }
    if (look.earlier)
        report(builder, look.earlier, NULL);
    if ((!look.earlier || !look.earlier->complete) && !is_stopped(builder))
        look_through(&look);
    nt_collector_free(look.collector);
    nt_appearances_unref(look.earlier);
    g_free(look.name);
    g_free(look.ticket);
    builder_unref(builder);

    g_mutex_lock(&threads_lock);
    n_threads--;
    g_cond_broadcast(&threads_changed);
    g_mutex_unlock(&threads_lock);
    return NULL;
}

NtTimeLineBuilder *nt_time_line_builder_start(const char *location, NtModelSet *models, gboolean remember,
                                              NtBuilderReport report_to, gpointer user)
{
    /* GLib takes the priority of its shared threads from the one that makes the first of them: that must not be ours.
     */
    g_type_ensure(G_TYPE_TASK);
    NtTimeLineBuilder *builder = g_new0(NtTimeLineBuilder, 1);
    builder->ref_count = 2;
    builder->location = g_strdup(location);
    builder->models = nt_model_set_ref(models);
    builder->remember = remember;
    builder->report = report_to;
    builder->user = user;
    builder->context = g_main_context_ref_thread_default();
    builder->cancellable = g_cancellable_new();
    g_mutex_init(&builder->lock);
    g_cond_init(&builder->changed);
    g_mutex_lock(&threads_lock);
    n_threads++;
    g_mutex_unlock(&threads_lock);
    g_thread_unref(g_thread_new("time-line", run, builder));
    return builder;
}

void nt_time_line_builder_stop(NtTimeLineBuilder *builder)
{
    g_mutex_lock(&builder->lock);
    builder->stopped = TRUE;
    if (builder->source)
        nt_source_cancel(builder->source);
    g_cond_broadcast(&builder->changed);
    g_mutex_unlock(&builder->lock);
    g_cancellable_cancel(builder->cancellable);
    builder_unref(builder);
}

void nt_time_line_builder_set_busy(NtTimeLineBuilder *builder, gboolean busy)
{
    g_mutex_lock(&builder->lock);
    builder->busy = busy;
    g_cond_broadcast(&builder->changed);
    g_mutex_unlock(&builder->lock);
}

void nt_time_line_builder_set_keep(NtTimeLineBuilder *builder, gboolean may_keep)
{
    g_mutex_lock(&builder->lock);
    builder->keep = may_keep;
    g_cond_broadcast(&builder->changed);
    g_mutex_unlock(&builder->lock);
}

void nt_time_line_builder_wait_all(void)
{
    g_mutex_lock(&threads_lock);
    while (n_threads > 0)
        g_cond_wait(&threads_changed, &threads_lock);
    g_mutex_unlock(&threads_lock);
}
