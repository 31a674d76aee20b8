/* nametag people export, import, merge-gallery: a gallery taken along, and two made one. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/gallery_access.h"
#include "cli/people.h"
#include "cli/progress.h"
#include "engine/core_error.h"
#include "identity/archive.h"

/* The models' embedder, for pictures that another model embedded, and the bar. */
typedef struct Help {
    const NtModelSet *models;
    NtEmbedWorkspace *workspace;
    NtProgress *progress;
} Help;

static gboolean embed(const guint8 chip[NT_CHIP_BYTES], float embedding[NT_EMBEDDING_SIZE], gpointer user, GError **error)
{
    Help *help = user;
    const NtEmbedder *embedder = nt_model_set_embedder(help->models);
    if (!help->workspace)
        help->workspace = nt_embed_workspace_new(embedder);
    const NtStatus status = help->workspace ? nt_embed(embedder, help->workspace, chip, 1, embedding) : NT_ERR_MEMORY;
    const NtError failure = {status, "a picture cannot be embedded"};
    if (status != NT_OK)
        nt_error_to_gerror(&failure, error);
    return status == NT_OK;
}

static gboolean show_progress(guint done, guint total, gpointer user)
{
    const Help *help = user;
    nt_progress_update(help->progress, done, total > 0 ? (double)done / total : -1);
    return !nt_command_interrupted();
}

/* Before the next line is printed. */
static void clear_help(Help *help)
{
    nt_progress_clear(help->progress);
    nt_progress_free(help->progress);
    nt_embed_workspace_free(help->workspace);
}

int nt_people_export(const NtPeopleJob *job, char **words, int n, GError **error)
{
    NtArchiveCount count;
    Help help = {.progress = nt_progress_new(words[0], "pictures", FALSE)};
    const NtArchiveHelp callbacks = {.progress = show_progress, .user = &help};
    const gboolean done = nt_archive_export(job->gallery, n > 1 ? words[1] : NULL, words[0], &callbacks, &count, error);
    clear_help(&help);
    if (!done)
        return NT_EXIT_FAILED;
    g_autofree char *pictures = nt_people_count(count.faces, "picture");
    printf("Exported %u %s with %s to %s.\n", count.people, count.people == 1 ? "person" : "people", pictures, words[0]);
    if (nt_gallery_is_encrypted(job->gallery))
        printf("The gallery is encrypted, but what was exported is not: whoever has the folder sees names and faces.\n");
    return NT_EXIT_OK;
}

static void report(const NtPeopleJob *job, const NtArchiveCount *count, const char *from)
{
    g_autofree char *pictures = nt_people_count(count->faces, "picture");
    g_autofree char *skipped = nt_people_count(count->skipped_faces, "picture");
    if (count->faces + count->rejections + count->strangers == 0) {
        printf("Nothing of %s is new to %s", from, job->gallery_path);
    } else {
        printf("Taken from %s: %s of %u %s (%u new)", from, pictures, count->people,
               count->people == 1 ? "person" : "people", count->new_people);
        if (count->rejections)
            printf(", %u 'not this person'", count->rejections);
        if (count->strangers)
            printf(", %u ignored stranger%s", count->strangers, count->strangers == 1 ? "" : "s");
    }
    printf(".\n");
    if (count->skipped_faces)
        printf("%s %s there already.\n", skipped, count->skipped_faces == 1 ? "was" : "were");
    if (count->lost)
        printf("%u could not be taken: another model made them, and they have no picture to embed again.\n", count->lost);
    if (count->faces + count->rejections + count->strangers > 0)
        nt_people_say_undo(job);
}

int nt_people_import(const NtPeopleJob *job, char **words, int n, GError **error)
{
    (void)n;
    NtArchiveCount count;
    Help help = {.models = job->models, .progress = nt_progress_new(words[0], "pictures", FALSE)};
    const NtArchiveHelp callbacks = {.embed = embed, .progress = show_progress, .user = &help};
    const gboolean done = nt_archive_import(job->gallery, words[0], &callbacks, &count, error);
    clear_help(&help);
    if (done)
        report(job, &count, words[0]);
    return done ? NT_EXIT_OK : NT_EXIT_FAILED;
}

int nt_people_merge_gallery(const NtPeopleJob *job, char **words, int n, GError **error)
{
    (void)n;
    NtArchiveCount count;
    g_autoptr(NtGallery) from = nt_command_open_gallery(words[0], NT_GALLERY_READ, NULL, FALSE, error);
    if (!from)
        return NT_EXIT_FAILED;
    Help help = {.models = job->models, .progress = nt_progress_new(words[0], "pictures", FALSE)};
    const NtArchiveHelp callbacks = {.embed = embed, .progress = show_progress, .user = &help};
    const gboolean done = nt_archive_merge(job->gallery, from, &callbacks, &count, error);
    clear_help(&help);
    if (done)
        report(job, &count, words[0]);
    return done ? NT_EXIT_OK : NT_EXIT_FAILED;
}
