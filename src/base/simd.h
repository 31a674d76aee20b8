/* Nametag - vectors for the kernels, as wide as the build's instruction set, in the compiler's own vector types.
 *
 * Only for sources that meson.build builds once a level (cpu.h); NT_LEVEL is then the level's name.
 */
#ifndef NT_SIMD_H
#define NT_SIMD_H

#include <stdint.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#if defined __AVX512F__
#define NT_LANES 16
#elif defined __AVX__
#define NT_LANES 8
#else
#define NT_LANES 4
#endif

/* AVX-512 and NEON have 32 vector registers, the others 16: how much a kernel may keep in them. */
#if defined __AVX512F__ || defined __aarch64__
#define NT_MANY_REGISTERS 1
#else
#define NT_MANY_REGISTERS 0
#endif

#define NT_JOIN_(a, b) a##_##b
#define NT_JOIN(a, b) NT_JOIN_(a, b)
#define NT_KERNEL(name) NT_JOIN(name, NT_LEVEL)

#define NT_INLINE static inline __attribute__((always_inline))

typedef float NtVec __attribute__((vector_size(4 * NT_LANES)));
typedef int32_t NtVecInts __attribute__((vector_size(4 * NT_LANES)));
typedef float NtVecUnaligned __attribute__((vector_size(4 * NT_LANES), aligned(4), may_alias));

NT_INLINE NtVec nt_vec_load(const float *p) { return *(const NtVecUnaligned *)p; }
NT_INLINE void nt_vec_store(float *p, NtVec v) { *(NtVecUnaligned *)p = v; }
/* Zero where v is not above it. */
NT_INLINE NtVec nt_vec_positive(NtVec v) { return (NtVec)((NtVecInts)v & (v > 0)); }
NT_INLINE NtVec nt_vec_splat(float v) { return v - (NtVec){0}; }

/* As many bytes as floats. gcc 12 widens bytes one by one where it is not told the instruction. */
NT_INLINE NtVec nt_vec_from_bytes(const uint8_t *p)
{
#if defined __AVX512F__
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i_u *)p)));
#elif defined __AVX2__
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadu_si64(p)));
#else
    typedef uint8_t Bytes __attribute__((vector_size(NT_LANES)));
    Bytes bytes;
    __builtin_memcpy(&bytes, p, sizeof bytes);
    return __builtin_convertvector(__builtin_convertvector(bytes, NtVecInts), NtVec);
#endif
}

#endif
