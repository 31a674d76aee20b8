/* nametag people rename, merge, split, move, drop, set-aside, use, remove, forget: changes by hand. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/people.h"
#include "engine/clip_cache.h"

/* Some of a person's pictures, by the numbers that show prints. */
typedef struct Choice {
    NtPerson *person;
    GArray *ids; /* gint64 */
    guint n_aside; /* how many of them are set aside */
    char *count;   /* "2 pictures" */
} Choice;

typedef struct Picture {
    gint64 id;
    gboolean aside;
} Picture;

static void clear_choice(Choice *choice)
{
    g_clear_pointer(&choice->person, nt_person_free);
    g_clear_pointer(&choice->ids, g_array_unref);
    g_clear_pointer(&choice->count, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, clear_choice)

static void collect(const NtGalleryFace *face, gpointer user)
{
    const Picture picture = {face->id, face->aside};
    g_array_append_val((GArray *)user, picture);
}

static gboolean choose(const NtPeopleJob *job, const char *name, const char *text, Choice *choice, GError **error)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Picture));
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    choice->person = nt_gallery_find_person(job->gallery, name, error);
    if (!choice->person ||
        !nt_gallery_visit_faces(job->gallery, choice->person->name, FALSE, collect, all, error) ||
        !nt_people_read_numbers(text, all->len, "picture", numbers, error))
        return FALSE;
    choice->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    for (guint i = 0; i < numbers->len; i++) {
        const Picture *picture = &g_array_index(all, Picture, g_array_index(numbers, guint, i) - 1);
        g_array_append_val(choice->ids, picture->id);
        choice->n_aside += picture->aside ? 1 : 0;
    }
    choice->count = nt_people_count(choice->ids->len, "picture");
    return TRUE;
}

/* What a changing verb ends with. */
static int finish(const NtPeopleJob *job, gboolean done)
{
    if (done)
        nt_people_say_undo(job);
    return done ? NT_EXIT_OK : NT_EXIT_FAILED;
}

int nt_people_rename(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    const gboolean done = nt_gallery_rename(job->gallery, words[0], words[1], error);
    if (done)
        printf("%s is now called %s.\n", words[0], words[1]);
    return finish(job, done);
}

int nt_people_merge(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    const gboolean done = nt_gallery_merge(job->gallery, words[0], words[1], error);
    if (done)
        printf("The pictures of %s now belong to %s.\n", words[0], words[1]);
    return finish(job, done);
}

static int move_pictures(const NtPeopleJob *job, char **words, gboolean is_new, GError **error)
{
    g_auto(Choice) choice = {0};
    if (!choose(job, words[0], words[1], &choice, error))
        return NT_EXIT_FAILED;
    g_autoptr(NtPerson) other = nt_gallery_find_person(job->gallery, words[2], NULL);
    if (is_new && other) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_EXISTS,
                    "%s is enrolled already; choose another name, or give pictures to %s with 'move'", other->name,
                    other->name);
        return NT_EXIT_FAILED;
    }
    if (is_new && choice.ids->len == choice.person->n_faces) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME,
                    "these are all pictures of %s, and nobody would be left; 'rename' gives another name", choice.person->name);
        return NT_EXIT_FAILED;
    }
    if (!is_new && !other) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND,
                    "nobody called '%s' is enrolled; 'split' makes a new person of pictures", words[2]);
        return NT_EXIT_FAILED;
    }
    if (!nt_gallery_move_faces(job->gallery, (const gint64 *)(const void *)choice.ids->data, choice.ids->len, words[2], error))
        return NT_EXIT_FAILED;
    printf("%s of %s now belong%s to %s.\n", choice.count, choice.person->name, choice.ids->len == 1 ? "s" : "",
           other ? other->name : words[2]);
    if (choice.ids->len == choice.person->n_faces)
        printf("No picture of %s is left, so they are not enrolled any more.\n", choice.person->name);
    return finish(job, TRUE);
}

int nt_people_split(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    return move_pictures(job, words, TRUE, error);
}

int nt_people_move(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    return move_pictures(job, words, FALSE, error);
}

int nt_people_drop(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_auto(Choice) choice = {0};
    if (!choose(job, words[0], words[1], &choice, error))
        return NT_EXIT_FAILED;
    if (choice.ids->len == choice.person->n_faces) {
        g_set_error(error, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NAME,
                    "these are all pictures of %s; 'remove' takes a person out of the gallery", choice.person->name);
        return NT_EXIT_FAILED;
    }
    if (!nt_gallery_remove_faces(job->gallery, (const gint64 *)(const void *)choice.ids->data, choice.ids->len, error))
        return NT_EXIT_FAILED;
    printf("%s of %s dropped; the others have new numbers.\n", choice.count, choice.person->name);
    return finish(job, TRUE);
}

static int set_aside(const NtPeopleJob *job, char **words, gboolean aside, GError **error)
{
    g_auto(Choice) choice = {0};
    if (!choose(job, words[0], words[1], &choice, error))
        return NT_EXIT_FAILED;
    const guint n_changed = aside ? choice.ids->len - choice.n_aside : choice.n_aside;
    if (n_changed == 0) {
        printf("%s of %s %s already; nothing is changed.\n", choice.count, choice.person->name, aside ? "set aside" : "in use");
        return NT_EXIT_OK;
    }
    if (!nt_gallery_set_aside(job->gallery, (const gint64 *)(const void *)choice.ids->data, choice.ids->len, aside, error))
        return NT_EXIT_FAILED;
    g_autofree char *changed = nt_people_count(n_changed, "picture");
    printf(aside ? "%s of %s set aside: kept, but not used to recognise.\n" : "%s of %s in use again.\n", changed,
           choice.person->name);
    return finish(job, TRUE);
}

int nt_people_set_aside(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    return set_aside(job, words, TRUE, error);
}

int nt_people_use(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    return set_aside(job, words, FALSE, error);
}

int nt_people_remove(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(NtPerson) person = nt_gallery_find_person(job->gallery, words[0], error);
    if (!person || !nt_gallery_remove(job->gallery, person->name, error))
        return NT_EXIT_FAILED;
    g_autofree char *pictures = nt_people_count(person->n_faces, "picture");
    printf("%s and %s are removed. The file still holds what is needed to undo that ('forget' would erase it).\n", person->name,
           pictures);
    return finish(job, TRUE);
}

int nt_people_forget(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    gboolean pending = FALSE;
    g_autoptr(GError) reason = NULL;
    g_autoptr(NtPerson) person = nt_gallery_find_person(job->gallery, words[0], &reason);
    if (!person && !g_error_matches(reason, NT_GALLERY_ERROR, NT_GALLERY_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return NT_EXIT_FAILED;
    }
    /* Who was removed, or whose enrolment was undone, is still in what could be undone. */
    const char *name = person ? person->name : words[0];
    g_autofree char *pictures = person ? nt_people_count(person->n_faces, "picture") : g_strdup("all that could be undone");
    g_autofree char *question =
        person ? g_strdup_printf("Forget %s and %s? This cannot be undone.", name, pictures)
               : g_strdup_printf("Nobody is called %s now. Forget what the history may have of that name? This cannot be undone.",
                                 name);
    if (!nt_people_confirm(job, question))
        return NT_EXIT_USAGE;
    g_autofree char *backup = g_strconcat(job->gallery_path, NT_GALLERY_BACKUP_ENDING, NULL);
    const gboolean has_backup = g_file_test(backup, G_FILE_TEST_EXISTS);
    if (!nt_gallery_forget(job->gallery, name, &pending, error))
        return NT_EXIT_FAILED;
    nt_clip_cache_clear();
    printf("%s is forgotten: %s erased from %s.\n", name, pictures, job->gallery_path);
    if (has_backup)
        printf("The upgrade's backup %s is deleted too. Other copies and exports are yours to delete.\n", backup);
    if (pending)
        nt_command_warning("another program still holds the old content open; its last bytes go with the first change after that "
                           "program has ended");
    return NT_EXIT_OK;
}
