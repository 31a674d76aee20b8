/* Nametag - frames as they happen.
 *
 * One thread supervises: it starts receptions (reception.h) one after the other, looks how each of them does, tells the
 * reader's mailbox (mailbox.h) what is the matter, and decides what comes next. It never waits for a camera or a server
 * itself.
 */
#include "media/feed.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <gst/rtsp/gstrtsptransport.h>
#include <string.h>

#include "media/cameras.h"
#include "media/location.h"
#include "media/mailbox.h"
#include "media/portal.h"
#include "media/reception.h"

/* How soon a cancelled wait, a failure or an unplugged camera is noticed when nobody notifies. */
#define LOOK_US (50 * G_TIME_SPAN_MILLISECOND)
#define POLL_US (20 * G_TIME_SPAN_MILLISECOND)
/* A live picture that stands still for so long is lost. */
#define WATCHDOG_S 5
/* A camera of PipeWire that hangs has its pipeline for so long before there is another: as long as pipewiresrc itself
 * waits for an answer. */
#define STANDSTILL_S 30
/* A server may take longer to the first picture: connecting, another transport, the next whole picture of the stream.
 */
#define FIRST_PICTURE_S 10
/* Between attempts: doubled from the first to the last. A camera is at hand, and is asked more often. */
#define FIRST_PAUSE_US (G_USEC_PER_SEC / 2)
#define LAST_PAUSE_US (10 * G_USEC_PER_SEC)
#define LAST_CAMERA_PAUSE_US (2 * G_USEC_PER_SEC)
/* A failure of a camera that is being pulled out comes before the news of it. */
#define UNPLUG_NEWS_US (G_USEC_PER_SEC / 2)
/* How often a service of cameras that was not there is looked for. */
#define ASK_ANEW_US (5 * G_USEC_PER_SEC)
/* How long cameras are looked for at the start. */
#define CAMERAS_LIMIT_US G_USEC_PER_SEC
/* How long a reception that hangs is waited for: at the end, and before a camera is opened again. */
#define STOP_LIMIT_US (G_USEC_PER_SEC / 2)
#define TEST_PREFIX "test:"

struct NtFeed {
    NtFeedKind kind;
    NtFeedOptions options;
    char *uri, *name; /* the name is known late in a sandbox, and then stays: atomic */
    char *camera_id;  /* what to look for first; its name after that */
    NtCameras *cameras;
    NtMailbox *mailbox;
    GThread *thread;
    gint cancelled, closing; /* atomic */
    GMutex lock;
    gint64 duration_ns;

    /* Of the thread. */
    gint64 pause_us;
    gboolean seen;        /* a picture came, ever */
    guint rtsp_protocols; /* of the next attempt */
};

typedef enum Outcome { OVER, FAILED, SILENT, HANGING, UNPLUGGED, CANCELLED } Outcome;

typedef struct Report {
    Outcome outcome;
    gboolean had_picture, was_recording;
    GError *error, *cause;
} Report;

static void report_clear(Report *report)
{
    g_clear_error(&report->error);
    g_clear_error(&report->cause);
}

static gboolean is_over(NtFeed *feed)
{
    return g_atomic_int_get(&feed->cancelled) || g_atomic_int_get(&feed->closing);
}

static void on_cameras_changed(gpointer mailbox)
{
    nt_mailbox_notify(mailbox);
}

/* Waits that long; FALSE when cancelled. */
static gboolean rest(NtFeed *feed, gint64 duration_us)
{
    gint64 end = g_get_monotonic_time() + duration_us, now;
    while (!is_over(feed) && (now = g_get_monotonic_time()) < end)
        nt_mailbox_attend(feed->mailbox, MIN(LOOK_US, end - now));
    return !is_over(feed);
}

/* Watching a reception. */

static gint64 silence_us(NtFeed *feed, gint64 since)
{
    gint64 last = nt_mailbox_last_arrival_us(feed->mailbox);
    return g_get_monotonic_time() - (last ? last : since);
}

static gboolean is_silent(NtFeed *feed, gint64 since)
{
    if (feed->kind == NT_FEED_FILE || feed->kind == NT_FEED_TEST)
        return FALSE;
    gboolean begun = feed->kind == NT_FEED_CAMERA || nt_mailbox_last_arrival_us(feed->mailbox);
    return silence_us(feed, since) > (begun ? WATCHDOG_S : FIRST_PICTURE_S) * G_USEC_PER_SEC;
}

/* A camera that hangs and is PipeWire's gives its picture again when it goes on; a new pipeline upon it would hang as
 * well, and so would the next one. */
static gboolean is_hanging(NtFeed *feed, const NtCamera *camera)
{
    return camera && nt_camera_is_from_pipewire(camera) && nt_cameras_is_connected(feed->cameras);
}

/* Says the same thing every time; the mailbox takes it once for every loss. */
static void tell_hanging(NtFeed *feed)
{
    nt_mailbox_lose(feed->mailbox, g_strdup_printf(_("no picture from the camera '%s' for %d s; waiting for it"),
                                                   feed->name, WATCHDOG_S));
}

static gboolean is_unplugged(NtFeed *feed, const NtCamera *camera)
{
    return camera && !nt_cameras_has(feed->cameras, camera);
}

static void note_picture(NtFeed *feed, NtReception *reception, Report *report)
{
    if (report->had_picture || !nt_mailbox_last_arrival_us(feed->mailbox))
        return;
    report->had_picture = feed->seen = TRUE;
    feed->pause_us = FIRST_PAUSE_US;
    g_mutex_lock(&feed->lock);
    feed->duration_ns = nt_reception_duration_ns(reception);
    g_mutex_unlock(&feed->lock);
}

/* What became of it; goes on looking while it goes well. */
static Outcome look(NtFeed *feed, NtReception *reception, const NtCamera *camera, Report *report)
{
    gint64 since = g_get_monotonic_time();
    for (;;) {
        NtReceptionState state = nt_reception_state(reception, &report->error, &report->cause);
        note_picture(feed, reception, report);
        if (is_over(feed))
            return CANCELLED;
        if (is_unplugged(feed, camera))
            return UNPLUGGED;
        if (state == NT_RECEPTION_FAILED)
            return FAILED;
        if (state == NT_RECEPTION_ENDED) {
            report->was_recording = nt_reception_is_recording(reception);
            const gboolean again = report->was_recording && feed->options.loop && feed->kind == NT_FEED_FILE;
            if (!again || !nt_reception_rewind(reception))
                return OVER;
        }
        if (is_silent(feed, since)) {
            if (!is_hanging(feed, camera))
                return SILENT;
            tell_hanging(feed);
            if (silence_us(feed, since) > STANDSTILL_S * G_USEC_PER_SEC)
                return HANGING;
        }
        nt_mailbox_attend(feed->mailbox, LOOK_US);
    }
}

static void receive(NtFeed *feed, NtCamera *camera, Report *report)
{
    NtReceptionOrder order = {
        .kind = feed->kind,
        .uri = feed->uri,
        .shown = feed->name,
        .camera = camera,
        .width = feed->options.width,
        .height = feed->options.height,
        .frames_per_second = feed->options.frames_per_second,
        .flat_out = feed->options.flat_out,
        .rtsp_protocols = feed->rtsp_protocols,
    };
    NtReception *reception = nt_reception_start(&order, feed->mailbox);
    report->outcome = look(feed, reception, camera, report);
    gint64 end = g_get_monotonic_time() + UNPLUG_NEWS_US;
    while (report->outcome == FAILED && camera && g_get_monotonic_time() < end && !is_over(feed)) {
        if (is_unplugged(feed, camera))
            report->outcome = UNPLUGGED;
        else
            nt_mailbox_attend(feed->mailbox, POLL_US);
    }
    nt_reception_stop(reception, STOP_LIMIT_US);
}

/* Deciding. */

static void grow_pause(NtFeed *feed)
{
    gint64 last = feed->kind == NT_FEED_CAMERA ? LAST_CAMERA_PAUSE_US : LAST_PAUSE_US;
    feed->pause_us = MIN(2 * feed->pause_us, last);
}

/* Of a server that was asked for the first time: what it gave is no picture, and will be none. */
static gboolean is_no_picture(const GError *cause)
{
    static const int codes[] = {GST_STREAM_ERROR_WRONG_TYPE, GST_STREAM_ERROR_TYPE_NOT_FOUND,
                                GST_STREAM_ERROR_CODEC_NOT_FOUND};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_error_matches(cause, GST_STREAM_ERROR, codes[i]))
            return TRUE;
    return g_error_matches(cause, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN);
}

/* Whether asking again is of no use. Once a picture came, everything else is thought to pass. */
static gboolean is_hopeless(const NtFeed *feed, const Report *report)
{
    if (g_error_matches(report->error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_PLUGIN))
        return TRUE;
    if (feed->seen)
        return FALSE;
    return g_error_matches(report->cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED) ||
           g_error_matches(report->error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_NO_VIDEO) ||
           (feed->kind == NT_FEED_NETWORK && is_no_picture(report->cause));
}

static GError *take_error(const NtFeed *feed, Report *report)
{
    if (!g_error_matches(report->cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED))
        return g_steal_pointer(&report->error);
    return g_error_new(
        NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
        _("cannot open '%s': the user or the password is wrong; give them as scheme://user:password@host/..."),
        feed->name);
}

/* "2 s", "0.5 s" */
static char *seconds(gint64 us)
{
    /* Translators: so many seconds. */
    return g_strdup_printf(_("%.3g s"), (double)us / G_USEC_PER_SEC);
}

/* There was no connection, so that nothing is known of the server. */
static gboolean is_unreachable(const GError *cause)
{
    return g_error_matches(cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ) ||
           g_error_matches(cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE) ||
           g_error_matches(cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ_WRITE);
}

/* What GStreamer says of a server, in plain words; NULL: its own have to do. */
static char *plain_words(const char *who, const Report *report)
{
    const GError *cause = report->cause;
    if (g_error_matches(cause, GST_STREAM_ERROR,
                        GST_STREAM_ERROR_FAILED)) /* what is left of a refused connection of HTTP */
        return report->had_picture ? g_strdup_printf(_("%s broke off"), who)
                                   : g_strdup_printf(_("%s cannot be reached"), who);
    if (is_unreachable(cause))
        return g_strdup_printf(_("%s cannot be reached"), who);
    if (!cause || cause->domain != GST_RESOURCE_ERROR)
        return NULL;
    switch (cause->code) {
    case GST_RESOURCE_ERROR_READ:
    case GST_RESOURCE_ERROR_WRITE:
        return g_strdup_printf(_("%s does not answer"), who);
    case GST_RESOURCE_ERROR_NOT_FOUND:
        return g_strdup_printf(_("%s has nothing at this address"), who);
    default:
        return NULL;
    }
}

/* Whether the server was there and gave no picture, so that the other way of transport is worth trying; one that is
 * switched off comes back with the way that worked. */
static gboolean is_transport_to_blame(const Report *report)
{
    return !report->had_picture && !is_unreachable(report->cause) &&
           !g_error_matches(report->cause, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}

/* GStreamer's reason, in a sentence of ours. */
static char *reason_of(const Report *report)
{
    const GError *error = report->cause ? report->cause : report->error;
    char *reason = nt_location_mask(error ? error->message : _("it failed"));
    gsize length = strlen(reason);
    if (length && reason[length - 1] == '.')
        reason[length - 1] = '\0';
    return reason;
}

static char *what_happened(const NtFeed *feed, const Report *report)
{
    gboolean camera = feed->kind == NT_FEED_CAMERA;
    if (report->outcome == SILENT && camera)
        return g_strdup_printf(_("no picture from the camera '%s' for %d s"), feed->name, WATCHDOG_S);
    if (report->outcome == SILENT)
        /* Translators: %s is the address of a network camera, here and below. */
        return g_strdup_printf(_("no picture from %s for %d s"), feed->name,
                               report->had_picture ? WATCHDOG_S : FIRST_PICTURE_S);
    if (report->outcome == OVER)
        return camera ? g_strdup_printf(_("the camera '%s' stopped sending its picture"), feed->name)
                      : g_strdup_printf(_("%s stopped sending its picture"), feed->name);
    char *plain = camera ? NULL : plain_words(feed->name, report);
    if (plain)
        return plain;
    g_autofree char *reason = reason_of(report);
    return camera ? g_strdup_printf(_("no picture from the camera '%s' (%s)"), feed->name, reason)
                  : g_strdup_printf(_("no picture from %s (%s)"), feed->name, reason);
}

static gboolean pause_and_tell(NtFeed *feed, const Report *report)
{
    g_autofree char *happened = what_happened(feed, report), *pause = seconds(feed->pause_us);
    /* Translators: what happened ("no picture from …"), and after how many seconds ("0.5 s") it is tried again. */
    nt_mailbox_lose(feed->mailbox, g_strdup_printf(_("%s; trying again in %s"), happened, pause));
    gboolean go_on = rest(feed, feed->pause_us);
    grow_pause(feed);
    return go_on;
}

static void run_network(NtFeed *feed)
{
    while (!is_over(feed)) {
        Report report = {0};
        receive(feed, NULL, &report);
        gboolean recording_over = report.outcome == OVER && report.was_recording;
        if (report.outcome == CANCELLED || recording_over) {
            nt_mailbox_end(feed->mailbox, NULL);
        } else if (report.outcome == FAILED && is_hopeless(feed, &report)) {
            nt_mailbox_end(feed->mailbox, take_error(feed, &report));
        } else {
            if (is_transport_to_blame(&report))
                feed->rtsp_protocols = feed->rtsp_protocols == GST_RTSP_LOWER_TRANS_TCP ? 0 : GST_RTSP_LOWER_TRANS_TCP;
            pause_and_tell(feed, &report);
            report_clear(&report);
            continue;
        }
        report_clear(&report);
        return;
    }
    nt_mailbox_end(feed->mailbox, NULL);
}

static void run_recording(NtFeed *feed)
{
    Report report = {0};
    receive(feed, NULL, &report);
    nt_mailbox_end(feed->mailbox, report.outcome == FAILED ? take_error(feed, &report) : NULL);
    report_clear(&report);
}

/* The camera with the id, or else with the name, when it is there. */
static NtCamera *find_camera(NtFeed *feed)
{
    NtCamera *camera =
        feed->camera_id ? nt_cameras_find(feed->cameras, feed->camera_id) : nt_cameras_find(feed->cameras, NULL);
    return camera || !feed->name ? camera : nt_cameras_find(feed->cameras, feed->name);
}

static NtCamera *wait_for_camera(NtFeed *feed)
{
    gint64 asked = g_get_monotonic_time();
    NtCamera *camera;
    nt_cameras_wait(feed->cameras, CAMERAS_LIMIT_US, NULL);
    while (!(camera = find_camera(feed)) && !is_over(feed)) {
        nt_mailbox_attend(feed->mailbox, LOOK_US);
        if (g_get_monotonic_time() - asked < ASK_ANEW_US)
            continue;
        nt_cameras_renew(feed->cameras);
        asked = g_get_monotonic_time();
    }
    return camera;
}

static void take_camera(NtFeed *feed, const NtCamera *camera)
{
    g_free(feed->camera_id);
    feed->camera_id = g_strdup(camera->id);
    if (!feed->name)
        g_atomic_pointer_set(&feed->name, g_strdup(camera->name));
}

static gboolean names_camera(const char *location)
{
    return !location || g_str_has_prefix(location, "pipewire:") || g_str_has_prefix(location, "v4l2:") ||
           g_str_has_prefix(location, "other:") || g_str_has_prefix(location, "/dev/video");
}

static gboolean no_camera(const char *wanted, GError **error)
{
    if (!wanted)
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
                    _("there is no camera; plug one in, or open a clip or an address"));
    else
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
                    names_camera(wanted)
                        ? _("cannot open '%s': there is no such camera; 'nametag devices' lists the cameras")
                        : _("cannot open '%s': there is no camera and no file of that name; 'nametag devices' lists "
                            "the cameras"),
                    wanted);
    return FALSE;
}

/* In a sandbox the desktop is asked first, and the user may take a while. */
static gboolean await_permission(NtFeed *feed)
{
    GError *refused = NULL;
    while (!is_over(feed) && !nt_cameras_wait(feed->cameras, LOOK_US, &refused) && !refused)
        continue;
    g_autoptr(NtCamera) camera = refused ? NULL : find_camera(feed);
    if (!refused && !camera && !is_over(feed))
        no_camera(feed->camera_id, &refused);
    if (refused)
        nt_mailbox_end(feed->mailbox, refused);
    return camera != NULL;
}

/* Whether what the monitor says of the camera may be old news: PipeWire's service was started again, and the camera has
 * another number now. */
static gboolean is_doubtful(const NtFeed *feed, const Report *report)
{
    return report->outcome == SILENT || feed->pause_us > 2 * FIRST_PAUSE_US;
}

static void run_camera(NtFeed *feed)
{
    if (nt_portal_is_needed() && !await_permission(feed))
        return;
    while (!is_over(feed)) {
        g_autoptr(NtCamera) camera = wait_for_camera(feed);
        if (!camera)
            break;
        take_camera(feed, camera);
        Report report = {0};
        receive(feed, camera, &report);
        if (report.outcome == UNPLUGGED)
            nt_mailbox_lose(
                feed->mailbox,
                g_strdup_printf(_("the camera '%s' was unplugged; waiting for it to come back"), feed->name));
        else if (report.outcome == FAILED && is_hopeless(feed, &report))
            nt_mailbox_end(feed->mailbox, take_error(feed, &report));
        else if (report.outcome != CANCELLED && report.outcome != HANGING && pause_and_tell(feed, &report) &&
                 is_doubtful(feed, &report))
            nt_cameras_renew(feed->cameras);
        gboolean hopeless = report.outcome == FAILED && is_hopeless(feed, &report);
        report_clear(&report);
        if (hopeless)
            return;
    }
    nt_mailbox_end(feed->mailbox, NULL);
}

static gpointer run(gpointer data)
{
    NtFeed *feed = data;
    if (feed->kind == NT_FEED_CAMERA)
        run_camera(feed);
    else if (feed->kind == NT_FEED_NETWORK)
        run_network(feed);
    else
        run_recording(feed);
    nt_mailbox_end(feed->mailbox, NULL);
    return NULL;
}

/* Opening. */

static gboolean is_address(const char *location)
{
    return gst_uri_is_valid(location) && strstr(location, "://");
}

static gboolean open_address(NtFeed *feed, const char *location, GError **error)
{
    g_autofree char *scheme = gst_uri_get_protocol(location), *shown = nt_location_mask(location);
    if (gst_uri_protocol_is_supported(GST_URI_SRC, scheme)) {
        feed->kind = NT_FEED_NETWORK;
        feed->uri = g_strdup(location);
        feed->name = g_steal_pointer(&shown);
        feed->rtsp_protocols = GST_RTSP_LOWER_TRANS_TCP;
        return TRUE;
    }
    g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
                _("cannot open '%s': GStreamer has nothing for addresses of the kind '%s:'; check the address, or "
                  "install the plugin "
                  "for it"),
                shown, scheme);
    return FALSE;
}

static gboolean open_file(NtFeed *feed, const char *location, GError **error)
{
    feed->kind = NT_FEED_FILE;
    feed->uri = nt_location_to_uri(location, error);
    feed->name = nt_location_mask(location);
    return feed->uri != NULL;
}

/* Whether there is such a camera is told at once, except in a sandbox, where it is known only after the user allowed
 * it. */
static gboolean open_camera(NtFeed *feed, const char *location)
{
    feed->kind = NT_FEED_CAMERA;
    feed->cameras = nt_cameras_new(on_cameras_changed, feed->mailbox);
    feed->camera_id = g_strdup(location);
    if (nt_portal_is_needed())
        return TRUE;
    nt_cameras_wait(feed->cameras, CAMERAS_LIMIT_US, NULL);
    g_autoptr(NtCamera) camera = find_camera(feed);
    if (camera)
        take_camera(feed, camera);
    return camera != NULL;
}

static gboolean open_location(NtFeed *feed, const char *location, GError **error)
{
    if (location && g_str_has_prefix(location, TEST_PREFIX)) {
        feed->kind = NT_FEED_TEST;
        feed->name = g_strdup("test pattern");
        return TRUE;
    }
    if (names_camera(location))
        return open_camera(feed, location) || no_camera(location, error);
    if (g_file_test(location, G_FILE_TEST_EXISTS) || gst_uri_has_protocol(location, "file"))
        return open_file(feed, location, error);
    if (is_address(location))
        return open_address(feed, location, error);
    if (!strchr(location, G_DIR_SEPARATOR) && open_camera(feed, location))
        return TRUE;
    return strchr(location, G_DIR_SEPARATOR) ? open_file(feed, location, error) : no_camera(location, error);
}

NtFeed *nt_feed_open(const char *location, const NtFeedOptions *options, GError **error)
{
    NtFeed *feed = g_new0(NtFeed, 1);
    feed->options = options ? *options : (NtFeedOptions){0};
    feed->pause_us = FIRST_PAUSE_US;
    feed->duration_ns = -1;
    g_mutex_init(&feed->lock);
    feed->mailbox = nt_mailbox_new(feed->options.flat_out);
    if (!open_location(feed, location, error)) {
        nt_feed_close(feed);
        return NULL;
    }
    feed->thread = g_thread_new("feed", run, feed);
    return feed;
}

void nt_feed_close(NtFeed *feed)
{
    if (!feed)
        return;
    g_atomic_int_set(&feed->closing, 1);
    nt_mailbox_notify(feed->mailbox);
    if (feed->thread)
        g_thread_join(feed->thread);
    nt_cameras_free(feed->cameras);
    nt_mailbox_unref(feed->mailbox);
    g_mutex_clear(&feed->lock);
    g_free(feed->camera_id);
    g_free(feed->uri);
    g_free(feed->name);
    g_free(feed);
}

/* Reading. */

void nt_feed_next(NtFeed *feed, gint64 timeout_us, NtFeedEvent *event)
{
    gint64 end = timeout_us < 0 ? G_MAXINT64 : g_get_monotonic_time() + timeout_us;
    *event = (NtFeedEvent){.kind = NT_FEED_TIMEOUT};
    while (!g_atomic_int_get(&feed->cancelled)) {
        gint64 left = MAX(0, end - g_get_monotonic_time());
        if (nt_mailbox_take(feed->mailbox, MIN(left, POLL_US), event) || left == 0)
            return;
    }
    event->kind = NT_FEED_ENDED;
}

void nt_feed_event_clear(NtFeedEvent *event)
{
    g_clear_pointer(&event->frame, nt_frame_unref);
    g_clear_pointer(&event->words, g_free);
    g_clear_error(&event->error);
}

/* May come from a signal handler: no lock, no waking. */
void nt_feed_cancel(NtFeed *feed)
{
    g_atomic_int_set(&feed->cancelled, 1);
}

NtFeedKind nt_feed_kind(const NtFeed *feed)
{
    return feed->kind;
}

const char *nt_feed_name(const NtFeed *feed)
{
    const char *name = g_atomic_pointer_get(&((NtFeed *)feed)->name);
    return name ? name : "camera";
}

guint64 nt_feed_lost_frames(NtFeed *feed)
{
    return nt_mailbox_lost(feed->mailbox);
}

gint64 nt_feed_duration_ns(NtFeed *feed)
{
    g_mutex_lock(&feed->lock);
    gint64 duration = feed->duration_ns;
    g_mutex_unlock(&feed->lock);
    return duration;
}
