#include "media/trouble.h"

#include <glib/gi18n-lib.h>
#include <gst/pbutils/pbutils.h>
#include <string.h>

#include "media/location.h"
#include "media/source.h"

/* How long no thread may be at work before a pipeline counts as stalled: starting one takes milliseconds. */
#define STALL_LIMIT_US (2 * G_USEC_PER_SEC)

void nt_trouble_init(NtTrouble *trouble)
{
    trouble->error = NULL;
    trouble->idle_since = 0;
    trouble->missing = g_ptr_array_new_with_free_func(g_free);
}

void nt_trouble_clear(NtTrouble *trouble)
{
    g_clear_error(&trouble->error);
    g_clear_pointer(&trouble->missing, g_ptr_array_unref);
}

static void add_missing(NtTrouble *trouble, GstMessage *message)
{
    char *description = gst_missing_plugin_message_get_description(message);
    if (g_ptr_array_find_with_equal_func(trouble->missing, description, g_str_equal, NULL))
        g_free(description);
    else
        g_ptr_array_add(trouble->missing, description);
}

void nt_trouble_note(NtTrouble *trouble, GstMessage *message)
{
    if (gst_is_missing_plugin_message(message))
        add_missing(trouble, message);
    else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && !trouble->error)
        gst_message_parse_error(message, &trouble->error, NULL);
}

gboolean nt_trouble_collect(NtTrouble *trouble, GstBus *bus)
{
    GstMessage *message;
    while ((message = gst_bus_pop(bus))) {
        nt_trouble_note(trouble, message);
        gst_message_unref(message);
    }
    return trouble->error != NULL;
}

static void look_for_work(const GValue *item, gpointer working)
{
    GstElement *element = g_value_get_object(item);
    GST_OBJECT_LOCK(element);
    for (GList *at = element->pads; at; at = at->next) {
        GstPad *pad = at->data;
        GST_OBJECT_LOCK(pad);
        if (GST_PAD_TASK(pad) && gst_task_get_state(GST_PAD_TASK(pad)) == GST_TASK_STARTED)
            *(gboolean *)working = TRUE;
        GST_OBJECT_UNLOCK(pad);
    }
    GST_OBJECT_UNLOCK(element);
}

gboolean nt_trouble_is_stalled(NtTrouble *trouble, GstElement *pipeline)
{
    gboolean working = FALSE;
    GstIterator *elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
    if (gst_iterator_foreach(elements, look_for_work, &working) != GST_ITERATOR_DONE)
        working = TRUE; /* the set of elements is changing */
    gst_iterator_free(elements);
    gint64 now = g_get_monotonic_time();
    if (working || !trouble->idle_since)
        trouble->idle_since = working ? 0 : now;
    if (!trouble->idle_since || now - trouble->idle_since < STALL_LIMIT_US)
        return FALSE;
    if (!trouble->error)
        trouble->error =
            g_error_new_literal(GST_STREAM_ERROR, GST_STREAM_ERROR_DEMUX, _("nothing in it can be played"));
    return TRUE;
}

static char *join_missing(const NtTrouble *trouble)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < trouble->missing->len; i++)
        g_string_append_printf(names, "%s'%s'", i ? ", " : "", (char *)trouble->missing->pdata[i]);
    return g_string_free(names, FALSE);
}

/* GStreamer ends its sentences; ours go on. Addresses in them are shown without secrets. */
static char *own_words(const GError *reason)
{
    char *words = nt_location_mask(reason ? reason->message : _("the pipeline stopped without a reason"));
    gsize length = strlen(words);
    if (length && words[length - 1] == '.')
        words[length - 1] = '\0';
    return words;
}

char *nt_trouble_words(const NtTrouble *trouble)
{
    if (!trouble->missing->len)
        return own_words(trouble->error);
    g_autofree char *names = join_missing(trouble);
    /* Translators: %s is what is missing, such as 'H.264 decoder', or a list of such. */
    return g_strdup_printf(_("GStreamer has no plugin for %s"), names);
}

/* A page of a web server or other text: not what a plugin would help with. */
static gboolean is_text(const NtTrouble *trouble)
{
    return trouble->missing->len && g_str_has_prefix(trouble->missing->pdata[0], "text/");
}

static gboolean is_unknown_kind(const NtTrouble *trouble)
{
    const GError *reason = trouble->error;
    return is_text(trouble) || g_error_matches(reason, GST_STREAM_ERROR, GST_STREAM_ERROR_TYPE_NOT_FOUND) ||
           g_error_matches(reason, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE);
}

void nt_trouble_describe(const NtTrouble *trouble, const char *location, guint64 read, GError **error)
{
    const GError *reason = trouble->error;
    g_autofree char *words = nt_trouble_words(trouble);
    /* Translators: of all these, the first %s is a file or an address, the last one the reason in GStreamer's words. */
    if (read > 0)
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_STREAM,
                    _("reading '%s' failed after frame %lu: %s; what came before it is good"), location,
                    (gulong)(read - 1), words);
    else if (trouble->missing->len && !is_text(trouble))
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_PLUGIN,
                    _("cannot play '%s': %s; install it (most decoders are in the sets 'libav', 'bad' and 'ugly')"),
                    location, words);
    else if (is_unknown_kind(trouble))
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN,
                    _("cannot open '%s': it is not a clip or picture of a known kind, or it is damaged (%s)"), location,
                    words);
    else if (reason && reason->domain == GST_STREAM_ERROR)
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot read '%s': %s; the file is damaged or cut"),
                    location, words);
    else
        g_set_error(error, NT_SOURCE_ERROR, NT_SOURCE_ERROR_OPEN, _("cannot open '%s': %s; check the address"),
                    location, words);
}
