/* nametag people check: how well the gallery tells its people apart, and what would help. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/people.h"
#include "export/json_writer.h"
#include "identity/health.h"

#define CHECK_SCHEMA "nametag-people-check/1" /* docs/formats.md */

static guint in_use(const NtPersonHealth *person) { return person->n_faces - person->n_aside; }

/* "5 pictures (2 more set aside)". */
static void print_pictures(const NtPersonHealth *person)
{
    printf("%u picture%s", in_use(person), in_use(person) == 1 ? "" : "s");
    if (person->n_aside)
        printf(" (%u more set aside)", person->n_aside);
}

static void print_person(const NtPersonHealth *person)
{
    const guint n = in_use(person);
    printf("%s: ", person->name);
    print_pictures(person);
    if (n > 1) {
        printf(", which differ by %.2f on the whole, %.2f at most; ", (double)person->spread, (double)person->widest);
        if (person->n_recognised == n)
            printf("each would be known by the other%s", n == 2 ? "" : "s");
        else
            printf("%u of %u would be known by the others", person->n_recognised, n);
    }
    if (person->nearest)
        printf("; most like %s (%.2f)", person->nearest, (double)person->nearest_distance);
    printf("\n");
    for (guint i = 0; i < person->advice->len; i++)
        printf("    - %s\n", (const char *)person->advice->pdata[i]);
}

static guint count_with_advice(const NtGalleryHealth *health)
{
    guint n = 0;
    for (guint i = 0; i < health->people->len; i++)
        n += ((const NtPersonHealth *)health->people->pdata[i])->advice->len > 0;
    return n;
}

static void print_summary(const NtGalleryHealth *health, NtCaution caution)
{
    const guint n = count_with_advice(health);
    const double strangers = 1000 * health->false_name_rate;
    g_autofree char *some = strangers < 0.5   ? g_strdup("hardly one")
                            : strangers < 1.5 ? g_strdup("about one")
                                              : g_strdup_printf("about %.0f", strangers);
    printf("\nA name is given up to a distance of %.2f (--caution %s); of 1000 strangers, %s would be near enough.\n",
           (double)health->threshold, nt_caution_name(caution), some);
    if (health->alike[0])
        printf("Most alike: %s and %s, %.2f apart%s.\n", health->alike[0], health->alike[1], (double)health->alike_distance,
               health->alike_distance < health->threshold ? ": they may be taken for each other" : "");
    const char *near = health->highest_stranger < health->threshold ? ": near enough to be given the name" : "";
    if (health->highest_stranger_name && health->highest_stranger_who)
        printf("The nearest stranger would be %s, if not enrolled: %.2f from %s%s.\n", health->highest_stranger_who,
               (double)health->highest_stranger, health->highest_stranger_name, near);
    else if (health->highest_stranger_name)
        printf("The nearest stranger is one who is ignored: %.2f from %s%s.\n", (double)health->highest_stranger,
               health->highest_stranger_name, near);
    if (n == 0)
        printf("Nothing to improve.\n");
    else
        printf("%u of %u people would be known better by what is said above.\n", n, health->people->len);
}

/* A distance that there may be none of. */
static void write_distance(NtJsonWriter *json, const char *key, float distance)
{
    nt_json_key(json, key);
    nt_json_fixed(json, (double)distance, 4);
}

static void write_outliers(NtJsonWriter *json, const GArray *outliers)
{
    nt_json_key(json, "outliers");
    nt_json_begin_array(json);
    for (guint i = 0; i < outliers->len; i++) {
        const NtOutlier *outlier = &g_array_index(outliers, NtOutlier, i);
        nt_json_begin_object(json);
        nt_json_key(json, "picture");
        nt_json_int(json, outlier->number);
        write_distance(json, "distance", outlier->own_distance);
        nt_json_key(json, "looks_like");
        nt_json_string(json, outlier->looks_like);
        nt_json_end_object(json);
    }
    nt_json_end_array(json);
}

static void write_person(NtJsonWriter *json, const NtPersonHealth *person)
{
    const struct {
        const char *key;
        gint64 value;
    } counts[] = {{"pictures", person->n_faces}, {"aside", person->n_aside}, {"forced", person->n_forced},
                  {"recognised", person->n_recognised}};
    nt_json_begin_object(json);
    nt_json_key(json, "name");
    nt_json_string(json, person->name);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        nt_json_key(json, counts[i].key);
        nt_json_int(json, counts[i].value);
    }
    write_distance(json, "spread", person->spread);
    write_distance(json, "widest", person->widest);
    nt_json_key(json, "nearest");
    nt_json_string(json, person->nearest);
    write_distance(json, "nearest_distance", person->nearest_distance);
    const struct {
        const char *key;
        gboolean value;
    } views[] = {{"left", person->has_left}, {"front", person->has_front}, {"right", person->has_right}};
    nt_json_key(json, "views");
    nt_json_begin_array(json);
    for (guint i = 0; i < G_N_ELEMENTS(views); i++)
        if (views[i].value)
            nt_json_string(json, views[i].key);
    nt_json_end_array(json);
    write_outliers(json, person->outliers);
    nt_json_key(json, "advice");
    nt_json_begin_array(json);
    for (guint i = 0; i < person->advice->len; i++)
        nt_json_string(json, person->advice->pdata[i]);
    nt_json_end_array(json);
    nt_json_end_object(json);
}

static void print_json(const NtGalleryHealth *health, NtCaution caution)
{
    g_autoptr(GString) text = g_string_new(NULL);
    NtJsonWriter json = nt_json_writer(text);
    nt_json_begin_object(&json);
    nt_json_key(&json, "schema");
    nt_json_string(&json, CHECK_SCHEMA);
    nt_json_key(&json, "caution");
    nt_json_string(&json, nt_caution_name(caution));
    write_distance(&json, "threshold", health->threshold);
    nt_json_key(&json, "false_name_rate");
    nt_json_fixed(&json, health->false_name_rate, 6);
    nt_json_key(&json, "alike");
    nt_json_begin_array(&json);
    for (guint i = 0; health->alike[0] && i < G_N_ELEMENTS(health->alike); i++)
        nt_json_string(&json, health->alike[i]);
    nt_json_end_array(&json);
    write_distance(&json, "alike_distance", health->alike_distance);
    write_distance(&json, "highest_stranger", health->highest_stranger);
    nt_json_key(&json, "highest_stranger_to");
    nt_json_string(&json, health->highest_stranger_name);
    nt_json_key(&json, "highest_stranger_who"); /* null: an ignored one */
    nt_json_string(&json, health->highest_stranger_who);
    nt_json_key(&json, "people");
    nt_json_begin_array(&json);
    for (guint i = 0; i < health->people->len; i++)
        write_person(&json, health->people->pdata[i]);
    nt_json_end_array(&json);
    nt_json_end_object(&json);
    puts(text->str);
}

int nt_people_check(const NtPeopleJob *job, G_GNUC_UNUSED char **words, G_GNUC_UNUSED int n, GError **error)
{
    NtCaution caution;
    if (!nt_command_caution(job->options->caution, &caution))
        return NT_EXIT_USAGE;
    g_autoptr(NtGalleryHealth) health = nt_gallery_health(job->gallery, caution, error);
    if (!health)
        return NT_EXIT_FAILED;
    if (job->options->json) {
        print_json(health, caution);
        return NT_EXIT_OK;
    }
    if (health->people->len == 0) {
        printf("Nobody is enrolled in %s.\n", job->gallery_path);
        return NT_EXIT_OK;
    }
    for (guint i = 0; i < health->people->len; i++)
        print_person(health->people->pdata[i]);
    print_summary(health, caution);
    return NT_EXIT_OK;
}
