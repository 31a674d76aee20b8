#include "app/explain_view.h"

#include <glib/gi18n.h>
#include <string.h>

#include "app/explain_drawing.h"
#include "app/explain_words.h"

/* No more often than this: quick enough to look alive, slow enough to be read, and a small part of a processor. */
#define LEAST_INTERVAL_US (160 * G_TIME_SPAN_MILLISECOND)

/* What to look at: a face on the screen, or that there is none. */
typedef struct Wish {
    guint64 track;
    NtShown *shown;
    NtFacePicture *picture;
    NtClassifier *classifier;
} Wish;

struct _NtExplainView {
    AdwBin parent_instance;

    GtkStack *stack;
    GtkWidget *gone;
    NtExplainDrawing *find, *score, *filters, *landmarks, *align, *numbers, *people;
    GtkLabel *found_words, *aligned_words, *numbers_words, *verdict_words, *together_words;

    Wish wish;             /* the newest */
    gboolean wish_is_new;  /* nobody has looked at it yet */
    gboolean is_looking;   /* a worker is at it */
    guint64 looking_track; /* whose face, */
    gint64 looked_us;      /* and since when; monotonic */
    guint timer;
    NtExplainFace *explain; /* what is shown; NULL: nothing */
    guint64 track;          /* whose face that is */
};

G_DEFINE_FINAL_TYPE(NtExplainView, nt_explain_view, ADW_TYPE_BIN)

static void wish_clear(Wish *wish)
{
    g_clear_pointer(&wish->shown, nt_shown_unref);
    g_clear_pointer(&wish->picture, nt_face_picture_unref);
    g_clear_pointer(&wish->classifier, nt_classifier_unref);
    wish->track = 0;
}

/* The work of the worker, on what it owns. */

typedef struct Job {
    NtFace face;
    int width, height;
    NtRect area;
    NtFrame *frame; /* pixels are taken from it by the worker; */
    guint8 *pixels; /* or they are there: of a still, whose picture is not counted */
    gboolean has_embedding;
    float embedding[NT_EMBEDDING_SIZE];
    NtClassifier *classifier;
} Job;

static void job_free(Job *job)
{
    g_clear_pointer(&job->frame, nt_frame_unref);
    g_clear_pointer(&job->classifier, nt_classifier_unref);
    g_free(job->pixels);
    g_free(job);
}

static gsize area_stride(NtRect area)
{
    return (gsize)nt_rect_width(area) * 3;
}

static guint8 *copy_area(const NtImage *rgb, NtRect area)
{
    const gsize stride = area_stride(area);
    guint8 *pixels = g_malloc(stride * (gsize)nt_rect_height(area));
    for (int y = area.top; y <= area.bottom; y++)
        memcpy(pixels + (gsize)(y - area.top) * stride, nt_image_row(rgb, y) + 3 * area.left, stride);
    return pixels;
}

static Job *job_new(const Wish *wish, const NtFace *face)
{
    Job *job = g_new0(Job, 1);
    const NtShown *shown = wish->shown;
    job->face = *face;
    job->face.chip = NULL; /* the frame's */
    job->area = (NtRect){0, 0, -1, -1};
    if (shown->frame) {
        job->frame = nt_frame_ref(shown->frame);
        job->width = nt_frame_image(shown->frame)->width;
        job->height = nt_frame_image(shown->frame)->height;
    } else if (shown->still) {
        job->width = shown->still->rgb.width;
        job->height = shown->still->rgb.height;
    }
    if (job->width > 0)
        job->area = nt_explain_face_area(face, job->width, job->height);
    if (shown->still && !shown->frame && !nt_rect_is_empty(job->area))
        job->pixels = copy_area(&shown->still->rgb, job->area);
    if (face->embedded || wish->picture) {
        const float *embedding = face->embedded ? face->embedding : wish->picture->embedding;
        memcpy(job->embedding, embedding, sizeof job->embedding);
        job->has_embedding = TRUE;
    }
    job->classifier = wish->classifier ? nt_classifier_ref(wish->classifier) : NULL;
    return job;
}

static void run_job(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    Job *job = data;
    const gsize stride = nt_rect_is_empty(job->area) ? 0 : area_stride(job->area);
    if (job->frame && stride > 0) {
        job->pixels = g_malloc(stride * (gsize)nt_rect_height(job->area));
        nt_yuv_to_rgb(nt_frame_image(job->frame), job->area, job->pixels, (ptrdiff_t)stride);
        g_clear_pointer(&job->frame, nt_frame_unref); /* it holds one of the decoder's buffers */
    }
    NtExplainSubject subject = {.face = &job->face,
                                .width = job->width,
                                .height = job->height,
                                .area = job->area,
                                .embedding = job->has_embedding ? job->embedding : NULL,
                                .classifier = job->classifier};
    if (job->pixels)
        subject.crop = (NtImage){job->pixels, nt_rect_width(job->area), nt_rect_height(job->area), (ptrdiff_t)stride,
                                 NT_PIXELS_RGB24};
    g_task_return_pointer(task, nt_explain_face_new(&subject), (GDestroyNotify)nt_explain_face_free);
}

/* What is shown. */

static void show_words(GtkLabel *label, const char *words)
{
    /* the same again would take away what a reader has selected */
    if (g_strcmp0(gtk_label_get_label(label), words ? words : "") != 0)
        gtk_label_set_label(label, words ? words : "");
    gtk_widget_set_visible(GTK_WIDGET(label), words && *words);
}

static void show_drawing(NtExplainDrawing *drawing, const NtExplainFace *explain, gboolean visible, const char *words)
{
    nt_explain_drawing_set(drawing, explain, words);
    gtk_widget_set_visible(GTK_WIDGET(drawing), visible);
}

/* Takes the face, which may be NULL. */
static void show_face(NtExplainView *self, NtExplainFace *explain)
{
    g_autoptr(NtExplainFace) before = self->explain;
    self->explain = explain;
    if (!explain) {
        NtExplainDrawing *const drawings[] = {self->find,  self->score,   self->filters, self->landmarks,
                                              self->align, self->numbers, self->people};
        for (gsize i = 0; i < G_N_ELEMENTS(drawings); i++)
            nt_explain_drawing_set(drawings[i], NULL, NULL);
        return;
    }
    const char *filter = nt_explain_filter_name(explain->face.detection.part);
    g_autofree char *found = nt_explain_words_found(explain), *aligned = nt_explain_words_aligned(explain);
    g_autofree char *numbers = nt_explain_words_numbers(explain), *people = nt_explain_words_people(explain);
    g_autofree char *verdict = nt_explain_words_verdict(explain), *together = nt_explain_words_together(explain);
    g_autofree char *score = nt_explain_words_score(explain);
    show_drawing(self->find, explain, explain->picture != NULL, _("The edges around the face, cell by cell"));
    show_drawing(self->score, explain, TRUE, score);
    show_drawing(self->filters, explain, TRUE, filter ? filter : _("The five filters"));
    show_drawing(self->landmarks, explain, explain->picture != NULL, _("The face with its 68 points joined by lines"));
    show_drawing(self->align, explain, explain->chip != NULL, aligned);
    show_drawing(self->numbers, explain, explain->has_embedding, numbers);
    show_drawing(self->people, explain, explain->n_neighbours > 0, people);
    show_words(self->found_words, found);
    show_words(self->aligned_words, aligned);
    show_words(self->numbers_words, numbers);
    show_words(self->verdict_words, verdict);
    show_words(self->together_words, together);
}

static void show_state(NtExplainView *self, gboolean in_view)
{
    gtk_widget_set_visible(self->gone, !in_view);
    gtk_stack_set_visible_child_name(self->stack, self->explain ? "steps" : "empty");
}

static void look(NtExplainView *self);

static void on_looked(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)user;
    NtExplainView *self = NT_EXPLAIN_VIEW(source);
    NtExplainFace *explain = g_task_propagate_pointer(G_TASK(result), NULL);
    self->is_looking = FALSE;
    /* Another face may have been selected meanwhile, or none. */
    if (self->looking_track != self->wish.track) {
        nt_explain_face_free(explain);
    } else {
        self->track = self->looking_track;
        show_face(self, explain);
        show_state(self, self->wish.shown && nt_shown_find(self->wish.shown, self->track));
    }
    look(self);
}

static gboolean on_timer(gpointer user)
{
    NtExplainView *self = user;
    self->timer = 0;
    look(self);
    return G_SOURCE_REMOVE;
}

/* Has the newest wish looked at, when there is one, somebody to see it, and it is time. */
static void look(NtExplainView *self)
{
    if (!self->wish_is_new || self->is_looking || self->timer || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    const NtFace *face = self->wish.shown ? nt_shown_find(self->wish.shown, self->wish.track) : NULL;
    if (!face) {
        self->wish_is_new = FALSE;
        return;
    }
    const gint64 now = g_get_monotonic_time(), wait = self->looked_us + LEAST_INTERVAL_US - now;
    if (self->looked_us > 0 && wait > 0) {
        self->timer = g_timeout_add((guint)(wait / G_TIME_SPAN_MILLISECOND + 1), on_timer, self);
        return;
    }
    g_autoptr(GTask) task = g_task_new(self, NULL, on_looked, NULL);
    g_task_set_task_data(task, job_new(&self->wish, face), (GDestroyNotify)job_free);
    self->wish_is_new = FALSE;
    self->is_looking = TRUE;
    self->looking_track = self->wish.track;
    self->looked_us = now;
    g_task_run_in_thread(task, run_job);
}

static gboolean is_same(const Wish *wish, guint64 track, NtShown *shown, NtFacePicture *picture,
                        NtClassifier *classifier)
{
    return wish->track == track && wish->shown == shown && wish->picture == picture && wish->classifier == classifier;
}

void nt_explain_view_set_face(NtExplainView *self, NtShown *shown, guint64 track, NtFacePicture *picture,
                              NtClassifier *classifier)
{
    if (track == 0)
        shown = NULL, picture = NULL, classifier = NULL; /* of no interest, not even to be held */
    if (is_same(&self->wish, track, shown, picture, classifier))
        return;
    const Wish wish = {track, shown ? nt_shown_ref(shown) : NULL, picture ? nt_face_picture_ref(picture) : NULL,
                       classifier ? nt_classifier_ref(classifier) : NULL};
    wish_clear(&self->wish);
    self->wish = wish;
    self->wish_is_new = track != 0;
    if (track != self->track && self->explain) {
        /* What is shown is somebody else. It stays until the new one is there, which is a moment, but for nobody. */
        if (track == 0 || !shown || !nt_shown_find(shown, track)) {
            show_face(self, NULL);
            self->track = 0;
        }
    }
    if (!gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    show_state(self, shown && nt_shown_find(shown, track));
    look(self);
}

/* GtkWidget. */

static void nt_explain_view_map(GtkWidget *widget)
{
    NtExplainView *self = NT_EXPLAIN_VIEW(widget);
    GTK_WIDGET_CLASS(nt_explain_view_parent_class)->map(widget);
    show_state(self, self->wish.shown && nt_shown_find(self->wish.shown, self->wish.track));
    look(self);
}

static void nt_explain_view_dispose(GObject *object)
{
    NtExplainView *self = NT_EXPLAIN_VIEW(object);
    g_clear_handle_id(&self->timer, g_source_remove);
    wish_clear(&self->wish);
    self->wish_is_new = FALSE;
    show_face(self, NULL);
    G_OBJECT_CLASS(nt_explain_view_parent_class)->dispose(object);
}

static void nt_explain_view_class_init(NtExplainViewClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_explain_view_dispose;
    widget_class->map = nt_explain_view_map;
    g_type_ensure(NT_TYPE_EXPLAIN_DRAWING);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/explain-view.ui");
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, stack);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, gone);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, find);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, score);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, filters);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, landmarks);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, align);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, numbers);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, people);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, found_words);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, aligned_words);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, numbers_words);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, verdict_words);
    gtk_widget_class_bind_template_child(widget_class, NtExplainView, together_words);
}

static void nt_explain_view_init(NtExplainView *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}
