/* host.h - the host, while a device works long within one access of the guest's: it is asked now and then whether the run shall end. That
 * is all it may say: the work goes on to the same result, or the run is over and nobody sees how far it came.
 */
#ifndef TRAPEZE_DEVICES_HOST_H
#define TRAPEZE_DEVICES_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct host_look {
    bool (*ends)(void *opaque); /* looks; true: leave it where it is. NULL: nobody asks */
    void *opaque;
};

static inline bool host_ends(const struct host_look *h) { return h->ends && h->ends(h->opaque); }

#endif
