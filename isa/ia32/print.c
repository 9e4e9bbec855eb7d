/* print.c - see print.h. */
#include "isa/ia32/print.h"
void ia_print(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size)
{
    (void)config, (void)context, (void)bits, (void)pc;
    snprintf(out, size, "?");
}
