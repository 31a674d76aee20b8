/* Nametag - scratch memory that grows to what it is asked for and stays. */
#ifndef NT_MEMORY_H
#define NT_MEMORY_H

#include <stdlib.h>

#define NT_ALIGNMENT 64 /* a cache line, and the widest vector */

/* size bytes, aligned. NULL without memory. */
static inline void *nt_aligned_alloc(size_t size)
{
    return aligned_alloc(NT_ALIGNMENT, (size + NT_ALIGNMENT - 1) / NT_ALIGNMENT * NT_ALIGNMENT);
}

/* At least size bytes, aligned, in memory of *capacity bytes; old content is lost when it grows. NULL when there is no memory
 * (*memory is NULL then, too). */
static inline void *nt_reserve_aligned(void **memory, size_t *capacity, size_t size)
{
    if (size > *capacity) {
        free(*memory);
        *memory = nt_aligned_alloc(size);
        *capacity = *memory ? size : 0;
    }
    return *memory;
}

#endif
