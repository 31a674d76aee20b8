/* Nametag - a data set of embeddings made up for tests: people far apart, pictures near their person.
 */
#ifndef NT_MADE_SET_H
#define NT_MADE_SET_H

#include "evaluate/identification.h"

/* n_people with n_pictures each, `spread` the distance of a picture from its person's middle; middles 1 apart. Degraded
 * embeddings are the same ones. Names "p00", "p01", ... */
NtDataset *nt_made_dataset(guint n_people, guint n_pictures);
NtPictureFaces *nt_made_faces(const NtDataset *dataset, double spread);

/* The whole protocol with these settings; NULL never. */
NtIdentification *nt_made_run(const NtDataset *dataset, const NtPictureFaces *faces, NtIdentificationOptions *options);
NtIdentificationOptions nt_made_options(GArray *enrol); /* undegraded probes, 4 splits */

#endif
