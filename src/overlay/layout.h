/* Nametag - where a label goes: on the picture whole, beside its face's box.
 */
#ifndef NT_LAYOUT_H
#define NT_LAYOUT_H

#include "vision/image.h"

typedef struct NtLabelBox {
    double x, y, width, height;
} NtLabelBox;

/* Above the box where there is room, else below it, else inside its top; moved sideways to stay on the picture. A label
 * larger than the picture starts at its left or top edge. */
NtLabelBox nt_layout_label(NtRect box, double width, double height, double gap, double picture_width,
                           double picture_height);

#endif
