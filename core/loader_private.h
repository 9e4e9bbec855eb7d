/* loader_private.h - between the loaders only. */
#ifndef TRAPEZE_CORE_LOADER_PRIVATE_H
#define TRAPEZE_CORE_LOADER_PRIVATE_H

#include "core/loader.h"

/* The range of RAM, not ROM, that `where` is in; NULL: there is none. */
const struct phys_range *load_ram(const struct phys *, pa_t where);
/* What follows a sentence by which RAM is missing there: whether an option helps. */
const char *load_more(const struct phys *, pa_t where);
/* All of [where, where+size) is RAM of one range; else the sentence says what there is. */
MUST_CHECK bool load_fits(const struct phys *, const char *name, pa_t where, uint64_t size, struct error *);
/* A file that is packed, or meant for another kind of loader: -ENOEXEC, and the sentence says how. */
MUST_CHECK int load_refuse_packed(const char *name, const uint8_t *data, size_t size, struct error *);
MUST_CHECK int load_elf(struct phys *, const char *name, const uint8_t *data, size_t size, unsigned machine_type, struct loaded *out,
                        struct error *);

#endif
