#include "moved.h"

#include <math.h>

#include "media/still.h"

Gray gray_sample(int number)
{
    g_autofree char *path = g_strdup_printf("%s/face-api-1.7.15/demo/sample%d.jpg", g_getenv("NAMETAG_PACKAGES"), number);
    g_autoptr(NtStill) still = nt_still_load(path, NULL);
    if (!still) {
        g_test_skip("the npm packages are not there");
        return (Gray){0};
    }
    Gray gray = {still->rgb.width, still->rgb.height, g_malloc((gsize)(still->rgb.width * still->rgb.height))};
    nt_rgb_to_gray(&still->rgb, gray.pixels, gray.width);
    return gray;
}

static double at(const Gray *gray, double x, double y)
{
    x = CLAMP(x, 0, gray->width - 1.001);
    y = CLAMP(y, 0, gray->height - 1.001);
    const int column = (int)x, row = (int)y;
    const double fx = x - column, fy = y - row;
    const guint8 *p = gray->pixels + row * gray->width + column;
    return (1 - fy) * ((1 - fx) * p[0] + fx * p[1]) + fy * ((1 - fx) * p[gray->width] + fx * p[gray->width + 1]);
}

Gray gray_moved(const Gray *gray, NtPoint centre, const Movement *m, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    Gray out = {gray->width, gray->height, g_malloc((gsize)(gray->width * gray->height))};
    const double cosine = cos(m->turn) / m->scale, sine = sin(m->turn) / m->scale;
    const int fine = m->scale < 1 ? (int)ceil(1 / m->scale) + 1 : 1;
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++) {
            double sum = 0, noise = 0;
            for (int k = 0; k < fine * fine; k++) {
                const double dx = x + (k % fine + 0.5) / fine - 0.5 - centre.x - m->x;
                const double dy = y + (k / fine + 0.5) / fine - 0.5 - centre.y - m->y;
                sum += at(gray, centre.x + cosine * dx + sine * dy, centre.y - sine * dx + cosine * dy);
            }
            if (m->noise > 0) { /* four evenly distributed numbers are nearly normal; each has a variance of 1/12 */
                for (int k = 0; k < 4; k++)
                    noise += g_rand_double(random) - 0.5;
                noise *= m->noise * sqrt(3);
            }
            out.pixels[y * out.width + x] = (guint8)CLAMP(m->gain * sum / (fine * fine) + m->offset + noise + 0.5, 0, 255);
        }
    return out;
}

NtSquare square_moved(NtSquare square, NtPoint centre, const Movement *m)
{
    const double dx = m->scale * (square.x - centre.x), dy = m->scale * (square.y - centre.y);
    return (NtSquare){centre.x + cos(m->turn) * dx - sin(m->turn) * dy + m->x,
                      centre.y + sin(m->turn) * dx + cos(m->turn) * dy + m->y, square.side * m->scale};
}

Gray gray_part(const Gray *gray, NtRect part)
{
    Gray out = {nt_rect_width(part), nt_rect_height(part), g_malloc((gsize)(nt_rect_width(part) * nt_rect_height(part)))};
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++)
            out.pixels[y * out.width + x] = gray->pixels[CLAMP(part.top + y, 0, gray->height - 1) * gray->width +
                                                         CLAMP(part.left + x, 0, gray->width - 1)];
    return out;
}
