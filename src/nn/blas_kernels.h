/* Nametag - whether OpenBLAS chose kernels worthy of this processor.
 *
 * OpenBLAS picks its kernels when it is loaded, by a list of processors. A version older than the processor falls back to
 * the oldest kernels, five times slower, silently; only the environment variable OPENBLAS_CORETYPE, set before loading,
 * helps.
 */
#ifndef NT_BLAS_KERNELS_H
#define NT_BLAS_KERNELS_H

/* 1, with the value OPENBLAS_CORETYPE should have, when better kernels would run here and the variable is unset; else 0. */
int nt_blas_kernels_need_restart(const char **core_type);

#endif
