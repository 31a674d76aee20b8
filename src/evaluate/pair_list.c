#include "evaluate/pair_list.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* More is no pairs file: LFW has 6,000 pairs, the largest published lists some millions. */
#define MAX_PAIRS 10000000
#define MAX_FILE_BYTES (1 << 30)
#define MAX_PICTURE_NUMBER 1000000

typedef struct Parser {
    const char *dir;
    NtPairList *list;
    GHashTable *index;   /* path -> index + 1 */
    GHashTable *folders; /* NAME -> GHashTable of stem -> path: each folder is listed once */
    guint line;
    guint n_same, n_different; /* so far */
} Parser;

static gboolean fail(const Parser *parser, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean fail(const Parser *parser, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "line %u: %s", parser->line, text);
    return FALSE;
}

/* The fields of a line, without empty ones. */
static char **split(const char *line)
{
    g_auto(GStrv) raw = strchr(line, '\t') ? g_strsplit(line, "\t", -1) : g_strsplit_set(line, " \t", -1);
    g_autoptr(GStrvBuilder) fields = g_strv_builder_new();
    for (char **field = raw; *field; field++)
        if (*g_strstrip(*field))
            g_strv_builder_add(fields, *field);
    return g_strv_builder_end(fields);
}

static gboolean parse_number(const char *text, guint64 max, guint *number)
{
    guint64 value;
    if (!g_ascii_string_to_unsigned(text, 10, 0, max, &value, NULL))
        return FALSE;
    *number = (guint)value;
    return TRUE;
}

static guint picture_index(Parser *parser, char *path)
{
    const guint known = GPOINTER_TO_UINT(g_hash_table_lookup(parser->index, path));
    if (known) {
        g_free(path);
        return known - 1;
    }
    g_ptr_array_add(parser->list->pictures, path);
    g_hash_table_insert(parser->index, path, GUINT_TO_POINTER(parser->list->pictures->len));
    return parser->list->pictures->len - 1;
}

/* A folder's files by their names without ending. */
static GHashTable *list_folder(Parser *parser, const char *name)
{
    GHashTable *files = g_hash_table_lookup(parser->folders, name);
    if (files)
        return files;
    files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(parser->folders, g_strdup(name), files);
    g_autofree char *folder = g_build_filename(parser->dir, name, NULL);
    g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
    const char *file;
    while (entries && (file = g_dir_read_name(entries))) {
        const char *dot = strrchr(file, '.');
        char *stem = dot && dot != file ? g_strndup(file, (gsize)(dot - file)) : g_strdup(file);
        const char *known = g_hash_table_lookup(files, stem);
        /* Two endings of one name: the first in order, whatever order the folder has. */
        if (known && strcmp(known, file) < 0)
            g_free(stem);
        else
            g_hash_table_insert(files, stem, g_strdup(file));
    }
    return files;
}

static gboolean find_lfw(Parser *parser, const char *name, const char *number, guint *index, GError **error)
{
    guint n = 0;
    if (!parse_number(number, MAX_PICTURE_NUMBER, &n))
        return fail(parser, error, "'%s' is no number of a picture", number);
    if (strchr(name, G_DIR_SEPARATOR) || name[0] == '.')
        return fail(parser, error, "'%s' is no name of a person's folder", name);
    g_autofree char *stem = g_strdup_printf("%s_%04u", name, n);
    const char *file = g_hash_table_lookup(list_folder(parser, name), stem);
    g_autofree char *missing = file ? NULL : g_strconcat(stem, ".jpg", NULL);
    *index = picture_index(parser, g_build_filename(parser->dir, name, file ? file : missing, NULL));
    return TRUE;
}

static gboolean find_path(Parser *parser, const char *path, guint *index, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(path, G_DIR_SEPARATOR_S, -1);
    if (!g_path_is_absolute(path) && g_strv_contains((const char *const *)parts, ".."))
        return fail(parser, error, "'%s' leads out of the folder of pictures", path);
    *index =
        picture_index(parser, g_path_is_absolute(path) ? g_strdup(path) : g_build_filename(parser->dir, path, NULL));
    return TRUE;
}

static gboolean add_pair(Parser *parser, NtPair pair, GError **error)
{
    if (parser->list->pairs->len >= MAX_PAIRS)
        return fail(parser, error, "there are more than %d pairs", MAX_PAIRS);
    guint *n = pair.same ? &parser->n_same : &parser->n_different;
    if (parser->list->dealt)
        pair.fold = *n % NT_PAIR_FOLDS;
    (*n)++;
    g_array_append_val(parser->list->pairs, pair);
    return TRUE;
}

/* same: what the line's place in the file says it must be. */
static gboolean parse_lfw_line(Parser *parser, char **fields, gboolean same, guint fold, GError **error)
{
    const guint n = g_strv_length(fields), wanted = same ? 3 : 4;
    NtPair pair = {.same = same, .fold = fold};
    if (n != wanted)
        return fail(parser, error, "it has %u fields, and a pair of %s has %u (%s)", n,
                    same ? "the same person" : "different people", wanted, same ? "NAME a b" : "NAME a NAME2 b");
    return find_lfw(parser, fields[0], fields[1], &pair.a, error) &&
           find_lfw(parser, same ? fields[0] : fields[2], fields[same ? 2 : 3], &pair.b, error) &&
           add_pair(parser, pair, error);
}

static gboolean parse_plain_line(Parser *parser, char **fields, GError **error)
{
    NtPair pair = {0};
    if (g_strv_length(fields) != 3 || (strcmp(fields[2], "0") != 0 && strcmp(fields[2], "1") != 0))
        return fail(parser, error,
                    "it should read: PATH PATH2 1 (the same person) or 0 (different people); paths with "
                    "spaces need tabs between the fields");
    pair.same = fields[2][0] == '1';
    return find_path(parser, fields[0], &pair.a, error) && find_path(parser, fields[1], &pair.b, error) &&
           add_pair(parser, pair, error);
}

/* The first line decides which of the two it is: numbers alone are LFW's. */
static gboolean parse_head(Parser *parser, char **fields, guint *per_half, gboolean *is_lfw, GError **error)
{
    const guint n = g_strv_length(fields);
    guint numbers[2];
    *is_lfw = (n == 1 || n == 2) && parse_number(fields[0], MAX_PAIRS, &numbers[0]) &&
              parse_number(fields[n - 1], MAX_PAIRS, &numbers[1]);
    parser->list->dealt = !*is_lfw || n == 1;
    parser->list->n_folds = parser->list->dealt ? NT_PAIR_FOLDS : numbers[0];
    if (!*is_lfw)
        return TRUE;
    *per_half = numbers[1];
    if (*per_half < 1 || parser->list->n_folds < 1 || (n == 2 && parser->list->n_folds < 2))
        return fail(parser, error, "it promises no pairs, or fewer than two folds");
    return TRUE;
}

static gboolean parse(Parser *parser, char **lines, GError **error)
{
    guint per_half = 0, at = 0; /* at: pairs read so far */
    gboolean started = FALSE, is_lfw = FALSE;
    for (char **line = lines; *line; line++) {
        parser->line++;
        g_auto(GStrv) fields = split(*line);
        if (!fields[0] || fields[0][0] == '#')
            continue;
        if (!started) {
            started = TRUE;
            if (!parse_head(parser, fields, &per_half, &is_lfw, error))
                return FALSE;
            if (is_lfw)
                continue;
        }
        const guint half = is_lfw ? at / per_half : 0;
        if (is_lfw && !parser->list->dealt && half >= 2 * (guint64)parser->list->n_folds)
            return fail(parser, error, "the first line promises fewer pairs");
        if (is_lfw && parser->list->dealt && half >= 2)
            return fail(parser, error, "the first line promises fewer pairs");
        if (!(is_lfw ? parse_lfw_line(parser, fields, half % 2 == 0, half / 2, error)
                     : parse_plain_line(parser, fields, error)))
            return FALSE;
        at++;
    }
    const guint64 promised = (guint64)per_half * 2 * (parser->list->dealt ? 1 : parser->list->n_folds);
    if (is_lfw && at != promised)
        return fail(parser, error, "the file ends after %u pairs, and its first line promises %" G_GUINT64_FORMAT, at,
                    promised);
    if (parser->n_same == 0 || parser->n_different == 0)
        return fail(parser, error, "pairs of the same person and of different people are both needed");
    return TRUE;
}

NtPairList *nt_pair_list_parse(const char *text, const char *dir, GError **error)
{
    g_autoptr(NtPairList) list = g_new0(NtPairList, 1);
    list->pictures = g_ptr_array_new_with_free_func(g_free);
    list->pairs = g_array_new(FALSE, FALSE, sizeof(NtPair));
    g_autoptr(GHashTable) index = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) folders =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    Parser parser = {.dir = dir, .list = list, .index = index, .folders = folders};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    return parse(&parser, lines, error) ? g_steal_pointer(&list) : NULL;
}

NtPairList *nt_pair_list_load(const char *path, const char *dir, GError **error)
{
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autoptr(GError) reason = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &reason);
    if (!file) {
        g_set_error(error, reason->domain, reason->code, "cannot read the list of pairs %s: %s; it comes first, then the folder",
                    path, g_access(path, R_OK) == 0 ? reason->message : g_strerror(errno));
        return NULL;
    }
    size = g_mapped_file_get_length(file);
    if (size > MAX_FILE_BYTES || (size > 0 && memchr(g_mapped_file_get_contents(file), 0, size))) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "cannot read the pairs: %s is no text file", path);
        return NULL;
    }
    text = g_strndup(g_mapped_file_get_contents(file), size);
    NtPairList *list = nt_pair_list_parse(text ? text : "", dir, &reason);
    if (!list)
        g_set_error(error, reason->domain, reason->code, "cannot use the pairs of %s, %s", path, reason->message);
    return list;
}

void nt_pair_list_free(NtPairList *list)
{
    if (!list)
        return;
    g_ptr_array_unref(list->pictures);
    g_array_unref(list->pairs);
    g_free(list);
}
