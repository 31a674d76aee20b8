/* nametag-import: run by the build to make the model files from the packages they are published in. */
#include <stdio.h>
#include <string.h>

#include "import/import.h"

static int usage(void)
{
    fprintf(stderr, "usage: nametag-import hog EXTRACTED HEADER SOURCE LICENCE OUTPUT\n"
                    "       nametag-import landmarks DAT SOURCE LICENCE OUTPUT\n"
                    "       nametag-import face-api MANIFEST WEIGHTS SOURCE LICENCE OUTPUT\n");
    return 2;
}

static char *sha256_of(const char *path, GError **error)
{
    g_autofree char *contents = NULL;
    gsize size;
    if (!g_file_get_contents(path, &contents, &size, error))
        return NULL;
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)contents, size);
}

static gboolean import_hog(char **args, GError **error)
{
    g_autofree char *sha256 = sha256_of(args[1], error);
    return sha256 && nt_import_hog(args[0], sha256, &(NtImportOrigin){args[2], args[3]}, args[4], error);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    gboolean good;
    if (argc == 7 && strcmp(argv[1], "hog") == 0)
        good = import_hog(argv + 2, &error);
    else if (argc == 6 && strcmp(argv[1], "landmarks") == 0)
        good = nt_import_landmarks(argv[2], &(NtImportOrigin){argv[3], argv[4]}, argv[5], &error);
    else if (argc == 7 && strcmp(argv[1], "face-api") == 0)
        good = nt_import_face_api(argv[2], argv[3], &(NtImportOrigin){argv[4], argv[5]}, argv[6], &error);
    else
        return usage();
    if (!good)
        fprintf(stderr, "nametag-import: %s\n", error->message);
    return good ? 0 : 1;
}
