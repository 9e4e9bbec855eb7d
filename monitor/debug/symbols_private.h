/* symbols_private.h - a file of symbols; for symbols.c and symbols_dwarf.c. */
#ifndef TRAPEZE_MONITOR_DEBUG_SYMBOLS_PRIVATE_H
#define TRAPEZE_MONITOR_DEBUG_SYMBOLS_PRIVATE_H

#include "monitor/debug/symbols.h"

#include <libelf.h>

/* Names point into `data` and DIEs into `dwarf`, so a file stays as it is until all symbols are destroyed. */
struct symbol_file {
    char *name;    /* owned */
    uint8_t *data; /* owned: the file; symbol names point into it */
    size_t size;
    Elf *elf;              /* owned; NULL: a text file */
    void *dwarf;           /* owned; of symbols_dwarf.c; NULL: none */
    struct symbol *symbol; /* owned; by address */
    unsigned count, room;
    struct symbols_binding binding;
    struct symbol_file *next;
};

struct symbols {
    struct symbol_file *files; /* owned; in the order they came */
};

bool symbol_file_fits(const struct symbol_file *, const struct symbols_view *);
void symbol_file_open_dwarf(struct symbol_file *); /* when it has any */
void symbol_file_close_dwarf(struct symbol_file *);

#endif
