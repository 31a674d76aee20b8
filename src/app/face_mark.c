#include "app/face_mark.h"

#include "app/words.h"

struct _NtFaceMark {
    GtkButton parent_instance;

    guint64 track;
    char *words;
};

G_DEFINE_FINAL_TYPE(NtFaceMark, nt_face_mark, GTK_TYPE_BUTTON)

/* At once: a button's own answer to the keyboard waits to be seen pressed, and the face may be gone by then. */
static void nt_face_mark_activate(GtkButton *button)
{
    g_signal_emit_by_name(button, "clicked");
}

/* As large as the face it is put over, whatever that is. */
static void nt_face_mark_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                                 int *natural, int *minimum_baseline, int *natural_baseline)
{
    (void)widget, (void)orientation, (void)for_size;
    *minimum = *natural = 0;
    *minimum_baseline = *natural_baseline = -1;
}

static void nt_face_mark_finalize(GObject *object)
{
    g_free(NT_FACE_MARK(object)->words);
    G_OBJECT_CLASS(nt_face_mark_parent_class)->finalize(object);
}

static void nt_face_mark_class_init(NtFaceMarkClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = nt_face_mark_finalize;
    GTK_WIDGET_CLASS(klass)->measure = nt_face_mark_measure;
    GTK_BUTTON_CLASS(klass)->activate = nt_face_mark_activate;
    gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(klass), "facemark");
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(klass), GTK_ACCESSIBLE_ROLE_BUTTON);
}

static void nt_face_mark_init(NtFaceMark *self)
{
    gtk_widget_set_layout_manager(GTK_WIDGET(self), NULL);
    gtk_widget_set_cursor_from_name(GTK_WIDGET(self), "pointer");
}

GtkWidget *nt_face_mark_new(guint64 track)
{
    NtFaceMark *mark = g_object_new(NT_TYPE_FACE_MARK, NULL);
    mark->track = track;
    return GTK_WIDGET(mark);
}

guint64 nt_face_mark_get_track(NtFaceMark *mark)
{
    return mark->track;
}

void nt_face_mark_set_face(NtFaceMark *mark, const NtFace *face, int picture_width)
{
    g_autofree char *words = nt_words_face(face, picture_width);
    if (g_strcmp0(words, mark->words) == 0)
        return;
    gtk_accessible_update_property(GTK_ACCESSIBLE(mark), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
    g_free(mark->words);
    mark->words = g_steal_pointer(&words);
}
