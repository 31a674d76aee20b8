/* Nametag - the controls of what is played: play and pause, steps, position, time, speed, sound, loop. ui/transport.ui.
 *
 * Live sources show what makes sense for them alone.
 */
#ifndef NT_TRANSPORT_H
#define NT_TRANSPORT_H

#include <adwaita.h>

#include "app/viewing.h"

#define NT_TYPE_TRANSPORT (nt_transport_get_type())
G_DECLARE_FINAL_TYPE(NtTransport, nt_transport, NT, TRANSPORT, AdwBin)

void nt_transport_set_viewing(NtTransport *transport, NtViewing *viewing); /* NULL: none */
/* The next of the offered speeds, up (1) or down (-1). */
double nt_transport_next_rate(double rate, int direction);

#endif
