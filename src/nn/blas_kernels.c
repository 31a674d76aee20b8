#include "nn/blas_kernels.h"

#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#if defined(__x86_64__)

enum { LEVEL_SSE, LEVEL_AVX, LEVEL_AVX2, LEVEL_AVX512 };

/* Which instructions the kernels of a core type use. */
static int kernel_level(const char *core)
{
    static const struct {
        const char *name;
        int level;
    } known[] = {
        {"SapphireRapids", LEVEL_AVX512}, {"Cooperlake", LEVEL_AVX512}, {"SkylakeX", LEVEL_AVX512},
        {"Haswell", LEVEL_AVX2},          {"Zen", LEVEL_AVX2},          {"Excavator", LEVEL_AVX2},
        {"Sandybridge", LEVEL_AVX},       {"Bulldozer", LEVEL_AVX},     {"Piledriver", LEVEL_AVX},
        {"Steamroller", LEVEL_AVX},
    };
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(core, known[i].name) == 0)
            return known[i].level;
    return LEVEL_SSE;
}

int nt_blas_kernels_need_restart(const char **core_type)
{
    const char *core = openblas_get_corename();
    if (getenv("OPENBLAS_CORETYPE") || !core)
        return 0;
    const int level = kernel_level(core);
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (level < LEVEL_AVX2 && avx512) {
        *core_type = "SkylakeX";
        return 1;
    }
    if (level < LEVEL_AVX2 && avx2) {
        *core_type = "Haswell";
        return 1;
    }
    return 0;
}

#else

int nt_blas_kernels_need_restart(const char **core_type)
{
    (void)core_type;
    return 0;
}

#endif
