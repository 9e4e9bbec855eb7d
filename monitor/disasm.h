/* disasm.h - instructions as people read them. Capstone writes them where it knows the architecture, as Capstone 5 does, and was
 * there when the command was built; the table's own printer serves everywhere else. What the machine does not decode is no
 * instruction of it, whatever Capstone knows.
 */
#ifndef TRAPEZE_MONITOR_DISASM_H
#define TRAPEZE_MONITOR_DISASM_H

#include "isa/machine.h"

/* Texts look alike from both printers: "addi a0, sp, 16", a mnemonic, a blank, operands. Where jumps lead is in hexadecimal. */
enum { DISASM_TEXT = 96 }; /* bytes of room that suffice */

/* The instruction `bits` as it would stand at pc; targets of jumps are absolute. */
void disasm(const struct machine *, insn_t bits, va_t pc, char *out, size_t size);
/* The same in one of the instruction set's syntaxes (struct about), by its number. */
void disasm_in(const struct machine *, unsigned syntax, insn_t bits, va_t pc, char *out, size_t size);
/* The instruction word that the machine would fetch at pc now; nothing of the machine changes. false: it cannot be fetched. */
bool disasm_fetch(const struct machine *, va_t pc, insn_t *bits);
/* The instruction that the machine would fetch at pc now, and its length in bytes. 0: it cannot be fetched, and *out is empty. */
unsigned disasm_at(const struct machine *, va_t pc, char *out, size_t size);

/* Machine code of the host, by the name of its instruction set ("x86-64", struct about_stretch). Is there somebody who can print it? And
 * the instruction at `bytes`, as if it lay at the address `at`: its length. 0: it is none. */
bool disasm_host_known(const char *host);
unsigned disasm_host(const char *host, const uint8_t *bytes, size_t size, uint64_t at, char *out, size_t room);

/* The library that prints instructions: the name that it is loaded by, NULL when the command was built without; and whether it loads. */
const char *disasm_library(void);
bool disasm_library_loads(void);

#endif
