/* loader.h - files into a machine's memory: ELF (libelf), Linux Image, raw. Everything foreign is checked before a byte of the
 * machine changes; what is wrong is one sentence naming the file. */
#ifndef TRAPEZE_CORE_LOADER_H
#define TRAPEZE_CORE_LOADER_H

#include "mmu/phys.h"

enum loaded_kind { LOADED_ELF, LOADED_LINUX_IMAGE, LOADED_RAW };

struct loaded {
    enum loaded_kind kind;
    unsigned bits; /* 32 or 64 for an ELF file; 0: the file does not say */
    pa_t entry;
    pa_t start, end; /* memory used, .bss and Image's image_size included */
    /* ELF symbols of use to the board; 0: absent. */
    pa_t tohost, fromhost, begin_signature, end_signature;
};

/* `data`/`size` is the file; `name` is for sentences. Raw images and Linux Images go to `where` (an Image to where rounded up by its
 * text_offset rule); ELF segments to their physical addresses. machine_type is the ELF e_machine wanted (243 RISC-V). */
MUST_CHECK int load_image(struct phys *, const char *name, const uint8_t *data, size_t size, pa_t where, unsigned machine_type,
                          struct loaded *out, struct error *);
/* Reads a whole file, as it is; *data is malloc'd. A regular file or a pipe, not empty. */
MUST_CHECK int load_file(const char *path, uint8_t **data, size_t *size, struct error *);
/* Reads a whole file and copies it to RAM at `where`. */
MUST_CHECK int load_file_at(struct phys *, const char *path, pa_t where, size_t *size, struct error *);
/* Copies bytes to RAM; the sentence names `name` when they do not fit. */
MUST_CHECK int load_bytes(struct phys *, const char *name, const uint8_t *data, size_t size, pa_t where, struct error *);
/* Is this an ELF file that has the symbol tohost? Such a program expects to be alone on the machine (see htif.h). */
bool load_wants_htif(const uint8_t *data, size_t size);

#endif
