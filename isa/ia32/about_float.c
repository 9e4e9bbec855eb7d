/* about_float.c - `info float`: the x87's stack as people read it, ST(0) first [SDM 1 8.1.2, 4.2.2]. Over the contract, as about_tables.c
 * is. Values are for reading: they are the host's long double, which may have fewer digits than the register; its bits stand beside. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

#include <math.h>
#include <stdio.h>

enum { STACK = 8, BIAS = 16383, SPECIAL = 0x7fff, TOP_SHIFT = 11 };
#define INTEGER_BIT (UINT64_C(1) << 63) /* the only one before the point */
#define QUIET_BIT (UINT64_C(1) << 62)

static unsigned top_of(const struct machine *m) { return machine_get(m, IA_X87_STATUS) >> TOP_SHIFT & 7; }

bool ia32_about_float_where(const struct machine *m, char *out, size_t size)
{
    if (!machine_has(m, IA_X87_CONTROL)) {
        snprintf(out, size, "this CPU has no x87");
        return false;
    }
    snprintf(out, size, "control %04x  status %04x  tags in use %02x  TOP %u: ST(0) is register R%u",
             (unsigned)machine_get(m, IA_X87_CONTROL), (unsigned)machine_get(m, IA_X87_STATUS), (unsigned)machine_get(m, IA_X87_TAG),
             top_of(m), top_of(m));
    return true;
}

/* The classes of an 80-bit number [SDM 1 table 8-3, 4-2]. With a number other than zero the integer bit is set, or the exponent is 0. */
static void number_text(uint64_t significand, unsigned exponent, char *out, size_t size)
{
    const char *sign = exponent >> 15 ? "-" : "";
    exponent &= SPECIAL;
    if (exponent && !(significand & INTEGER_BIT))
        snprintf(out, size, "no number: an encoding that a 387 refuses");
    else if (exponent == SPECIAL && significand == INTEGER_BIT)
        snprintf(out, size, "%sinfinity", sign);
    else if (exponent == SPECIAL)
        snprintf(out, size, "%s%s NaN", sign, significand & QUIET_BIT ? "quiet" : "signalling");
    else
        snprintf(out, size, "%s%.19Lg%s", sign, ldexpl((long double)significand, (int)(exponent ? exponent : 1) - BIAS - 63),
                 significand && !exponent ? "  denormal" : "");
}

bool ia32_about_float_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    if (n >= STACK)
        return false;
    const unsigned physical = (top_of(m) + n) % STACK;
    const uint64_t significand = machine_get(m, IA_ST + 2 * n), exponent = machine_get(m, IA_ST + 2 * n + 1);
    char number[48];
    e->used = machine_get(m, IA_X87_TAG) >> physical & 1;
    number_text(significand, (unsigned)exponent, number, sizeof number);
    snprintf(e->name, sizeof e->name, "st%u", n);
    snprintf(e->text, sizeof e->text, "%-28s %04x %016llx  R%u%s", number, (unsigned)exponent, (unsigned long long)significand,
             physical, e->used ? "" : "  empty");
    return true;
}
