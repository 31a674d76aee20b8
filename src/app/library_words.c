#include "app/library_words.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

char *nt_library_words_change(const NtChange *change)
{
    const char *person = change->person ? change->person : C_("in a list of changes", "several people");
    const char *other = change->other ? change->other : C_("in a list of changes", "several people");
    const guint n = change->count;
    switch (change->kind) {
    case NT_CHANGE_ENROLL:
        return g_strdup_printf(ngettext("%u picture of %s enrolled", "%u pictures of %s enrolled", n), n, person);
    case NT_CHANGE_REMOVE_FACES:
        return g_strdup_printf(ngettext("%u picture of %s removed", "%u pictures of %s removed", n), n, person);
    case NT_CHANGE_SET_ASIDE:
        return g_strdup_printf(ngettext("%u picture of %s set aside", "%u pictures of %s set aside", n), n, person);
    case NT_CHANGE_USE_AGAIN:
        return g_strdup_printf(ngettext("%u picture of %s used again", "%u pictures of %s used again", n), n, person);
    case NT_CHANGE_MOVE_FACES:
        return g_strdup_printf(ngettext("%u picture moved from %s to %s", "%u pictures moved from %s to %s", n), n,
                               person, other);
    case NT_CHANGE_RENAME:
        return g_strdup_printf(_("%s is now called %s"), other, person);
    case NT_CHANGE_MERGE:
        return g_strdup_printf(_("%s merged into %s"), other, person);
    case NT_CHANGE_REMOVE:
        return g_strdup_printf(_("%s removed"), person);
    case NT_CHANGE_REJECT:
        return g_strdup_printf(_("Not %s: such faces no longer get this name"), person);
    case NT_CHANGE_IGNORE:
        return g_strdup_printf(ngettext("%u face ignored from now on", "%u faces ignored from now on", n), n);
    case NT_CHANGE_REMOVE_REJECTION:
        return g_strdup_printf(_("“Not %s” taken back"), person);
    case NT_CHANGE_REMOVE_STRANGER:
        return g_strdup_printf(ngettext("%u face no longer ignored", "%u faces no longer ignored", n), n);
    case NT_CHANGE_IMPORT:
        return g_strdup_printf(ngettext("%u person imported", "%u people imported", n), n);
    case NT_CHANGE_SET_COVER:
        return g_strdup_printf(_("Another cover picture for %s"), person);
    case NT_N_CHANGES:
        break;
    }
    return g_strdup(_("A change made by a newer version"));
}

char *nt_library_words_gate(const NtGateAnswer *answer, const char *person)
{
    switch (answer->reason) {
    case NT_GATE_SMALL:
        return g_strdup(_("The face is too small. Come nearer, or use a larger picture."));
    case NT_GATE_BLURRED:
        return g_strdup(_("The face is blurred. Hold still, or come nearer."));
    case NT_GATE_TURNED:
        return g_strdup(_("The face is turned too far. Look more towards the camera."));
    case NT_GATE_CUT_OFF:
        return g_strdup(_("Part of the face is cut off. Show the whole face."));
    case NT_GATE_DARK:
        return g_strdup(_("The face is too dark. Turn it to the light."));
    case NT_GATE_BRIGHT:
        return g_strdup(_("The face is too bright. Use less light."));
    case NT_GATE_FLAT:
        return g_strdup(_("The face is pale against the light. Avoid glare and light from behind."));
    case NT_GATE_DUPLICATE:
        return g_strdup(_("Such a picture is enrolled already. Another light, day or side adds more."));
    case NT_GATE_SOMEBODY:
        return g_strdup_printf(_("This face looks like %s. See whether the name is right."), answer->other);
    case NT_GATE_STRANGER:
        return person
                   ? g_strdup_printf(
                         _("This face looks unlike the other pictures of %s. See whether the name is right."), person)
                   : g_strdup(_("This face looks unlike the person’s other pictures."));
    case NT_GATE_GOOD:
    case NT_N_GATE_REASONS:
        break;
    }
    return NULL;
}

/* Pictures below which one more always helps, as health.c has it. */
#define WANTED_PICTURES 3

char *nt_library_words_advice(const NtPersonHealth *health)
{
    const guint in_use = health->n_faces - health->n_aside;
    if (in_use == 0)
        return g_strdup(_("Has no picture in use, so the name is never given"));
    if (in_use < WANTED_PICTURES) {
        const guint wanted = WANTED_PICTURES - in_use;
        return g_strdup_printf(
            ngettext("Needs %u more picture, from another day", "Needs %u more pictures, from other days", wanted),
            wanted);
    }
    if (health->outliers->len > 0)
        return g_strdup_printf(ngettext("%u picture looks unlike the others: see whether it shows somebody else",
                                        "%u pictures look unlike the others: see whether they show somebody else",
                                        health->outliers->len),
                               health->outliers->len);
    if (health->n_hiding_strangers)
        return g_strdup(_("An ignored face looks like this person, who may stay unknown because of it"));
    if (health->n_hiding_rejections)
        return g_strdup(_("A face much like this person’s was said not to be theirs"));
    if (health->n_measured < in_use)
        return NULL; /* one of unknown pose may be the view that seems missing */
    if (!health->has_front)
        return g_strdup(_("Needs a picture from the front"));
    if (!health->has_left && !health->has_right)
        return g_strdup(_("Needs a picture looking left or right"));
    if (!health->has_left)
        return g_strdup(_("Needs a picture looking left"));
    return health->has_right ? NULL : g_strdup(_("Needs a picture looking right"));
}

char *nt_library_words_failure(const GError *error, const char *name)
{
    if (error->domain == NT_VAULT_ERROR)
        return g_strdup(error->code == NT_VAULT_ERROR_SERVICE
                            ? _("The keyring does not answer. Unlock it and try again, or use a pass phrase.")
                            : _("The key does not fit. Try again with another pass phrase."));
    if (error->domain != NT_GALLERY_ERROR)
        return g_strdup_printf(_("This could not be done: %s"), error->message);
    switch ((NtGalleryError)error->code) {
    case NT_GALLERY_ERROR_NOT_FOUND:
        return name ? g_strdup_printf(_("%s is not in the gallery any more."), name)
                    : g_strdup(_("This is not in the gallery any more."));
    case NT_GALLERY_ERROR_EXISTS:
        return name ? g_strdup_printf(_("There is somebody called %s already. Choose another name, or merge the two if "
                                        "they are one person."),
                                      name)
                    : g_strdup(_("It is so already."));
    case NT_GALLERY_ERROR_NAME:
        return g_strdup(_("This cannot be a name. Type one of 1 to 200 letters that is not “unknown”."));
    case NT_GALLERY_ERROR_WRITE:
        return g_strdup(_("The gallery could not be written, and nothing was changed. See whether the file is "
                          "read-only or the disk full."));
    case NT_GALLERY_ERROR_NOTHING:
        return g_strdup(_("There is nothing more to undo or redo."));
    case NT_GALLERY_ERROR_OPEN:
    case NT_GALLERY_ERROR_NEWER:
    case NT_GALLERY_ERROR_MODEL:
        return nt_library_words_closed(error);
    }
    return g_strdup(error->message);
}

char *nt_library_words_closed(const GError *error)
{
    if (g_error_matches(error, NT_VAULT_ERROR, NT_VAULT_ERROR_SERVICE))
        return g_strdup(
            _("The key of the gallery is in the keyring, which does not answer. Unlock the keyring and open "
              "the gallery again."));
    if (g_error_matches(error, NT_VAULT_ERROR, NT_VAULT_ERROR_DAMAGED) ||
        g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_OPEN))
        return g_strdup(_("The gallery cannot be read: the file is damaged, no gallery, or not yours to read. Restore "
                          "it from a copy, or choose another file."));
    if (g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NEWER))
        return g_strdup(_("The gallery was made by a newer version of Nametag. Update the program to open it."));
    if (g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_MODEL))
        return g_strdup(_("The gallery was made with another model and cannot be written to bring it up to date. Use a "
                          "copy of the file that can be written."));
    if (g_error_matches(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_WRITE))
        return g_strdup(_("The gallery cannot be made or written there. Choose a folder of yours with space left."));
    return g_strdup_printf(_("The gallery could not be opened: %s"), error->message);
}
