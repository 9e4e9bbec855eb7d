/* print.h - instructions as assembly, in Intel's syntax or in AT&T's. */
#ifndef TRAPEZE_ISA_IA32_PRINT_H
#define TRAPEZE_ISA_IA32_PRINT_H

#include "isa/ia32/cpu.h"

enum ia_syntax { IA_SYNTAX_INTEL, IA_SYNTAX_ATT };

/* In the context of isa->print: AT&T's syntax. */
enum { IA_CTX_ATT = 1 << 15 };

/* isa->print: Intel's, or as the context says. pc is an offset in CS. */
void ia_print(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size);
void ia_print_in(enum ia_syntax, const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size);

#endif
