/* Nametag - the programs we are measured against, behind C functions; for the benchmark alone. */
#ifndef NT_BENCH_PEERS_H
#define NT_BENCH_PEERS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* This processor's peaks, one core; 0 where it has no such instruction. */
double peak_float_gflops(void);
double peak_byte_gops(void);

/* dlib, from its header files, with every instruction set of this processor. Each call does the step once. Messages go to
 * standard error; failure ends the program. */
void dlib_load(const char *model_dir, const char *landmarks_file);
void dlib_set_gray(const uint8_t *pixels, int width, int height);
void dlib_set_rgb(const uint8_t *pixels, int width, int height);
int dlib_detect(void);                             /* on the gray picture; returns the number of faces */
void dlib_fit_landmarks(const int box[4]);         /* left, top, right, bottom; on the gray picture */
void dlib_cut_chip(void);                          /* from the RGB picture, with the points last fitted; kept */
void dlib_embed(float embedding[128]);             /* of the chip last cut */
const uint8_t *dlib_chip(void);                    /* [150][150][3] */

/* oneDNN, one thread: the network as one chain of primitives with everything fused that oneDNN fuses. NULL when the
 * library can't. In 8 bits for its time alone: the weights are made up. */
typedef struct OnednnNetwork OnednnNetwork;
OnednnNetwork *onednn_new(const char *model_dir, int int8);
void onednn_embed(OnednnNetwork *network, const uint8_t *chip, float embedding[128]);
void onednn_free(OnednnNetwork *network);

#ifdef __cplusplus
}
#endif

#endif
