/* Nametag - which of the 68 points are joined into the lines of a face.
 */
#ifndef NT_FACE_LINES_H
#define NT_FACE_LINES_H

typedef struct NtFaceLine {
    int first, last; /* points, inclusive */
    int closed;
} NtFaceLine;

static const NtFaceLine nt_face_lines[] = {
    {0, 16, 0},  /* jaw */
    {17, 21, 0}, /* left brow, as seen */
    {22, 26, 0}, /* right brow */
    {27, 30, 0}, /* bridge of the nose */
    {31, 35, 0}, /* nostrils */
    {36, 41, 1}, /* left eye */
    {42, 47, 1}, /* right eye */
    {48, 59, 1}, /* outer lips */
    {60, 67, 1}, /* inner lips */
};

#endif
