/* bignum.c - natural numbers of many limbs, as wide as the compiler can multiply them: products by the school's method and by Karatsuba's,
 * and powers modulo an odd number by Montgomery's [Math. Comp. 44, 1985]. For the product of two Mersenne primes Euler's theorem says
 * what must come out.
 */
#include "tests/bench/work.h"

#ifdef __SIZEOF_INT128__
typedef uint64_t limb;
__extension__ typedef unsigned __int128 limb2;
#else
typedef uint32_t limb;
typedef uint64_t limb2;
#endif

#define LIMB_BITS ((unsigned)sizeof(limb) * 8)
#define LIMBS_OF(bits) (((bits) + 63) / 64 * (64 / LIMB_BITS))
enum { MOST = 160, KARATSUBA = 16 };

/* --- vectors of limbs, the least first */

static void n_zero(limb *r, unsigned n)
{
    while (n > 0)
        r[--n] = 0;
}

static limb n_add(limb *r, const limb *a, const limb *b, unsigned n)
{
    limb carry = 0;
    for (unsigned i = 0; i < n; i++) {
        limb2 t = (limb2)a[i] + b[i] + carry;
        r[i] = (limb)t;
        carry = (limb)(t >> LIMB_BITS);
    }
    return carry;
}

static limb n_sub(limb *r, const limb *a, const limb *b, unsigned n)
{
    limb borrow = 0;
    for (unsigned i = 0; i < n; i++) {
        limb2 t = (limb2)a[i] - b[i] - borrow;
        r[i] = (limb)t;
        borrow = (limb)(t >> LIMB_BITS) & 1;
    }
    return borrow;
}

static int n_compare(const limb *a, const limb *b, unsigned n)
{
    while (n-- > 0)
        if (a[n] != b[n])
            return a[n] < b[n] ? -1 : 1;
    return 0;
}

/* r += a * m, returns what is carried out of it. */
static limb n_add_product(limb *r, const limb *a, unsigned n, limb m)
{
    limb carry = 0;
    for (unsigned i = 0; i < n; i++) {
        limb2 t = (limb2)a[i] * m + r[i] + carry;
        r[i] = (limb)t;
        carry = (limb)(t >> LIMB_BITS);
    }
    return carry;
}

static void n_add_at(limb *r, unsigned room, const limb *a, unsigned n)
{
    limb carry = n_add(r, r, a, n);
    for (unsigned i = n; carry && i < room; i++)
        carry = ++r[i] == 0;
}

static void school(limb *r, const limb *a, const limb *b, unsigned n)
{
    n_zero(r, 2 * n);
    for (unsigned i = 0; i < n; i++)
        r[n + i] = n_add_product(r + i, a, n, b[i]);
}

/* |a - b|; 1 if a < b. */
static int n_difference(limb *r, const limb *a, const limb *b, unsigned n)
{
    int less = n_compare(a, b, n) < 0;
    n_sub(r, less ? b : a, less ? a : b, n);
    return less;
}

/* (x + y B)(u + v B) = xu + (xu + yv - (x - y)(u - v)) B + yv B^2 */
static void karatsuba(limb *r, const limb *a, const limb *b, unsigned n, limb *room)
{
    unsigned half = n / 2;
    if (n < KARATSUBA || n % 2) {
        school(r, a, b, n);
        return;
    }
    limb *middle = room, *product = room + n + 1;
    int signs = n_difference(r, a, a + half, half) ^ n_difference(r + half, b, b + half, half);
    karatsuba(product, r, r + half, half, product + n);
    karatsuba(r, a, b, half, product + n);
    karatsuba(r + n, a + half, b + half, half, product + n);
    middle[n] = n_add(middle, r, r + n, n);
    if (signs)
        middle[n] += n_add(middle, middle, product, n);
    else
        middle[n] -= n_sub(middle, middle, product, n);
    n_add_at(r + half, 2 * n - half, middle, n + 1);
}

/* --- modular arithmetic */

struct modulus {
    limb m[MOST], inverse; /* -1/m modulo a limb */
    unsigned n;
};

static void modulus_set(struct modulus *q, const limb *m, unsigned n)
{
    limb x = 1;
    for (unsigned bits = 1; bits < LIMB_BITS; bits *= 2)
        x *= 2 - m[0] * x;
    q->inverse = (limb)0 - x;
    q->n = n;
    for (unsigned i = 0; i < n; i++)
        q->m[i] = m[i];
}

static void montgomery(const struct modulus *q, limb *r, const limb *a, const limb *b)
{
    limb t[MOST + 2];
    unsigned n = q->n;
    n_zero(t, n + 2);
    for (unsigned i = 0; i < n; i++) {
        limb c = n_add_product(t, a, n, b[i]);
        t[n] += c;
        t[n + 1] = t[n] < c;
        c = n_add_product(t, q->m, n, t[0] * q->inverse);
        t[n] += c;
        t[n + 1] += t[n] < c;
        for (unsigned k = 0; k <= n; k++)
            t[k] = t[k + 1];
    }
    if (t[n] || n_compare(t, q->m, n) >= 0)
        n_sub(t, t, q->m, n);
    for (unsigned i = 0; i < n; i++)
        r[i] = t[i];
}

static void double_modulo(const struct modulus *q, limb *r)
{
    limb carry = n_add(r, r, r, q->n);
    if (carry || n_compare(r, q->m, q->n) >= 0)
        n_sub(r, r, q->m, q->n);
}

static void power(const struct modulus *q, limb *r, const limb *base, const limb *exponent)
{
    limb x[MOST], one[MOST];
    unsigned bits = q->n * LIMB_BITS;
    n_zero(one, q->n);
    one[0] = 1;
    for (unsigned i = 0; i < q->n; i++)
        x[i] = base[i];
    for (unsigned i = 0; i < bits; i++) { /* into Montgomery's form */
        double_modulo(q, x);
        double_modulo(q, one);
    }
    for (unsigned i = 0; i < q->n; i++)
        r[i] = one[i];
    for (unsigned i = bits; i-- > 0;) {
        montgomery(q, r, r, r);
        if (exponent[i / LIMB_BITS] >> i % LIMB_BITS & 1)
            montgomery(q, r, r, x);
    }
    n_zero(one, q->n);
    one[0] = 1;
    montgomery(q, r, r, one);
}

/* --- */

static void mersenne(limb *r, unsigned n, unsigned exponent)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned low = i * LIMB_BITS, ones = exponent > low ? exponent - low : 0;
        r[i] = ones >= LIMB_BITS ? (limb)-1 : ((limb)1 << ones) - 1;
    }
}

static uint64_t digest(uint64_t h, const limb *a, unsigned n)
{
    for (unsigned i = 0; i < n * (LIMB_BITS / 32); i++)
        h = mix(h, (uint32_t)(a[i * 32 / LIMB_BITS] >> i * 32 % LIMB_BITS));
    return h;
}

static void draw(limb *a, unsigned n, uint64_t *seed)
{
    for (unsigned i = 0; i < n; i += 64 / LIMB_BITS) {
        uint64_t word = random_next(seed);
        for (unsigned k = 0; k < 64 / LIMB_BITS; k++)
            a[i + k] = (limb)(word >> k * LIMB_BITS % 64);
    }
}

/* 2,560 bits by 2,560, both ways. */
static int products_agree(uint64_t *seed, uint64_t *h)
{
    enum { N = LIMBS_OF(2560) };
    limb a[N], b[N], one[2 * N], other[2 * N], room[8 * N];
    draw(a, N, seed);
    draw(b, N, seed);
    school(one, a, b, N);
    karatsuba(other, a, b, N, room);
    *h = digest(*h, other, 2 * N);
    return n_compare(one, other, 2 * N) == 0;
}

/* a^(1 + (p - 1)(q - 1)) = a modulo p q, with p = 2^127 - 1 and q = 2^521 - 1. */
static int powers_return(uint64_t *seed, uint64_t *h)
{
    enum { HALF = LIMBS_OF(576), N = 2 * HALF };
    struct modulus m;
    limb p[HALF], q[HALF], product[N], exponent[N], a[N], b[N];
    mersenne(p, HALF, 127);
    mersenne(q, HALF, 521);
    school(product, p, q, HALF);
    p[0]--, q[0]--;
    school(exponent, p, q, HALF);
    exponent[0]++;
    modulus_set(&m, product, LIMBS_OF(648));
    n_zero(a, N);
    draw(a, LIMBS_OF(576), seed);
    power(&m, b, a, exponent);
    *h = digest(*h, b, LIMBS_OF(576));
    return n_compare(a, b, m.n) == 0;
}

uint64_t work_bignum(uint64_t n)
{
    uint64_t seed = 13, h = 3;
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < 8; i++)
            if (!products_agree(&seed, &h))
                return UNFITTED_WRONG;
        if (!powers_return(&seed, &h))
            return UNFITTED_WRONG;
    }
    return h;
}
