/* nametag people list, names, show: who is in a gallery, and a person's pictures. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/people.h"
#include "export/json_writer.h"
#include "identity/quality_gate.h"

/* A face turned farther than this shows more of one side than of the other. */
#define SIDE_DEGREES 15.0f

static void print_json(const GPtrArray *people)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_array(&json);
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        nt_json_begin_object(&json);
        nt_json_key(&json, "name");
        nt_json_string(&json, person->name);
        nt_json_key(&json, "pictures");
        nt_json_int(&json, person->n_faces);
        nt_json_key(&json, "aside");
        nt_json_int(&json, person->n_aside);
        nt_json_key(&json, "created_us");
        nt_json_int(&json, person->created_us);
        nt_json_end_object(&json);
    }
    nt_json_end_array(&json);
    puts(text->str);
}

int nt_people_list(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    int width = 0;
    g_autoptr(GPtrArray) people = nt_gallery_list_people(job->gallery, error);
    if (!people)
        return NT_EXIT_FAILED;
    if (job->options->json) {
        print_json(people);
        return NT_EXIT_OK;
    }
    if (people->len == 0) {
        printf("Nobody is enrolled yet; 'nametag enroll NAME PICTURE' teaches a person.\n");
        return NT_EXIT_OK;
    }
    for (guint i = 0; i < people->len; i++)
        width = MAX(width, (int)g_utf8_strlen(((NtPerson *)people->pdata[i])->name, -1));
    width = MAX(width, (int)sizeof "Name" - 1);
    printf("%-*s  Pictures  Since\n", width, "Name");
    for (guint i = 0; i < people->len; i++) {
        const NtPerson *person = people->pdata[i];
        g_autofree char *since = nt_people_date(person->created_us);
        /* printf pads by bytes; names are padded by characters. */
        printf("%s%*s  %8u  %s", person->name, width - (int)g_utf8_strlen(person->name, -1), "", person->n_faces, since);
        if (person->n_aside > 0)
            printf("  (%u set aside)", person->n_aside);
        putchar('\n');
    }
    return NT_EXIT_OK;
}

int nt_people_names(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    g_autoptr(GPtrArray) people = nt_gallery_list_people(job->gallery, error);
    for (guint i = 0; people && i < people->len; i++)
        puts(((NtPerson *)people->pdata[i])->name); /* no name has a line break */
    return people ? NT_EXIT_OK : NT_EXIT_FAILED;
}

/* The view, and what the gate would say of the picture; nothing when it was never measured. */
static void append_quality(GString *line, const NtQuality *quality)
{
    static const char *const words[NT_N_GATE_REASONS] = {
        [NT_GATE_GOOD] = "good",          [NT_GATE_SMALL] = "small", [NT_GATE_BLURRED] = "blurred",
        [NT_GATE_TURNED] = "turned away", [NT_GATE_CUT_OFF] = "cut off", [NT_GATE_DARK] = "dark",
        [NT_GATE_BRIGHT] = "too bright",
    };
    if (quality->size_px <= 0)
        return;
    const char *word = words[nt_gate_quality(quality)];
    g_string_append(line, fabsf(quality->yaw) < SIDE_DEGREES ? "; from the front"
                          : quality->yaw > 0                 ? "; turned to the right"
                                                             : "; turned to the left");
    g_string_append_printf(line, ", %s", word ? word : "poor");
}

static void show_face(const NtGalleryFace *face, gpointer user)
{
    guint *n = user;
    g_autofree char *date = nt_people_date(face->created_us), *where = nt_people_where(face);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "  %2u  %s, enrolled %s", ++*n, where, date);
    append_quality(line, &face->quality);
    if (face->forced)
        g_string_append(line, "; forced");
    if (face->aside)
        g_string_append(line, "; set aside");
    puts(line->str);
}

int nt_people_show(const NtPeopleJob *job, char **words, G_GNUC_UNUSED int n, GError **error)
{
    guint number = 0;
    g_autoptr(NtPerson) person = nt_gallery_find_person(job->gallery, words[0], error);
    if (!person)
        return NT_EXIT_FAILED;
    g_autofree char *pictures = nt_people_count(person->n_faces, "picture");
    if (person->n_aside > 0)
        printf("%s: %s, %u of them set aside\n", person->name, pictures, person->n_aside);
    else
        printf("%s: %s\n", person->name, pictures);
    return nt_gallery_visit_faces(job->gallery, person->name, FALSE, show_face, &number, error) ? NT_EXIT_OK
                                                                                                : NT_EXIT_FAILED;
}
