#include "base/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Atomic int chosen = -1; /* NtCpuLevel; -1 before the first call */

static const char *const names[NT_CPU_N_LEVELS] = {"plain", "baseline", "avx2", "avx512"};

const char *nt_cpu_level_name(NtCpuLevel level) { return names[level]; }

NtCpuLevel nt_cpu_best(void)
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return NT_CPU_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return NT_CPU_AVX2;
#endif
    return NT_CPU_BASELINE;
}

void nt_cpu_force(NtCpuLevel level)
{
    const NtCpuLevel best = nt_cpu_best();
    chosen = level < best ? level : best;
}

NtCpuLevel nt_cpu_level(void)
{
    const int known = chosen;
    if (known >= 0)
        return (NtCpuLevel)known;
    const char *wanted = getenv("NAMETAG_CPU");
    NtCpuLevel level = nt_cpu_best();
    for (int i = 0; wanted && i < NT_CPU_N_LEVELS; i++)
        if (strcmp(wanted, names[i]) == 0 && (NtCpuLevel)i < level)
            level = (NtCpuLevel)i;
    chosen = (int)level;
    return level;
}

int nt_cpu_vnni(void)
{
#ifdef __x86_64__
    return nt_cpu_level() == NT_CPU_AVX512 && __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}
