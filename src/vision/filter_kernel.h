/* Nametag - the separable filters of the detector over one level's features; private to the detector and its tests. */
#ifndef NT_FILTER_KERNEL_H
#define NT_FILTER_KERNEL_H

#include "base/cpu.h"
#include "vision/fhog.h"

#define NT_FILTER_SIDE 10 /* cells */
#define NT_FILTER_MAX_PARTS 8

/* A part's response is a sum of rank-1 terms: sum over rows of column[r] * (sum over columns of row[c] * plane[r][c]). */
typedef struct NtFilterTerm {
    int part, plane;
    float column[NT_FILTER_SIDE], row[NT_FILTER_SIDE];
} NtFilterTerm;

/* The terms in two orders: plane_begin and the array itself by plane; part_begin and by_part by part. */
typedef struct NtFilterBank {
    NtFilterTerm *terms; /* [n_terms], sorted by plane */
    int *by_part;        /* [n_terms], indices into terms */
    int n_terms, n_parts;
    int plane_begin[NT_FHOG_PLANES + 1], part_begin[NT_FILTER_MAX_PARTS + 1];
} NtFilterBank;

/* A part's filter in one piece: its terms summed. Rows are padded with zeros, to be multiplied as whole vectors. */
#define NT_FILTER_ROW 16
typedef float NtFilterDense[NT_FHOG_PLANES][NT_FILTER_SIDE][NT_FILTER_ROW];

/* One window's response; row and column are its first cell's. */
typedef float NtFilterWindow(const NtFilterDense *dense, const NtFhog *fhog, int row, int column);

NtFilterWindow nt_filter_window_plain, nt_filter_window_baseline, nt_filter_window_avx2, nt_filter_window_avx512;
NtFilterWindow *nt_filter_window_for(NtCpuLevel level);

/* dense = the sum of the part's terms. */
void nt_filter_bank_sum(const NtFilterBank *bank, int part, NtFilterDense *dense);

/* The heaviest terms of each part, as many as the share says (0..1): an estimate of the responses. Returns 0 without memory. */
int nt_filter_bank_screen(const NtFilterBank *bank, double share, NtFilterBank *screen);
void nt_filter_bank_clear(NtFilterBank *bank);

/* Sorts terms by plane and fills by_part, plane_begin and part_begin from them. */
void nt_filter_bank_index(NtFilterBank *bank);

typedef struct NtFilterJob {
    const NtFilterBank *bank;
    const NtFhog *fhog;                /* padded for filters of NT_FILTER_SIDE; at least that large */
    /* [parts][valid rows][row_stride], by the window's first cell. Rows are written up to a multiple of
     * NT_FILTER_ROWS, columns up to one of 16 from first_column: there must be room. */
    float *responses;
    size_t part_stride, row_stride;
    int first_column, end_column;      /* the windows to do */
    float *work;                       /* nt_filter_work_size() floats, 64-byte aligned */
} NtFilterJob;

#define NT_FILTER_ROWS 8

typedef void NtFilterRespond(const NtFilterJob *job);

size_t nt_filter_work_size(const NtFilterBank *bank, const NtFhog *fhog);

/* All windows (the job's columns are ignored), by the kernels of that level. */
void nt_filter_respond(NtCpuLevel level, const NtFilterJob *job);

NtFilterRespond nt_filter_respond_plain, nt_filter_respond_baseline, nt_filter_respond_avx2, nt_filter_respond_avx512;

#endif
