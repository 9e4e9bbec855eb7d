/* softfloat_cases.h - cases from IEEE 754 and the manual, by hand: operation, width, mode, operands, result, flags. */

/* sums: ties to even, each mode, signs of zero [754 6.3], carries into the next binade */
CASE(ADD, 32, RNE, 0x3f800000, 0x33800000, 0, 0x3f800000, NX)                          /* 1 + 2^-24: tie, even stays */
CASE(ADD, 32, RNE, 0x3f800001, 0x33800000, 0, 0x3f800002, NX)                          /* odd goes up */
CASE(ADD, 32, RNE, 0x3f800000, 0x33800001, 0, 0x3f800001, NX)                          /* just above the tie */
CASE(ADD, 32, RMM, 0x3f800000, 0x33800000, 0, 0x3f800001, NX)                          /* tie, away */
CASE(ADD, 32, RMM, 0xbf800000, 0xb3800000, 0, 0xbf800001, NX)
CASE(ADD, 32, RMM, 0x3f800000, 0x337fffff, 0, 0x3f800000, NX)                          /* just below the tie */
CASE(ADD, 32, RTZ, 0x3f800001, 0x33ffffff, 0, 0x3f800001, NX)
CASE(ADD, 32, RDN, 0x3f800000, 0x00000001, 0, 0x3f800000, NX)
CASE(ADD, 32, RUP, 0x3f800000, 0x00000001, 0, 0x3f800001, NX)                          /* any amount is enough */
CASE(ADD, 32, RDN, 0xbf800000, 0x80000001, 0, 0xbf800001, NX)
CASE(ADD, 32, RUP, 0xbf800000, 0x80000001, 0, 0xbf800000, NX)
CASE(ADD, 32, RTZ, 0x3f800000, 0x80000001, 0, 0x3f7fffff, NX)                          /* 1 - least: the binade below */
CASE(ADD, 32, RNE, 0x3f800000, 0x80000001, 0, 0x3f800000, NX)
CASE(ADD, 32, RNE, 0x3fffffff, 0x34000000, 0, 0x40000000, 0)                           /* exact carry out */
CASE(ADD, 32, RNE, 0x3f800000, 0xbf800000, 0, 0x00000000, 0)
CASE(ADD, 32, RDN, 0x3f800000, 0xbf800000, 0, 0x80000000, 0)
CASE(ADD, 32, RNE, 0x80000000, 0x80000000, 0, 0x80000000, 0)
CASE(ADD, 32, RNE, 0x80000000, 0x00000000, 0, 0x00000000, 0)
CASE(ADD, 32, RDN, 0x80000000, 0x00000000, 0, 0x80000000, 0)
CASE(ADD, 32, RDN, 0x00000000, 0x00000000, 0, 0x00000000, 0)
CASE(ADD, 32, RNE, 0x007fffff, 0x00000001, 0, 0x00800000, 0)                           /* subnormal to normal */
CASE(ADD, 32, RNE, 0x00800000, 0x80000001, 0, 0x007fffff, 0)                           /* exact and subnormal: no UF */
CASE(ADD, 32, RNE, 0x7f7fffff, 0x73000000, 0, 0x7f800000, OF | NX)                     /* tie at the top */
CASE(ADD, 32, RNE, 0x7f7fffff, 0x72ffffff, 0, 0x7f7fffff, NX)
CASE(ADD, 32, RTZ, 0x7f7fffff, 0x7f7fffff, 0, 0x7f7fffff, OF | NX)
CASE(ADD, 32, RDN, 0x7f7fffff, 0x7f7fffff, 0, 0x7f7fffff, OF | NX)
CASE(ADD, 32, RUP, 0x7f7fffff, 0x7f7fffff, 0, 0x7f800000, OF | NX)
CASE(ADD, 32, RMM, 0xff7fffff, 0xff7fffff, 0, 0xff800000, OF | NX)
CASE(ADD, 32, RUP, 0xff7fffff, 0xff7fffff, 0, 0xff7fffff, OF | NX)
CASE(ADD, 32, RDN, 0xff7fffff, 0xff7fffff, 0, 0xff800000, OF | NX)
CASE(ADD, 32, RNE, 0x7f800000, 0xff800000, 0, 0x7fc00000, NV)
CASE(ADD, 32, RNE, 0x7f800000, 0x7f800000, 0, 0x7f800000, 0)
CASE(ADD, 32, RNE, 0x7f800000, 0xff7fffff, 0, 0x7f800000, 0)
CASE(ADD, 32, RNE, 0xffc12345, 0x3f800000, 0, 0x7fc00000, 0)                           /* payload and sign are not kept */
CASE(ADD, 32, RNE, 0x3f800000, 0x7f800001, 0, 0x7fc00000, NV)
CASE(ADD, 32, RNE, 0x7fc00000, 0xff800001, 0, 0x7fc00000, NV)
CASE(ADD, 64, RNE, 0x3ff0000000000000, 0x3ca0000000000000, 0, 0x3ff0000000000000, NX)
CASE(ADD, 64, RMM, 0x3ff0000000000000, 0x3ca0000000000000, 0, 0x3ff0000000000001, NX)
CASE(ADD, 64, RNE, 0x3fb999999999999a, 0x3fc999999999999a, 0, 0x3fd3333333333334, NX)  /* 0.1 + 0.2 */
CASE(ADD, 64, RDN, 0x4340000000000000, 0x3ff0000000000000, 0, 0x4340000000000000, NX)  /* 2^53 + 1 */
CASE(ADD, 64, RUP, 0x4340000000000000, 0x3ff0000000000000, 0, 0x4340000000000001, NX)
CASE(ADD, 64, RNE, 0x7fefffffffffffff, 0x7fefffffffffffff, 0, 0x7ff0000000000000, OF | NX)
CASE(ADD, 64, RNE, 0x7ff0000000000000, 0xfff0000000000000, 0, 0x7ff8000000000000, NV)
CASE(ADD, 64, RNE, 0x7ff0000000000001, 0x3ff0000000000000, 0, 0x7ff8000000000000, NV)
CASE(SUB, 32, RNE, 0x7f800000, 0x7f800000, 0, 0x7fc00000, NV)
CASE(SUB, 32, RNE, 0x3f800000, 0x3f800000, 0, 0x00000000, 0)
CASE(SUB, 32, RDN, 0x3f800000, 0x3f800000, 0, 0x80000000, 0)
CASE(SUB, 32, RNE, 0x00000000, 0x80000000, 0, 0x00000000, 0)
CASE(SUB, 32, RNE, 0x80000000, 0x00000000, 0, 0x80000000, 0)
CASE(SUB, 32, RNE, 0x40000000, 0x3fffffff, 0, 0x34000000, 0)                           /* cancellation is exact */
CASE(SUB, 64, RNE, 0x3ff0000000000001, 0x3ff0000000000000, 0, 0x3cb0000000000000, 0)
CASE(SUB, 64, RNE, 0x3ff0000000000000, 0xfff8000000000001, 0, 0x7ff8000000000000, 0)

/* products: underflow with tininess after rounding [unpriv 20.2] */
CASE(MUL, 32, RNE, 0x40000000, 0x40400000, 0, 0x40c00000, 0)                           /* 2 * 3 */
CASE(MUL, 32, RNE, 0x3dcccccd, 0x41200000, 0, 0x3f800000, NX)                          /* 0.1 * 10 */
CASE(MUL, 32, RNE, 0x00800000, 0x3f000000, 0, 0x00400000, 0)                           /* exact subnormal: no UF */
CASE(MUL, 32, RNE, 0x00800001, 0x3f000000, 0, 0x00400000, UF | NX)
CASE(MUL, 32, RNE, 0x00ffffff, 0x3f000000, 0, 0x00800000, UF | NX)                     /* 2^-126 - 2^-150: tiny, yet normal */
CASE(MUL, 32, RTZ, 0x00ffffff, 0x3f000000, 0, 0x007fffff, UF | NX)
CASE(MUL, 32, RNE, 0x3f7fffff, 0x00800000, 0, 0x00800000, UF | NX)                     /* rounded to 24 bits: 2^-126 - 2^-150, tiny */
CASE(MUL, 32, RNE, 0x3f7ff800, 0x00800400, 0, 0x00800000, NX)                          /* 2^-126 (1 - 2^-26): not tiny */
CASE(MUL, 32, RUP, 0x3f7ff800, 0x00800400, 0, 0x00800000, NX)
CASE(MUL, 32, RTZ, 0x3f7ff800, 0x00800400, 0, 0x007fffff, UF | NX)
CASE(MUL, 32, RMM, 0x3f7ff800, 0x00800400, 0, 0x00800000, NX)
CASE(MUL, 32, RDN, 0xbf7ff800, 0x00800400, 0, 0x80800000, NX)
CASE(MUL, 32, RNE, 0x00000001, 0x3f000000, 0, 0x00000000, UF | NX)                     /* half the least: tie to even */
CASE(MUL, 32, RMM, 0x00000001, 0x3f000000, 0, 0x00000001, UF | NX)
CASE(MUL, 32, RUP, 0x00000001, 0x00000001, 0, 0x00000001, UF | NX)
CASE(MUL, 32, RDN, 0x00000001, 0x80000001, 0, 0x80000001, UF | NX)
CASE(MUL, 32, RTZ, 0x00000001, 0x80000001, 0, 0x80000000, UF | NX)
CASE(MUL, 32, RNE, 0x7f000000, 0x40000000, 0, 0x7f800000, OF | NX)
CASE(MUL, 32, RTZ, 0x7f000000, 0xc0000000, 0, 0xff7fffff, OF | NX)
CASE(MUL, 32, RNE, 0x7f800000, 0x80000000, 0, 0x7fc00000, NV)
CASE(MUL, 32, RNE, 0x7f800000, 0x80000001, 0, 0xff800000, 0)
CASE(MUL, 32, RNE, 0x80000000, 0x42280000, 0, 0x80000000, 0)
CASE(MUL, 32, RNE, 0x7fc00000, 0x7f800000, 0, 0x7fc00000, 0)
CASE(MUL, 64, RNE, 0x000fffffffffffff, 0x4000000000000000, 0, 0x001ffffffffffffe, 0)   /* subnormal times 2 */
CASE(MUL, 64, RNE, 0x0010000000000000, 0x3fefffffffffffff, 0, 0x0010000000000000, UF | NX)
CASE(MUL, 64, RNE, 0x3feffffffc000000, 0x0010000002000000, 0, 0x0010000000000000, NX)  /* 2^-1022 (1 - 2^-54) */
CASE(MUL, 64, RTZ, 0x3feffffffc000000, 0x0010000002000000, 0, 0x000fffffffffffff, UF | NX)
CASE(MUL, 64, RNE, 0x0000000000000001, 0x3fe0000000000000, 0, 0x0000000000000000, UF | NX)
CASE(MUL, 64, RNE, 0x7ff0000000000000, 0x0000000000000000, 0, 0x7ff8000000000000, NV)

/* quotients */
CASE(DIV, 32, RNE, 0x3f800000, 0x40400000, 0, 0x3eaaaaab, NX)                          /* 1/3 */
CASE(DIV, 32, RTZ, 0x3f800000, 0x40400000, 0, 0x3eaaaaaa, NX)
CASE(DIV, 32, RDN, 0xbf800000, 0x40400000, 0, 0xbeaaaaab, NX)
CASE(DIV, 32, RUP, 0xbf800000, 0x40400000, 0, 0xbeaaaaaa, NX)
CASE(DIV, 32, RNE, 0x40c00000, 0x40000000, 0, 0x40400000, 0)
CASE(DIV, 32, RNE, 0x3f800000, 0x00000000, 0, 0x7f800000, DZ)
CASE(DIV, 32, RNE, 0xbf800000, 0x00000000, 0, 0xff800000, DZ)
CASE(DIV, 32, RNE, 0x00000001, 0x80000000, 0, 0xff800000, DZ)
CASE(DIV, 32, RNE, 0x00000000, 0x80000000, 0, 0x7fc00000, NV)
CASE(DIV, 32, RNE, 0x7f800000, 0x7f800000, 0, 0x7fc00000, NV)
CASE(DIV, 32, RNE, 0x7f800000, 0x80000000, 0, 0xff800000, 0)                           /* inf/0 is no division by zero */
CASE(DIV, 32, RNE, 0x3f800000, 0xff800000, 0, 0x80000000, 0)
CASE(DIV, 32, RNE, 0x00000000, 0x7fc00000, 0, 0x7fc00000, 0)
CASE(DIV, 32, RNE, 0x7f800001, 0x00000000, 0, 0x7fc00000, NV)
CASE(DIV, 32, RNE, 0x00000001, 0x40000000, 0, 0x00000000, UF | NX)
CASE(DIV, 32, RUP, 0x00000001, 0x7f7fffff, 0, 0x00000001, UF | NX)
CASE(DIV, 32, RNE, 0x7f7fffff, 0x00000001, 0, 0x7f800000, OF | NX)
CASE(DIV, 32, RNE, 0x007ffffe, 0x007fffff, 0, 0x3f7ffffe, NX)
CASE(DIV, 64, RNE, 0x3ff0000000000000, 0x4008000000000000, 0, 0x3fd5555555555555, NX)
CASE(DIV, 64, RUP, 0x3ff0000000000000, 0x4008000000000000, 0, 0x3fd5555555555556, NX)
CASE(DIV, 64, RNE, 0xbff0000000000000, 0x8000000000000000, 0, 0x7ff0000000000000, DZ)
CASE(DIV, 64, RNE, 0x0000000000000000, 0x0000000000000000, 0, 0x7ff8000000000000, NV)

/* square roots */
CASE(SQRT, 32, RNE, 0x40800000, 0, 0, 0x40000000, 0)
CASE(SQRT, 32, RNE, 0x40000000, 0, 0, 0x3fb504f3, NX)
CASE(SQRT, 32, RUP, 0x40000000, 0, 0, 0x3fb504f4, NX)
CASE(SQRT, 32, RNE, 0x80000000, 0, 0, 0x80000000, 0)                                   /* of -0 */
CASE(SQRT, 32, RNE, 0x00000000, 0, 0, 0x00000000, 0)
CASE(SQRT, 32, RNE, 0xbf800000, 0, 0, 0x7fc00000, NV)
CASE(SQRT, 32, RNE, 0x80000001, 0, 0, 0x7fc00000, NV)
CASE(SQRT, 32, RNE, 0xff800000, 0, 0, 0x7fc00000, NV)
CASE(SQRT, 32, RNE, 0x7f800000, 0, 0, 0x7f800000, 0)
CASE(SQRT, 32, RNE, 0xffc00000, 0, 0, 0x7fc00000, 0)
CASE(SQRT, 32, RNE, 0x7f800001, 0, 0, 0x7fc00000, NV)
CASE(SQRT, 32, RNE, 0x00000002, 0, 0, 0x1a800000, 0)                                   /* 2^-148: exact */
CASE(SQRT, 64, RNE, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcd, NX)
CASE(SQRT, 64, RTZ, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcc, NX)
CASE(SQRT, 64, RNE, 0x0000000000000001, 0, 0, 0x1e60000000000000, 0)                   /* 2^-1074 -> 2^-537 */

/* fused: one rounding; inf * 0 is invalid whatever is added [unpriv 20.6] */
CASE(FMA, 32, RNE, 0x40000000, 0x40400000, 0x3f800000, 0x40e00000, 0)                  /* 2*3+1 */
CASE(FMA, 32, RNE, 0x3f800001, 0x3f800001, 0xbf800002, 0x28800000, 0)                  /* (1+u)^2 - (1+2u) = u^2 */
CASE(FMA, 32, RNE, 0x3f800001, 0x3f7fffff, 0xbf800000, 0x337ffffe, 0)
CASE(FMA, 32, RNE, 0x7f800000, 0x00000000, 0x7fc00000, 0x7fc00000, NV)
CASE(FMA, 32, RNE, 0x00000000, 0xff800000, 0x3f800000, 0x7fc00000, NV)
CASE(FMA, 32, RNE, 0x7fc00000, 0x00000000, 0x3f800000, 0x7fc00000, 0)
CASE(FMA, 32, RNE, 0x3f800000, 0x3f800000, 0x7f800001, 0x7fc00000, NV)
CASE(FMA, 32, RNE, 0x7fc00000, 0x3f800000, 0x7f800001, 0x7fc00000, NV)
CASE(FMA, 32, RNE, 0x3f800000, 0x3f800000, 0x7fc00001, 0x7fc00000, 0)
CASE(FMA, 32, RNE, 0x7f800000, 0x3f800000, 0xff800000, 0x7fc00000, NV)
CASE(FMA, 32, RNE, 0x7f800000, 0x3f800000, 0x7f800000, 0x7f800000, 0)
CASE(FMA, 32, RNE, 0x3f800000, 0x3f800000, 0xff800000, 0xff800000, 0)
CASE(FMA, 32, RNE, 0x00000000, 0xbf800000, 0x00000000, 0x00000000, 0)                  /* -0 + +0 */
CASE(FMA, 32, RDN, 0x00000000, 0xbf800000, 0x00000000, 0x80000000, 0)
CASE(FMA, 32, RNE, 0x00000000, 0xbf800000, 0x80000000, 0x80000000, 0)
CASE(FMA, 32, RNE, 0x3f800000, 0x3f800000, 0xbf800000, 0x00000000, 0)
CASE(FMA, 32, RDN, 0x3f800000, 0x3f800000, 0xbf800000, 0x80000000, 0)
CASE(FMA, 32, RNE, 0x7f7fffff, 0x40000000, 0xff7fffff, 0x7f7fffff, 0)                  /* the product alone would overflow */
CASE(FMA, 32, RNE, 0x00000001, 0x00000001, 0x3f800000, 0x3f800000, NX)
CASE(FMA, 32, RUP, 0x00000001, 0x00000001, 0x3f800000, 0x3f800001, NX)
CASE(FMA, 32, RNE, 0x00000001, 0x00000001, 0x00000001, 0x00000001, UF | NX)
CASE(FMA, 32, RNE, 0x00000000, 0x3f800000, 0x00000001, 0x00000001, 0)                  /* 0 + subnormal: exact */
CASE(FMA, 64, RNE, 0x3ff0000000000001, 0x3ff0000000000001, 0xbff0000000000002, 0x3970000000000000, 0)
CASE(FMA, 64, RNE, 0x7ff0000000000000, 0x0000000000000000, 0x7ff8000000000000, 0x7ff8000000000000, NV)
CASE(FMA, 64, RNE, 0x0010000000000000, 0x3fe0000000000000, 0x8008000000000000, 0x0000000000000000, 0)

/* minimumNumber, maximumNumber */
CASE(MIN, 32, RNE, 0x3f800000, 0x40000000, 0, 0x3f800000, 0)
CASE(MIN, 32, RNE, 0xbf800000, 0xc0000000, 0, 0xc0000000, 0)
CASE(MIN, 32, RNE, 0x00000000, 0x80000000, 0, 0x80000000, 0)
CASE(MIN, 32, RNE, 0x80000000, 0x00000000, 0, 0x80000000, 0)
CASE(MIN, 32, RNE, 0x7fc00000, 0x3f800000, 0, 0x3f800000, 0)
CASE(MIN, 32, RNE, 0x3f800000, 0x7f800001, 0, 0x3f800000, NV)                          /* signals, and still loses */
CASE(MIN, 32, RNE, 0x7f800001, 0xff800001, 0, 0x7fc00000, NV)
CASE(MIN, 32, RNE, 0xffc00001, 0x7fc00000, 0, 0x7fc00000, 0)
CASE(MIN, 32, RNE, 0xff800000, 0xff7fffff, 0, 0xff800000, 0)
CASE(MAX, 32, RNE, 0x00000000, 0x80000000, 0, 0x00000000, 0)
CASE(MAX, 32, RNE, 0x80000000, 0x00000000, 0, 0x00000000, 0)
CASE(MAX, 32, RNE, 0x7fc00000, 0xff800000, 0, 0xff800000, 0)
CASE(MAX, 32, RNE, 0xbf800000, 0xc0000000, 0, 0xbf800000, 0)
CASE(MAX, 32, RNE, 0x7f800001, 0x7fc00000, 0, 0x7fc00000, NV)
CASE(MAX, 64, RNE, 0x3ff0000000000000, 0x4000000000000000, 0, 0x4000000000000000, 0)
CASE(MIN, 64, RNE, 0x7ff0000000000001, 0x8000000000000000, 0, 0x8000000000000000, NV)

/* comparisons: eq is quiet, the others signal [unpriv 20.8] */
CASE(EQ, 32, RNE, 0x00000000, 0x80000000, 0, 1, 0)
CASE(EQ, 32, RNE, 0x7fc00000, 0x7fc00000, 0, 0, 0)
CASE(EQ, 32, RNE, 0x7f800001, 0x3f800000, 0, 0, NV)
CASE(EQ, 32, RNE, 0x7f800000, 0x7f800000, 0, 1, 0)
CASE(LT, 32, RNE, 0x80000000, 0x00000000, 0, 0, 0)
CASE(LT, 32, RNE, 0x80000001, 0x00000000, 0, 1, 0)
CASE(LT, 32, RNE, 0xc0000000, 0xbf800000, 0, 1, 0)
CASE(LT, 32, RNE, 0x3f800000, 0x7fc00000, 0, 0, NV)
CASE(LT, 32, RNE, 0xff800000, 0x7f800000, 0, 1, 0)
CASE(LE, 32, RNE, 0x00000000, 0x80000000, 0, 1, 0)
CASE(LE, 32, RNE, 0x7fc00000, 0x7fc00000, 0, 0, NV)
CASE(LE, 32, RNE, 0x40000000, 0x3f800000, 0, 0, 0)
CASE(LE, 64, RNE, 0xfff0000000000000, 0xffefffffffffffff, 0, 1, 0)
CASE(LT, 64, RNE, 0x7ff8000000000000, 0x0000000000000000, 0, 0, NV)
CASE(EQ, 64, RNE, 0x7ff8000000000000, 0x0000000000000000, 0, 0, 0)

/* classes [unpriv 20.9] */
CASE(CLASS, 32, RNE, 0xff800000, 0, 0, 0x001, 0)
CASE(CLASS, 32, RNE, 0xff7fffff, 0, 0, 0x002, 0)
CASE(CLASS, 32, RNE, 0x80800000, 0, 0, 0x002, 0)
CASE(CLASS, 32, RNE, 0x807fffff, 0, 0, 0x004, 0)
CASE(CLASS, 32, RNE, 0x80000000, 0, 0, 0x008, 0)
CASE(CLASS, 32, RNE, 0x00000000, 0, 0, 0x010, 0)
CASE(CLASS, 32, RNE, 0x00000001, 0, 0, 0x020, 0)
CASE(CLASS, 32, RNE, 0x00800000, 0, 0, 0x040, 0)
CASE(CLASS, 32, RNE, 0x7f800000, 0, 0, 0x080, 0)
CASE(CLASS, 32, RNE, 0xff800001, 0, 0, 0x100, 0)
CASE(CLASS, 32, RNE, 0xffc00000, 0, 0, 0x200, 0)
CASE(CLASS, 64, RNE, 0x800fffffffffffff, 0, 0, 0x004, 0)
CASE(CLASS, 64, RNE, 0x0010000000000000, 0, 0, 0x040, 0)
CASE(CLASS, 64, RNE, 0x7ff4000000000000, 0, 0, 0x100, 0)
CASE(CLASS, 64, RNE, 0x7ff8000000000000, 0, 0, 0x200, 0)

/* to integers: rounding, saturation with NV alone [unpriv 20.7] */
CASE(TO_I32, 32, RTZ, 0xbf8ccccd, 0, 0, 0xffffffffffffffff, NX)                        /* -1.1 */
CASE(TO_I32, 32, RNE, 0x3f000000, 0, 0, 0, NX)                                         /* 0.5 */
CASE(TO_I32, 32, RMM, 0x3f000000, 0, 0, 1, NX)
CASE(TO_I32, 32, RNE, 0x3fc00000, 0, 0, 2, NX)                                         /* 1.5 */
CASE(TO_I32, 32, RNE, 0x40200000, 0, 0, 2, NX)                                         /* 2.5 */
CASE(TO_I32, 32, RMM, 0xc0200000, 0, 0, 0xfffffffffffffffd, NX)                        /* -2.5 */
CASE(TO_I32, 32, RDN, 0x80000001, 0, 0, 0xffffffffffffffff, NX)
CASE(TO_I32, 32, RUP, 0x00000001, 0, 0, 1, NX)
CASE(TO_I32, 32, RNE, 0x80000000, 0, 0, 0, 0)
CASE(TO_I32, 32, RNE, 0x4f000000, 0, 0, 0x7fffffff, NV)                                /* 2^31 */
CASE(TO_I32, 32, RNE, 0xcf000000, 0, 0, 0xffffffff80000000, 0)                         /* -2^31 fits */
CASE(TO_I32, 32, RNE, 0xcf000001, 0, 0, 0xffffffff80000000, NV)
CASE(TO_I32, 32, RNE, 0x7f800000, 0, 0, 0x7fffffff, NV)
CASE(TO_I32, 32, RNE, 0xff800000, 0, 0, 0xffffffff80000000, NV)
CASE(TO_I32, 32, RNE, 0x7fc00000, 0, 0, 0x7fffffff, NV)
CASE(TO_I32, 32, RNE, 0xffc00000, 0, 0, 0x7fffffff, NV)                                /* a NaN's sign does not matter */
CASE(TO_U32, 32, RTZ, 0xbf7fffff, 0, 0, 0, NX)                                         /* -0.99.. truncates to 0 */
CASE(TO_U32, 32, RNE, 0xbf7fffff, 0, 0, 0, NV)                                         /* rounds to -1 */
CASE(TO_U32, 32, RDN, 0x80000001, 0, 0, 0, NV)
CASE(TO_U32, 32, RUP, 0x80000001, 0, 0, 0, NX)
CASE(TO_U32, 32, RNE, 0x4f800000, 0, 0, 0xffffffffffffffff, NV)                        /* 2^32; sign-extended */
CASE(TO_U32, 32, RNE, 0x4f7fffff, 0, 0, 0xffffffffffffff00, 0)                         /* 2^32 - 256, sign-extended */
CASE(TO_U32, 32, RNE, 0x4f000000, 0, 0, 0xffffffff80000000, 0)
CASE(TO_U32, 32, RNE, 0xff800000, 0, 0, 0, NV)
CASE(TO_U32, 32, RNE, 0x7fc00000, 0, 0, 0xffffffffffffffff, NV)
CASE(TO_I64, 32, RNE, 0x5f000000, 0, 0, 0x7fffffffffffffff, NV)                        /* 2^63 */
CASE(TO_I64, 32, RNE, 0xdf000000, 0, 0, 0x8000000000000000, 0)
CASE(TO_I64, 32, RNE, 0x7fc00000, 0, 0, 0x7fffffffffffffff, NV)
CASE(TO_U64, 32, RNE, 0x5f800000, 0, 0, 0xffffffffffffffff, NV)                        /* 2^64 */
CASE(TO_U64, 32, RNE, 0x5f7fffff, 0, 0, 0xffffff0000000000, 0)
CASE(TO_U64, 32, RNE, 0xbf800000, 0, 0, 0, NV)
CASE(TO_I32, 64, RNE, 0x41dfffffffe00000, 0, 0, 0x7fffffff, NV)                        /* 2^31 - 0.5: rounds out of range */
CASE(TO_I32, 64, RTZ, 0x41dfffffffe00000, 0, 0, 0x7fffffff, NX)
CASE(TO_I32, 64, RNE, 0xc1e0000000100000, 0, 0, 0xffffffff80000000, NX)                /* -2^31 - 0.5: tie to even, in */
CASE(TO_I32, 64, RMM, 0xc1e0000000100000, 0, 0, 0xffffffff80000000, NV)                /* away, out */
CASE(TO_U32, 64, RNE, 0x41efffffffe00000, 0, 0, 0xffffffffffffffff, 0)                 /* 2^32 - 1 */
CASE(TO_U32, 64, RDN, 0x41efffffffe80000, 0, 0, 0xffffffffffffffff, NX)                /* and a quarter */
CASE(TO_U32, 64, RUP, 0x41efffffffe80000, 0, 0, 0xffffffffffffffff, NV)
CASE(TO_U32, 64, RNE, 0x41efffffffefffff, 0, 0, 0xffffffffffffffff, NX)
CASE(TO_I64, 64, RNE, 0x43dfffffffffffff, 0, 0, 0x7ffffffffffffc00, 0)
CASE(TO_I64, 64, RNE, 0x43e0000000000000, 0, 0, 0x7fffffffffffffff, NV)
CASE(TO_I64, 64, RNE, 0xfff0000000000000, 0, 0, 0x8000000000000000, NV)
CASE(TO_U64, 64, RNE, 0x43efffffffffffff, 0, 0, 0xfffffffffffff800, 0)
CASE(TO_U64, 64, RNE, 0x7ff4000000000000, 0, 0, 0xffffffffffffffff, NV)
CASE(TO_U64, 64, RDN, 0xbfe0000000000000, 0, 0, 0, NV)

/* from integers */
CASE(FROM_I64, 32, RNE, 0, 0, 0, 0x00000000, 0)
CASE(FROM_I64, 32, RDN, 0, 0, 0, 0x00000000, 0)                                        /* +0 in every mode */
CASE(FROM_I64, 32, RNE, 0xffffffffffffffff, 0, 0, 0xbf800000, 0)
CASE(FROM_I64, 32, RNE, 0x0000000001000001, 0, 0, 0x4b800000, NX)                      /* 2^24 + 1 */
CASE(FROM_I64, 32, RMM, 0x0000000001000001, 0, 0, 0x4b800001, NX)
CASE(FROM_I64, 32, RNE, 0x0000000001000003, 0, 0, 0x4b800002, NX)
CASE(FROM_I64, 32, RTZ, 0x7fffffffffffffff, 0, 0, 0x5effffff, NX)
CASE(FROM_I64, 32, RNE, 0x7fffffffffffffff, 0, 0, 0x5f000000, NX)
CASE(FROM_I64, 32, RNE, 0x8000000000000000, 0, 0, 0xdf000000, 0)
CASE(FROM_U64, 32, RNE, 0xffffffffffffffff, 0, 0, 0x5f800000, NX)
CASE(FROM_U64, 32, RDN, 0xffffffffffffffff, 0, 0, 0x5f7fffff, NX)
CASE(FROM_I64, 64, RNE, 0x0020000000000001, 0, 0, 0x4340000000000000, NX)              /* 2^53 + 1 */
CASE(FROM_I64, 64, RUP, 0x0020000000000001, 0, 0, 0x4340000000000001, NX)
CASE(FROM_I64, 64, RDN, 0xffdfffffffffffff, 0, 0, 0xc340000000000001, NX)
CASE(FROM_U64, 64, RNE, 0x8000000000000000, 0, 0, 0x43e0000000000000, 0)
CASE(FROM_U64, 64, RTZ, 0xffffffffffffffff, 0, 0, 0x43efffffffffffff, NX)

CASE(FROM_I32, 64, RNE, 0x123456789abcdef0, 0, 0, 0xc1d950c844000000, 0)               /* the low 32 bits: negative */
CASE(FROM_U32, 64, RNE, 0x123456789abcdef0, 0, 0, 0x41e3579bde000000, 0)
CASE(FROM_I32, 32, RNE, 0x0000000080000000, 0, 0, 0xcf000000, 0)
CASE(FROM_U32, 32, RUP, 0x00000000ffffffff, 0, 0, 0x4f800000, NX)
CASE(FROM_U32, 32, RDN, 0x00000000ffffffff, 0, 0, 0x4f7fffff, NX)

/* between the formats */
CASE(TO_OTHER, 32, RNE, 0x3f800000, 0, 0, 0x3ff0000000000000, 0)
CASE(TO_OTHER, 32, RNE, 0x00000001, 0, 0, 0x36a0000000000000, 0)                       /* 2^-149 is normal there */
CASE(TO_OTHER, 32, RNE, 0x807fffff, 0, 0, 0xb80fffffc0000000, 0)
CASE(TO_OTHER, 32, RNE, 0xff800000, 0, 0, 0xfff0000000000000, 0)
CASE(TO_OTHER, 32, RNE, 0x80000000, 0, 0, 0x8000000000000000, 0)
CASE(TO_OTHER, 32, RNE, 0xffc12345, 0, 0, 0x7ff8000000000000, 0)
CASE(TO_OTHER, 32, RNE, 0x7f800001, 0, 0, 0x7ff8000000000000, NV)
CASE(TO_OTHER, 64, RNE, 0x3fb999999999999a, 0, 0, 0x3dcccccd, NX)
CASE(TO_OTHER, 64, RTZ, 0x3fb999999999999a, 0, 0, 0x3dcccccc, NX)
CASE(TO_OTHER, 64, RNE, 0x3ff0000010000000, 0, 0, 0x3f800000, NX)                      /* tie */
CASE(TO_OTHER, 64, RMM, 0x3ff0000010000000, 0, 0, 0x3f800001, NX)
CASE(TO_OTHER, 64, RNE, 0x47efffffe0000000, 0, 0, 0x7f7fffff, 0)
CASE(TO_OTHER, 64, RNE, 0x47effffff0000000, 0, 0, 0x7f800000, OF | NX)                 /* tie at the top */
CASE(TO_OTHER, 64, RNE, 0x47efffffefffffff, 0, 0, 0x7f7fffff, NX)
CASE(TO_OTHER, 64, RTZ, 0x7fefffffffffffff, 0, 0, 0x7f7fffff, OF | NX)
CASE(TO_OTHER, 64, RNE, 0x380fffffe0000000, 0, 0, 0x00800000, UF | NX)                 /* 2^-126 - 2^-150: tiny, yet normal */
CASE(TO_OTHER, 64, RNE, 0x380fffffefffffff, 0, 0, 0x00800000, UF | NX)                 /* just below what 24 bits round up */
CASE(TO_OTHER, 64, RNE, 0x380ffffff0000000, 0, 0, 0x00800000, NX)                      /* the tie: 24 bits give 2^-126 */
CASE(TO_OTHER, 64, RNE, 0x36a0000000000000, 0, 0, 0x00000001, 0)
CASE(TO_OTHER, 64, RNE, 0x3690000000000000, 0, 0, 0x00000000, UF | NX)
CASE(TO_OTHER, 64, RNE, 0x3690000000000001, 0, 0, 0x00000001, UF | NX)
CASE(TO_OTHER, 64, RUP, 0x0000000000000001, 0, 0, 0x00000001, UF | NX)
CASE(TO_OTHER, 64, RNE, 0x7ff0000000000001, 0, 0, 0x7fc00000, NV)
CASE(TO_OTHER, 64, RNE, 0xfff0000000000000, 0, 0, 0xff800000, 0)
