#include "media/camera_mode.h"

#include <math.h>
#include <string.h>

/* What a mode costs, in halvings of the picture's area: a rate a third too low is as bad as half the area. */
#define RATE_WEIGHT 3.0
/* Rates that are a little lower than wanted are not lower: 29.97 for 30. */
#define RATE_TOLERANCE 0.95
/* Twice the frames wanted cost the processor something, and nobody sees more. */
#define SPARE_RATE_WEIGHT 0.15
/* A larger picture than wanted shows more; a smaller one less. */
#define LARGER_WEIGHT 0.7
#define MODES_DESCRIBED 4
#define SIZES_DESCRIBED_AT_MOST 64

/* By the work that their frames make. */
static const struct {
    const char *name;
    double cost;
} formats[] = {{"NV12", 0},    {"I420", 0},    {"YV12", 0.02}, {"NV21", 0.02}, {"YUY2", 0.05},
               {"UYVY", 0.05}, {"YVYU", 0.05}, {"RGB", 0.2},   {"BGR", 0.2},   {"BGRx", 0.2},
               {"RGBx", 0.2},  {"BGRA", 0.2},  {"RGBA", 0.2},  {"GRAY8", 0.5}};
#define JPEG_COST 0.1

/* The value of a field that is nearest to wanted; nearest for rates is the lowest that is enough. */
static int nearest_int(const GValue *value, int wanted)
{
    if (!value)
        return 0;
    if (G_VALUE_HOLDS_INT(value))
        return g_value_get_int(value);
    if (GST_VALUE_HOLDS_INT_RANGE(value)) {
        int low = gst_value_get_int_range_min(value), high = gst_value_get_int_range_max(value);
        int step = MAX(1, gst_value_get_int_range_step(value));
        return low + (CLAMP(wanted, low, high) - low) / step * step;
    }
    int best = 0;
    for (guint i = 0; GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value); i++) {
        int one = nearest_int(gst_value_list_get_value(value, i), wanted);
        if (!best || ABS(one - wanted) < ABS(best - wanted))
            best = one;
    }
    return best;
}

static double rate_of(int n, int d)
{
    return d > 0 ? (double)n / d : 0;
}

static double rate_cost(double rate, double wanted)
{
    if (rate <= 0)
        return 0.5; /* it does not say; most are fast enough */
    if (rate < wanted * RATE_TOLERANCE)
        return RATE_WEIGHT * (1 - rate / wanted);
    return SPARE_RATE_WEIGHT * MAX(0, rate / wanted - 1);
}

static void nearest_rate(const GValue *value, int wanted, int *n, int *d)
{
    *n = 0;
    *d = 1;
    if (!value)
        return;
    if (GST_VALUE_HOLDS_FRACTION(value)) {
        *n = gst_value_get_fraction_numerator(value);
        *d = gst_value_get_fraction_denominator(value);
    } else if (GST_VALUE_HOLDS_FRACTION_RANGE(value)) {
        const GValue *low = gst_value_get_fraction_range_min(value), *high = gst_value_get_fraction_range_max(value);
        const GValue *end =
            rate_of(gst_value_get_fraction_numerator(high), gst_value_get_fraction_denominator(high)) < wanted ? high
            : rate_of(gst_value_get_fraction_numerator(low), gst_value_get_fraction_denominator(low)) > wanted ? low
                                                                                                               : NULL;
        *n = end ? gst_value_get_fraction_numerator(end) : wanted;
        *d = end ? gst_value_get_fraction_denominator(end) : 1;
    }
    for (guint i = 0; GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value); i++) {
        int one_n, one_d;
        nearest_rate(gst_value_list_get_value(value, i), wanted, &one_n, &one_d);
        if (!i || rate_cost(rate_of(one_n, one_d), wanted) < rate_cost(rate_of(*n, *d), wanted)) {
            *n = one_n;
            *d = one_d;
        }
    }
}

static double format_cost(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_strcmp0(formats[i].name, name) == 0)
            return formats[i].cost;
    return INFINITY;
}

static const char *best_format(const GValue *value)
{
    if (value && G_VALUE_HOLDS_STRING(value))
        return g_value_get_string(value);
    const char *best = NULL;
    for (guint i = 0; value && GST_VALUE_HOLDS_LIST(value) && i < gst_value_list_get_size(value); i++) {
        const char *one = g_value_get_string(gst_value_list_get_value(value, i));
        if (!best || format_cost(one) < format_cost(best))
            best = one;
    }
    return best;
}

static gboolean read_mode(const GstStructure *structure, int width, int height, int rate, NtCameraMode *mode)
{
    *mode = (NtCameraMode){.is_jpeg = gst_structure_has_name(structure, "image/jpeg")};
    if (!mode->is_jpeg && !gst_structure_has_name(structure, "video/x-raw"))
        return FALSE;
    const char *format = mode->is_jpeg ? "" : best_format(gst_structure_get_value(structure, "format"));
    if (!format || (!mode->is_jpeg && !isfinite(format_cost(format))))
        return FALSE;
    g_strlcpy(mode->format, format, sizeof mode->format);
    mode->width = nearest_int(gst_structure_get_value(structure, "width"), width);
    mode->height = nearest_int(gst_structure_get_value(structure, "height"), height);
    nearest_rate(gst_structure_get_value(structure, "framerate"), rate, &mode->rate_n, &mode->rate_d);
    return mode->width > 0 && mode->height > 0;
}

/* Memory that only graphics hardware can read is no use here. */
static gboolean is_plain(const GstCaps *caps, guint i)
{
    const GstCapsFeatures *features = gst_caps_get_features(caps, i);
    return !features || gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
}

static double cost(const NtCameraMode *mode, int width, int height, int rate)
{
    double area = log2((double)mode->width * mode->height / ((double)width * height));
    double shape = fabs(log2((double)mode->width / mode->height / ((double)width / height)));
    return (area > 0 ? LARGER_WEIGHT * area : -area) + shape + rate_cost(rate_of(mode->rate_n, mode->rate_d), rate) +
           (mode->is_jpeg ? JPEG_COST : format_cost(mode->format));
}

gboolean nt_camera_mode_choose(const GstCaps *caps, int width, int height, int frames_per_second, NtCameraMode *mode)
{
    double least = INFINITY;
    for (guint i = 0; caps && i < gst_caps_get_size(caps); i++) {
        NtCameraMode one;
        if (!is_plain(caps, i) || !read_mode(gst_caps_get_structure(caps, i), width, height, frames_per_second, &one) ||
            cost(&one, width, height, frames_per_second) >= least)
            continue;
        least = cost(&one, width, height, frames_per_second);
        *mode = one;
    }
    return isfinite(least);
}

GstCaps *nt_camera_mode_caps(const NtCameraMode *mode)
{
    GstCaps *caps = gst_caps_new_simple(mode->is_jpeg ? "image/jpeg" : "video/x-raw", "width", G_TYPE_INT, mode->width,
                                        "height", G_TYPE_INT, mode->height, NULL);
    if (!mode->is_jpeg)
        gst_caps_set_simple(caps, "format", G_TYPE_STRING, mode->format, NULL);
    if (mode->rate_n > 0)
        gst_caps_set_simple(caps, "framerate", GST_TYPE_FRACTION, mode->rate_n, mode->rate_d, NULL);
    return caps;
}

static int by_size(gconstpointer a, gconstpointer b)
{
    const NtCameraMode *one = a, *other = b;
    int larger = other->width * other->height - one->width * one->height;
    double faster = rate_of(other->rate_n, other->rate_d) - rate_of(one->rate_n, one->rate_d);
    return larger ? larger : (faster > 0) - (faster < 0);
}

char *nt_camera_mode_describe(const GstCaps *caps)
{
    g_autoptr(GArray) modes = g_array_new(FALSE, FALSE, sizeof(NtCameraMode));
    for (guint i = 0; caps && i < gst_caps_get_size(caps) && modes->len < SIZES_DESCRIBED_AT_MOST; i++) {
        NtCameraMode mode;
        if (is_plain(caps, i) && read_mode(gst_caps_get_structure(caps, i), G_MAXINT / 2, G_MAXINT / 2, 1000, &mode))
            g_array_append_val(modes, mode);
    }
    g_array_sort(modes, by_size);
    GString *text = g_string_new(NULL);
    int described = 0;
    for (guint i = 0; i < modes->len && described < MODES_DESCRIBED; i++) {
        const NtCameraMode *mode = &g_array_index(modes, NtCameraMode, i), *last = i ? mode - 1 : NULL;
        if (last && last->width == mode->width && last->height == mode->height)
            continue;
        g_string_append_printf(text, "%s%dx%d", described++ ? ", " : "", mode->width, mode->height);
        if (mode->rate_n > 0)
            g_string_append_printf(text, " at %.4g frames/s", rate_of(mode->rate_n, mode->rate_d));
    }
    return g_string_free(text, FALSE);
}
