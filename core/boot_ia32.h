/* boot_ia32.h - what stands in memory and in registers when a PC (devices/pc.h) is switched on, in place of firmware:
 *
 *   a bzImage           the kernel by Linux's 32-bit boot protocol          loader_bzimage.c
 *   a multiboot kernel  an ELF file, or one whose header has addresses      loader_multiboot.c
 *   -bios FILE          64, 128 or 256 KiB of ROM, which end at 1 MiB and at 4 GiB; the CPU begins as after reset
 *   none of these       the first sector of drive 0, at 0:7c00 in real mode, DL = 80h
 *
 * But for a ROM there is also what kernels look for of a BIOS: its data area at 0x400, and the MultiProcessor tables. There are no services: who calls one
 * ends the run with a sentence.
 */
#ifndef TRAPEZE_CORE_BOOT_IA32_H
#define TRAPEZE_CORE_BOOT_IA32_H

#include "core/boot.h"

/* Loads everything and sets the machine's registers. The machine must be as after reset, its board a PC. -errno with the sentence in *error. */
MUST_CHECK int boot_ia32(struct system *, const struct boot_config *, struct booted *out, struct error *);

#endif
