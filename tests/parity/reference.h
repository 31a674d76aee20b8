/* Nametag - reference values of a picture (from dlib), and ours compared with them.
 *
 * The values are JSON objects as tests/parity/dlib_reference.cc prints them; the golden files of the shared test data have
 * the same members.
 */
#ifndef NT_TEST_REFERENCE_H
#define NT_TEST_REFERENCE_H

#include <json-glib/json-glib.h>

#include "nn/embedder.h"
#include "vision/align.h"
#include "vision/detector.h"
#include "vision/landmarks.h"

/* The limits: dlib's own builds differ by up to 0.03 in score. */
#define MAX_SCORE_DIFFERENCE 0.05
#define MIN_IOU 0.65
#define MAX_LANDMARK_DIFFERENCE_PX 0.01
#define MAX_CHIP_BYTES_OFF 20 /* a handful of 67 500, each by at most 1 */
#define MAX_EMBEDDING_DIFFERENCE 1e-5
#define MAX_8BIT_DIFFERENCE 0.05 /* of an embedding in 8 bits from the reference's */

/* What was compared and how far apart it was, over all pictures. */
typedef struct Tally {
    guint pictures, detections, missing, extra;
    double score, min_iou;
    guint rectangles_differ, points, points_differ;
    double landmark_px;
    guint chips, chip_bytes_differ, chip_bytes_worst;
    int chip_value;
    guint embeddings;
    double embedding, embedding8, sum_embedding8;
    GString *problems;
} Tally;

typedef struct Models {
    NtDetector *detector;
    NtLandmarker *landmarker;
    NtEmbedder *embedder, *embedder8;
    NtDetectWorkspace *detect;
    NtEmbedWorkspace *embed, *embed8;
    NtChipWorkspace chip;
} Models;

void models_load(Models *models);
void models_free(Models *models);

Tally *tally_new(void);
void tally_free(Tally *tally);
/* Prints what was compared and demands that it lies within the limits. */
void tally_check(const Tally *tally);

/* FNV-1a 64 over R, G, B bytes, row by row, in hexadecimal. */
char *hash_pixels(const NtImage *image);

/* Compares everything the reference has of this picture. chips_dir: where its chip files are, or NULL. */
void compare_picture(Models *models, const NtImage *rgb, JsonObject *reference, const char *chips_dir, Tally *tally);

#endif
