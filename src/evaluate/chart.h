/* Nametag - the charts of an evaluation's report, as SVG text.
 *
 * Colours are classes, which the page (or nt_chart_make_document for a file of its own) defines for light and for dark.
 * Numbers are written with the decimal point of LC_NUMERIC: callers set "C" (report.h does).
 */
#ifndef NT_CHART_H
#define NT_CHART_H

#include <glib.h>

#define NT_CHART_COLORS 4 /* --c0 to --c3: told apart by colour-blind readers too */
/* The colours' definitions, for a style element: CSS variables for a page, classes for the charts. */
void nt_chart_append_style(GString *out);

typedef struct NtChartPoint {
    double x, y;
} NtChartPoint;

typedef struct NtChartLine {
    const char *name;
    int color; /* 0 to NT_CHART_COLORS - 1 */
    const NtChartPoint *points;
    guint n_points;
} NtChartLine;

/* Curves over a rate: x on a logarithmic scale from x_min to 1, y from y_min to 1, both in percent; steps, because
 * between two measured points nothing is known. */
void nt_chart_curves(GString *out, const char *title, const char *x_label, const char *y_label, double x_min,
                     double y_min, const NtChartLine *lines, guint n_lines);

/* The colours of verdicts. */
typedef enum NtChartPart {
    NT_CHART_RIGHT,
    NT_CHART_UNSURE,
    NT_CHART_UNKNOWN,
    NT_CHART_WRONG,
    NT_N_CHART_PARTS,
} NtChartPart;

typedef struct NtChartBar {
    const char *label;
    double known[NT_N_CHART_PARTS];     /* shares of the enrolled people's probes, in the order of NtChartPart */
    double strangers[NT_N_CHART_PARTS]; /* shares of the strangers': RIGHT is 0 */
} NtChartBar;
/* A row a rule: what became of the enrolled people's probes on the left, of strangers' on the right. */
void nt_chart_verdicts(GString *out, const char *title, const NtChartBar *bars, guint n_bars);

/* Grouped columns of shares from y_min to 1; values [n_groups][n_series], NAN: not measured. */
void nt_chart_columns(GString *out, const char *title, const char *const *groups, guint n_groups,
                      const char *const *series, guint n_series, const double *values, double y_min);

typedef struct NtChartMark {
    double x;
    const char *label;
} NtChartMark;
/* Two histograms over each other, each scaled to its own sum; bins of width `bin` from 0. */
void nt_chart_histogram(GString *out, const char *title, const char *x_label, const guint *a, const char *a_name,
                        const guint *b, const char *b_name, guint n_bins, double bin, const NtChartMark *marks,
                        guint n_marks);

/* Makes a chart a file of its own: with the colours' definitions and paper behind it. */
void nt_chart_make_document(GString *chart);

#endif
