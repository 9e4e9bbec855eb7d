/* catalog.h - where demonstrations, lessons and assignments are: those that come with trapeze, by name, and anybody's, by folder. */
#ifndef TRAPEZE_MONITOR_DEMO_CATALOG_H
#define TRAPEZE_MONITOR_DEMO_CATALOG_H

#include "mmu/base.h"

/* A kind of them: the folder beside the command, and words for sentences. */
struct catalog_kind {
    const char *folder, *one, *command;
    const char *sign; /* a file that each of them has */
};
extern const struct catalog_kind catalog_demos, catalog_lessons, catalog_labs;

struct demo_catalog {
    const struct catalog_kind *kind;
    char *folder; /* owned: the one that has them; NULL: none is there */
    char **name;  /* owned, in their order: what stands in the folder's file `order` first */
    unsigned count;
};

/* -ENOMEM */
MUST_CHECK int demo_catalog_open(struct demo_catalog *, const struct catalog_kind *);
void demo_catalog_close(struct demo_catalog *);
/* The folder of a name, or of what is a folder with a script; to be freed. NULL with the sentence. */
char *demo_catalog_find(const struct demo_catalog *, const char *name, struct error *);
/* What begins with CACHE/ lies in the folder where the scripts of examples/ keep what they fetch: the path, to be freed. Anything else as it
 * is, a copy. NULL for want of memory. */
char *demo_path(const char *word);

#endif
