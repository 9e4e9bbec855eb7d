/* boot.h - what stands in memory and in registers when a system is switched on: firmware, kernel, initrd, device tree.
 *
 *   -bios builtin   the kernel starts in S-mode under core/sbi.c       RAM+2 MiB (Linux Image, raw) or the ELF file's addresses
 *   -bios none      the kernel starts in M-mode, alone                 RAM (Linux Image, raw) or the ELF file's addresses
 *   -bios FILE      the file starts in M-mode at RAM; OpenSBI's fw_dynamic finds the kernel by the block a2 points to
 *
 * Device tree, that block and the initrd lie as high in RAM as they can without touching anything else.
 */
#ifndef TRAPEZE_CORE_BOOT_H
#define TRAPEZE_CORE_BOOT_H

#include "core/loader.h"
#include "core/system.h"

struct boot_config {
    const char *bios;           /* NULL: builtin, or none for a program that brings HTIF; "builtin", "none", or a file */
    const char *kernel;         /* a file, or the name of the image below; NULL: none */
    const uint8_t *kernel_data; /* when not NULL: the kernel itself, borrowed */
    size_t kernel_size;
    const char *initrd, *append, *dtb; /* NULL: none, none, the board's own tree */
};

struct booted {
    struct loaded kernel; /* end 0: none */
    pa_t device_tree;
};

/* Loads everything and sets the machine's registers. The machine must be as after reset. -errno with the sentence in *error. */
MUST_CHECK int boot_system(struct system *, const struct boot_config *, struct booted *out, struct error *);

#endif
