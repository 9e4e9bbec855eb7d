/* fast_compare.h - what a conditional jump asks of the operands of the comparison before it: the host compares. */
#ifndef TRAPEZE_ISA_IA32_FAST_COMPARE_H
#define TRAPEZE_ISA_IA32_FAST_COMPARE_H

#include "isa/ia32/fast.h"

/* The condition behind CMP (SUB) and behind TEST (AND) of these operands.
 * By the numbers of the encoding [SDM 2D, B.1]: 2 B, 3 AE, 4 E, 5 NE, 6 BE, 7 A, 8 S, 9 NS, 12 L, 13 GE, 14 LE, 15
 * G. OF and PF alone, 0, 1, 10 and 11, are too rare for bodies. */
IA_INLINE bool ia_fast_compared(unsigned size, unsigned cc, uint32_t a, uint32_t b)
{
    const int64_t sa = sign_extend(a, 8 * size), sb = sign_extend(b, 8 * size);
    switch (cc) {
    case 2: return a < b;
    case 3: return a >= b;
    case 4: return a == b;
    case 5: return a != b;
    case 6: return a <= b;
    case 7: return a > b;
    case 8: return (a - b) & ia_sign(size);
    case 9: return !((a - b) & ia_sign(size));
    case 12: return sa < sb;
    case 13: return sa >= sb;
    case 14: return sa <= sb;
    default: return sa > sb;
    }
}
/* CF and OF are clear behind TEST, so that BE is E and L is S. */
IA_INLINE bool ia_fast_tested(unsigned size, unsigned cc, uint32_t v)
{
    const int64_t s = sign_extend(v, 8 * size);
    switch (cc) {
    case 4:
    case 6: return s == 0;
    case 5:
    case 7: return s != 0;
    case 8:
    case 12: return s < 0;
    case 9:
    case 13: return s >= 0;
    case 14: return s <= 0;
    default: return s > 0;
    }
}

/* Two records are done: the one at i, and the jump at i + 1, whose distance is its own. Somebody may still enter at
 * the jump alone, so its record stands as it would without a partner. */
#define RETURN_JUMP_IF(condition)                                                                                                     \
    if (condition)                                                                                                                    \
        RETURN_JUMP(i + 1);                                                                                                           \
    RETURN_GO_ON(i + 2)

#endif
