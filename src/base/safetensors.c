#include "base/safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LENGTH_BYTES 8
#define DATA_ALIGNMENT 64
#define MAX_HEADER (16u << 20)
#define MAX_TENSORS 65536
#define MAX_SAFE_INTEGER (1LL << 53)

typedef struct Tensor {
    char *name;
    NtTensorView view;
    uint64_t begin, end; /* from the start of the data */
} Tensor;

typedef struct Metadata {
    char *key, *value;
} Metadata;

struct NtTensorFile {
    char *path;
    void *mapping;
    size_t size;
    Tensor *tensors;
    size_t n_tensors;
    Metadata *metadata;
    size_t n_metadata;
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [NT_DTYPE_U8] = {"U8", 1},   [NT_DTYPE_I8] = {"I8", 1},   [NT_DTYPE_U16] = {"U16", 2},
    [NT_DTYPE_I32] = {"I32", 4}, [NT_DTYPE_F32] = {"F32", 4}, [NT_DTYPE_F64] = {"F64", 8},
};
#define N_DTYPES (sizeof dtypes / sizeof dtypes[0])

size_t nt_dtype_size(NtDtype dtype) { return dtypes[dtype].size; }
const char *nt_dtype_name(NtDtype dtype) { return dtypes[dtype].name; }

/* A strict reader of the JSON that a header may hold: objects of strings and of tensors. The first problem is kept and
 * everything after it fails. */
typedef struct Reader {
    const char *at, *end;
    const char *problem;
} Reader;

static int refuse(Reader *reader, const char *problem)
{
    if (!reader->problem)
        reader->problem = problem;
    return 0;
}

static void skip_space(Reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

/* Takes one character of structure. */
static int take(Reader *reader, char c)
{
    skip_space(reader);
    if (reader->problem || reader->at >= reader->end || *reader->at != c)
        return 0;
    reader->at++;
    return 1;
}

static int expect(Reader *reader, char c) { return take(reader, c) || refuse(reader, "its header is no JSON that was expected"); }

static int read_hex4(Reader *reader, unsigned *value)
{
    *value = 0;
    if (reader->end - reader->at < 4)
        return refuse(reader, "a string in its header is cut");
    for (int i = 0; i < 4; i++) {
        const char c = *reader->at++;
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return refuse(reader, "a string in its header has a wrong escape");
        *value = *value * 16 + (unsigned)digit;
    }
    return 1;
}

static size_t put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static int read_unicode_escape(Reader *reader, char *out, size_t *length)
{
    unsigned code, low;
    if (!read_hex4(reader, &code))
        return 0;
    if (code >= 0xd800 && code < 0xdc00) {
        if (reader->end - reader->at < 6 || reader->at[0] != '\\' || reader->at[1] != 'u')
            return refuse(reader, "a string in its header has half a surrogate pair");
        reader->at += 2;
        if (!read_hex4(reader, &low))
            return 0;
        if (low < 0xdc00 || low >= 0xe000)
            return refuse(reader, "a string in its header has half a surrogate pair");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return refuse(reader, "a string in its header has half a surrogate pair");
    } else if (code == 0) {
        return refuse(reader, "a string in its header has a zero byte");
    }
    *length += put_utf8(out + *length, code);
    return 1;
}

/* A string, to be freed; NULL when there is none. An escape never makes more bytes than it takes. */
static char *read_string(Reader *reader)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    if (!expect(reader, '"'))
        return NULL;
    const char *close = reader->at;
    while (close < reader->end && *close != '"')
        close += *close == '\\' ? 2 : 1;
    if (close >= reader->end) {
        refuse(reader, "a string in its header is cut");
        return NULL;
    }
    char *text = malloc((size_t)(close - reader->at) + 1);
    size_t length = 0;
    if (!text)
        refuse(reader, "there is not enough memory for its header");
    while (!reader->problem && reader->at < close) {
        const char c = *reader->at++;
        if ((unsigned char)c < 0x20) {
            refuse(reader, "a string in its header has a control character");
        } else if (c != '\\') {
            text[length++] = c;
        } else if (*reader->at == 'u') {
            reader->at++;
            read_unicode_escape(reader, text, &length);
        } else {
            const char *escape = escapes;
            while (*escape && *escape != *reader->at)
                escape += 2;
            if (*escape)
                text[length++] = escape[1];
            else
                refuse(reader, "a string in its header has a wrong escape");
            reader->at++;
        }
    }
    if (reader->problem) {
        free(text);
        return NULL;
    }
    reader->at = close + 1;
    text[length] = '\0';
    return text;
}

/* A whole number, 0 to 2^53. */
static int read_integer(Reader *reader, int64_t *value)
{
    skip_space(reader);
    const char *start = reader->at;
    *value = 0;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9') {
        *value = *value * 10 + (*reader->at++ - '0');
        if (*value > MAX_SAFE_INTEGER)
            return refuse(reader, "a number in its header is too large");
    }
    if (reader->at == start || (*start == '0' && reader->at > start + 1))
        return refuse(reader, "its header lacks a whole number where one must be");
    return 1;
}

static int read_shape(Reader *reader, Tensor *tensor)
{
    tensor->view.rank = 0;
    if (!expect(reader, '['))
        return 0;
    if (take(reader, ']'))
        return 1;
    do {
        if (tensor->view.rank == NT_TENSOR_MAX_RANK)
            return refuse(reader, "a tensor has too many dimensions");
        if (!read_integer(reader, &tensor->view.shape[tensor->view.rank]))
            return 0;
        if (tensor->view.shape[tensor->view.rank++] < 1)
            return refuse(reader, "a tensor has a dimension of 0");
    } while (take(reader, ','));
    return expect(reader, ']');
}

static int read_dtype(Reader *reader, Tensor *tensor)
{
    char *name = read_string(reader);
    size_t i = 0;
    if (!name)
        return 0;
    while (i < N_DTYPES && strcmp(name, dtypes[i].name) != 0)
        i++;
    free(name);
    if (i == N_DTYPES)
        return refuse(reader, "a tensor has an element type that is not known");
    tensor->view.dtype = (NtDtype)i;
    return 1;
}

static int read_offsets(Reader *reader, Tensor *tensor)
{
    int64_t begin, end;
    if (!expect(reader, '[') || !read_integer(reader, &begin) || !expect(reader, ',') || !read_integer(reader, &end) ||
        !expect(reader, ']'))
        return 0;
    if (end < begin)
        return refuse(reader, "a tensor ends before it begins");
    tensor->begin = (uint64_t)begin;
    tensor->end = (uint64_t)end;
    return 1;
}

static int read_tensor(Reader *reader, Tensor *tensor)
{
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4, ALL = 7 };
    int seen = 0;
    if (!expect(reader, '{'))
        return 0;
    do {
        char *key = read_string(reader);
        if (!key)
            return 0;
        const int what = !strcmp(key, "dtype") ? DTYPE : !strcmp(key, "shape") ? SHAPE
                       : !strcmp(key, "data_offsets") ? OFFSETS : 0;
        free(key);
        if (!what || (seen & what))
            return refuse(reader, "a tensor has a member that is unknown or doubled");
        seen |= what;
        if (!expect(reader, ':') || !(what == DTYPE ? read_dtype(reader, tensor)
                                      : what == SHAPE ? read_shape(reader, tensor) : read_offsets(reader, tensor)))
            return 0;
    } while (take(reader, ','));
    if (!expect(reader, '}'))
        return 0;
    return seen == ALL || refuse(reader, "a tensor lacks its type, shape or place");
}

static int read_metadata(Reader *reader, NtTensorFile *file)
{
    if (!expect(reader, '{'))
        return 0;
    if (take(reader, '}'))
        return 1;
    do {
        Metadata *larger = realloc(file->metadata, (file->n_metadata + 1) * sizeof *larger);
        if (!larger)
            return refuse(reader, "there is not enough memory for its header");
        file->metadata = larger;
        Metadata *entry = &file->metadata[file->n_metadata];
        *entry = (Metadata){NULL, NULL};
        file->n_metadata++;
        if (!(entry->key = read_string(reader)) || !expect(reader, ':') || !(entry->value = read_string(reader)))
            return 0;
    } while (take(reader, ','));
    return expect(reader, '}');
}

static int add_tensor(Reader *reader, NtTensorFile *file, char *name)
{
    Tensor *larger = file->n_tensors < MAX_TENSORS ? realloc(file->tensors, (file->n_tensors + 1) * sizeof *larger) : NULL;
    if (!larger) {
        free(name);
        return refuse(reader, "it has too many tensors");
    }
    file->tensors = larger;
    Tensor *tensor = &file->tensors[file->n_tensors++];
    *tensor = (Tensor){.name = name};
    return read_tensor(reader, tensor);
}

static int read_header(Reader *reader, NtTensorFile *file)
{
    int has_metadata = 0;
    if (!expect(reader, '{'))
        return 0;
    if (!take(reader, '}')) {
        do {
            char *name = read_string(reader);
            if (!name || !expect(reader, ':')) {
                free(name);
                return 0;
            }
            if (strcmp(name, "__metadata__") == 0) {
                free(name);
                if (has_metadata++)
                    return refuse(reader, "its header has metadata twice");
                if (!read_metadata(reader, file))
                    return 0;
            } else if (!add_tensor(reader, file, name)) {
                return 0;
            }
        } while (take(reader, ','));
        if (!expect(reader, '}'))
            return 0;
    }
    skip_space(reader);
    return reader->at == reader->end || refuse(reader, "its header goes on after its end");
}

static int by_begin(const void *a, const void *b)
{
    const Tensor *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_name(const void *a, const void *b) { return strcmp(((const Tensor *)a)->name, ((const Tensor *)b)->name); }

/* Every tensor has just the bytes its shape needs, one after another without gap, all inside the file. */
static int place_tensors(Reader *reader, NtTensorFile *file, size_t data_start)
{
    const uint64_t data_size = file->size - data_start;
    uint64_t next = 0;
    if (file->n_tensors > 1)
        qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_begin);
    for (size_t i = 0; i < file->n_tensors; i++) {
        Tensor *tensor = &file->tensors[i];
        uint64_t size = dtypes[tensor->view.dtype].size;
        for (int k = 0; k < tensor->view.rank; k++)
            if (__builtin_mul_overflow(size, (uint64_t)tensor->view.shape[k], &size))
                return refuse(reader, "a tensor is larger than any file");
        if (tensor->begin != next)
            return refuse(reader, "its tensors overlap or leave a gap");
        if (tensor->end - tensor->begin != size)
            return refuse(reader, "a tensor's shape does not fit its place");
        if (tensor->end > data_size)
            return refuse(reader, "a tensor reaches beyond the file, which may be cut");
        if ((data_start + tensor->begin) % dtypes[tensor->view.dtype].size != 0)
            return refuse(reader, "a tensor starts at an odd place");
        tensor->view.data = (const char *)file->mapping + data_start + tensor->begin;
        tensor->view.size = size;
        next = tensor->end;
    }
    if (next != data_size)
        return refuse(reader, "it has bytes that belong to no tensor");
    if (file->n_tensors > 1)
        qsort(file->tensors, file->n_tensors, sizeof *file->tensors, by_name);
    for (size_t i = 1; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
            return refuse(reader, "two of its tensors have one name");
    return 1;
}

static int parse(NtTensorFile *file, const char **problem)
{
    Reader reader = {0};
    uint64_t length = 0;
    *problem = "it is too short to be a model file";
    if (file->size < LENGTH_BYTES)
        return 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        length = length << 8 | ((const unsigned char *)file->mapping)[i];
    *problem = "the length of its header makes no sense";
    if (length > MAX_HEADER || length > file->size - LENGTH_BYTES)
        return 0;
    reader.at = (const char *)file->mapping + LENGTH_BYTES;
    reader.end = reader.at + length;
    const int good = read_header(&reader, file) && place_tensors(&reader, file, LENGTH_BYTES + (size_t)length);
    *problem = reader.problem ? reader.problem : "its header is no JSON that was expected";
    return good;
}

NtStatus nt_tensor_file_open(const char *path, NtTensorFile **out, NtError *error)
{
    struct stat info;
    const char *problem;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
        const int reason = errno;
        if (descriptor >= 0)
            close(descriptor);
        return nt_error_set(error, NT_ERR_IO, "cannot open the model %s: %s", path, strerror(reason));
    }
    if (!S_ISREG(info.st_mode) || info.st_size < LENGTH_BYTES) {
        close(descriptor);
        return nt_error_set(error, NT_ERR_FORMAT, "%s is no usable model: %s", path,
                            S_ISREG(info.st_mode) ? "it is too short to be a model file" : "it is not a file");
    }
    NtTensorFile *file = calloc(1, sizeof *file);
    char *name = strdup(path);
    void *mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (!file || !name || mapping == MAP_FAILED) {
        if (mapping != MAP_FAILED)
            munmap(mapping, (size_t)info.st_size);
        free(name);
        free(file);
        return nt_error_set(error, NT_ERR_MEMORY, "not enough memory to map the model %s", path);
    }
    file->path = name;
    file->mapping = mapping;
    file->size = (size_t)info.st_size;
    if (!parse(file, &problem)) {
        nt_tensor_file_close(file);
        return nt_error_set(error, NT_ERR_FORMAT, "%s is no usable model: %s", path, problem);
    }
    *out = file;
    return NT_OK;
}

void nt_tensor_file_close(NtTensorFile *file)
{
    if (!file)
        return;
    munmap(file->mapping, file->size);
    for (size_t i = 0; i < file->n_tensors; i++)
        free(file->tensors[i].name);
    for (size_t i = 0; i < file->n_metadata; i++) {
        free(file->metadata[i].key);
        free(file->metadata[i].value);
    }
    free(file->tensors);
    free(file->metadata);
    free(file->path);
    free(file);
}

const char *nt_tensor_file_metadata(const NtTensorFile *file, const char *key)
{
    for (size_t i = 0; i < file->n_metadata; i++)
        if (strcmp(file->metadata[i].key, key) == 0)
            return file->metadata[i].value;
    return NULL;
}

size_t nt_tensor_file_count(const NtTensorFile *file) { return file->n_tensors; }

const char *nt_tensor_file_name(const NtTensorFile *file, size_t index)
{
    return index < file->n_tensors ? file->tensors[index].name : NULL;
}

static const Tensor *find(const NtTensorFile *file, const char *name)
{
    const Tensor key = {.name = (char *)name};
    return file->n_tensors ? bsearch(&key, file->tensors, file->n_tensors, sizeof key, by_name) : NULL;
}

int nt_tensor_file_has(const NtTensorFile *file, const char *name) { return find(file, name) != NULL; }

NtStatus nt_tensor_file_find(const NtTensorFile *file, const char *name, NtTensorView *out, NtError *error)
{
    const Tensor *tensor = find(file, name);
    if (!tensor)
        return nt_error_set(error, NT_ERR_FORMAT, "%s lacks the tensor '%s'; it is not the model wanted here",
                            file->path, name);
    *out = tensor->view;
    return NT_OK;
}

/* "[5, 31, *]" */
static const char *describe_shape(int rank, const int64_t *shape, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < rank && used < size; i++) {
        if (shape[i] < 0)
            used += (size_t)snprintf(text + used, size - used, "%s*", i ? ", " : "");
        else
            used += (size_t)snprintf(text + used, size - used, "%s%" PRId64, i ? ", " : "", shape[i]);
    }
    if (rank == 0)
        text[0] = '\0';
    return text;
}

NtStatus nt_tensor_file_get(const NtTensorFile *file, const char *name, NtDtype dtype, int rank, const int64_t *shape,
                            NtTensorView *out, NtError *error)
{
    NtTensorView view;
    NtStatus status = nt_tensor_file_find(file, name, &view, error);
    if (status != NT_OK)
        return status;
    int same = view.dtype == dtype && view.rank == rank;
    for (int i = 0; same && i < rank; i++)
        same = shape[i] < 0 || shape[i] == view.shape[i];
    if (!same) {
        char got[128], wanted[128];
        return nt_error_set(error, NT_ERR_FORMAT, "%s: the tensor '%s' is %s [%s], not %s [%s]", file->path, name,
                            nt_dtype_name(view.dtype), describe_shape(view.rank, view.shape, got, sizeof got),
                            nt_dtype_name(dtype), describe_shape(rank, shape, wanted, sizeof wanted));
    }
    *out = view;
    return NT_OK;
}

/* The writer. */

static void write_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

/* Tensors of wider elements first, so that each starts at a multiple of its element's size whatever the others' sizes. */
static int by_element_size(const void *a, const void *b)
{
    const NtTensorEntry *const *x = a, *const *y = b;
    const size_t p = dtypes[(*x)->view.dtype].size, q = dtypes[(*y)->view.dtype].size;
    if (p != q)
        return p > q ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

static char *make_header(const NtTensorEntry *const *order, size_t n_tensors, const NtMetadataEntry *metadata,
                         size_t n_metadata, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (!out)
        return NULL;
    uint64_t offset = 0;
    fputc('{', out);
    if (n_metadata > 0) {
        fputs("\"__metadata__\":{", out);
        for (size_t i = 0; i < n_metadata; i++) {
            fputs(i ? "," : "", out);
            write_json_string(out, metadata[i].key);
            fputc(':', out);
            write_json_string(out, metadata[i].value);
        }
        fputs(n_tensors ? "}," : "}", out);
    }
    for (size_t i = 0; i < n_tensors; i++) {
        const NtTensorView *view = &order[i]->view;
        fputs(i ? "," : "", out);
        write_json_string(out, order[i]->name);
        fprintf(out, ":{\"dtype\":\"%s\",\"shape\":[", nt_dtype_name(view->dtype));
        for (int k = 0; k < view->rank; k++)
            fprintf(out, "%s%" PRId64, k ? "," : "", view->shape[k]);
        fprintf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", offset, offset + view->size);
        offset += view->size;
    }
    fputc('}', out);
    fflush(out);
    while ((LENGTH_BYTES + *size) % DATA_ALIGNMENT != 0) {
        fputc(' ', out);
        fflush(out);
    }
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static int write_all(FILE *out, const char *header, size_t header_size, const NtTensorEntry *const *order,
                     size_t n_tensors)
{
    unsigned char length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++)
        length[i] = (unsigned char)((uint64_t)header_size >> (8 * i));
    if (fwrite(length, 1, sizeof length, out) != sizeof length || fwrite(header, 1, header_size, out) != header_size)
        return 0;
    for (size_t i = 0; i < n_tensors; i++)
        if (fwrite(order[i]->view.data, 1, order[i]->view.size, out) != order[i]->view.size)
            return 0;
    return fflush(out) == 0 && fsync(fileno(out)) == 0;
}

NtStatus nt_tensor_file_write(const char *path, const NtTensorEntry *tensors, size_t n_tensors,
                              const NtMetadataEntry *metadata, size_t n_metadata, NtError *error)
{
    const size_t temporary_size = strlen(path) + sizeof ".part-XXXXXX";
    char *temporary = malloc(temporary_size), *header = NULL;
    const NtTensorEntry **order = calloc(n_tensors + 1, sizeof *order);
    NtStatus status = NT_ERR_MEMORY;
    size_t header_size = 0;

    if (order) {
        for (size_t i = 0; i < n_tensors; i++)
            order[i] = &tensors[i];
        qsort(order, n_tensors, sizeof *order, by_element_size);
        header = make_header(order, n_tensors, metadata, n_metadata, &header_size);
    }
    if (temporary && header) {
        snprintf(temporary, temporary_size, "%s.part-XXXXXX", path);
        const int descriptor = mkstemp(temporary);
        FILE *out = descriptor < 0 ? NULL : fdopen(descriptor, "wb");
        int good = out && fchmod(descriptor, 0644) == 0 && write_all(out, header, header_size, order, n_tensors);
        int reason = errno;
        if (out && fclose(out) != 0 && good) {
            good = 0;
            reason = errno;
        }
        if (good && rename(temporary, path) != 0) {
            good = 0;
            reason = errno;
        }
        if (!good && descriptor >= 0)
            unlink(temporary);
        status = good ? NT_OK : nt_error_set(error, NT_ERR_IO, "cannot write %s: %s", path, strerror(reason));
    } else {
        nt_error_set(error, NT_ERR_MEMORY, "cannot write %s: not enough memory", path);
    }
    free(temporary);
    free(header);
    free(order);
    return status;
}
