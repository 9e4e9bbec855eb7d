/* witness_elf.h - an ELF file that replays witnesses: a program, and what it finds in memory. */
#ifndef TRAPEZE_MONITOR_WITNESS_ELF_H
#define TRAPEZE_MONITOR_WITNESS_ELF_H

#include "core/theory/theory.h"

/* player: the ELF file of the program (struct kind), of 32 or 64 bits, and the file is of as many. Writes nothing but segments.
 * The file is written whole or not at all (monitor/outfile.h). 0 or -errno with a sentence. */
MUST_CHECK int witness_elf_write(const char *path, const unsigned char *player, const struct replay *, struct error *);

#endif
