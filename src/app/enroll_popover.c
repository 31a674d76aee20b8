#include "app/enroll_popover.h"

#include <glib/gi18n.h>

#include "app/person_item.h"
#include "app/words.h"

#define MAX_NEAREST 3
/* Of the distance that gives a name: farther people are not worth a button. */
#define PLAUSIBLE_SHARE 1.25f
#define REFRESH_MS 500 /* how often the pictures of this moment are counted anew */
#define NAME_CHARS 14  /* of a button: longer names end in … */

struct _NtEnrollPopover {
    GtkPopover parent_instance;

    NtLibrary *library;
    NtViewing *viewing;
    guint64 track;
    NtFacePicture *picture; /* as it was when asked; NULL: not seen well enough yet */
    GPtrArray *pictures;    /* likewise */
    NtVerdict verdict;
    GHashTable *denied; /* names, interned: whom the user said it is not */
    guint refresh;
    gboolean busy;

    GtkPicture *chip;
    GtkLabel *title, *hint, *status, *problem, *all_words;
    GtkWidget *form, *nearest, *all, *ignore, *enroll;
    GtkEntry *entry;
};

G_DEFINE_FINAL_TYPE(NtEnrollPopover, nt_enroll_popover, GTK_TYPE_POPOVER)

static char *typed_name(NtEnrollPopover *self)
{
    return g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry))));
}

static void show_problem(NtEnrollPopover *self, const char *words)
{
    gtk_label_set_label(self->problem, words ? words : "");
    gtk_widget_set_visible(GTK_WIDGET(self->problem), words != NULL);
    /* Also read to whoever does not see the label below. */
    if (words) {
        gtk_widget_add_css_class(GTK_WIDGET(self->entry), "error");
        gtk_accessible_update_property(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
    } else {
        gtk_widget_remove_css_class(GTK_WIDGET(self->entry), "error");
        gtk_accessible_reset_property(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
    }
    gtk_accessible_update_state(GTK_ACCESSIBLE(self->entry), GTK_ACCESSIBLE_STATE_INVALID,
                                words ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
}

/* What the gallery allows, in words when it is nothing. */

static const char *why_not(NtEnrollPopover *self)
{
    gboolean writable;
    switch (nt_library_get_state(self->library)) {
    case NT_LIBRARY_CLOSED:
    case NT_LIBRARY_OPENING:
        return _("The gallery is being opened…");
    case NT_LIBRARY_LOCKED:
        return _("The gallery is locked. Unlock it to name people.");
    case NT_LIBRARY_FAILED:
        return _("The gallery could not be opened, so nobody can be named.");
    case NT_LIBRARY_OPEN:
        break;
    }
    g_object_get(self->library, "writable", &writable, NULL);
    if (!writable)
        return _("The gallery cannot be changed: its file is read-only.");
    if (!self->picture)
        return _("This face has not been seen well enough yet. It can be named in a moment, or when it is closer.");
    return NULL;
}

/* Who it is said to be, surely or not, and not denied since; or NULL. */
static const char *said_name(NtEnrollPopover *self)
{
    const char *name = self->verdict.kind == NT_VERDICT_UNKNOWN ? NULL : self->verdict.name;
    return name && !g_hash_table_contains(self->denied, name) ? name : NULL;
}

static void show_title(NtEnrollPopover *self)
{
    const char *name = said_name(self);
    g_autofree char *words = NULL;
    if (name && self->verdict.kind == NT_VERDICT_NAME)
        words = g_strdup_printf(_("This is %s"), name);
    else if (name)
        words = g_strdup_printf(_("Is this %s?"), name);
    else
        words = g_strdup(_("Who is this?"));
    gtk_label_set_label(self->title, words);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
}

static void show_hint(NtEnrollPopover *self)
{
    if (!self->picture) {
        gtk_label_set_label(self->hint, "");
        return;
    }
    gboolean refused;
    g_autofree char *name = typed_name(self);
    g_autofree char *words = nt_library_judge(self->library, *name ? name : said_name(self), self->picture, &refused);
    g_autofree char *sentence = words ? nt_words_sentence(words) : g_strdup(_("A good picture."));
    gtk_label_set_label(self->hint, sentence);
}

static guint n_pictures(NtEnrollPopover *self)
{
    return self->pictures ? self->pictures->len : 0;
}

static void show_all(NtEnrollPopover *self)
{
    const guint n = n_pictures(self);
    g_autofree char *words = g_strdup_printf(
        ngettext("Use all good pictures of this moment (%u)", "Use all good pictures of this moment (%u)", n), n);
    if (g_strcmp0(words, gtk_label_get_label(self->all_words)) != 0) {
        gtk_label_set_label(self->all_words, words);
        gtk_accessible_update_property(GTK_ACCESSIBLE(self->all), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
    }
    gtk_widget_set_visible(self->all, n > 1);
}

/* Changes: done by the library in its own time; what was typed stays until they went well. */

static GPtrArray *chosen_pictures(NtEnrollPopover *self)
{
    if (n_pictures(self) > 1 && gtk_check_button_get_active(GTK_CHECK_BUTTON(self->all)))
        return g_ptr_array_ref(self->pictures);
    GPtrArray *one = g_ptr_array_new_with_free_func((GDestroyNotify)nt_face_picture_unref);
    g_ptr_array_add(one, nt_face_picture_ref(self->picture));
    return one;
}

static void take_newest(NtEnrollPopover *self)
{
    g_autoptr(GPtrArray) newest = nt_viewing_get_pictures(self->viewing, self->track);
    if (newest && newest->len > 0) { /* else the track is forgotten, and what was there when asked is used */
        g_clear_pointer(&self->pictures, g_ptr_array_unref);
        self->pictures = g_steal_pointer(&newest);
    }
    if (!self->picture) {
        self->picture = nt_viewing_get_picture(self->viewing, self->track);
        if (!self->picture && n_pictures(self) > 0)
            self->picture = nt_face_picture_ref(g_ptr_array_index(self->pictures, 0));
    }
}

static void set_busy(NtEnrollPopover *self, gboolean busy)
{
    self->busy = busy;
    /* Not insensitive: the entry keeps the focus. */
    gtk_editable_set_editable(GTK_EDITABLE(self->entry), !busy);
    gtk_widget_set_sensitive(self->nearest, !busy);
    gtk_widget_set_sensitive(self->ignore, !busy);
    gtk_widget_set_sensitive(self->enroll, !busy);
}

static gboolean is_gone(NtEnrollPopover *self)
{
    return !self->library;
}

static void show_failure(NtEnrollPopover *self, const GError *error)
{
    show_problem(self, error->message);
    gtk_entry_grab_focus_without_selecting(self->entry);
}

static void on_enrolled(NtLibrary *library, const GError *error, gpointer user)
{
    (void)library;
    g_autoptr(NtEnrollPopover) self = user;
    if (is_gone(self))
        return;
    set_busy(self, FALSE);
    if (error)
        show_failure(self, error);
    else
        gtk_popover_popdown(GTK_POPOVER(self));
}

static void enroll(NtEnrollPopover *self, const char *name)
{
    if (self->busy || why_not(self))
        return;
    g_autofree char *problem = nt_words_name_problem(name);
    show_problem(self, problem);
    if (problem) {
        gtk_widget_grab_focus(GTK_WIDGET(self->entry));
        return;
    }
    take_newest(self);
    g_autoptr(GPtrArray) pictures = chosen_pictures(self);
    set_busy(self, TRUE);
    nt_library_enroll(self->library, name, pictures, nt_viewing_get_location(self->viewing), FALSE, on_enrolled,
                      g_object_ref(self));
}

/* As it is written in the gallery, when it is there but for upper and lower case: "anna" is meant to be Anna. */
static char *known_spelling(NtEnrollPopover *self, const char *name)
{
    g_autofree char *folded = g_utf8_casefold(name, -1);
    GListModel *people = nt_library_get_people(self->library);
    const char *same = NULL;
    for (guint i = 0; people && i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(people, i);
        const char *known = nt_person_item_get_name(item);
        g_autofree char *known_folded = g_utf8_casefold(known, -1);
        if (strcmp(known, name) == 0)
            return g_strdup(name);
        if (strcmp(known_folded, folded) == 0)
            same = known; /* the model keeps the item */
    }
    return g_strdup(same ? same : name);
}

static void on_enroll(NtEnrollPopover *self)
{
    g_autofree char *typed = typed_name(self), *name = known_spelling(self, typed);
    enroll(self, name);
}

static void on_ignore(NtEnrollPopover *self)
{
    if (self->busy || why_not(self))
        return;
    take_newest(self);
    g_autoptr(GPtrArray) pictures = chosen_pictures(self);
    set_busy(self, TRUE);
    nt_library_ignore(self->library, pictures, nt_viewing_get_location(self->viewing), on_enrolled, g_object_ref(self));
}

/* The nearest people. */

static void show_nearest(NtEnrollPopover *self);

typedef struct Denial {
    NtEnrollPopover *popover;
    const char *name; /* interned */
} Denial;

static void on_rejected(NtLibrary *library, const GError *error, gpointer user)
{
    (void)library;
    g_autofree Denial *denial = user;
    g_autoptr(NtEnrollPopover) self = denial->popover;
    if (is_gone(self))
        return;
    set_busy(self, FALSE);
    if (error) {
        show_failure(self, error);
        return;
    }
    g_hash_table_add(self->denied, (gpointer)denial->name);
    show_title(self);
    show_hint(self);
    show_nearest(self);
    gtk_widget_grab_focus(GTK_WIDGET(self->entry)); /* who is it, then? */
}

static void on_deny(GtkWidget *button, NtEnrollPopover *self)
{
    const char *name = g_object_get_data(G_OBJECT(button), "name");
    if (self->busy || why_not(self))
        return;
    Denial *denial = g_new(Denial, 1);
    *denial = (Denial){g_object_ref(self), name};
    set_busy(self, TRUE);
    nt_library_reject(self->library, name, self->picture, nt_viewing_get_location(self->viewing), on_rejected, denial);
}

static void on_confirm(GtkWidget *button, NtEnrollPopover *self)
{
    enroll(self, g_object_get_data(G_OBJECT(button), "name"));
}

/* name: interned. words: on the button; said: for the screen reader and as a tooltip. */
static GtkWidget *name_button(NtEnrollPopover *self, const char *name, const char *words, const char *said,
                              GCallback clicked)
{
    GtkWidget *label = gtk_label_new(words), *button = gtk_button_new();
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_max_width_chars(GTK_LABEL(label), NAME_CHARS);
    gtk_button_set_child(GTK_BUTTON(button), label);
    gtk_widget_set_tooltip_text(button, said);
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, said, -1);
    g_object_set_data(G_OBJECT(button), "name", (gpointer)name);
    g_signal_connect_object(button, "clicked", clicked, self, 0);
    return button;
}

static void add_near(NtEnrollPopover *self, const char *name, gboolean with_confirm)
{
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    g_autofree char *not_words = g_strdup_printf(_("Not %s"), name);
    GtkWidget *deny = name_button(self, name, not_words, not_words, G_CALLBACK(on_deny));
    if (with_confirm) {
        g_autofree char *said = g_strdup_printf(_("This is %s"), name);
        GtkWidget *confirm = name_button(self, name, name, said, G_CALLBACK(on_confirm));
        gtk_widget_set_hexpand(confirm, TRUE);
        gtk_box_append(GTK_BOX(row), confirm);
        gtk_widget_add_css_class(deny, "flat");
    } else {
        gtk_widget_set_hexpand(deny, TRUE);
    }
    gtk_box_append(GTK_BOX(row), deny);
    gtk_box_append(GTK_BOX(self->nearest), row);
}

static void show_nearest(NtEnrollPopover *self)
{
    GtkWidget *row;
    while ((row = gtk_widget_get_first_child(self->nearest)))
        gtk_box_remove(GTK_BOX(self->nearest), row);
    g_autoptr(NtClassifier) classifier = nt_library_get_classifier(self->library);
    if (self->verdict.kind == NT_VERDICT_NAME && said_name(self)) {
        add_near(self, self->verdict.name, FALSE);
    } else if (classifier && self->picture) {
        NtNeighbour near[2 * MAX_NEAREST];
        const guint n = nt_classifier_neighbours(classifier, self->picture->embedding, near, G_N_ELEMENTS(near));
        const float plausible = PLAUSIBLE_SHARE * nt_classifier_threshold(classifier);
        guint shown = 0;
        for (guint i = 0; i < n && shown < MAX_NEAREST; i++)
            if (near[i].distance <= plausible && !g_hash_table_contains(self->denied, near[i].name)) {
                add_near(self, near[i].name, TRUE);
                shown++;
            }
    }
    gtk_widget_set_visible(self->nearest, gtk_widget_get_first_child(self->nearest) != NULL);
}

/* The names to complete with: every word of a name begins a match, so that family names are found too. */

static gboolean matches(GtkEntryCompletion *completion, const char *key, GtkTreeIter *iter, gpointer user)
{
    (void)user;
    g_autofree char *name = NULL;
    gtk_tree_model_get(gtk_entry_completion_get_model(completion), iter, 0, &name, -1);
    return name && g_str_match_string(key, name, TRUE);
}

static void complete_names(NtEnrollPopover *self)
{
    g_autoptr(GtkListStore) names = gtk_list_store_new(1, G_TYPE_STRING);
    GListModel *people = nt_library_get_people(self->library);
    for (guint i = 0; people && i < g_list_model_get_n_items(people); i++) {
        g_autoptr(NtPersonItem) item = g_list_model_get_item(people, i);
        gtk_list_store_insert_with_values(names, NULL, -1, 0, nt_person_item_get_name(item), -1);
    }
    g_autoptr(GtkEntryCompletion) completion = gtk_entry_completion_new();
    gtk_entry_completion_set_model(completion, GTK_TREE_MODEL(names));
    gtk_entry_completion_set_text_column(completion, 0);
    gtk_entry_completion_set_match_func(completion, matches, NULL, NULL);
    gtk_entry_set_completion(self->entry, completion);
}

/* The whole. */

static void show_chip(NtEnrollPopover *self)
{
    g_autoptr(GdkTexture) texture = self->picture ? nt_chip_to_texture(self->picture->chip) : NULL;
    gtk_picture_set_paintable(self->chip, GDK_PAINTABLE(texture));
    gtk_widget_set_visible(GTK_WIDGET(self->chip), texture != NULL);
}

static void show_state(NtEnrollPopover *self)
{
    const char *why = why_not(self);
    gtk_label_set_label(self->status, why ? why : "");
    gtk_widget_set_visible(GTK_WIDGET(self->status), why != NULL);
    gtk_widget_set_visible(self->form, why == NULL);
}

static void show_everything(NtEnrollPopover *self)
{
    show_chip(self);
    show_title(self);
    show_hint(self);
    show_nearest(self);
    show_all(self);
    show_state(self);
}

static void on_typed(NtEnrollPopover *self)
{
    show_problem(self, NULL);
    if (self->library)
        show_hint(self);
}

/* Of the library: unlocked or closed meanwhile. */
static void on_library(NtEnrollPopover *self)
{
    complete_names(self);
    show_everything(self);
    if (!why_not(self))
        gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static gboolean on_refresh(gpointer user)
{
    NtEnrollPopover *self = user;
    const gboolean was_ready = self->picture != NULL;
    if (self->busy)
        return G_SOURCE_CONTINUE;
    take_newest(self);
    if (was_ready)
        show_all(self);
    else if (self->picture)
        on_library(self);
    return G_SOURCE_CONTINUE;
}

void nt_enroll_popover_ask(NtEnrollPopover *popover, NtLibrary *library, NtViewing *viewing, guint64 track)
{
    g_return_if_fail(NT_IS_ENROLL_POPOVER(popover) && !popover->library);
    popover->library = g_object_ref(library);
    popover->viewing = g_object_ref(viewing);
    popover->track = track;
    popover->picture = nt_viewing_get_picture(viewing, track);
    take_newest(popover);
    NtShown *shown = nt_viewing_get_shown(viewing);
    const NtFace *face = shown ? nt_shown_find(shown, track) : NULL;
    if (face)
        popover->verdict = face->verdict;
    gtk_entry_set_placeholder_text(popover->entry,
                                   popover->verdict.kind == NT_VERDICT_NAME ? _("Another name") : _("Name"));
    complete_names(popover);
    show_everything(popover);
    g_signal_connect_object(library, "notify::state", G_CALLBACK(on_library), popover, G_CONNECT_SWAPPED);
    g_signal_connect_object(library, "notify::writable", G_CALLBACK(on_library), popover, G_CONNECT_SWAPPED);
    popover->refresh = g_timeout_add(REFRESH_MS, on_refresh, popover);
}

static void nt_enroll_popover_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(nt_enroll_popover_parent_class)->map(widget);
    NtEnrollPopover *self = NT_ENROLL_POPOVER(widget);
    if (gtk_widget_get_visible(self->form))
        gtk_widget_grab_focus(GTK_WIDGET(self->entry)); /* to type at once */
}

static void nt_enroll_popover_closed(GtkPopover *popover)
{
    g_clear_handle_id(&NT_ENROLL_POPOVER(popover)->refresh, g_source_remove);
}

static void nt_enroll_popover_dispose(GObject *object)
{
    NtEnrollPopover *self = NT_ENROLL_POPOVER(object);
    g_clear_handle_id(&self->refresh, g_source_remove);
    g_clear_pointer(&self->picture, nt_face_picture_unref);
    g_clear_pointer(&self->pictures, g_ptr_array_unref);
    g_clear_object(&self->viewing);
    g_clear_object(&self->library);
    G_OBJECT_CLASS(nt_enroll_popover_parent_class)->dispose(object);
}

static void nt_enroll_popover_finalize(GObject *object)
{
    g_hash_table_unref(NT_ENROLL_POPOVER(object)->denied);
    G_OBJECT_CLASS(nt_enroll_popover_parent_class)->finalize(object);
}

static void nt_enroll_popover_class_init(NtEnrollPopoverClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = nt_enroll_popover_dispose;
    G_OBJECT_CLASS(klass)->finalize = nt_enroll_popover_finalize;
    widget_class->map = nt_enroll_popover_map;
    GTK_POPOVER_CLASS(klass)->closed = nt_enroll_popover_closed;
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/enroll-popover.ui");
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, chip);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, title);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, hint);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, status);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, form);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, nearest);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, entry);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, problem);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, all);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, all_words);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, ignore);
    gtk_widget_class_bind_template_child(widget_class, NtEnrollPopover, enroll);
    gtk_widget_class_bind_template_callback(widget_class, on_enroll);
    gtk_widget_class_bind_template_callback(widget_class, on_typed);
    gtk_widget_class_bind_template_callback(widget_class, on_ignore);
}

static void nt_enroll_popover_init(NtEnrollPopover *self)
{
    self->denied = g_hash_table_new(g_str_hash, g_str_equal);
    gtk_widget_init_template(GTK_WIDGET(self));
}

NtEnrollPopover *nt_enroll_popover_new(void)
{
    return g_object_new(NT_TYPE_ENROLL_POPOVER, NULL);
}
