/* x87_constant.c - the numbers that the unit has at hand, to 128 bits, rounded to 64 by the rounding control [SDM 1 8.3.8]. No exception
 * comes of that.
 */
#include "isa/ia32/x87_core.h"

struct x87_ext x87_constant(const struct x87_op *op, enum x87_constant n)
{
    static const struct {
        uint64_t high, low;
        int exp;
    } constants[] = {
        [X87_ONE] = {X87_INTEGER_BIT, 0, 0},
        [X87_L2T] = {UINT64_C(0xd49a784bcd1b8afe), UINT64_C(0x492bf6ff4dafdb4c), 1},
        [X87_L2E] = {UINT64_C(0xb8aa3b295c17f0bb), UINT64_C(0xbe87fed0691d3e88), 0},
        [X87_PI] = {UINT64_C(0xc90fdaa22168c234), UINT64_C(0xc4c6628b80dc1cd1), 1},
        [X87_LG2] = {UINT64_C(0x9a209a84fbcff798), UINT64_C(0x8f8959ac0b7c9178), -2},
        [X87_LN2] = {UINT64_C(0xb17217f7d1cf79ab), UINT64_C(0xc9e3b39803f2f6af), -1},
    };
    if (n == X87_ZERO_CONSTANT)
        return x87_zero(false);
    struct x87_op quiet = {.control = op->control | X87_EXCEPTIONS};
    return x87_pack(&quiet, false, constants[n].exp, (uint128_t)constants[n].high << 64 | constants[n].low, 64);
}
