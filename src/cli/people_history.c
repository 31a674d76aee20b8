/* nametag people undo, redo, history: changes taken back and made again. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/people.h"

#define MAX_STEPS 1000

/* How many changes: the word, or one. */
static gboolean read_steps(char **words, int n, guint *steps, GError **error)
{
    guint64 value = 1;
    if (n > 0 && !g_ascii_string_to_unsigned(words[0], 10, 1, MAX_STEPS, &value, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is no number of changes from 1 to %d", words[0],
                    MAX_STEPS);
        return FALSE;
    }
    *steps = (guint)value;
    return TRUE;
}

typedef NtChange *Step(NtGallery *gallery, GError **error);

static int walk(const NtPeopleJob *job, char **words, int n, Step *step, const char *done, GError **error)
{
    guint steps;
    if (!read_steps(words, n, &steps, error))
        return NT_EXIT_USAGE;
    for (guint i = 0; i < steps; i++) {
        g_autoptr(NtChange) change = step(job->gallery, error);
        if (!change)
            return NT_EXIT_FAILED;
        g_autofree char *text = nt_change_describe(change);
        printf("%s: %s.\n", done, text);
    }
    return NT_EXIT_OK;
}

int nt_people_undo(const NtPeopleJob *job, char **words, int n, GError **error)
{
    const int exit_code = walk(job, words, n, nt_gallery_undo, "Taken back", error);
    if (exit_code == NT_EXIT_OK) {
        g_autofree char *command = nt_people_command(job, "redo");
        printf("'%s' makes it again.\n", command);
    }
    return exit_code;
}

int nt_people_redo(const NtPeopleJob *job, char **words, int n, GError **error)
{
    const int exit_code = walk(job, words, n, nt_gallery_redo, "Made again", error);
    if (exit_code == NT_EXIT_OK)
        nt_people_say_undo(job);
    return exit_code;
}

int nt_people_history(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(GPtrArray) changes = nt_gallery_list_changes(job->gallery, error);
    if (!changes)
        return NT_EXIT_FAILED;
    if (changes->len == 0)
        printf("Nothing has been changed that could be undone.\n");
    for (guint i = 0; i < changes->len; i++) {
        const NtChange *change = changes->pdata[i];
        g_autofree char *date = nt_people_date(change->made_us), *text = nt_change_describe(change);
        printf("%s  %s%s\n", date, text, change->undone ? "  (undone)" : "");
    }
    return NT_EXIT_OK;
}
