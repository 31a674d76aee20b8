/* Names the faces of a picture: tag_picture PICTURE [GALLERY]
 *
 *     cc tag_picture.c -o tag_picture $(pkg-config --cflags --libs nametag)
 */
#include <nametag/nametag.h>
#include <stdio.h>

static void print_face(const NametagFace *face)
{
    printf("%s%s at %d,%d, %d pixels wide", face->name ? face->name : "unknown",
           face->verdict == NAMETAG_UNSURE ? "?" : "", face->box.x, face->box.y, face->box.width);
    if (face->nearest)
        printf("; %.2f from %s", face->distance, face->nearest);
    printf("\n");
}

int main(int argc, char **argv)
{
    NametagOptions options = NAMETAG_OPTIONS_INIT;
    Nametag *nametag = NULL;
    NametagTags *tags = NULL;

    if (argc < 2) {
        fprintf(stderr, "usage: tag_picture PICTURE [GALLERY]\n");
        return 2;
    }
    options.gallery = argc > 2 ? argv[2] : NULL; /* NULL: the user's own */
    if (nametag_open(&options, &nametag) != NAMETAG_OK) {
        fprintf(stderr, "tag_picture: %s\n", nametag_error(NULL));
        return 1;
    }
    if (nametag_tag_file(nametag, argv[1], &tags) != NAMETAG_OK)
        fprintf(stderr, "tag_picture: %s\n", nametag_error(nametag));
    for (size_t i = 0; tags && i < tags->n_faces; i++)
        print_face(tags->faces[i]);

    int failed = tags == NULL;
    nametag_tags_free(tags);
    nametag_close(nametag);
    return failed;
}
