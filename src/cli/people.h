/* Nametag - the verbs of `nametag people`: one function each, one line in cmd_people.c's table.
 */
#ifndef NT_PEOPLE_H
#define NT_PEOPLE_H

#include <glib.h>

#include "engine/model_set.h"
#include "identity/classifier.h"
#include "identity/gallery.h"

/* All options of all verbs; the table says which verb knows which. */
typedef struct NtPeopleOptions {
    char *gallery;
    gboolean json;
    gboolean yes;         /* do not ask */
    gboolean keyring;     /* encrypt: the key in the Secret Service instead of a pass phrase */
    char *caution;        /* a word of nt_caution_from_name; NULL: the default */
    gboolean largest;     /* of several faces the largest */
    gboolean force;       /* against the quality gate's advice */
    gboolean all;
    double at_s;          /* the moment in a clip */
    char *export_folder;
} NtPeopleOptions;

/* What a verb works on. */
typedef struct NtPeopleJob {
    const char *gallery_path;
    const NtPeopleOptions *options;
    NtGallery *gallery;   /* open as the table says; NULL where it says that the verb opens it */
    NtModelSet *models;   /* loaded, and the gallery checked against them, for verbs that look at pictures; else NULL */
} NtPeopleJob;

/* words: what follows the verb, NULL-terminated, n of them (checked against the table's least and most). Returns an exit
 * code (NT_EXIT_...); error, when set, is printed by the caller. A verb that changed something says so, and ends with
 * nt_people_say_undo where undo takes it back. */
typedef int NtPeopleVerb(const NtPeopleJob *job, char **words, int n, GError **error);

NtPeopleVerb nt_people_list, nt_people_names, nt_people_show;                                  /* people_list.c */
NtPeopleVerb nt_people_rename, nt_people_merge, nt_people_split, nt_people_move, nt_people_drop, nt_people_set_aside,
    nt_people_use, nt_people_remove, nt_people_forget;                                         /* people_edit.c */
NtPeopleVerb nt_people_not, nt_people_ignore, nt_people_rejections, nt_people_accept, nt_people_strangers,
    nt_people_unignore;                                                                        /* people_judge.c */
NtPeopleVerb nt_people_unknown, nt_people_name_unknown, nt_people_ignore_unknown, nt_people_drop_unknown;
                                                                                               /* people_unknown.c */
NtPeopleVerb nt_people_undo, nt_people_redo, nt_people_history;                                /* people_history.c */
NtPeopleVerb nt_people_check;                                                                  /* people_check.c */
NtPeopleVerb nt_people_export, nt_people_import, nt_people_merge_gallery;                      /* people_archive.c */
NtPeopleVerb nt_people_encrypt, nt_people_decrypt;                                             /* people_vault.c */

/* Helpers of the verbs: people_words.c. */

/* "'nametag people undo' takes it back.", with --gallery where that is needed. */
void nt_people_say_undo(const NtPeopleJob *job);
/* The command to name in an advice: "nametag people undo", with --gallery where one was given. Free with g_free. */
char *nt_people_command(const NtPeopleJob *job, const char *words);
/* Asks on the terminal, "question [y/N] "; TRUE with --yes. Where nobody can answer: FALSE after a message that repeats
 * the question and names --yes. */
gboolean nt_people_confirm(const NtPeopleJob *job, const char *question);
/* "2024-11-23 18:05", local time; free with g_free. */
char *nt_people_date(gint64 us);
/* "1 picture", "3 pictures"; free with g_free. */
char *nt_people_count(guint n, const char *thing);
/* "party.mp4 at 12.40 s, face of 100 x 100 pixels"; free with g_free. */
char *nt_people_where(const NtGalleryFace *face);
/* Reads "2", "2,5", "2-4,7" of 1..max into numbers (guint, ascending, each once). FALSE with NT_GALLERY_ERROR_NOT_FOUND,
 * or G_OPTION_ERROR_BAD_VALUE for what is no number. thing: what is numbered, "picture". */
gboolean nt_people_read_numbers(const char *text, guint max, const char *thing, GArray *numbers, GError **error);
/* The word that differs least from a mistyped one, in a few letters at most; NULL. */
const char *nt_people_nearest_word(const char *word, const char *const *words, guint n);
/* "Did you mean 'Anna'?" on standard error, when a person's name is nearly that. */
void nt_people_suggest(NtGallery *gallery, const char *name);

#endif
