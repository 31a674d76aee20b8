#include "app/encrypt_dialog.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#define MIN_CHARACTERS 8
/* Bits of what a guesser has to try. With Argon2id a guess costs some tenths of a second: 40 bits keep a single machine
 * busy for thousands of years, but no one picks characters evenly. */
#define FAIR_BITS 50
#define GOOD_BITS 70

struct _NtEncryptDialog {
    AdwMessageDialog parent_instance;

    GtkCheckButton *phrase_check;
    GtkEditable *phrase_row, *again_row;
    GtkLevelBar *strength_bar;
    GtkLabel *advice_label, *warning_label;
};

G_DEFINE_FINAL_TYPE(NtEncryptDialog, nt_encrypt_dialog, ADW_TYPE_MESSAGE_DIALOG)

/* How many characters there are of the kinds that are used. */
static int alphabet_of(const char *text)
{
    const int letters = 26, digits = 10, others = 33, beyond_ascii = 100;
    gboolean lower = FALSE, upper = FALSE, digit = FALSE, other = FALSE, wide = FALSE;
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        lower |= g_ascii_islower(*c);
        upper |= g_ascii_isupper(*c);
        digit |= g_ascii_isdigit(*c);
        wide |= (*c & 0x80) != 0;
        other |= !g_ascii_isalnum(*c) && !(*c & 0x80);
    }
    return letters * (lower + upper) + digits * digit + others * other + beyond_ascii * wide;
}

/* "aaaaaaaa" has one character, and is worth hardly more. */
static guint count_distinct(const char *text)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (const char *c = text; *c; c = g_utf8_next_char(c))
        g_hash_table_add(seen, GUINT_TO_POINTER(g_utf8_get_char(c)));
    return g_hash_table_size(seen);
}

NtStrength nt_passphrase_strength(const char *passphrase)
{
    const glong length = g_utf8_strlen(passphrase, -1);
    if (length == 0)
        return NT_STRENGTH_NONE;
    if (length < MIN_CHARACTERS)
        return NT_STRENGTH_SHORT;
    /* What repeats counts half. */
    const double worth = ((double)length + count_distinct(passphrase)) / 2;
    const double bits = worth * log2(alphabet_of(passphrase));
    return bits < FAIR_BITS ? NT_STRENGTH_WEAK : bits < GOOD_BITS ? NT_STRENGTH_FAIR : NT_STRENGTH_GOOD;
}

static const char *strength_words(NtStrength strength)
{
    switch (strength) {
    case NT_STRENGTH_NONE:
        return _("Several words are easy to remember and hard to guess.");
    case NT_STRENGTH_SHORT:
        return _("Too short: it needs at least 8 characters.");
    case NT_STRENGTH_WEAK:
        return _("Weak: it could be guessed. More words make it better.");
    case NT_STRENGTH_FAIR:
        return _("Fair");
    case NT_STRENGTH_GOOD:
        break;
    }
    return _("Good");
}

static void nt_encrypt_dialog_update(NtEncryptDialog *self)
{
    const gboolean by_phrase = gtk_check_button_get_active(self->phrase_check);
    const char *phrase = gtk_editable_get_text(self->phrase_row), *again = gtk_editable_get_text(self->again_row);
    const NtStrength strength = nt_passphrase_strength(phrase);
    const gboolean same = strcmp(phrase, again) == 0;
    gtk_level_bar_set_value(self->strength_bar, (double)strength);
    gtk_label_set_text(self->advice_label, strength > NT_STRENGTH_SHORT && *again && !same
                                               ? _("The two pass phrases are not the same.")
                                               : strength_words(strength));
    gtk_label_set_text(self->warning_label,
                       by_phrase
                           ? _("Keep the pass phrase well: if it is lost, nobody can open the gallery again.")
                           : _("If the keyring is lost, or the file is moved to another computer, nobody can open the "
                               "gallery again."));
    adw_message_dialog_set_response_enabled(ADW_MESSAGE_DIALOG(self), "encrypt",
                                            !by_phrase || (strength > NT_STRENGTH_SHORT && same));
}

const char *nt_encrypt_dialog_get_passphrase(NtEncryptDialog *dialog)
{
    return gtk_check_button_get_active(dialog->phrase_check) ? gtk_editable_get_text(dialog->phrase_row) : NULL;
}

NtEncryptDialog *nt_encrypt_dialog_new(GtkWindow *parent)
{
    return g_object_new(NT_TYPE_ENCRYPT_DIALOG, "transient-for", parent, NULL);
}

static void nt_encrypt_dialog_class_init(NtEncryptDialogClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/nametag/Nametag/encrypt-dialog.ui");
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, phrase_check);
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, phrase_row);
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, again_row);
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, strength_bar);
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, advice_label);
    gtk_widget_class_bind_template_child(widget_class, NtEncryptDialog, warning_label);
    gtk_widget_class_bind_template_callback(widget_class, nt_encrypt_dialog_update);
}

static void nt_encrypt_dialog_init(NtEncryptDialog *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    nt_encrypt_dialog_update(self);
    gtk_window_set_focus(GTK_WINDOW(self), GTK_WIDGET(self->phrase_row));
}
