#include "cli/live_talk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "overlay/overlay.h"

/* A face that has no name yet may get one within this time; whoever has none by then is said to be unknown. */
#define WAIT_FOR_NAME_NS (G_GINT64_CONSTANT(1000000000))
#define REDRAW_US (G_USEC_PER_SEC / 4)      /* a terminal's meter: four times a second */
#define PLAIN_LINE_US (10 * G_USEC_PER_SEC) /* elsewhere: a line every ten seconds */
#define RATE_WINDOW_US (2 * G_USEC_PER_SEC)
#define FIRST_WINDOW_US (G_USEC_PER_SEC / 2)

/* Somebody in view. */
typedef struct Person {
    guint64 track;
    const char *name; /* interned; NULL: nobody known */
    guint unknown;
    gint64 first_ns, first_us;
    char *said; /* as whom the person was announced; NULL: not yet */
} Person;

struct NtLiveTalk {
    gboolean lines, meter, terminal, drawn, ended, unheard;
    GMutex lock;
    GPtrArray *people; /* Person */
    GString *in_view;  /* labels of the newest frame */
    gint64 began_us, shown_us;
    gint64 mark_us; /* where the rate is measured from; 0: no frame yet */
    guint64 mark_shown;
    double rate;
};

static void free_person(gpointer data)
{
    Person *person = data;
    g_free(person->said);
    g_free(person);
}

NtLiveTalk *nt_live_talk_new(gboolean lines, gboolean meter)
{
    NtLiveTalk *talk = g_new0(NtLiveTalk, 1);
    g_mutex_init(&talk->lock);
    talk->lines = lines;
    talk->meter = meter;
    talk->terminal = nt_command_is_terminal();
    talk->people = g_ptr_array_new_with_free_func(free_person);
    talk->in_view = g_string_new(NULL);
    talk->began_us = talk->shown_us = g_get_monotonic_time();
    return talk;
}

void nt_live_talk_free(NtLiveTalk *talk)
{
    if (!talk)
        return;
    nt_live_talk_end(talk);
    g_ptr_array_unref(talk->people);
    g_string_free(talk->in_view, TRUE);
    g_mutex_clear(&talk->lock);
    g_free(talk);
}

static void clear_meter(NtLiveTalk *talk)
{
    if (talk->drawn)
        nt_command_clear_line();
    talk->drawn = FALSE;
}

static void say(NtLiveTalk *talk, gint64 time_us, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void say(NtLiveTalk *talk, gint64 time_us, const char *format, ...)
{
    if (!talk->lines)
        return;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(time_us / G_USEC_PER_SEC);
    g_autofree char *clock = g_date_time_format(time, "%H:%M:%S");
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    clear_meter(talk);
    printf("%s  %s\n", clock, text);
    if (fflush(stdout) != 0 && !talk->unheard) { /* nobody listens any more: the same as Ctrl+C */
        talk->unheard = TRUE;
        raise(SIGINT);
    }
}

static char *label(const Person *person)
{
    if (person->name)
        return g_strdup(person->name);
    return person->unknown > 0 ? g_strdup_printf("unknown %u", person->unknown) : g_strdup("somebody unknown");
}

static Person *find(const NtLiveTalk *talk, guint64 track)
{
    for (guint i = 0; i < talk->people->len; i++) {
        Person *person = talk->people->pdata[i];
        if (person->track == track)
            return person;
    }
    return NULL;
}

static void announce(NtLiveTalk *talk, Person *person)
{
    g_autofree char *who = label(person);
    if (!person->said)
        say(talk, person->first_us, "%s appeared", who);
    g_free(person->said);
    person->said = g_steal_pointer(&who);
}

static void take_leave(NtLiveTalk *talk, Person *person, const NtPresenceEvent *event, gint64 time_us)
{
    const double seconds = (double)(event->pts_ns - person->first_ns) / 1e9;
    g_autofree char *who = label(person), *stay = nt_command_duration(seconds);
    if (!talk->ended && person->said)
        say(talk, time_us, "%s left after %s", who, stay);
    else if (!talk->ended)
        say(talk, person->first_us, "%s was there for a moment", who);
    g_ptr_array_remove(talk->people, person);
    if (talk->people->len == 0)
        g_string_truncate(talk->in_view, 0);
}

static Person *add(NtLiveTalk *talk, const NtPresenceEvent *event, gint64 time_us)
{
    Person *person = g_new0(Person, 1);
    person->track = event->track;
    person->first_ns = event->first_ns;
    person->first_us = time_us - (event->pts_ns - event->first_ns) / 1000;
    g_ptr_array_add(talk->people, person);
    return person;
}

void nt_live_talk_presence(NtLiveTalk *talk, const NtPresenceEvent *event, gint64 time_us)
{
    g_mutex_lock(&talk->lock);
    Person *person = find(talk, event->track);
    if (!person)
        person = add(talk, event, time_us);
    person->unknown = event->unknown > 0 ? event->unknown : person->unknown;
    person->name = event->name;
    switch (event->kind) {
    case NT_PRESENCE_APPEARED:
        if (person->name)
            announce(talk, person);
        break;
    case NT_PRESENCE_NAMED:
        if (person->said && g_strcmp0(person->said, person->name) != 0)
            say(talk, time_us, "%s is %s", person->said, person->name);
        announce(talk, person);
        break;
    case NT_PRESENCE_LEFT:
        take_leave(talk, person, event, time_us);
        break;
    }
    g_mutex_unlock(&talk->lock);
}

/* Each once: several faces may be plainly unknown. */
static void list_in_view(NtLiveTalk *talk, const NtTaggedFrame *frame)
{
    guint n_unknown = 0;
    g_string_truncate(talk->in_view, 0);
    for (guint i = 0; i < frame->n_faces; i++) {
        const NtVerdict *verdict = &frame->faces[i].verdict;
        if (verdict->kind == NT_VERDICT_UNKNOWN && verdict->unknown == 0) {
            n_unknown++;
            continue;
        }
        g_autofree char *who = nt_overlay_label(verdict);
        g_string_append_printf(talk->in_view, "%s%s", talk->in_view->len ? ", " : "", who);
    }
    if (n_unknown > 0)
        g_string_append_printf(talk->in_view, "%s%u unknown", talk->in_view->len ? ", " : "", n_unknown);
}

void nt_live_talk_frame(NtLiveTalk *talk, const NtTaggedFrame *frame)
{
    g_mutex_lock(&talk->lock);
    for (guint i = 0; i < frame->n_faces; i++) {
        Person *person = find(talk, frame->faces[i].track);
        const NtVerdict *verdict = &frame->faces[i].verdict;
        if (person && verdict->unknown > 0)
            person->unknown = verdict->unknown;
    }
    for (guint i = 0; i < talk->people->len; i++) {
        Person *person = talk->people->pdata[i];
        if (!person->said && frame->pts_ns - person->first_ns >= WAIT_FOR_NAME_NS)
            announce(talk, person);
    }
    list_in_view(talk, frame);
    g_mutex_unlock(&talk->lock);
}

/* The first rate is known soon after the first frame, and then that of the last seconds. */
static void measure_rate(NtLiveTalk *talk, guint64 shown, gint64 now_us)
{
    if (talk->mark_us > 0 && now_us - talk->mark_us < (talk->rate > 0 ? RATE_WINDOW_US : FIRST_WINDOW_US))
        return;
    if (talk->mark_us > 0)
        talk->rate = (double)(shown - talk->mark_shown) * G_USEC_PER_SEC / (double)(now_us - talk->mark_us);
    talk->mark_us = shown > 0 ? now_us : 0;
    talk->mark_shown = shown;
}

/* Who is there comes first: it is what is cut off last on a narrow terminal. */
static char *describe(const NtLiveTalk *talk, const NtLiveMeter *meter, gint64 now_us)
{
    g_autofree char *since = nt_command_duration((double)(now_us - talk->began_us) / G_USEC_PER_SEC);
    if (meter->shown == 0)
        return g_strdup_printf("%s  no picture yet", since);
    g_autoptr(GString) text = g_string_new(since);
    g_string_append_printf(text, "  %s | ", talk->in_view->len ? talk->in_view->str : "nobody");
    if (talk->rate > 0)
        g_string_append_printf(text, "%.0f frames/s, ", talk->rate);
    g_string_append_printf(text,
                           "%" G_GUINT64_FORMAT " shown, %" G_GUINT64_FORMAT " analysed, %" G_GUINT64_FORMAT
                           " skipped, %" G_GUINT64_FORMAT " late",
                           meter->shown, meter->analysed, meter->skipped, meter->late);
    if (meter->n_named > 0)
        g_string_append_printf(text, ", named in %.2f s", meter->time_to_name_ms / 1000);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

void nt_live_talk_meter(NtLiveTalk *talk, const NtLiveMeter *meter)
{
    const gint64 now = g_get_monotonic_time();
    g_mutex_lock(&talk->lock);
    if (talk->meter && now - talk->shown_us >= (talk->terminal ? REDRAW_US : PLAIN_LINE_US)) {
        measure_rate(talk, meter->shown, now);
        g_autofree char *text = describe(talk, meter, now);
        talk->shown_us = now;
        if (talk->terminal)
            nt_command_draw_line(text);
        else
            fprintf(stderr, "%s\n", text);
        talk->drawn = talk->terminal;
    }
    g_mutex_unlock(&talk->lock);
}

void nt_live_talk_warn(NtLiveTalk *talk, const char *words)
{
    g_mutex_lock(&talk->lock);
    clear_meter(talk);
    nt_command_warning("%s", words);
    g_mutex_unlock(&talk->lock);
}

void nt_live_talk_tell(NtLiveTalk *talk, const char *words)
{
    g_mutex_lock(&talk->lock);
    clear_meter(talk);
    fprintf(stderr, "nametag: %s\n", words);
    g_mutex_unlock(&talk->lock);
}

void nt_live_talk_end(NtLiveTalk *talk)
{
    g_mutex_lock(&talk->lock);
    clear_meter(talk);
    talk->ended = TRUE;
    g_mutex_unlock(&talk->lock);
}
