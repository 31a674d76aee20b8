#include <stdlib.h>
#include <string.h>

#include "vision/detector_model.h"

#define FILTER_SIDE NT_FILTER_SIDE
#define MAX_TERMS 1000 /* separable filters of all parts; the trained model has 305 */

const double nt_screen_rest[NT_N_PARTS] = {0.80, 1.04, 1.21, 1.15, 1.18};

const char *nt_detector_part_name(int part)
{
    static const char *const names[NT_N_PARTS] = {"front", "left", "right", "tilted-left", "tilted-right"};
    return part >= 0 && part < NT_N_PARTS ? names[part] : "unknown";
}

const float *nt_detector_weights(const NtDetector *detector, int part) { return &detector->weights[part][0][0][0]; }

static int all_finite(const float *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return 0;
    return 1;
}

static NtStatus read_terms(NtDetector *detector, const NtTensorFile *file, const char *path, NtError *error)
{
    NtTensorView part, plane, columns, rows;
    NtStatus status;
    if ((status = nt_tensor_file_get(file, "separable.detector", NT_DTYPE_I32, 1, (int64_t[]){-1}, &part, error)))
        return status;
    const int64_t n = part.shape[0];
    if ((status = nt_tensor_file_get(file, "separable.plane", NT_DTYPE_I32, 1, (int64_t[]){n}, &plane, error)) ||
        (status = nt_tensor_file_get(file, "separable.columns", NT_DTYPE_F32, 2, (int64_t[]){n, FILTER_SIDE}, &columns,
                                     error)) ||
        (status = nt_tensor_file_get(file, "separable.rows", NT_DTYPE_F32, 2, (int64_t[]){n, FILTER_SIDE}, &rows,
                                     error)))
        return status;
    if (n > MAX_TERMS)
        return nt_error_set(error, NT_ERR_FORMAT, "%s: %lld separable filters; at most %d make sense", path,
                            (long long)n, MAX_TERMS);
    if (!all_finite(columns.data, (size_t)n * FILTER_SIDE) || !all_finite(rows.data, (size_t)n * FILTER_SIDE))
        return nt_error_set(error, NT_ERR_FORMAT, "%s: a filter weight is not a number", path);
    NtFilterBank *bank = &detector->bank;
    bank->terms = calloc((size_t)n, sizeof *bank->terms);
    bank->by_part = calloc((size_t)n, sizeof *bank->by_part);
    if (!bank->terms || !bank->by_part)
        return nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    bank->n_terms = (int)n;
    bank->n_parts = NT_N_PARTS;
    for (int i = 0; i < bank->n_terms; i++) {
        NtFilterTerm *term = &bank->terms[i];
        term->part = ((const int32_t *)part.data)[i];
        term->plane = ((const int32_t *)plane.data)[i];
        if (term->part < 0 || term->part >= NT_N_PARTS || term->plane < 0 || term->plane >= NT_FHOG_PLANES)
            return nt_error_set(error, NT_ERR_FORMAT, "%s: filter %d is for part %d, plane %d, which do not exist", path,
                                i, term->part, term->plane);
        memcpy(term->column, (const float *)columns.data + (size_t)i * FILTER_SIDE, sizeof term->column);
        memcpy(term->row, (const float *)rows.data + (size_t)i * FILTER_SIDE, sizeof term->row);
    }
    nt_filter_bank_index(bank);
    for (int i = 0; i < NT_N_PARTS; i++)
        nt_filter_bank_sum(bank, i, &detector->dense[i]);
    if (!nt_filter_bank_screen(bank, NT_SCREEN_SHARE, &detector->screen))
        return nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    return NT_OK;
}

static NtStatus read_model(NtDetector *detector, const NtTensorFile *file, const char *path, NtError *error)
{
    const int64_t weights_shape[] = {NT_N_PARTS, NT_FHOG_PLANES, FILTER_SIDE, FILTER_SIDE};
    NtTensorView weights, thresholds, overlap;
    NtStatus status;
    if ((status = nt_tensor_file_get(file, "weights", NT_DTYPE_F32, 4, weights_shape, &weights, error)) ||
        (status = nt_tensor_file_get(file, "thresholds", NT_DTYPE_F64, 1, (int64_t[]){NT_N_PARTS}, &thresholds,
                                     error)) ||
        (status = nt_tensor_file_get(file, "overlap", NT_DTYPE_F64, 1, (int64_t[]){2}, &overlap, error)))
        return status;
    memcpy(detector->weights, weights.data, sizeof detector->weights);
    memcpy(detector->thresholds, thresholds.data, sizeof detector->thresholds);
    detector->max_overlap = ((const double *)overlap.data)[0];
    detector->max_covered = ((const double *)overlap.data)[1];
    for (int i = 0; i < NT_N_PARTS; i++)
        if (!isfinite(detector->thresholds[i]))
            return nt_error_set(error, NT_ERR_FORMAT, "%s: the threshold of part %d is not a number", path, i);
    if (!(detector->max_overlap > 0 && detector->max_overlap <= 1 && detector->max_covered > 0 &&
          detector->max_covered <= 1) ||
        !all_finite(&detector->weights[0][0][0][0], sizeof detector->weights / sizeof(float)))
        return nt_error_set(error, NT_ERR_FORMAT, "%s: weights or overlap limits make no sense", path);
    return read_terms(detector, file, path, error);
}

NtStatus nt_detector_load(const char *path, NtDetector **out, NtError *error)
{
    NtTensorFile *file = NULL;
    NtStatus status = nt_tensor_file_open(path, &file, error);
    if (status != NT_OK)
        return status;
    NtDetector *detector = calloc(1, sizeof *detector);
    status = detector ? read_model(detector, file, path, error)
                      : nt_error_set(error, NT_ERR_MEMORY, "%s: not enough memory", path);
    nt_tensor_file_close(file);
    if (status != NT_OK) {
        nt_detector_free(detector);
        return status;
    }
    *out = detector;
    return NT_OK;
}

void nt_detector_free(NtDetector *detector)
{
    if (detector) {
        nt_filter_bank_clear(&detector->bank);
        nt_filter_bank_clear(&detector->screen);
    }
    free(detector);
}
