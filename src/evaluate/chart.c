#include "evaluate/chart.h"

#include <math.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 380
/* Room for labels around the plot. */
#define LEFT 64
#define RIGHT 16
#define TOP 14
#define BOTTOM 74
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define ROW 30
/* Classes of words. */
#define INK "f-ink"
#define SOFT "f-soft small"
/* More points than pixels only make the file larger. */
#define MAX_STEPS 600

typedef struct Color {
    const char *name, *light, *dark;
} Color;

static const Color colors[] = {
    {"paper", "#ffffff", "#14171d"}, {"card", "#f6f7f9", "#1c2028"},   {"ink", "#1b2130", "#e8eaf0"},
    {"soft", "#5a6373", "#9aa3b4"},  {"line", "#d9dde5", "#343a46"},   {"c0", "#1f5fc4", "#6ea2f5"},
    {"c1", "#c8620a", "#f0994a"},    {"c2", "#2b8a5f", "#5cc295"},     {"c3", "#8d4bbd", "#c08df0"},
    {"right", "#2b8a5f", "#3f9f74"}, {"unsure", "#c9921a", "#c2942a"}, {"unknown", "#8f99aa", "#5a6374"},
    {"wrong", "#c8372d", "#d9564b"},
};

/* Variables for the page; classes for the drawing, because many who show SVG don't know variables. */
static void append_colors(GString *out, gboolean dark)
{
    g_string_append(out, ":root{");
    for (guint i = 0; i < G_N_ELEMENTS(colors); i++)
        g_string_append_printf(out, "--%s:%s;", colors[i].name, dark ? colors[i].dark : colors[i].light);
    g_string_append(out, "}\n");
    for (guint i = 0; i < G_N_ELEMENTS(colors); i++)
        g_string_append_printf(out, ".f-%s{fill:%s}.s-%s{stroke:%s}", colors[i].name,
                               dark ? colors[i].dark : colors[i].light, colors[i].name,
                               dark ? colors[i].dark : colors[i].light);
    g_string_append_c(out, '\n');
}

void nt_chart_append_style(GString *out)
{
    g_string_append(out, ":root{color-scheme:light dark}svg text{font:13px system-ui,sans-serif}"
                         "svg .small{font-size:12px}\n");
    append_colors(out, FALSE);
    g_string_append(out, "@media(prefers-color-scheme:dark){");
    append_colors(out, TRUE);
    g_string_append(out, "}\n");
}

static const char *const part_colors[NT_N_CHART_PARTS] = {"right", "unsure", "unknown", "wrong"};
static const char *const part_names[NT_N_CHART_PARTS] = {"right name", "unsure", "unknown", "wrong or false name"};

static void begin(GString *out, const char *title, int height)
{
    g_autofree char *safe = g_markup_escape_text(title, -1);
    g_string_append_printf(out,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
                           "aria-label=\"%s\"><title>%s</title>\n",
                           WIDTH, height, safe, safe);
}

static void end(GString *out)
{
    g_string_append(out, "</svg>\n");
}

static void text(GString *out, double x, double y, const char *anchor, const char *class_name, const char *words)
{
    g_autofree char *safe = g_markup_escape_text(words, -1);
    g_string_append_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y, anchor,
                           class_name, safe);
}

static void rule(GString *out, double x1, double y1, double x2, double y2)
{
    g_string_append_printf(out, "<path d=\"M%.1f %.1fL%.1f %.1f\" class=\"s-line\" fill=\"none\"/>\n", x1, y1, x2, y2);
}

static void box(GString *out, double x, double y, double width, double height, const char *color, double opacity)
{
    g_string_append_printf(out,
                           "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"f-%s\" "
                           "fill-opacity=\"%.2f\"/>\n",
                           x, y, width, height, color, opacity);
}

/* A swatch and its name; returns where the next may begin. */
static double legend(GString *out, double x, double y, const char *color, const char *name)
{
    box(out, x, y - 10, 12, 12, color, 1);
    text(out, x + 18, y, "start", SOFT, name);
    return x + 18 + 7.0 * (double)g_utf8_strlen(name, -1) + 18;
}

static double plot_y(double y, double y_min)
{
    return TOP + PLOT_HEIGHT * (1 - (CLAMP(y, y_min, 1) - y_min) / (1 - y_min));
}

/* Horizontal lines at a handful of round percentages. */
static void draw_y_axis(GString *out, double y_min, const char *label)
{
    const double range = 1 - y_min, step = range > 0.5 ? 0.2 : range > 0.2 ? 0.1 : range > 0.1 ? 0.05 : 0.02;
    for (double y = ceil(y_min / step - 1e-9) * step; y <= 1 + 1e-9; y += step) {
        g_autofree char *number = g_strdup_printf("%.0f %%", fabs(100 * y));
        rule(out, LEFT, plot_y(y, y_min), WIDTH - RIGHT, plot_y(y, y_min));
        text(out, LEFT - 8, plot_y(y, y_min) + 4, "end", SOFT, number);
    }
    if (!label)
        return;
    g_autofree char *safe = g_markup_escape_text(label, -1);
    g_string_append_printf(
        out,
        "<text transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\" class=\"f-soft small\">%s"
        "</text>\n",
        TOP + PLOT_HEIGHT / 2, safe);
}

static double curve_x(double x, double x_min)
{
    return LEFT + PLOT_WIDTH * (1 - log10(CLAMP(x, x_min, 1)) / log10(x_min));
}

static void draw_rate_axis(GString *out, double x_min, const char *label)
{
    for (double x = 1; x >= x_min * 0.999; x /= 10) {
        g_autofree char *number = g_strdup_printf("%g %%", 100 * x);
        rule(out, curve_x(x, x_min), TOP, curve_x(x, x_min), TOP + PLOT_HEIGHT);
        text(out, MIN(curve_x(x, x_min), WIDTH - RIGHT - 18), TOP + PLOT_HEIGHT + 18, "middle", SOFT, number);
    }
    text(out, LEFT + PLOT_WIDTH / 2.0, TOP + PLOT_HEIGHT + 38, "middle", SOFT, label);
}

static void draw_curve(GString *out, const NtChartLine *line, double x_min, double y_min)
{
    const guint stride = MAX(1, line->n_points / MAX_STEPS);
    g_string_append_printf(out,
                           "<path fill=\"none\" class=\"s-c%d\" stroke-width=\"2.2\" stroke-linejoin=\"round\" "
                           "d=\"M%.1f %.1f",
                           line->color, (double)LEFT, plot_y(line->n_points ? line->points[0].y : y_min, y_min));
    for (guint i = 0; i < line->n_points; i++) {
        if (i % stride != 0 && i + 1 < line->n_points)
            continue;
        g_string_append_printf(out, "H%.1fV%.1f", curve_x(line->points[i].x, x_min), plot_y(line->points[i].y, y_min));
    }
    g_string_append_printf(out, "H%d\"/>\n", WIDTH - RIGHT);
}

void nt_chart_curves(GString *out, const char *title, const char *x_label, const char *y_label, double x_min,
                     double y_min, const NtChartLine *lines, guint n_lines)
{
    double x = LEFT;
    begin(out, title, HEIGHT);
    draw_y_axis(out, y_min, y_label);
    draw_rate_axis(out, x_min, x_label);
    for (guint i = n_lines; i-- > 0;) /* the first is the one that matters: on top */
        draw_curve(out, &lines[i], x_min, y_min);
    for (guint i = 0; i < n_lines && n_lines > 1; i++) {
        g_autofree char *color = g_strdup_printf("c%d", lines[i].color);
        x = legend(out, x, HEIGHT - 10, color, lines[i].name);
    }
    end(out);
}

/* Parts of one bar side by side, the larger ones with their share. */
static void draw_parts(GString *out, double x, double y, double width, const double *parts)
{
    for (int part = 0; part < NT_N_CHART_PARTS; part++) {
        const double length = width * parts[part];
        if (parts[part] <= 0)
            continue;
        box(out, x, y, length, ROW - 10, part_colors[part], 1);
        if (length > 40)
            g_string_append_printf(
                out,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" style=\"fill:#fff;font-size:12px;"
                "font-weight:600\">%.*f %%</text>\n",
                x + length / 2, y + 14.5, parts[part] > 0.1 ? 0 : 1, 100 * parts[part]);
        x += length;
    }
}

void nt_chart_verdicts(GString *out, const char *title, const NtChartBar *bars, guint n_bars)
{
    const double label = 176, gap = 16, half = (WIDTH - label - gap - 4) / 2.0;
    const int height = TOP + 18 + ROW * (int)n_bars + 34;
    double x = label;
    begin(out, title, height);
    text(out, label, TOP + 4, "start", SOFT, "people who are enrolled");
    text(out, label + half + gap, TOP + 4, "start", SOFT, "strangers");
    for (guint i = 0; i < n_bars; i++) {
        const double y = TOP + 14 + ROW * (double)i;
        text(out, label - 10, y + 15, "end", INK, bars[i].label);
        draw_parts(out, label, y, half, bars[i].known);
        draw_parts(out, label + half + gap, y, half, bars[i].strangers);
    }
    for (int part = 0; part < NT_N_CHART_PARTS; part++)
        x = legend(out, x, height - 10, part_colors[part], part_names[part]);
    end(out);
}

void nt_chart_columns(GString *out, const char *title, const char *const *groups, guint n_groups,
                      const char *const *series, guint n_series, const double *values, double y_min)
{
    const double group = PLOT_WIDTH / (double)MAX(n_groups, 1), column = MIN(46, group * 0.86 / MAX(n_series, 1));
    double x = LEFT;
    begin(out, title, HEIGHT);
    draw_y_axis(out, y_min, NULL);
    for (guint g = 0; g < n_groups; g++) {
        const double middle = LEFT + group * (g + 0.5);
        text(out, middle, TOP + PLOT_HEIGHT + 20, "middle", INK, groups[g]);
        for (guint s = 0; s < n_series; s++) {
            const double value = values[g * n_series + s], left = middle + column * ((double)s - n_series / 2.0);
            g_autofree char *color = g_strdup_printf("c%u", s % NT_CHART_COLORS);
            g_autofree char *number = isnan(value) ? g_strdup("?") : g_strdup_printf("%.0f", 100 * value);
            const double y = isnan(value) ? plot_y(y_min, y_min) : plot_y(value, y_min);
            box(out, left + 1, y, column - 2, TOP + PLOT_HEIGHT - y, color, 1);
            text(out, left + column / 2, y - 3 > TOP + 8 ? y - 3 : y + 13, "middle", SOFT, number);
        }
    }
    for (guint s = 0; s < n_series; s++) {
        g_autofree char *color = g_strdup_printf("c%u", s % NT_CHART_COLORS);
        x = legend(out, x, HEIGHT - 10, color, series[s]);
    }
    end(out);
}

static double largest_share(const guint *bins, guint n_bins, double *sum)
{
    guint most = 0;
    *sum = 0;
    for (guint i = 0; i < n_bins; i++) {
        *sum += bins[i];
        most = MAX(most, bins[i]);
    }
    return *sum > 0 ? most / *sum : 0;
}

static void draw_bins(GString *out, const guint *bins, guint n_bins, double sum, double top, const char *color)
{
    const double width = PLOT_WIDTH / (double)n_bins;
    for (guint i = 0; sum > 0 && i < n_bins; i++) {
        const double height = PLOT_HEIGHT * bins[i] / sum / top;
        if (bins[i] > 0)
            box(out, LEFT + width * i, TOP + PLOT_HEIGHT - height, width, height, color, 0.6);
    }
}

void nt_chart_histogram(GString *out, const char *title, const char *x_label, const guint *a, const char *a_name,
                        const guint *b, const char *b_name, guint n_bins, double bin, const NtChartMark *marks,
                        guint n_marks)
{
    double sum_a, sum_b;
    const double share_a = largest_share(a, n_bins, &sum_a), share_b = largest_share(b, n_bins, &sum_b);
    const double top = MAX(MAX(share_a, share_b), 1e-9) * 1.12, reach = n_bins * bin;
    begin(out, title, HEIGHT);
    draw_bins(out, b, n_bins, sum_b, top, "c1");
    draw_bins(out, a, n_bins, sum_a, top, "c0");
    rule(out, LEFT, TOP + PLOT_HEIGHT, WIDTH - RIGHT, TOP + PLOT_HEIGHT);
    for (double x = 0; x <= reach + 1e-9; x += 0.2) {
        g_autofree char *number = g_strdup_printf("%.1f", x);
        text(out, MIN(LEFT + PLOT_WIDTH * x / reach, WIDTH - RIGHT - 8), TOP + PLOT_HEIGHT + 18, "middle", SOFT,
             number);
    }
    for (guint i = 0; i < n_marks; i++) {
        const double x = LEFT + PLOT_WIDTH * CLAMP(marks[i].x / reach, 0, 1);
        g_string_append_printf(out,
                               "<path d=\"M%.1f %dV%d\" class=\"s-ink\" stroke-dasharray=\"4 3\" fill=\"none\"/>\n", x,
                               TOP, TOP + PLOT_HEIGHT);
        text(out, x + 5, TOP + 11 + 15 * (double)i, "start", SOFT, marks[i].label);
    }
    text(out, LEFT + PLOT_WIDTH / 2.0, TOP + PLOT_HEIGHT + 38, "middle", SOFT, x_label);
    legend(out, legend(out, LEFT, HEIGHT - 10, "c0", a_name), HEIGHT - 10, "c1", b_name);
    end(out);
}

void nt_chart_make_document(GString *chart)
{
    const char *inside = strchr(chart->str, '>'); /* of the svg element: its attributes are escaped */
    g_return_if_fail(inside);
    g_autoptr(GString) head = g_string_new("<style>");
    nt_chart_append_style(head);
    g_string_append(head, "</style><rect width=\"100%\" height=\"100%\" class=\"f-paper\"/>\n");
    g_string_insert(chart, inside + 1 - chart->str, head->str);
    g_string_prepend(chart, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
}
