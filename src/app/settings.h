/* Nametag - the settings (data/org.nametag.Nametag.gschema.xml), also where the program runs from its build folder.
 */
#ifndef NT_SETTINGS_H
#define NT_SETTINGS_H

#include <gio/gio.h>

#include "identity/classifier.h"

GSettings *nt_settings_new(void); /* the caller's */

/* The keys. */
#define NT_SETTING_CAUTION "caution"  /* enum: NtCaution */
#define NT_SETTING_EFFORT "effort"    /* enum: NtEffort */
#define NT_SETTING_BOXES "show-boxes" /* likewise -names, -landmarks */
#define NT_SETTING_NAMES "show-names"
#define NT_SETTING_LANDMARKS "show-landmarks"
#define NT_SETTING_CAMERA "camera"           /* an NtDevice's id; "": the first */
#define NT_SETTING_GALLERY "gallery"         /* a path; "": nt_gallery_default_path */
#define NT_SETTING_REMEMBER "remember-files" /* recent files, positions, time lines */
#define NT_SETTING_VOLUME "volume"           /* 0..1 */
#define NT_SETTING_MUTED "muted"

typedef enum NtEffort { NT_EFFORT_LOW, NT_EFFORT_NORMAL, NT_EFFORT_HIGH } NtEffort;
/* What an effort means to the tracker (viewing.h). */
void nt_effort_get(NtEffort effort, int *scan_frames, int *upsample);
char *nt_settings_get_gallery(GSettings *settings); /* the path; the caller's */

#endif
