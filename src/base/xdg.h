/* Nametag - the folders of the XDG Base Directory Specification. GLib finds them; this is what it leaves out. */
#ifndef NT_XDG_H
#define NT_XDG_H

/* "All paths set in these environment variables must be absolute. If an implementation encounters a relative path in any of
 * these variables it should consider the path invalid and ignore it." A gallery must not come to be in whatever folder a
 * program was started from. Once, first of all in main: it takes such variables out of the environment, for all libraries. */
void nt_xdg_ignore_relative(void);

#endif
