#include "engine/presence.h"

/* Not seen for so long: gone. Shorter is a hand before the face, or a turn of the head. */
#define LEAVES_AFTER_NS 1000000000
/* A face is told of once it was found in so many frames, or has stayed for so long, though only predicted. */
#define FRAMES_TO_APPEAR 2
#define STAYS_FOR_NS 300000000

typedef struct Visitor {
    guint64 track;
    const char *name;
    guint unknown;
    gint64 first_ns, last_ns;
    guint n_found; /* frames in which it was not only predicted */
    gboolean told; /* of its coming */
} Visitor;

struct NtPresence {
    NtPresenceReport report;
    gpointer user;
    GArray *visitors; /* Visitor, in the order they came */
};

NtPresence *nt_presence_new(NtPresenceReport report, gpointer user)
{
    NtPresence *presence = g_new0(NtPresence, 1);
    presence->report = report;
    presence->user = user;
    presence->visitors = g_array_new(FALSE, FALSE, sizeof(Visitor));
    return presence;
}

void nt_presence_free(NtPresence *presence)
{
    if (!presence)
        return;
    g_array_unref(presence->visitors);
    g_free(presence);
}

const char *nt_presence_kind_name(NtPresenceKind kind)
{
    static const char *const names[] = {"appeared", "named", "left"};
    return names[kind];
}

static void tell(const NtPresence *presence, NtPresenceKind kind, const Visitor *visitor, gint64 pts_ns)
{
    const NtPresenceEvent event = {.kind = kind,
                                   .track = visitor->track,
                                   .name = visitor->name,
                                   .unknown = visitor->unknown,
                                   .pts_ns = pts_ns,
                                   .first_ns = visitor->first_ns};
    presence->report(&event, presence->user);
}

static Visitor *find(const NtPresence *presence, guint64 track)
{
    for (guint i = 0; i < presence->visitors->len; i++) {
        Visitor *visitor = &g_array_index(presence->visitors, Visitor, i);
        if (visitor->track == track)
            return visitor;
    }
    return NULL;
}

static void leave(NtPresence *presence, guint i)
{
    const Visitor visitor = g_array_index(presence->visitors, Visitor, i);
    g_array_remove_index(presence->visitors, i);
    if (visitor.told)
        tell(presence, NT_PRESENCE_LEFT, &visitor, visitor.last_ns);
}

static gboolean has_track(const NtTaggedFrame *frame, guint64 track)
{
    for (guint i = 0; i < frame->n_faces; i++)
        if (frame->faces[i].track == track)
            return TRUE;
    return FALSE;
}

static void let_leave(NtPresence *presence, const NtTaggedFrame *frame)
{
    for (guint i = 0; i < presence->visitors->len;) {
        const Visitor *visitor = &g_array_index(presence->visitors, Visitor, i);
        const gboolean is_over = frame->cut || frame->pts_ns - visitor->last_ns >= LEAVES_AFTER_NS;
        if (is_over && !has_track(frame, visitor->track))
            leave(presence, i);
        else
            i++;
    }
}

static void meet(NtPresence *presence, const NtFace *face, gint64 pts_ns)
{
    Visitor *visitor = find(presence, face->track);
    if (!visitor) {
        const Visitor newcomer = {.track = face->track, .first_ns = pts_ns};
        g_array_append_val(presence->visitors, newcomer);
        visitor = &g_array_index(presence->visitors, Visitor, presence->visitors->len - 1);
    }
    const char *name = face->verdict.kind == NT_VERDICT_NAME ? face->verdict.name : NULL;
    const gboolean is_renamed = name && name != visitor->name; /* interned */
    visitor->last_ns = pts_ns;
    visitor->n_found += face->finding != NT_FOUND_PREDICTED;
    visitor->name = name;
    visitor->unknown = face->verdict.unknown;
    if (!visitor->told &&
        (name || visitor->n_found >= FRAMES_TO_APPEAR || pts_ns - visitor->first_ns >= STAYS_FOR_NS)) {
        visitor->told = TRUE;
        tell(presence, NT_PRESENCE_APPEARED, visitor, pts_ns);
    }
    if (is_renamed)
        tell(presence, NT_PRESENCE_NAMED, visitor, pts_ns);
}

void nt_presence_add(NtPresence *presence, const NtTaggedFrame *frame)
{
    let_leave(presence, frame);
    for (guint i = 0; i < frame->n_faces; i++)
        if (frame->faces[i].track != 0)
            meet(presence, &frame->faces[i], frame->pts_ns);
}

void nt_presence_end(NtPresence *presence)
{
    while (presence->visitors->len > 0)
        leave(presence, 0);
}
