/* native_row.c - what is to be known of a row to translate it: which operands it has, and which of its stencils will do.
 */
#include <string.h>

#include "isa/riscv/native_put.h"
#include "isa/riscv/table.h"

/* Which integer operands a row has: letters of its format. */
enum {
#define FORM(name, pattern, decoded, needs) FORMAT_##name,
#include "isa/riscv/format.def"
#undef FORM
    FORMATS
};
static const char *const pattern[FORMATS] = {
#define FORM(name, pattern, decoded, needs) pattern,
#include "isa/riscv/format.def"
#undef FORM
};
static const uint8_t row_format[] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = FORMAT_##format,
#include "isa/riscv/insn.def"
#undef INSN
};
static const uint8_t needs[FORMATS] = {
#define FORM(name, pattern, decoded, needs) NEEDS_##needs,
#include "isa/riscv/format.def"
#undef FORM
};
bool has_operand(unsigned row, char letter) { return strchr(pattern[row_format[row]], letter) != NULL; }

bool stays(const struct stencil *s)
{
    for (unsigned n = 0; n < s->count; n++)
        if (rv_stencil_holes[s->holes + n].want >= WANT_NEXT)
            return false;
    return true;
}

/* Was it reached by the same register, and in the same way, in line before this one? Then it is mostly the same page. */
static bool reached(struct emitter *e, unsigned row, unsigned base)
{
    const bool writes = rv_does[row] & DOES_WRITE, known = e->base == base && e->by_write == writes;
    e->base = base;
    e->by_write = writes;
    return known;
}

/* What is known in line from those before, the one of this row need not ask again. */
const struct stencil *stencil_for(struct emitter *e, unsigned row, const struct rv_insn *r)
{
    const struct stencil_again *again = rv_stencil_again;
    const unsigned wants = needs[row_format[row]];
    bool known = wants <= e->fp;
    if (!known) /* of the third format that wants it PLAIN, conversions do what they do however it rounds, and a root is one of them here */
        e->fp = row_format[row] == FORMAT_FFFM || row_format[row] == FORMAT_R4 ? NEEDS_PLAIN : NEEDS_DIRTY;
    while (again->row != row && again->row != RV_INSN_COUNT)
        again++;
    if (rv_does[row] & (DOES_READ | DOES_WRITE) && again->row == row)
        known &= reached(e, row, r->rs1);
    else if (rv_does[row] & (DOES_READ | DOES_WRITE))
        e->base = ACC_NONE; /* one that does not say where it has been */
    return known && again->row == row ? &again->stencil : &rv_stencil[row];
}
