/* Nametag - the thread of the library: owns the gallery, does one job after another, looks at the file in between, and
 * hands on what came of it. For library.c alone.
 *
 * library_worker.c   the thread, opening and closing, another model
 * library_view.c     what the gallery looks like from outside: people, covers, advice
 * library_changes.c  the changes
 */
#ifndef NT_LIBRARY_WORKER_H
#define NT_LIBRARY_WORKER_H

#include "app/library.h"

/* Jobs, in the order of the calls. */
typedef enum NtJobKind {
    NT_JOB_OPEN,       /* name: path; models, caution */
    NT_JOB_UNLOCK,     /* name: pass phrase, wiped */
    NT_JOB_CAUTION,    /* caution */
    NT_JOB_LIST_FACES, /* name */
    NT_JOB_NOTE_SEEN,  /* names, ids: times */
    NT_JOB_STOP,
    /* From here on: changes, which end with `done` and a sentence. */
    NT_JOB_ENROLL, /* name, pictures, source, force */
    NT_JOB_REJECT,
    NT_JOB_IGNORE,
    NT_JOB_RENAME, /* name, other */
    NT_JOB_MERGE,  /* name into other */
    NT_JOB_FORGET,
    NT_JOB_REMOVE_FACES, /* ids */
    NT_JOB_SET_COVER,    /* name, ids[0] */
    NT_JOB_UNDO,
    NT_JOB_REDO,
    NT_JOB_ENCRYPT, /* name: pass phrase, wiped, or NULL */
    NT_JOB_DECRYPT,
} NtJobKind;

typedef struct NtJob {
    NtJobKind kind;
    guint generation; /* OPEN: of the gallery; what comes of an earlier one is not shown */
    char *name, *other, *source;
    GPtrArray *pictures; /* of NtFacePicture */
    GPtrArray *names;    /* interned */
    GArray *ids;         /* gint64 */
    gboolean force;
    NtModelSet *models;
    NtCaution caution;
    NtLibraryDone done;
    NtLibraryFaces list_done;
    gpointer user;
} NtJob;
NtJob *nt_job_new(NtJobKind kind);
void nt_job_free(NtJob *job); /* wipes what may be a pass phrase */

/* One of the people as they are shown. */
typedef struct NtPersonView {
    gint64 id;
    char *name;
    guint n_faces;
    GdkTexture *cover;
    char *advice;
    gint64 seen_us;
} NtPersonView;

/* The gallery as it is shown; counted, immutable, any thread. */
typedef struct NtLibraryView {
    gint ref_count;
    GPtrArray *people;           /* NtPersonView, by name */
    NtGallerySnapshot *snapshot; /* NULL: nobody */
    NtRecognizer *recognizer;
    char *undo, *redo; /* in words; NULL: nothing */
    gboolean encrypted, writable;
} NtLibraryView;
NtLibraryView *nt_library_view_ref(NtLibraryView *view);
void nt_library_view_unref(NtLibraryView *view); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NtLibraryView, nt_library_view_unref)

/* What came of a job, in order. */
typedef struct NtResult {
    guint generation;
    gboolean has_state;
    NtLibraryState state; /* when has_state, with words or NULL */
    NtLibraryView *view;  /* the new one, or NULL */
    gboolean changed;     /* with view: the content is another */
    gboolean told, undoable, failed;
    char *words;
    NtJob *job; /* to be called back, with error and faces */
    GPtrArray *faces;
    GError *error;
} NtResult;
void nt_result_free(NtResult *result);

typedef struct NtLibraryWorker {
    GThread *thread;
    GAsyncQueue *jobs;             /* NtJob */
    GAsyncQueue *results;          /* NtResult */
    gint stopping;                 /* atomic: a long job gives up */
    void (*notify)(gpointer user); /* a result is there; from the worker */
    gpointer user;

    /* The thread's alone. */
    NtLibraryState state;
    guint generation;
    char *path, *passphrase;
    NtModelSet *models;
    NtCaution caution;
    NtVaultKeys keys;
    NtGallery *gallery; /* NULL while OPEN: not made yet */
    NtRecognizer *recognizer;
    gint64 version;
    guint64 file[2]; /* device and number */
    char *stamp;
    GHashTable *people; /* what is known of people, by id: library_view.c */
} NtLibraryWorker;

NtLibraryWorker *nt_library_worker_new(void (*notify)(gpointer user), gpointer user);
void nt_library_worker_push(NtLibraryWorker *worker, NtJob *job);
/* Does what was pushed, gives up re-embedding, closes, and ends the thread; the results are still there. */
void nt_library_worker_stop(NtLibraryWorker *worker);
void nt_library_worker_free(NtLibraryWorker *worker); /* stopped */

/* Between the files; the worker's thread. */
void nt_library_worker_post(NtLibraryWorker *worker, NtResult *result);
/* Opens the file for changes, and makes it when it is missing. */
gboolean nt_library_worker_need_gallery(NtLibraryWorker *worker, GError **error);
gboolean nt_library_worker_new_recognizer(NtLibraryWorker *worker, GError **error);
void nt_library_worker_keep_passphrase(NtLibraryWorker *worker, const char *passphrase);
/* Reads the gallery and posts a view. changed: for certain. */
gboolean nt_library_worker_show(NtLibraryWorker *worker, gboolean changed, GError **error);
GHashTable *nt_library_known_new(void);
GPtrArray *nt_library_list_person_faces(NtLibraryWorker *worker, const char *name, GError **error);
/* Makes the change of a job and posts what came of it; takes the job over. */
void nt_library_worker_change(NtLibraryWorker *worker, NtJob *job);

#endif
