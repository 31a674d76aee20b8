/* Nametag - the register block that the kernels of a level share: sums of up to LONGEST outputs by WIDE vectors of channels,
 * which with the weights and one input fill the registers. Only for sources that are built once a level (base/simd.h). */
#ifndef NT_CONV_BLOCK_H
#define NT_CONV_BLOCK_H

#include "base/simd.h"

#if NT_LANES == 16
#define WIDE 2
#define LONGEST 14
#elif NT_MANY_REGISTERS
#define WIDE 4
#define LONGEST 6
#else
#define WIDE 2
#define LONGEST 6
#endif

#define GROUP (WIDE * NT_LANES) /* channels */

#endif
