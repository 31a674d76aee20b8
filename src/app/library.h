/* Nametag - the gallery as the window knows it: opened, changed and watched in a thread of its own, never on the main
 * one.
 *
 * Every change is a call that returns at once; when it is done (or has failed) its callback and the signal "told" come
 * on the main thread, in the order of the calls. Changes made by others (the command line, another window) are noticed
 * and signalled too.
 *
 * Signals:
 *   "changed"                                  the people, their pictures or the answers changed; the recognizer knows
 * it already "told" (char *words, gboolean undoable, gboolean failed)   a sentence for a toast: "Anna: 3 pictures
 * enrolled" Properties, readable, notified: "state", "words", "undo", "redo" (what would be undone or redone, in words,
 * or NULL), "encrypted", "writable".
 */
#ifndef NT_LIBRARY_H
#define NT_LIBRARY_H

#include <gdk/gdk.h>

#include "engine/album.h"
#include "engine/model_set.h"
#include "identity/health.h"
#include "identity/recognizer.h"

typedef enum NtLibraryState {
    NT_LIBRARY_CLOSED,
    NT_LIBRARY_OPENING,
    NT_LIBRARY_OPEN,
    NT_LIBRARY_LOCKED, /* it is encrypted and asks for a pass phrase: nt_library_unlock */
    NT_LIBRARY_FAILED, /* words say why and what to do; nobody is known, and nothing of the file was changed */
} NtLibraryState;

#define NT_TYPE_LIBRARY (nt_library_get_type())
G_DECLARE_FINAL_TYPE(NtLibrary, nt_library, NT, LIBRARY, GObject)

NtLibrary *nt_library_new(void);
/* Opens the gallery at path (made with the first change when missing), instead of the one before. The key is looked for
 * in the Secret Service; passphrase: tried first, or NULL. A gallery of another model is embedded again, which "words"
 * tells meanwhile. */
void nt_library_open(NtLibrary *library, const char *path, NtModelSet *models, NtCaution caution);
void nt_library_unlock(NtLibrary *library, const char *passphrase); /* a wrong one: LOCKED again, with words */
void nt_library_set_caution(NtLibrary *library, NtCaution caution);
/* Finishes the changes under way and closes. Called before the last unref. */
void nt_library_close(NtLibrary *library);

NtLibraryState nt_library_get_state(NtLibrary *library);
const char *nt_library_get_words(NtLibrary *library);
const char *nt_library_get_path(NtLibrary *library);
/* NULL unless open; the same until the state, the gallery or the caution changes. Take a reference (nt_recognizer_ref)
 * for use beyond that. */
NtRecognizer *nt_library_get_recognizer(NtLibrary *library);
/* The newest classifier, the caller's; NULL unless open. */
NtClassifier *nt_library_get_classifier(NtLibrary *library);

/* Everybody, sorted by name: a GListStore of NtPersonItem (person_item.h), the same object always; items stay the same
 * objects while the person is there. */
GListModel *nt_library_get_people(NtLibrary *library);

/* Who is on the screen now, and since when; drives "on-screen" and "last-seen" of the people. names: interned, n of
 * them. */
void nt_library_set_on_screen(NtLibrary *library, const char *const *names, guint n);

/* What would be said of enrolling this picture as that person (who may be new; NULL: somebody new): NULL when it is
 * good, else why not and what to do. At once; *refused: the gate advises against it (a duplicate, another person, too
 * poor). The caller's. */
char *nt_library_judge(NtLibrary *library, const char *person, const NtFacePicture *picture, gboolean *refused);

/* done may be NULL; error is NULL when it went well. */
typedef void (*NtLibraryDone)(NtLibrary *library, const GError *error, gpointer user);

/* pictures: array of NtFacePicture. The gate leaves out what it would refuse, unless force; but of nothing but refused
 * ones the best is taken all the same (somebody asked for it by hand, and it is remembered as forced), except
 * duplicates. source: where they were seen, without secrets. */
void nt_library_enroll(NtLibrary *library, const char *person, GPtrArray *pictures, const char *source, gboolean force,
                       NtLibraryDone done, gpointer user);
void nt_library_reject(NtLibrary *library, const char *person, NtFacePicture *picture, const char *source,
                       NtLibraryDone done, gpointer user);
void nt_library_ignore(NtLibrary *library, GPtrArray *pictures, const char *source, NtLibraryDone done, gpointer user);
void nt_library_rename(NtLibrary *library, const char *name, const char *new_name, NtLibraryDone done, gpointer user);
void nt_library_merge(NtLibrary *library, const char *from, const char *into, NtLibraryDone done, gpointer user);
void nt_library_forget(NtLibrary *library, const char *name, NtLibraryDone done, gpointer user);
void nt_library_remove_faces(NtLibrary *library, const gint64 *ids, guint n, NtLibraryDone done, gpointer user);
void nt_library_set_cover(NtLibrary *library, const char *name, gint64 face, NtLibraryDone done, gpointer user);
void nt_library_undo(NtLibrary *library);
void nt_library_redo(NtLibrary *library);
/* encrypt: with a pass phrase, or with NULL by the Secret Service; decrypt: see gallery.h. */
void nt_library_encrypt(NtLibrary *library, const char *passphrase, NtLibraryDone done, gpointer user);
void nt_library_decrypt(NtLibrary *library, NtLibraryDone done, gpointer user);

/* A person's pictures, oldest first: each an NtPersonFace. Freed after the call. */
typedef struct NtPersonFace {
    gint64 id;
    GdkTexture *chip;
    char *source; /* shown form */
    gint64 pts_ns, created_us;
    NtQuality quality;
    gboolean aside, forced, cover;
} NtPersonFace;
typedef void (*NtLibraryFaces)(NtLibrary *library, const char *person, GPtrArray *faces, const GError *error,
                               gpointer user);
void nt_library_list_faces(NtLibrary *library, const char *person, NtLibraryFaces done, gpointer user);

#endif
