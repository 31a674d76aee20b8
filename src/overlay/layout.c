#include "overlay/layout.h"

static double keep_inside(double start, double length, double limit)
{
    if (start + length > limit)
        start = limit - length;
    return start < 0 ? 0 : start;
}

NtLabelBox nt_layout_label(NtRect box, double width, double height, double gap, double picture_width,
                           double picture_height)
{
    double y = box.top - gap - height;
    if (y < 0) {
        y = box.bottom + 1 + gap;
        if (y + height > picture_height)
            y = box.top + gap;
    }
    return (NtLabelBox){keep_inside(box.left, width, picture_width), keep_inside(y, height, picture_height), width, height};
}
