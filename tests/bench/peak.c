/* What the processor can do at most, on one core: fused multiply-adds of floats, and byte products with VNNI. Built for
 * this machine. */
#include <stdint.h>
#include <time.h>

#include "peers.h"

#ifdef __AVX512VNNI__
#include <immintrin.h>
#endif

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
#define CHAINS 12
#define STEPS 4000000

typedef float Vec __attribute__((vector_size(4 * LANES)));

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Whatever it is, it must be calculated. */
static volatile float sink;

double peak_float_gflops(void)
{
    double best = 0;
    for (int round = 0; round < 5; round++) {
        Vec sums[CHAINS], a, b;
        for (int k = 0; k < LANES; k++)
            a[k] = 0.999f + sink * 0, b[k] = 0.001f;
        for (int i = 0; i < CHAINS; i++)
            sums[i] = b * (float)i;
        const double began = seconds();
        for (int step = 0; step < STEPS; step++)
#pragma GCC unroll 12
            for (int i = 0; i < CHAINS; i++)
                sums[i] = sums[i] * a + b;
        const double rate = 2.0 * LANES * CHAINS * STEPS / (seconds() - began) / 1e9;
        for (int i = 0; i < CHAINS; i++)
            sink += sums[i][0];
        best = rate > best ? rate : best;
    }
    return best;
}

double peak_byte_gops(void)
{
#ifdef __AVX512VNNI__
    double best = 0;
    for (int round = 0; round < 5; round++) {
        __m512i sums[CHAINS];
        const __m512i a = _mm512_set1_epi8((char)(3 + (int)sink * 0));
        for (int i = 0; i < CHAINS; i++)
            sums[i] = _mm512_set1_epi32(i);
        const double began = seconds();
        for (int step = 0; step < STEPS; step++)
#pragma GCC unroll 12
            for (int i = 0; i < CHAINS; i++)
                sums[i] = _mm512_dpbusd_epi32(sums[i], a, a);
        const double rate = 2.0 * 64 * CHAINS * STEPS / (seconds() - began) / 1e9;
        for (int i = 0; i < CHAINS; i++)
            sink += (float)_mm512_reduce_add_epi32(sums[i]);
        best = rate > best ? rate : best;
    }
    return best;
#else
    return 0;
#endif
}
