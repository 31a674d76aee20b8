/* Resampling rows, 8 bytes at once: the neighbours are shuffled out of one load a row. No fused products: each
 * result must be the reference's to the last bit. */
#include "vision/pyramid_kernel.h"

#include <string.h>

#include "base/simd.h"

typedef uint8_t Window __attribute__((vector_size(NT_RESIZE_WINDOW)));
typedef uint8_t Bytes __attribute__((vector_size(NT_RESIZE_GROUP)));
typedef float Floats __attribute__((vector_size(4 * NT_RESIZE_GROUP)));
typedef int32_t Ints __attribute__((vector_size(4 * NT_RESIZE_GROUP)));

/* The bytes of a window at the first 8 taps. */
NT_INLINE Floats pick(Window window, Window taps)
{
    Bytes bytes;
    window = __builtin_shuffle(window, taps);
    memcpy(&bytes, &window, sizeof bytes);
    return __builtin_convertvector(__builtin_convertvector(bytes, Ints), Floats);
}

NT_INLINE Window load(const uint8_t *row)
{
    Window window;
    memcpy(&window, row, sizeof window);
    return window;
}

NT_INLINE Floats splat(float v) { return v - (Floats){0}; }

void NT_KERNEL(nt_resize_row)(const NtResizeColumns *columns, const uint8_t *top, const uint8_t *bottom,
                              float top_weight, float bottom_weight, uint8_t *out)
{
    const Floats tw = splat(top_weight), bw = splat(bottom_weight);
    const Floats up_from = splat(columns->rounded ? 0.5f : 2);
    for (int g = 0; g < columns->n_groups; g++, out += NT_RESIZE_GROUP) {
        Floats right_part;
        memcpy(&right_part, columns->right_part[g], sizeof right_part);
        const Floats left_part = splat(1) - right_part;
        const Window left = load(columns->taps[g]), right = left + (uint8_t)columns->channels;
        const Window above = load(top + columns->start[g]), below = load(bottom + columns->start[g]);
        const Floats v = tw * left_part * pick(above, left) + tw * right_part * pick(above, right) +
                         bw * left_part * pick(below, left) + bw * right_part * pick(below, right);
        /* v + 0.5 in float could round up to the next integer; the difference to the integer part is exact. */
        Ints whole = __builtin_convertvector(v, Ints);
        whole -= v - __builtin_convertvector(whole, Floats) >= up_from;
        const Bytes bytes = __builtin_convertvector(whole, Bytes);
        memcpy(out, &bytes, sizeof bytes);
    }
}
