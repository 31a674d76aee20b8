#include "identity/archive_read.h"

#include <errno.h>
#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity/gallery_private.h"

/* A chip's pixels are 67,500 bytes, and PNG makes nothing much larger. */
#define MAX_PICTURE_BYTES ((gint64)1 << 20)
/* Ours go five deep. json-glib's parser calls itself for each level, and the stack has an end. */
#define MAX_DEPTH 32
/* The network's are below 1; what is far beyond is no embedding. */
#define MAX_COMPONENT 1000.0
#define MAX_PICTURE_NAME 64
#define MAX_SOURCE_BYTES 4096
/* Of a box, in pixels: no picture is that large. */
#define MAX_COORDINATE (1 << 24)

/* PNG, second edition, 11.2.5: the last chunk. gdk-pixbuf takes a picture without its end for a whole one. */
static const guint8 png_end[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82};

/* Where in the archive one is, for messages, and which face ids were seen. */
typedef struct Reader {
    NtArchive *archive;
    GHashTable *ids; /* gint64 */
    const char *person; /* NULL: among the strangers */
    GError **error;
} Reader;

static gboolean refuse(Reader *reader, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean refuse(Reader *reader, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *problem = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(reader->error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_FORMAT,
                "the archive %s is damaged: %s; nothing of it was taken. Export it again, or restore it from a copy",
                reader->archive->folder, problem);
    return FALSE;
}

/* Files. */

static void clear_face(gpointer data)
{
    NtArchiveFace *face = data;
    g_free((char *)face->face.source);
    g_free(face->picture);
}

static GArray *new_faces(void)
{
    GArray *faces = g_array_new(FALSE, TRUE, sizeof(NtArchiveFace));
    g_array_set_clear_func(faces, clear_face);
    return faces;
}

static void free_person(gpointer data)
{
    NtArchivePerson *person = data;
    g_free(person->name);
    g_array_unref(person->faces);
    g_array_unref(person->rejections);
    g_free(person);
}

void nt_archive_free(NtArchive *archive)
{
    if (!archive)
        return;
    if (archive->pictures >= 0)
        close(archive->pictures);
    g_free(archive->folder);
    g_free(archive->fingerprint);
    g_ptr_array_unref(archive->people);
    g_array_unref(archive->strangers);
    g_free(archive);
}

/* The bytes of a plain file of at most max bytes in the folder that the descriptor names; links are not followed, pipes
 * and devices not waited for. NULL with *problem, to be freed. */
static GBytes *read_plain_file(int folder, const char *name, gint64 max, char **problem)
{
    struct stat info;
    const int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        *problem = errno == ELOOP ? g_strdup("it is a link") : g_strdup(g_strerror(errno));
        return NULL;
    }
    g_autofree guint8 *bytes = NULL;
    gsize n = 0;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        *problem = g_strdup("it is no file");
    else if (info.st_size > max)
        *problem = g_strdup_printf("it is larger than %" G_GINT64_FORMAT " MiB", max >> 20);
    else if (!(bytes = g_try_malloc((gsize)info.st_size + 1)))
        *problem = g_strdup("there is not enough memory");
    while (bytes && n < (gsize)info.st_size) {
        const gssize got = read(file, bytes + n, (gsize)info.st_size - n);
        if (got > 0)
            n += (gsize)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    if (bytes && n < (gsize)info.st_size)
        *problem = g_strdup("it cannot be read to its end");
    close(file);
    return *problem ? NULL : g_bytes_new_take(g_steal_pointer(&bytes), n);
}

static gboolean has_end(GBytes *png)
{
    gsize n;
    const guint8 *bytes = g_bytes_get_data(png, &n);
    return n > sizeof png_end && memcmp(bytes + n - sizeof png_end, png_end, sizeof png_end) == 0;
}

guint8 *nt_archive_read_chip(const NtArchive *archive, const NtArchiveFace *face, GError **error)
{
    g_autofree char *problem = NULL;
    if (!face->picture)
        return NULL;
    g_autoptr(GBytes) png = read_plain_file(archive->pictures, face->picture, MAX_PICTURE_BYTES, &problem);
    guint8 *chip = png && has_end(png) ? nt_gallery_decode_chip(png) : NULL;
    if (!chip)
        g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_FORMAT,
                    "the archive %s is damaged: its picture %s/%s %s%s; nothing of it was taken. Export it again, or "
                    "restore it from a copy",
                    archive->folder, NT_ARCHIVE_PICTURES, face->picture,
                    png ? "is no whole face of 150 x 150 pixels" : "cannot be read: ", png ? "" : problem);
    return chip;
}

/* JSON values. Each gives FALSE when the member is there and is not what it should be; a missing one leaves *value. */

static gboolean is_null(JsonNode *node) { return !node || JSON_NODE_HOLDS_NULL(node); }

static gboolean is_number(JsonNode *node)
{
    const GType type = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : G_TYPE_NONE;
    return (type == G_TYPE_INT64 || type == G_TYPE_DOUBLE) && isfinite(json_node_get_double(node));
}

static gboolean is_whole(JsonNode *node)
{
    return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
}

static gboolean get_double(JsonObject *object, const char *name, double *value)
{
    JsonNode *node = json_object_get_member(object, name);
    if (is_null(node))
        return TRUE;
    if (!is_number(node))
        return FALSE;
    *value = json_node_get_double(node);
    return TRUE;
}

static gboolean get_float(JsonObject *object, const char *name, float *value)
{
    double number = *value;
    if (!get_double(object, name, &number) || fabs(number) > (double)G_MAXFLOAT)
        return FALSE;
    *value = (float)number;
    return TRUE;
}

static gboolean get_whole(JsonObject *object, const char *name, gint64 *value)
{
    JsonNode *node = json_object_get_member(object, name);
    if (is_null(node))
        return TRUE;
    if (!is_whole(node))
        return FALSE;
    *value = json_node_get_int(node);
    return *value >= 0;
}

static gboolean get_boolean(JsonObject *object, const char *name, gboolean *value)
{
    JsonNode *node = json_object_get_member(object, name);
    if (is_null(node))
        return TRUE;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
        return FALSE;
    *value = json_node_get_boolean(node);
    return TRUE;
}

static gboolean get_text(JsonObject *object, const char *name, const char **value)
{
    JsonNode *node = json_object_get_member(object, name);
    if (is_null(node))
        return TRUE;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
        return FALSE;
    *value = json_node_get_string(node);
    return g_utf8_validate(*value, -1, NULL);
}

/* NULL when it is missing; FALSE when it is no list. */
static gboolean get_list(JsonObject *object, const char *name, JsonArray **value)
{
    JsonNode *node = json_object_get_member(object, name);
    *value = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
    return *value || is_null(node);
}

/* Faces. */

static gboolean read_embedding(JsonObject *object, float embedding[NT_EMBEDDING_SIZE])
{
    JsonArray *list;
    if (!get_list(object, "embedding", &list) || !list || json_array_get_length(list) != NT_EMBEDDING_SIZE)
        return FALSE;
    for (guint i = 0; i < NT_EMBEDDING_SIZE; i++) {
        JsonNode *node = json_array_get_element(list, i);
        if (!is_number(node) || fabs(json_node_get_double(node)) > MAX_COMPONENT)
            return FALSE;
        embedding[i] = (float)json_node_get_double(node);
    }
    return TRUE;
}

/* [left, top, width, height] */
static gboolean read_box(JsonObject *object, NtRect *box)
{
    JsonArray *list;
    int values[4];
    if (!get_list(object, "box", &list))
        return FALSE;
    if (!list)
        return TRUE;
    if (json_array_get_length(list) != G_N_ELEMENTS(values))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        JsonNode *node = json_array_get_element(list, i);
        const gint64 value = is_whole(node) ? json_node_get_int(node) : G_MAXINT64;
        if (value < (i < 2 ? -MAX_COORDINATE : 0) || value > MAX_COORDINATE)
            return FALSE;
        values[i] = (int)value;
    }
    *box = (NtRect){values[0], values[1], values[0] + values[2] - 1, values[1] + values[3] - 1};
    return TRUE;
}

static gboolean read_quality(JsonObject *object, NtQuality *quality)
{
    JsonNode *node = json_object_get_member(object, "quality");
    if (is_null(node))
        return TRUE;
    JsonObject *inner = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    return inner && get_float(inner, "size_px", &quality->size_px) && get_float(inner, "sharpness", &quality->sharpness) &&
           get_float(inner, "yaw", &quality->yaw) && get_float(inner, "pitch", &quality->pitch) &&
           get_float(inner, "roll", &quality->roll) && get_float(inner, "brightness", &quality->brightness) &&
           get_float(inner, "contrast", &quality->contrast) && get_float(inner, "clipped", &quality->clipped) &&
           get_float(inner, "inside", &quality->inside);
}

/* "pictures/12.png", and nothing that leads elsewhere. */
static gboolean read_picture(JsonObject *object, char **picture)
{
    static const char prefix[] = NT_ARCHIVE_PICTURES "/";
    const char *text = NULL;
    if (!get_text(object, "picture", &text))
        return FALSE;
    if (!text)
        return TRUE;
    if (!g_str_has_prefix(text, prefix))
        return FALSE;
    const char *name = text + strlen(prefix);
    const gsize n = strlen(name);
    for (const char *c = name; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr("._-", *c))
            return FALSE;
    if (n == 0 || n > MAX_PICTURE_NAME || *name == '.')
        return FALSE;
    *picture = g_strdup(name);
    return TRUE;
}

static gboolean read_face(Reader *reader, JsonObject *object, NtArchiveFace *out)
{
    NtGalleryFace *face = &out->face;
    const char *source = NULL;
    gint64 pts_ns = -1;
    const char *problem = NULL;
    if (!get_whole(object, "id", &face->id) || face->id <= 0)
        problem = "has no usable id";
    else if (!read_embedding(object, face->embedding))
        problem = "has no embedding of 128 numbers";
    else if (!read_picture(object, &out->picture))
        problem = "has a picture that is not in the archive's own folder";
    else if (!get_text(object, "source", &source) || (source && strlen(source) > MAX_SOURCE_BYTES))
        problem = "has no usable source";
    else if (!get_whole(object, "pts_ns", &pts_ns) || !get_whole(object, "created_us", &face->created_us))
        problem = "has no usable time";
    else if (!read_box(object, &face->box))
        problem = "has no usable box";
    else if (!get_double(object, "score", &face->score) || !read_quality(object, &face->quality))
        problem = "has no usable score or quality";
    else if (!get_boolean(object, "forced", &face->forced) || !get_boolean(object, "aside", &face->aside))
        problem = "has marks that are neither true nor false";
    else if (!g_hash_table_add(reader->ids, g_memdup2(&face->id, sizeof face->id)))
        problem = "has an id that another face has too";
    if (problem)
        return refuse(reader, "face %" G_GINT64_FORMAT " of %s %s", face->id,
                      reader->person ? reader->person : "the strangers", problem);
    if (out->picture && reader->archive->pictures < 0)
        return refuse(reader, "its folder %s is missing", NT_ARCHIVE_PICTURES);
    face->pts_ns = pts_ns;
    face->source = g_strdup(source ? source : "");
    return TRUE;
}

/* The list of faces that object has under name; missing is empty. */
static gboolean read_faces(Reader *reader, JsonObject *object, const char *name, GArray *faces)
{
    JsonArray *list;
    if (!get_list(object, name, &list))
        return refuse(reader, "'%s' of %s is no list", name, reader->person ? reader->person : "the archive");
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonNode *node = json_array_get_element(list, i);
        if (!JSON_NODE_HOLDS_OBJECT(node))
            return refuse(reader, "'%s' of %s has something that is no face", name,
                          reader->person ? reader->person : "the archive");
        g_array_set_size(faces, faces->len + 1);
        reader->archive->n_faces++;
        if (!read_face(reader, json_node_get_object(node), &g_array_index(faces, NtArchiveFace, faces->len - 1)))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_person(Reader *reader, JsonNode *node)
{
    JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    const char *name = NULL;
    if (!object || !get_text(object, "name", &name) || !name)
        return refuse(reader, "it has a person without a name");
    NtArchivePerson *person = g_new0(NtArchivePerson, 1);
    person->name = g_strdup(name);
    person->faces = new_faces();
    person->rejections = new_faces();
    g_ptr_array_add(reader->archive->people, person);
    g_autoptr(GError) reason = NULL;
    g_autofree char *usable = nt_gallery_usable_name(name, TRUE, &reason);
    if (!usable)
        return refuse(reader, "it has a name that is none (%s)", reason->message);
    reader->person = usable;
    const gboolean good =
        read_faces(reader, object, "faces", person->faces) && read_faces(reader, object, "rejections", person->rejections);
    reader->person = NULL;
    return good;
}

static gboolean read_root(Reader *reader, JsonNode *root)
{
    JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
    const char *schema = NULL, *fingerprint = NULL;
    JsonArray *people;
    if (!object || !get_text(object, "schema", &schema) || !schema || !g_str_has_prefix(schema, "nametag-people/"))
        return refuse(reader, NT_ARCHIVE_FILE " is none of Nametag's (it has no schema)");
    if (strcmp(schema, NT_ARCHIVE_SCHEMA) != 0) {
        g_set_error(reader->error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_NEWER,
                    "the archive %s was made by another version of Nametag (its schema is %.40s, this program knows "
                    NT_ARCHIVE_SCHEMA "); update the program",
                    reader->archive->folder, schema);
        return FALSE;
    }
    if (!get_text(object, "model_fingerprint", &fingerprint) || !fingerprint)
        return refuse(reader, "it does not say which model made its embeddings");
    if (!get_list(object, "people", &people) || !people)
        return refuse(reader, "it has no list of people");
    reader->archive->fingerprint = g_strdup(fingerprint);
    for (guint i = 0; i < json_array_get_length(people); i++)
        if (!read_person(reader, json_array_get_element(people, i)))
            return FALSE;
    return read_faces(reader, object, "strangers", reader->archive->strangers);
}

/* Whether brackets go deeper than a parser that calls itself can follow. */
static gboolean is_too_deep(const char *text, gsize n)
{
    gboolean in_text = FALSE;
    guint depth = 0;
    for (gsize i = 0; i < n; i++) {
        if (in_text && text[i] == '\\')
            i++;
        else if (text[i] == '"')
            in_text = !in_text;
        else if (!in_text && (text[i] == '[' || text[i] == '{') && ++depth > MAX_DEPTH)
            return TRUE;
        else if (!in_text && (text[i] == ']' || text[i] == '}') && depth > 0)
            depth--;
    }
    return FALSE;
}

static gboolean read_json(Reader *reader, int folder)
{
    g_autofree char *problem = NULL;
    g_autoptr(GError) reason = NULL;
    g_autoptr(GBytes) bytes = read_plain_file(folder, NT_ARCHIVE_FILE, NT_ARCHIVE_MAX_JSON_BYTES, &problem);
    if (!bytes) {
        g_set_error(reader->error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_FORMAT,
                    "%s is no archive that can be read: its " NT_ARCHIVE_FILE
                    ": %s; give the folder that 'nametag people export' made",
                    reader->archive->folder, problem);
        return FALSE;
    }
    gsize n;
    const char *text = g_bytes_get_data(bytes, &n);
    if (is_too_deep(text, n))
        return refuse(reader, NT_ARCHIVE_FILE " goes too deep");
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, text, (gssize)n, &reason))
        return refuse(reader, NT_ARCHIVE_FILE " is no JSON (%s)", reason->message);
    g_clear_pointer(&bytes, g_bytes_unref);
    return read_root(reader, json_parser_get_root(parser));
}

NtArchive *nt_archive_read(const char *folder, GError **error)
{
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        g_set_error(error, NT_ARCHIVE_ERROR, NT_ARCHIVE_ERROR_IO,
                    "cannot read the archive %s: %s; give the folder that 'nametag people export' made", folder,
                    g_strerror(errno));
        return NULL;
    }
    g_autoptr(NtArchive) archive = g_new0(NtArchive, 1);
    archive->folder = g_strdup(folder);
    archive->pictures = openat(descriptor, NT_ARCHIVE_PICTURES, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    archive->people = g_ptr_array_new_with_free_func(free_person);
    archive->strangers = new_faces();
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Reader reader = {.archive = archive, .ids = ids, .error = error};
    const gboolean good = read_json(&reader, descriptor);
    close(descriptor);
    return good ? g_steal_pointer(&archive) : NULL;
}
