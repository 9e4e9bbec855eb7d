/* symbols.h - names of addresses, from several files at once: firmware, kernel, program. A file may be bound to a mode and to an
 * address space (ASID); an address is looked up in the files that fit where the machine is, a name in those first.
 *
 * ELF files give symbols, and source lines and call frames where libdw was there at build time and the file has them. A text
 * file with lines "address letter name" (System.map, nm's output) gives symbols. */
#ifndef TRAPEZE_MONITOR_DEBUG_SYMBOLS_H
#define TRAPEZE_MONITOR_DEBUG_SYMBOLS_H

#include "mmu/base.h"

#include <string.h>

struct about_calls;
struct symbols;
struct symbol_file;

/* Where the machine is. */
struct symbols_view {
    unsigned mode;
    uint64_t asid;
    uint64_t base; /* where its address 0 lies among the symbols' addresses: l of the paper's machine, whose programs are moved */
};

/* Firmware, kernel and program of one guest, each linked for itself, with addresses that overlap:
 *
 *     add-symbol-file firmware.elf -mode M         mode M alone
 *     add-symbol-file kernel.elf                   any mode and space
 *     add-symbol-file shell.elf -mode U -asid 7    user mode in the address space 7 */
/* Which machine states a file is for, and how far its addresses are moved. */
struct symbols_binding {
    bool has_mode, has_asid, has_text; /* text: where .text begins in memory, which says the offset */
    unsigned mode;
    uint64_t asid, offset, text;
};

struct symbol {
    uint64_t address, size; /* address: without the view's base; size 0: not said */
    uint64_t end;           /* of its section: an unsized symbol reaches no further, nor beyond the next symbol */
    const char *name;       /* owned by the file */
    const char *section;    /* likewise; "" when unknown */
    uint8_t rank;           /* the better of two at one address has the higher */
    const struct symbol_file *file;
};

MUST_CHECK int symbols_create(struct symbols **);
void symbols_destroy(struct symbols *);
/* Reads a file, or takes a copy of an ELF file in memory; people know it by `name`. *count gets how many symbols it had. -errno
 * with the sentence. */
MUST_CHECK int symbols_add_file(struct symbols *, const char *path, const char *name, const struct symbols_binding *, unsigned *count,
                                struct error *);
MUST_CHECK int symbols_add_data(struct symbols *, const char *name, const uint8_t *data, size_t size, const struct symbols_binding *,
                                unsigned *count, struct error *);
/* Labels of a program of `cells` addresses from the binding's offset on. -ENOMEM with the sentence. */
struct symbol_label {
    const char *name;
    uint64_t address; /* in the program */
};
MUST_CHECK int symbols_add_labels(struct symbols *, const char *name, const struct symbol_label *, unsigned count, uint64_t cells,
                                  const struct symbols_binding *, struct error *);
/* The files in the order they came; NULL at the end. */
const struct symbol_file *symbols_file(const struct symbols *, unsigned index);
const char *symbol_file_name(const struct symbol_file *);
const struct symbols_binding *symbol_file_binding(const struct symbol_file *);
unsigned symbol_file_count(const struct symbol_file *);

/* The symbol that an address belongs to, and how far behind its start it lies. NULL: none. */
const struct symbol *symbols_at(const struct symbols *, uint64_t address, const struct symbols_view *, uint64_t *offset);
/* Where a symbol's code or data ends: of one without a size where the next begins, or its section ends, or a page behind it at most. */
uint64_t symbol_end(const struct symbol *);
/* Symbols of this name, those of files that fit the view first; returns how many there are, of which `room` are stored. */
unsigned symbols_named(const struct symbols *, const char *name, const struct symbols_view *, const struct symbol **out,
                       unsigned room);
/* All symbols in some order; NULL at the end. */
const struct symbol *symbols_every(const struct symbols *, unsigned index);

/* --- Source lines; false, or 0: nobody knows. */

enum { SOURCE_PATH = 1024 };
struct source_line {
    char file[SOURCE_PATH]; /* without "." and empty parts; cut off where it is longer */
    unsigned line;
    uint64_t start, end; /* addresses of its code around the one asked for */
    bool begins;         /* a statement begins at `start` */
};
static inline const char *source_name(const struct source_line *l) /* without its folders */
{
    const char *slash = strrchr(l->file, '/');
    return slash ? slash + 1 : l->file;
}
bool symbols_have_lines(void); /* built with libdw */
/* The path of the symbols' source file that ends in the first `length` bytes of a name; of the line a function is declared at. */
bool symbols_file_named(const struct symbols *, int length, const char *name, char path[SOURCE_PATH]);
bool symbols_function_line(const struct symbols *, const struct symbols_view *, const char *name, struct source_line *);
/* Behind what a function of C that begins at the address does first, its frame, where debuggers stop in it. false: not known. */
bool symbols_body(const struct symbols *, uint64_t function, const struct symbols_view *, uint64_t *address);
void symbols_path(const char *path, char out[SOURCE_PATH]); /* without "." and empty parts */
bool symbols_line(const struct symbols *, uint64_t address, const struct symbols_view *, struct source_line *);
/* The first address of a line of a file, named by the end of its path. */
bool symbols_line_address(const struct symbols *, const char *file, unsigned line, uint64_t *address);

/* --- Call frames: registers of the caller from those of a frame, by the tables the compiler left. */

enum { FRAME_REGISTERS = 32 };
struct frame_registers {
    const struct about_calls *calls; /* how its functions call each other; of the instruction set */
    uint64_t pc;
    uint64_t x[FRAME_REGISTERS]; /* by the numbers of debugging information (struct about_calls) */
    uint32_t known;              /* a bit per x */
};
bool symbols_unwind(const struct symbols *, const struct symbols_view *, const struct frame_registers *,
                    bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, struct frame_registers *caller);
/* The canonical frame address: the stack pointer before the call of the frame's function [DWARF 5, 6.4]. */
bool symbols_cfa(const struct symbols *, const struct symbols_view *, const struct frame_registers *,
                 bool (*load)(void *opaque, uint64_t at, uint64_t *value), void *opaque, uint64_t *cfa);

#endif
