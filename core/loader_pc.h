/* loader_pc.h - kernels for a PC into its memory: Linux's bzImage and multiboot, each as its boot protocol says; between these loaders and
 * boot_ia32.c. What is wrong is one sentence naming the file; nothing is to be started then, whatever is in memory already.
 *
 * "boot" is Linux's Documentation/arch/x86/boot.rst, "multiboot" the Multiboot Specification, version 0.6.96.
 */
#ifndef TRAPEZE_CORE_LOADER_PC_H
#define TRAPEZE_CORE_LOADER_PC_H

#include "core/loader.h"

enum {
    PC_LOW = 0x1000,         /* below is what firmware leaves: interrupt vectors and its data area */
    PC_LOW_END = 0x9fc00,    /* of the memory below 640 KiB that is anybody's */
    PC_HIGH = 0x100000,      /* where memory goes on */
    PC_PARAMETERS = 0x10000, /* what the kernel is told, in one piece: its structure, then tables and texts */
    PC_PARAMETERS_SIZE = 0x10000,
};

/* What is to be started. */
struct pc_image {
    const char *name; /* for sentences */
    const uint8_t *data;
    size_t size;
    const char *append; /* NULL: no command line */
    const char *initrd_name;
    const uint8_t *initrd; /* NULL: none */
    size_t initrd_size;
    bool old_cpu; /* it is a 386 */
};

/* How the CPU begins in protected mode: flat segments with these selectors, this table, these registers. */
struct pc_entry {
    pa_t entry;
    uint16_t code, data;
    pa_t table; /* of descriptors; 0: there is none */
    uint16_t table_limit;
    uint32_t eax, ebx, esi;
};

/* An address range as it is told to kernels. */
struct pc_memory {
    uint64_t base, size;
};
enum { PC_MEMORY_RANGES = 2 };
/* RAM that is free: below 640 KiB and from 1 MiB on. How many ranges. */
unsigned pc_memory(const struct phys *, struct pc_memory out[PC_MEMORY_RANGES]);
pa_t pc_ram_end(const struct phys *); /* of that from 1 MiB on; 1 MiB if there is none */

uint64_t pc_get(const uint8_t *, unsigned bytes); /* little-endian */
void pc_put(uint8_t *, unsigned bytes, uint64_t value);

bool is_bzimage(const uint8_t *data, size_t size);
bool is_boot_disk(const uint8_t *data, size_t size); /* its first sector is what a BIOS starts; a bzImage has that mark, too */
MUST_CHECK int load_bzimage(struct phys *, const struct pc_image *, struct pc_entry *, struct loaded *, struct error *);
/* What else the file may be, it refuses. */
MUST_CHECK int load_multiboot(struct phys *, const struct pc_image *, struct pc_entry *, struct loaded *, struct error *);

#endif
