/* Archives written: into a folder beside the place, with a name of its own, which gets the wanted name when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/archive.h"
#include "identity/archive_read.h"
#include "identity/gallery_private.h"

typedef struct Writer {
    NtGallery *gallery;
    char *target, *temporary;
    FILE *file;               /* people.json */
    gint64 bytes;             /* written to it */
    GString *text;            /* one face */
    guint next_id;            /* faces, rejections and strangers have ids of their own tables; here they share one row */
    guint done, total;
    gboolean first;           /* no comma is due */
    const NtArchiveHelp *help;
    NtArchiveCount *count;
    GError *reason;           /* the first thing that went wrong; what follows is passed over */
} Writer;

static void fail(Writer *writer, const char *name)
{
    if (!writer->reason)
        g_set_error(&writer->reason, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_IO,
                    "cannot write the archive %s: %s: %s; nothing of it was kept", writer->target, name, g_strerror(errno));
}

/* JSON text. Every float reads back as the very same with nine digits, every double with seventeen.
 * JSON knows no infinities. */

static void append_text(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(JsonNode) node = json_node_init_string(json_node_alloc(), valid);
    g_autofree char *json = json_to_string(node, FALSE);
    g_string_append(out, json);
}

static void append_float(GString *out, const char *prefix, float value)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(out, prefix);
    g_string_append(out, g_ascii_formatd(digits, sizeof digits, "%.9g", isfinite(value) ? (double)value : 0));
}

static void append_quality(GString *out, const NtQuality *quality)
{
    append_float(out, ",\"quality\":{\"size_px\":", quality->size_px);
    append_float(out, ",\"sharpness\":", quality->sharpness);
    append_float(out, ",\"yaw\":", quality->yaw);
    append_float(out, ",\"pitch\":", quality->pitch);
    append_float(out, ",\"roll\":", quality->roll);
    append_float(out, ",\"brightness\":", quality->brightness);
    append_float(out, ",\"contrast\":", quality->contrast);
    append_float(out, ",\"clipped\":", quality->clipped);
    append_float(out, ",\"inside\":", quality->inside);
    g_string_append_c(out, '}');
}

static void append_face(GString *out, guint id, const NtGalleryFace *face)
{
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(out, "\n{\"id\":%u", id);
    if (face->chip)
        g_string_append_printf(out, ",\"picture\":\"" NT_ARCHIVE_PICTURES "/%u.png\"", id);
    g_string_append(out, ",\"source\":");
    append_text(out, face->source ? face->source : "");
    if (face->pts_ns >= 0)
        g_string_append_printf(out, ",\"pts_ns\":%" G_GINT64_FORMAT, face->pts_ns);
    g_string_append_printf(out, ",\"created_us\":%" G_GINT64_FORMAT ",\"box\":[%d,%d,%d,%d],\"score\":%s", face->created_us,
                           face->box.left, face->box.top, nt_rect_width(face->box), nt_rect_height(face->box),
                           g_ascii_dtostr(digits, sizeof digits, isfinite(face->score) ? face->score : 0));
    append_quality(out, &face->quality);
    if (face->forced)
        g_string_append(out, ",\"forced\":true");
    if (face->aside)
        g_string_append(out, ",\"aside\":true");
    g_string_append(out, ",\"embedding\":");
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++)
        append_float(out, i ? "," : "[", face->embedding[i]);
    g_string_append(out, "]}");
}

/* Files. */

static void put(Writer *writer, const char *text)
{
    const gsize n = strlen(text);
    writer->bytes += (gint64)n;
    if (writer->reason)
        return;
    if (writer->bytes > NT_ARCHIVE_MAX_JSON_BYTES)
        g_set_error(&writer->reason, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_IO,
                    "the gallery %s is too large for one archive; export its people one by one",
                    nt_gallery_path(writer->gallery));
    else if (fwrite(text, 1, n, writer->file) != n)
        fail(writer, NT_ARCHIVE_FILE);
}

/* A new file in the folder being written, for its owner alone. */
static FILE *create_file(Writer *writer, const char *name)
{
    g_autofree char *path = g_build_filename(writer->temporary, name, NULL);
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    if (!file)
        fail(writer, name);
    if (!file && descriptor >= 0)
        close(descriptor);
    return file;
}

static void write_picture(Writer *writer, guint id, const guint8 *chip)
{
    g_autofree char *name = g_strdup_printf(NT_ARCHIVE_PICTURES "/%u.png", id);
    g_autoptr(GBytes) png = NULL;
    if (!nt_gallery_encode_chip(chip, &png, &writer->reason))
        return;
    FILE *file = create_file(writer, name);
    if (!file)
        return;
    gsize n;
    const void *bytes = g_bytes_get_data(png, &n);
    const gboolean written = fwrite(bytes, 1, n, file) == n;
    if (fclose(file) != 0 || !written)
        fail(writer, name);
}

static gboolean go_on(Writer *writer)
{
    if (!writer->reason && writer->help && writer->help->progress &&
        !writer->help->progress(writer->done, writer->total, writer->help->user))
        g_set_error(&writer->reason, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_STOPPED,
                    "stopped; nothing of the archive %s was kept", writer->target);
    return !writer->reason;
}

static void write_face(const NtGalleryFace *face, gpointer user)
{
    Writer *writer = user;
    if (!go_on(writer))
        return;
    const guint id = ++writer->next_id;
    g_string_assign(writer->text, writer->first ? "" : ",");
    append_face(writer->text, id, face);
    writer->first = FALSE;
    put(writer, writer->text->str);
    if (face->chip && !writer->reason)
        write_picture(writer, id, face->chip);
}

static void write_picture_of_person(const NtGalleryFace *face, gpointer user)
{
    Writer *writer = user;
    write_face(face, writer);
    writer->done++;
    writer->count->faces++;
}

static void write_rejection(const NtGalleryFace *face, gpointer user)
{
    Writer *writer = user;
    write_face(face, writer);
    writer->count->rejections++;
}

static void write_stranger(const NtGalleryFace *face, gpointer user)
{
    Writer *writer = user;
    write_face(face, writer);
    writer->count->strangers++;
}

static void begin_list(Writer *writer, const char *text)
{
    put(writer, text);
    writer->first = TRUE;
}

/* Keeps the first error; takes reason over. */
static void note(Writer *writer, GError *reason)
{
    if (!writer->reason)
        writer->reason = reason;
    else
        g_clear_error(&reason);
}

static gboolean write_person(Writer *writer, const NtPerson *person, gboolean is_first)
{
    GError *reason = NULL;
    g_string_assign(writer->text, is_first ? "\n{\"name\":" : ",\n{\"name\":");
    append_text(writer->text, person->name);
    put(writer, writer->text->str);
    begin_list(writer, ",\"faces\":[");
    nt_gallery_visit_faces(writer->gallery, person->name, TRUE, write_picture_of_person, writer, &reason);
    begin_list(writer, "],\"rejections\":[");
    if (!reason)
        nt_gallery_visit_rejections(writer->gallery, person->name, write_rejection, writer, &reason);
    if (reason)
        note(writer, reason);
    put(writer, "]}");
    writer->count->people++;
    return !writer->reason;
}

static gboolean write_content(Writer *writer, GPtrArray *people, gboolean with_strangers)
{
    g_autofree char *fingerprint = NULL;
    GError *reason = NULL;
    writer->file = create_file(writer, NT_ARCHIVE_FILE);
    if (!writer->file ||
        !nt_gallery_get_meta(writer->gallery, NT_GALLERY_META_FINGERPRINT, &fingerprint, &writer->reason))
        return FALSE;
    g_string_assign(writer->text, "{\"schema\":\"" NT_ARCHIVE_SCHEMA "\",\"model_fingerprint\":");
    append_text(writer->text, fingerprint ? fingerprint : "");
    g_string_append(writer->text, ",\"people\":[");
    put(writer, writer->text->str);
    for (guint i = 0; i < people->len; i++)
        if (!write_person(writer, people->pdata[i], i == 0))
            return FALSE;
    begin_list(writer, "],\"strangers\":[");
    if (with_strangers && !nt_gallery_visit_strangers(writer->gallery, TRUE, write_stranger, writer, &reason))
        note(writer, reason);
    put(writer, "]}\n");
    return !writer->reason;
}

/* Everything on the disk, then the name. rename takes the place of an empty folder, and of nothing else. */
static gboolean keep(Writer *writer)
{
    const int descriptor = open(writer->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const gboolean synced = descriptor >= 0 && syncfs(descriptor) == 0;
    if (!synced)
        fail(writer, writer->temporary);
    if (descriptor >= 0)
        close(descriptor);
    if (synced && g_rename(writer->temporary, writer->target) != 0)
        fail(writer, writer->target);
    return !writer->reason;
}

static void remove_files(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static void remove_temporary(Writer *writer)
{
    g_autofree char *pictures = g_build_filename(writer->temporary, NT_ARCHIVE_PICTURES, NULL);
    remove_files(pictures);
    remove_files(writer->temporary);
}

/* The folder must not exist, or be empty. */
static gboolean check_target(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    if (dir ? g_dir_read_name(dir) != NULL : g_file_test(folder, G_FILE_TEST_EXISTS)) {
        g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_EXISTS,
                    "%s is there already and is not an empty folder; give the name of a new folder", folder);
        return FALSE;
    }
    return TRUE;
}

static gboolean make_temporary(Writer *writer, GError **error)
{
    writer->temporary = g_strconcat(writer->target, ".partial-XXXXXX", NULL);
    g_autofree char *pictures = NULL;
    if (g_mkdtemp_full(writer->temporary, 0700)) {
        pictures = g_build_filename(writer->temporary, NT_ARCHIVE_PICTURES, NULL);
        if (g_mkdir(pictures, 0700) == 0)
            return TRUE;
    }
    g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_IO,
                "cannot make the archive %s: %s; choose a folder where you may write", writer->target, g_strerror(errno));
    if (pictures)
        g_rmdir(writer->temporary);
    return FALSE;
}

/* Whom to export: everybody, or one; array of NtPerson. */
static GPtrArray *choose_people(NtGallery *gallery, const char *name, GError **error)
{
    if (!name)
        return nt_gallery_list_people(gallery, error);
    NtPerson *person = nt_gallery_find_person(gallery, name, error);
    if (!person)
        return NULL;
    GPtrArray *people = g_ptr_array_new_with_free_func((GDestroyNotify)nt_person_free);
    g_ptr_array_add(people, person);
    return people;
}

static char *without_slash(const char *folder)
{
    gsize n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    return g_strndup(folder, n);
}

gboolean nt_archive_export(NtGallery *gallery, const char *person, const char *folder, const NtArchiveHelp *help,
                           NtArchiveCount *count, GError **error)
{
    *count = (NtArchiveCount){0};
    g_autoptr(GPtrArray) people = choose_people(gallery, person, error);
    g_autofree char *target = without_slash(folder);
    Writer writer = {.gallery = gallery, .target = target, .help = help, .count = count};
    if (!people || !check_target(target, error) || !make_temporary(&writer, error)) {
        g_free(writer.temporary);
        return FALSE;
    }
    for (guint i = 0; i < people->len; i++)
        writer.total += ((const NtPerson *)people->pdata[i])->n_faces;
    writer.text = g_string_new(NULL);
    gboolean good = write_content(&writer, people, !person);
    if (writer.file && fclose(writer.file) != 0)
        fail(&writer, NT_ARCHIVE_FILE);
    good = good && !writer.reason && keep(&writer);
    if (!good)
        remove_temporary(&writer);
    g_string_free(writer.text, TRUE);
    g_free(writer.temporary);
    if (writer.reason)
        g_propagate_error(error, writer.reason);
    return good;
}
