/* nametag people unknown, name-unknown, ignore-unknown, drop-unknown: the unknown people that `nametag tag` kept. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/people.h"
#include "engine/core_error.h"
#include "export/json_writer.h"
#include "identity/quality_gate.h"
#include "media/still.h"

#define FOLDER_MODE 0700 /* faces are nobody else's business */

/* The kept unknown people, and what the gallery says of each by now. */
typedef struct Kept {
    GPtrArray *all;     /* NtUnknown */
    const char **names; /* [all->len]: who it is by now, interned; "" for ignored; NULL for still unknown */
} Kept;

static void clear_kept(Kept *kept)
{
    g_clear_pointer(&kept->all, g_ptr_array_unref);
    g_clear_pointer(&kept->names, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Kept, clear_kept)

/* What most of the pictures say. */
static const char *who_is(const NtClassifier *classifier, const NtUnknown *unknown)
{
    guint n_ignored = 0, n_named = 0;
    const char *name = NULL;
    for (guint i = 0; i < unknown->n_faces; i++) {
        NtVerdict verdict;
        nt_classifier_identify(classifier, unknown->faces[i].embedding, &verdict);
        n_ignored += verdict.reason == NT_REASON_IGNORED;
        if (verdict.kind != NT_VERDICT_NAME)
            continue;
        n_named += !name || g_strcmp0(name, verdict.name) == 0;
        name = name ? name : verdict.name;
    }
    return n_named * 2 > unknown->n_faces ? name : n_ignored * 2 > unknown->n_faces ? "" : NULL;
}

static gboolean load(const NtPeopleJob *job, gboolean with_chips, Kept *kept, GError **error)
{
    const NtClassifierOptions options = {.caution = NT_CAUTION_BALANCED};
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(job->gallery, error);
    g_autoptr(NtClassifier) classifier = snapshot ? nt_classifier_new(snapshot, &options, NULL, error) : NULL;
    if (!classifier || !(kept->all = nt_gallery_list_unknown(job->gallery, with_chips, error)))
        return FALSE;
    kept->names = g_new0(const char *, kept->all->len + 1);
    for (guint i = 0; i < kept->all->len; i++)
        kept->names[i] = who_is(classifier, kept->all->pdata[i]);
    return TRUE;
}

/* Whether a word means a source: as it was given, the same file, or its name without the folder. */
static gboolean is_source(const char *source, const char *word)
{
    g_autofree char *path = nt_command_source(word), *base = g_path_get_basename(source);
    return strcmp(source, word) == 0 || strcmp(source, path) == 0 || strcmp(base, word) == 0;
}

/* words: [SOURCE] N. The one that is meant, borrowed from kept. */
static NtUnknown *find(const Kept *kept, char **words, int n, GError **error)
{
    const char *source = n > 1 ? words[0] : NULL, *text = words[n - 1];
    guint64 number = 0;
    NtUnknown *found = NULL;
    g_autoptr(GString) sources = g_string_new(NULL);
    guint n_found = 0;
    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &number, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "'%s' is no number of an unknown person; 'nametag people unknown' lists them", text);
        return NULL;
    }
    for (guint i = 0; i < kept->all->len; i++) {
        NtUnknown *unknown = kept->all->pdata[i];
        if (unknown->number != number || (source && !is_source(unknown->source, source)))
            continue;
        found = unknown;
        g_string_append_printf(sources, "%s%s", n_found++ ? ", " : "", unknown->source);
    }
    if (n_found == 1)
        return found;
    if (n_found > 1)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "there is an unknown %u in each of: %s; say which before the number", (guint)number, sources->str);
    else
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "no unknown %u%s%s is kept; 'nametag people unknown' lists those who are", (guint)number,
                    source ? " of " : "", source ? source : "");
    return NULL;
}

static void print_one(const NtUnknown *unknown)
{
    g_autofree char *pictures = nt_people_count(unknown->n_faces, "picture");
    printf("  unknown %-3u", unknown->number);
    if (unknown->first_ns >= 0) {
        g_autofree char *first = nt_command_moment(unknown->first_ns), *last = nt_command_moment(unknown->last_ns);
        printf(" %6" G_GUINT64_FORMAT " frame%s %s to %s,", unknown->n_frames, unknown->n_frames == 1 ? ", " : "s,", first,
               last);
    }
    printf(" %s\n", pictures);
}

/* Everybody still unknown, by source; then what is hidden and why. */
static void print_all(const NtPeopleJob *job, const Kept *kept)
{
    const char *source = NULL;
    guint n_sources = 0;
    for (guint i = 0; i < kept->all->len; i++) {
        const NtUnknown *unknown = kept->all->pdata[i];
        if (kept->names[i])
            continue;
        if (g_strcmp0(source, unknown->source) != 0) {
            printf("%s\n", unknown->source);
            n_sources++;
        }
        source = unknown->source;
        print_one(unknown);
    }
    if (kept->all->len == 0)
        printf("No unknown people are kept; 'nametag tag CLIP' keeps those it sees.\n");
    for (guint i = 0; i < kept->all->len; i++) {
        const NtUnknown *unknown = kept->all->pdata[i];
        if (!kept->names[i])
            continue;
        g_autofree char *base = g_path_get_basename(unknown->source);
        if (*kept->names[i])
            printf("(hidden: unknown %u of %s is %s by now)\n", unknown->number, base, kept->names[i]);
        else
            printf("(hidden: unknown %u of %s is ignored)\n", unknown->number, base);
    }
    if (n_sources > 0) {
        g_autofree char *command = nt_people_command(job, n_sources > 1 ? "name-unknown SOURCE N NAME" : "name-unknown N NAME");
        printf("'%s' names one.\n", command);
    }
}

static void write_ns(NtJsonWriter *json, const char *key, gint64 ns)
{
    nt_json_key(json, key);
    if (ns >= 0)
        nt_json_int(json, ns);
    else
        nt_json_string(json, NULL);
}

/* Everybody who is kept, those who are known or ignored by now too. docs/formats.md */
static void print_json(const Kept *kept)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_array(&json);
    for (guint i = 0; i < kept->all->len; i++) {
        const NtUnknown *unknown = kept->all->pdata[i];
        const char *name = kept->names[i];
        nt_json_begin_object(&json);
        nt_json_key(&json, "source");
        nt_json_string(&json, unknown->source);
        nt_json_key(&json, "unknown");
        nt_json_int(&json, unknown->number);
        nt_json_key(&json, "frames");
        nt_json_int(&json, (gint64)unknown->n_frames);
        write_ns(&json, "first_ns", unknown->first_ns);
        write_ns(&json, "last_ns", unknown->last_ns);
        nt_json_key(&json, "pictures");
        nt_json_int(&json, unknown->n_faces);
        nt_json_key(&json, "name");
        nt_json_string(&json, name && *name ? name : NULL);
        nt_json_key(&json, "ignored");
        nt_json_bool(&json, name && !*name);
        nt_json_end_object(&json);
    }
    nt_json_end_array(&json);
    puts(text->str);
}

/* A file name for one picture that was not used in this export yet; free with g_free. */
static char *picture_name(GHashTable *used, const NtUnknown *unknown, guint picture)
{
    g_autofree char *base = g_path_get_basename(unknown->source);
    g_autofree char *safe = g_utf8_make_valid(base, -1);
    g_strdelimit(safe, "/\\:*?\"<>|", '_');
    char *name = g_strdup_printf("%s-unknown-%u-%u.png", safe, unknown->number, picture);
    for (guint copy = 2; !g_hash_table_add(used, g_strdup(name)); copy++) { /* clips of one name in different folders */
        g_free(name);
        name = g_strdup_printf("%s(%u)-unknown-%u-%u.png", safe, copy, unknown->number, picture);
    }
    return name;
}

static gboolean export_pictures(const Kept *kept, const char *folder, gboolean quiet, GError **error)
{
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint count = 0;
    if (g_mkdir_with_parents(folder, FOLDER_MODE) != 0) {
        const int code = errno;
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "cannot make the folder %s: %s", folder,
                    g_strerror(code));
        return FALSE;
    }
    for (guint i = 0; i < kept->all->len; i++) {
        const NtUnknown *unknown = kept->all->pdata[i];
        for (guint k = 0; k < unknown->n_faces && !kept->names[i]; k++) {
            if (!unknown->faces[k].chip)
                continue;
            g_autofree char *name = picture_name(used, unknown, k + 1), *path = g_build_filename(folder, name, NULL);
            const NtImage chip = {unknown->faces[k].chip, NT_CHIP_SIZE, NT_CHIP_SIZE, NT_CHIP_SIZE * 3, NT_PIXELS_RGB24};
            if (!nt_still_save(&chip, path, error))
                return FALSE;
            count++;
        }
    }
    g_autofree char *pictures = nt_people_count(count, "picture");
    if (!quiet)
        printf("%s written to %s.\n", pictures, folder);
    return TRUE;
}

int nt_people_unknown(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_auto(Kept) kept = {0};
    const char *folder = job->options->export_folder;
    if (!load(job, folder != NULL, &kept, error))
        return NT_EXIT_FAILED;
    if (job->options->json)
        print_json(&kept);
    else
        print_all(job, &kept);
    return !folder || export_pictures(&kept, folder, job->options->json, error) ? NT_EXIT_OK : NT_EXIT_FAILED;
}

/* The run that kept the faces may have been a fast one, with embeddings in 8 bits: what is learnt is embedded in full. */
static gboolean embed_faces(const NtPeopleJob *job, NtUnknown *unknown, GError **error)
{
    const NtEmbedder *embedder = nt_model_set_embedder(job->models);
    NtEmbedWorkspace *workspace = nt_embed_workspace_new(embedder);
    NtError core = {workspace ? NT_OK : NT_ERR_MEMORY, ""};
    for (guint i = 0; i < unknown->n_faces && core.status == NT_OK; i++)
        if (unknown->faces[i].chip)
            core.status = nt_embed(embedder, workspace, unknown->faces[i].chip, 1, unknown->faces[i].embedding);
    nt_embed_workspace_free(workspace);
    if (core.status != NT_OK)
        nt_error_to_gerror(&core, error);
    return core.status == NT_OK;
}

/* Adds one picture, or says why not. FALSE with error only when the gallery fails. */
static gboolean take_picture(const NtPeopleJob *job, const char *person, const NtGalleryFace *face, guint *taken,
                             GError **error)
{
    g_autoptr(NtGallerySnapshot) snapshot = nt_gallery_snapshot(job->gallery, error);
    if (!snapshot)
        return FALSE;
    g_autofree char *where = nt_people_where(face);
    NtGateAnswer answer;
    NtGalleryFace entry = *face;
    nt_gate_check(snapshot, person, face->embedding, &face->quality, &answer);
    if (answer.reason != NT_GATE_GOOD && (answer.reason == NT_GATE_DUPLICATE || !job->options->force)) {
        g_autofree char *why = nt_gate_describe(&answer, person);
        printf("  %s: refused: %s\n", where, why);
        return TRUE;
    }
    entry.forced = answer.reason != NT_GATE_GOOD;
    entry.created_us = 0; /* enrolled now */
    if (!nt_gallery_add_face(job->gallery, person, &entry, error))
        return FALSE;
    printf("  %s: taken\n", where);
    (*taken)++;
    return TRUE;
}

int nt_people_name_unknown(const NtPeopleJob *job, char **words, int n, GError **error)
{
    g_auto(Kept) kept = {0};
    const char *person = words[n - 1];
    guint taken = 0;
    NtUnknown *unknown = load(job, TRUE, &kept, error) ? find(&kept, words, n - 1, error) : NULL;
    if (!unknown || !embed_faces(job, unknown, error) || !nt_gallery_begin(job->gallery, error))
        return NT_EXIT_FAILED;
    for (guint i = 0; i < unknown->n_faces; i++) {
        if (!take_picture(job, person, &unknown->faces[i], &taken, error)) {
            nt_gallery_roll_back(job->gallery);
            return NT_EXIT_FAILED;
        }
    }
    if (taken == 0) {
        nt_gallery_roll_back(job->gallery);
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "nothing was enrolled for %s: no picture of unknown %u could be taken", person, unknown->number);
        return NT_EXIT_FAILED;
    }
    if (!nt_gallery_commit(job->gallery, error))
        return NT_EXIT_FAILED;
    g_autofree char *pictures = nt_people_count(taken, "picture");
    printf("unknown %u is %s now, enrolled with %s; tag the clip again to see the name.\n", unknown->number, person, pictures);
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}

int nt_people_ignore_unknown(const NtPeopleJob *job, char **words, int n, GError **error)
{
    g_auto(Kept) kept = {0};
    NtUnknown *unknown = load(job, TRUE, &kept, error) ? find(&kept, words, n, error) : NULL;
    if (!unknown || !embed_faces(job, unknown, error) || !nt_gallery_begin(job->gallery, error))
        return NT_EXIT_FAILED;
    for (guint i = 0; i < unknown->n_faces; i++) {
        NtGalleryFace face = unknown->faces[i];
        face.created_us = 0;
        if (!nt_gallery_ignore(job->gallery, &face, error)) {
            nt_gallery_roll_back(job->gallery);
            return NT_EXIT_FAILED;
        }
    }
    if (!nt_gallery_commit(job->gallery, error))
        return NT_EXIT_FAILED;
    printf("unknown %u is ignored from now on: plainly unknown, without a number.\n", unknown->number);
    nt_people_say_undo(job);
    return NT_EXIT_OK;
}

int nt_people_drop_unknown(const NtPeopleJob *job, char **words, int n, GError **error)
{
    g_auto(Kept) kept = {0};
    const NtUnknown *unknown = NULL;
    if (job->options->all == (n > 0)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "say which: [SOURCE] N, or --all");
        return NT_EXIT_USAGE;
    }
    if (!load(job, FALSE, &kept, error))
        return NT_EXIT_FAILED;
    if (n > 0 && !(unknown = find(&kept, words, n, error)))
        return NT_EXIT_FAILED;
    if (!nt_gallery_drop_unknown(job->gallery, unknown ? unknown->id : 0, error))
        return NT_EXIT_FAILED;
    if (unknown)
        printf("unknown %u of %s is dropped, with the pictures.\n", unknown->number, unknown->source);
    else
        printf("%u unknown %s dropped, with the pictures.\n", kept.all->len, kept.all->len == 1 ? "person is" : "people are");
    return NT_EXIT_OK;
}
