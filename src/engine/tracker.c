/* The way of a frame: is it a new scene; each track looked for near where it should be, and a slice of the picture
 * searched for new faces, the workers sharing that; matched; embedded where that tells something; named; handed out. */
#include "engine/tracker_private.h"

#include <string.h>

#include "engine/core_error.h"

/* The whole picture is searched once in so many frames. */
#define SCAN_FRAMES 6
/* Frames further apart do not show the same moment: faces are not where they were. */
#define MAX_GAP_NS G_GINT64_CONSTANT(1000000000)
/* A face after a cut is less like the one that was at its place before it. */
#define STAYED_LIKENESS 0.8
/* A new face is shown at once when the detector is that sure, else when it was seen twice. */
#define SURE_SCORE 0.3
#define SHOWN_DETECTIONS 2
/* Two tracks that lie over one another like that follow one face. */
#define SAME_FACE_OVERLAP 0.5
/* Tracks that lie over one another like that may be confused. */
#define CROSSING_OVERLAP 0.1
/* Hidden people are remembered for so long, and so many of them. */
#define MAX_HIDDEN_NS (10 * G_GINT64_CONSTANT(1000000000))
#define MAX_HIDDEN 16
/* At first the latest of them are looked for where they were, in every other frame. */
#define SEEK_NS (4 * G_GINT64_CONSTANT(1000000000))
#define SEEK_FRAMES 2

#define USUAL_FACES 16
#define USUAL_FRAMES 8

NtTracker *nt_tracker_new(NtModelSet *models, const NtClassifier *classifier, const NtTrackerOptions *options)
{
    NtTracker *tracker = g_new0(NtTracker, 1);
    tracker->models = nt_model_set_ref(models);
    tracker->classifier = (NtClassifier *)classifier; /* to be counted */
    tracker->options = *options;
    tracker->workers = nt_workers_new(MAX(options->engine.workers, 1));
    if (!tracker->workers)
        g_error("not enough memory to follow faces");
    tracker->n_each = nt_workers_count(tracker->workers);
    tracker->each = g_new0(NtTrackerWorker, tracker->n_each);
    for (int i = 0; i < tracker->n_each; i++) {
        NtTrackLook *look = &tracker->each[i].look;
        *look = (NtTrackLook){
            .models = models, .workspace = nt_detect_workspace_new(NULL), .threshold = options->engine.threshold};
        if (!look->workspace)
            g_error("not enough memory to follow faces");
    }
    nt_model_set_prepare_for_clips(models);
    tracker->representer = nt_representer_new(models, tracker->workers);
    tracker->gray_pixels = g_byte_array_new();
    tracker->frames = nt_frame_store_new(USUAL_FRAMES, USUAL_FACES, options->engine.with_chips);
    tracker->pts_ns = -1;
    tracker->turns =
        nt_scan_turns_new(options->scan_frames > 0 ? options->scan_frames : SCAN_FRAMES, options->engine.upsample);
    tracker->people = g_array_new(FALSE, FALSE, sizeof(NtSquare));
    tracker->found = g_array_new(FALSE, FALSE, sizeof(NtDetection));
    tracker->tracks = g_ptr_array_new();
    tracker->hidden = g_ptr_array_new();
    tracker->idle = g_ptr_array_new();
    tracker->shown = g_ptr_array_new();
    tracker->due = g_ptr_array_new();
    return tracker;
}

NtTrack *nt_tracker_take_track(NtTracker *tracker)
{
    GPtrArray *idle = tracker->idle;
    NtTrack *track = idle->len ? g_ptr_array_steal_index_fast(idle, idle->len - 1) : g_new0(NtTrack, 1);
    nt_track_identity_clear(&track->identity);
    return track;
}

void nt_tracker_let_go(NtTracker *tracker, NtTrack *track)
{
    nt_track_identity_clear(&track->identity);
    g_ptr_array_add(tracker->idle, track);
}

static void let_all_go(NtTracker *tracker, GPtrArray *tracks)
{
    for (guint i = 0; i < tracks->len; i++)
        nt_tracker_let_go(tracker, tracks->pdata[i]);
    g_ptr_array_set_size(tracks, 0);
}

void nt_tracker_free(NtTracker *tracker)
{
    if (!tracker)
        return;
    let_all_go(tracker, tracker->tracks);
    let_all_go(tracker, tracker->hidden);
    g_ptr_array_set_free_func(tracker->idle, g_free);
    g_ptr_array_unref(tracker->tracks);
    g_ptr_array_unref(tracker->hidden);
    g_ptr_array_unref(tracker->idle);
    g_ptr_array_unref(tracker->shown);
    g_ptr_array_unref(tracker->due);
    nt_scan_turns_free(tracker->turns);
    g_array_unref(tracker->people);
    g_array_unref(tracker->found);
    for (int i = 0; i < tracker->n_each; i++)
        nt_detect_workspace_free(tracker->each[i].look.workspace);
    g_free(tracker->each);
    nt_representer_free(tracker->representer);
    g_byte_array_unref(tracker->gray_pixels);
    nt_workers_free(tracker->workers);
    nt_frame_store_unref(tracker->frames);
    nt_model_set_unref(tracker->models);
    g_free(tracker);
}

/* Everybody's appearance ends, and nobody is expected back. */
static void end_scene(NtTracker *tracker)
{
    let_all_go(tracker, tracker->tracks);
    let_all_go(tracker, tracker->hidden);
}

void nt_tracker_restart(NtTracker *tracker)
{
    end_scene(tracker);
    tracker->pts_ns = -1;
}

void nt_tracker_hide(NtTracker *tracker, NtTrack *track)
{
    if (!track->shown || track->identity.n == 0) {
        nt_tracker_let_go(tracker, track);
        return;
    }
    if (tracker->hidden->len == MAX_HIDDEN)
        nt_tracker_let_go(tracker, g_ptr_array_steal_index(tracker->hidden, 0));
    g_ptr_array_add(tracker->hidden, track);
}

static void forget_hidden(NtTracker *tracker, gint64 pts_ns)
{
    while (tracker->hidden->len > 0) {
        NtTrack *oldest = tracker->hidden->pdata[0];
        if (pts_ns - oldest->seen_ns <= MAX_HIDDEN_NS)
            return;
        nt_tracker_let_go(tracker, g_ptr_array_steal_index(tracker->hidden, 0));
    }
}

/* The scene. */

static void choose_slices(NtTracker *tracker, gboolean all, const NtThumbnail *now, gint64 pts_ns)
{
    /* While there is nobody to follow, or somebody to find again, the search is twice as fast. */
    const guint most = tracker->tracks->len > 0 && tracker->hidden->len == 0 ? 1 : 2;
    g_array_set_size(tracker->people, 0);
    for (guint i = 0; i < tracker->tracks->len; i++)
        g_array_append_val(tracker->people, ((const NtTrack *)tracker->tracks->pdata[i])->place);
    if (all)
        nt_scan_turns_begin(tracker->turns, now->width, now->height);
    tracker->n_slices =
        nt_scan_turns_choose(tracker->turns, now, pts_ns, all ? 0 : most,
                             (const NtSquare *)(const void *)tracker->people->data, tracker->people->len);
}

typedef enum Scene {
    SCENE_SAME,
    SCENE_NEW, /* the first frame, or the first after a gap */
    SCENE_CUT,
    SCENE_CUT_OR_FLASH, /* the picture has changed altogether: the faces will tell */
} Scene;

/* What the picture as a whole tells of the scene. */
static Scene note_scene(NtTracker *tracker, gint64 pts_ns)
{
    NtThumbnail now;
    Scene scene = SCENE_SAME;
    nt_thumbnail_take(&tracker->gray, &now);
    if (tracker->pts_ns < 0) {
        scene = SCENE_NEW;
    } else if (now.width != tracker->thumbnail.width || now.height != tracker->thumbnail.height) {
        scene = SCENE_CUT;
        end_scene(tracker);
    } else if (nt_motion_is_cut(&tracker->thumbnail, &now)) {
        scene = SCENE_CUT_OR_FLASH;
    } else if (pts_ns - tracker->pts_ns > MAX_GAP_NS) {
        scene = SCENE_NEW;
        for (guint i = 0; i < tracker->tracks->len; i++)
            nt_tracker_hide(tracker, tracker->tracks->pdata[i]);
        g_ptr_array_set_size(tracker->tracks, 0);
    }
    choose_slices(tracker, scene != SCENE_SAME, &now, pts_ns);
    if (scene != SCENE_SAME || !nt_motion_is_blank(&now))
        tracker->thumbnail = now;
    return scene;
}

/* A flash changes the picture, but not the faces; after a cut hardly one is the same at the same place. */
static Scene tell_cut_from_flash(NtTracker *tracker)
{
    for (guint i = 0; i < tracker->tracks->len; i++) {
        const NtTrack *track = tracker->tracks->pdata[i];
        if (track->finding == NT_FOUND_DETECTED && track->likeness >= STAYED_LIKENESS)
            return SCENE_SAME;
    }
    end_scene(tracker);
    return SCENE_CUT;
}

/* Looking. */

static void choose_sought(NtTracker *tracker, gint64 pts_ns)
{
    tracker->n_sought = 0;
    if (tracker->n_frames % SEEK_FRAMES != 0)
        return;
    for (guint i = tracker->hidden->len; i-- > 0 && tracker->n_sought < NT_MAX_SOUGHT;) {
        const NtTrack *hidden = tracker->hidden->pdata[i];
        if (pts_ns - hidden->seen_ns <= SEEK_NS)
            tracker->sought[tracker->n_sought++] = (NtSought){.track = hidden};
    }
}

/* The slices, which take longest; the tracks; the hidden. */
static void look_task(void *user, int index, int worker)
{
    NtTracker *tracker = user;
    NtTrackerWorker *mine = &tracker->each[worker];
    const guint task = (guint)index, n_slices = tracker->n_slices, n_tracks = tracker->tracks->len;
    NtError error = {NT_OK, ""};
    NtStatus status;
    if (task < n_slices) {
        status = nt_scan_turns_look(tracker->turns, task, nt_model_set_detector(tracker->models), mine->look.workspace,
                                    &tracker->gray, mine->look.threshold, &error);
    } else if (task < n_slices + n_tracks) {
        status = nt_track_follow(tracker->tracks->pdata[task - n_slices], &mine->look, &error);
    } else {
        NtSought *sought = &tracker->sought[task - n_slices - n_tracks];
        status = nt_track_seek(sought->track, &mine->look, &sought->detection, &sought->found, &error);
    }
    if (status != NT_OK)
        mine->error = error;
}

static gboolean look(NtTracker *tracker, gint64 pts_ns, double seconds, GError **error)
{
    for (int i = 0; i < tracker->n_each; i++) {
        NtTrackerWorker *worker = &tracker->each[i];
        worker->error.status = NT_OK;
        worker->look.gray = tracker->gray;
        worker->look.pts_ns = pts_ns;
        worker->look.seconds = seconds;
    }
    choose_sought(tracker, pts_ns);
    nt_workers_run(tracker->workers, (int)(tracker->n_slices + tracker->tracks->len + tracker->n_sought), look_task,
                   tracker);
    for (int i = 0; i < tracker->n_each; i++)
        if (tracker->each[i].error.status != NT_OK) {
            nt_error_to_gerror(&tracker->each[i].error, error);
            return FALSE;
        }
    return TRUE;
}

static gint by_score(gconstpointer a, gconstpointer b)
{
    const NtDetection *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->box.top != y->box.top)
        return x->box.top < y->box.top ? -1 : 1;
    return (x->box.left > y->box.left) - (x->box.left < y->box.left);
}

static void collect_found(NtTracker *tracker)
{
    g_array_set_size(tracker->found, 0);
    for (guint i = 0; i < tracker->n_slices; i++) {
        const GArray *found = nt_scan_turns_found(tracker->turns, i);
        g_array_append_vals(tracker->found, found->data, found->len);
    }
    for (guint i = 0; i < tracker->n_sought; i++)
        if (tracker->sought[i].found)
            g_array_append_val(tracker->found, tracker->sought[i].detection);
    g_array_sort(tracker->found, by_score);
}

/* The nearest track that a detection can be of. */
static NtTrack *find_track(const NtTracker *tracker, NtSquare place)
{
    NtTrack *nearest = NULL;
    double least = INFINITY;
    for (guint i = 0; i < tracker->tracks->len; i++) {
        NtTrack *track = tracker->tracks->pdata[i];
        const double distance =
            hypot(track->place.x - place.x, track->place.y - place.y) / MIN(track->place.side, place.side);
        if (nt_square_is_near(track->place, place) && distance < least) {
            least = distance;
            nearest = track;
        }
    }
    return nearest;
}

/* New faces begin tracks; those of a track that was not seen say where it is. */
static void match_found(NtTracker *tracker)
{
    const NtTrackLook *look = &tracker->each[0].look;
    for (guint i = 0; i < tracker->found->len; i++) {
        const NtDetection *detection = &g_array_index(tracker->found, NtDetection, i);
        const NtSquare place = nt_square_of_rect(detection->box);
        NtTrack *track = find_track(tracker, place);
        if (track) {
            if (track->finding != NT_FOUND_DETECTED)
                nt_track_see(track, place, detection->score, detection->part, look);
            continue;
        }
        track = nt_tracker_take_track(tracker);
        nt_track_start(track, ++tracker->last_id, detection, look);
        g_ptr_array_add(tracker->tracks, track);
    }
}

/* Who crosses somebody may come out with their track. */
static void doubt_crossings(NtTracker *tracker)
{
    for (guint i = 0; i < tracker->tracks->len; i++) {
        NtTrack *track = tracker->tracks->pdata[i];
        for (guint k = 0; k < tracker->tracks->len; k++) {
            const NtTrack *other = tracker->tracks->pdata[k];
            track->in_doubt |= k != i && nt_square_overlap(track->place, other->place) > CROSSING_OVERLAP;
        }
    }
}

/* Of two tracks on one face that which looks less like itself, or is younger, follows it by mistake. */
static gboolean gives_way(const NtTrack *a, const NtTrack *b)
{
    if (a->finding != b->finding)
        return a->finding > b->finding;
    if (a->n_detected > SHOWN_DETECTIONS && b->n_detected > SHOWN_DETECTIONS)
        return a->likeness < b->likeness;
    return a->first_ns > b->first_ns || (a->first_ns == b->first_ns && a->id > b->id);
}

static void drop_tracks(NtTracker *tracker)
{
    const NtTrackLook *look = &tracker->each[0].look;
    guint kept = 0;
    for (guint i = 0; i < tracker->tracks->len; i++) {
        NtTrack *track = tracker->tracks->pdata[i];
        gboolean drop = nt_track_is_gone(track, look);
        for (guint k = 0; k < tracker->tracks->len && !drop; k++) {
            const NtTrack *other = tracker->tracks->pdata[k];
            drop = other && k != i && nt_square_overlap(track->place, other->place) > SAME_FACE_OVERLAP &&
                   gives_way(track, other);
        }
        if (drop) {
            nt_tracker_hide(tracker, track);
            tracker->tracks->pdata[i] = NULL;
        }
    }
    for (guint i = 0; i < tracker->tracks->len; i++)
        if (tracker->tracks->pdata[i])
            tracker->tracks->pdata[kept++] = tracker->tracks->pdata[i];
    g_ptr_array_set_size(tracker->tracks, (gint)kept);
}

/* Handing out. */

static gboolean is_shown(const NtTrack *track)
{
    return track->shown || track->n_detected >= SHOWN_DETECTIONS || track->score >= SURE_SCORE;
}

static void fill_face(NtFace *face, const NtTrack *track)
{
    face->detection = (NtDetection){nt_rect_of_square(track->place), track->score, track->part};
    memcpy(face->landmarks, track->fitted, sizeof face->landmarks);
    face->track = track->id;
    face->finding = track->finding;
    face->place = track->place;
    face->velocity = nt_kalman_velocity(&track->motion);
    face->verdict =
        (NtVerdict){.kind = NT_VERDICT_UNKNOWN, .reason = NT_REASON_EMPTY, .distance = INFINITY, .margin = INFINITY};
}

static NtTaggedFrame *begin_frame(NtTracker *tracker, gint64 pts_ns)
{
    g_ptr_array_set_size(tracker->shown, 0);
    for (guint i = 0; i < tracker->tracks->len; i++)
        if (is_shown(tracker->tracks->pdata[i]))
            g_ptr_array_add(tracker->shown, tracker->tracks->pdata[i]);
    NtTaggedFrame *frame = nt_frame_store_take(tracker->frames, tracker->shown->len);
    frame->index = tracker->n_frames;
    frame->pts_ns = pts_ns;
    frame->width = tracker->gray.width;
    frame->height = tracker->gray.height;
    for (guint i = 0; i < frame->n_faces; i++)
        fill_face(&frame->faces[i], tracker->shown->pdata[i]);
    return frame;
}

/* Landmarks are embedded as they were fitted, and shown steadied. */
static void settle_landmarks(NtTracker *tracker, NtTaggedFrame *frame)
{
    for (guint i = 0; i < frame->n_faces; i++) {
        NtTrack *track = tracker->shown->pdata[i];
        nt_track_settle(track, frame->pts_ns);
        if (!tracker->options.raw_landmarks)
            memcpy(frame->faces[i].landmarks, track->steadied, sizeof track->steadied);
    }
}

/* tracker->gray is the picture's. */
static NtTaggedFrame *tag(NtTracker *tracker, const NtPicture *picture, gint64 pts_ns, GError **error)
{
    const NtDetectOptions detect = {.upsample = tracker->options.engine.upsample,
                                    .threshold = tracker->options.engine.threshold};
    NtError core = {NT_OK, ""};
    if (nt_detect_check(&tracker->gray, &detect, &core) != NT_OK) { /* else nobody would ever be found, and nothing said */
        nt_error_to_gerror(&core, error);
        return NULL;
    }
    const double seconds = tracker->pts_ns < 0 ? 0 : (double)(pts_ns - tracker->pts_ns) / 1e9;
    Scene scene = note_scene(tracker, pts_ns);
    if (!look(tracker, pts_ns, seconds, error))
        return NULL;
    if (scene == SCENE_CUT_OR_FLASH)
        scene = tell_cut_from_flash(tracker);
    collect_found(tracker);
    match_found(tracker);
    drop_tracks(tracker);
    doubt_crossings(tracker);
    forget_hidden(tracker, pts_ns);
    g_autoptr(NtTaggedFrame) frame = begin_frame(tracker, pts_ns);
    frame->cut = scene == SCENE_CUT;
    if (tracker->options.engine.with_embedding && frame->n_faces > 0 &&
        !nt_tracker_identify(tracker, picture, frame, scene != SCENE_SAME, error))
        return NULL;
    settle_landmarks(tracker, frame);
    for (guint i = 0; i < frame->n_faces; i++) {
        NtTrack *track = tracker->shown->pdata[i];
        track->shown = TRUE;
        track->has_shown_name = frame->faces[i].verdict.kind == NT_VERDICT_NAME;
    }
    tracker->pts_ns = pts_ns;
    tracker->n_frames++;
    return g_steal_pointer(&frame);
}

NtTaggedFrame *nt_tracker_tag(NtTracker *tracker, const NtYuvImage *yuv, gint64 pts_ns, GError **error)
{
    tracker->gray = nt_yuv_luma(yuv);
    return tag(tracker, &(NtPicture){.yuv = yuv}, pts_ns, error);
}

NtTaggedFrame *nt_tracker_tag_rgb(NtTracker *tracker, const NtImage *rgb, gint64 pts_ns, GError **error)
{
    g_byte_array_set_size(tracker->gray_pixels, (guint)rgb->width * (guint)rgb->height);
    tracker->gray = (NtImage){tracker->gray_pixels->data, rgb->width, rgb->height, rgb->width, NT_PIXELS_GRAY8};
    nt_rgb_to_gray(rgb, tracker->gray_pixels->data, rgb->width);
    return tag(tracker, &(NtPicture){.rgb = rgb}, pts_ns, error);
}
