/* Nametag - which of the kernels' builds this processor runs.
 *
 * A kernel is one source file built once for each level, in functions whose names end in the level's: kernel_baseline,
 * kernel_avx2, kernel_avx512. Beside them stands kernel_plain, the same in plain C, which tests compare the others with.
 * To add an instruction set (say SVE2): one more level here, one more build in meson.build.
 */
#ifndef NT_CPU_H
#define NT_CPU_H

typedef enum NtCpuLevel {
    NT_CPU_PLAIN,    /* plain C, slow; for comparison only, never chosen by itself */
    NT_CPU_BASELINE, /* what every processor of the architecture has: SSE2 on x86-64, NEON on aarch64 */
    NT_CPU_AVX2,     /* AVX2 and FMA */
    NT_CPU_AVX512,   /* AVX-512 F, BW, DQ, VL */
    NT_CPU_N_LEVELS,
} NtCpuLevel;

/* The best level this processor has. */
NtCpuLevel nt_cpu_best(void);

/* The level in use: the best, or a lower one named by the environment variable NAMETAG_CPU (plain, baseline, avx2,
 * avx512). A name that is unknown or beyond the processor is ignored. Decided at the first call; any thread. */
NtCpuLevel nt_cpu_level(void);

/* Whether the level in use may multiply bytes with AVX-512 VNNI. */
int nt_cpu_vnni(void);

const char *nt_cpu_level_name(NtCpuLevel level);

/* The address of a level's build of a kernel or table of kernels: NT_FOR_LEVEL(level, nt_kernel). */
#ifdef __x86_64__
#define NT_FOR_LEVEL(level, name) \
    ((level) == NT_CPU_AVX512 ? &name##_avx512 : (level) == NT_CPU_AVX2 ? &name##_avx2 \
     : (level) == NT_CPU_PLAIN ? &name##_plain : &name##_baseline)
#else
#define NT_FOR_LEVEL(level, name) ((level) == NT_CPU_PLAIN ? &name##_plain : &name##_baseline)
#endif

/* For tests: the level from now on, whatever the environment says; beyond the processor's, its best. */
void nt_cpu_force(NtCpuLevel level);

#endif
