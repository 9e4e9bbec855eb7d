/* x87_wide.c - division of wide numbers. */
#include "isa/ia32/x87_wide.h"

struct x87_wide x87_wide_div(struct x87_wide a, struct x87_wide b)
{
    const bool below = a.sig < b.sig;
    uint128_t rest = below ? a.sig : a.sig - b.sig, quotient = !below;
    for (int n = 127 + below; n > 0; n--) { /* a bit of the quotient each; the rest is below the divisor */
        const bool carry = rest >> 127;
        rest <<= 1;
        const bool bit = carry || rest >= b.sig;
        rest -= bit ? b.sig : 0;
        quotient = quotient << 1 | bit;
    }
    return (struct x87_wide){quotient, a.exp - b.exp - below};
}
