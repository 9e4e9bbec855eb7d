/* work_double.c - double precision. Only + - * / and square roots, each rounded by itself (-ffp-contract=off), so that host and guest
 * agree to the last bit.
 */
#include "tests/bench/work.h"

static uint64_t bits_of(double d)
{
    union {
        double d;
        uint64_t u;
    } v = {.d = d};
    return v.u;
}

static double root(double d) { return __builtin_sqrt(d); }

enum { BODIES = 5 };
struct body {
    double at[3], v[3], mass;
};

static void advance(struct body *b, double dt)
{
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned j = i + 1; j < BODIES; j++) {
            double d[3], square = 0;
            for (unsigned k = 0; k < 3; k++) {
                d[k] = b[i].at[k] - b[j].at[k];
                square += d[k] * d[k];
            }
            double scale = dt / (square * root(square));
            for (unsigned k = 0; k < 3; k++) {
                b[i].v[k] -= d[k] * b[j].mass * scale;
                b[j].v[k] += d[k] * b[i].mass * scale;
            }
        }
    for (unsigned i = 0; i < BODIES; i++)
        for (unsigned k = 0; k < 3; k++)
            b[i].at[k] += dt * b[i].v[k];
}

uint64_t work_bodies(uint64_t n)
{
    uint64_t h = 0;
    for (uint64_t round = 0; round < n; round++) {
        struct body b[BODIES];
        for (unsigned i = 0; i < BODIES; i++)
            for (unsigned k = 0; k < 3; k++) {
                b[i].at[k] = (double)i * 3.0 + (double)k * 0.7 + 1.0;
                b[i].v[k] = ((double)i - 2.0) * 0.1 * (double)(k + 1);
                b[i].mass = 1.0 + (double)i + (double)(round & 7);
            }
        for (unsigned step = 0; step < 2000; step++)
            advance(b, 0.001);
        h = mix(h, bits_of(b[0].at[0]) ^ bits_of(b[4].v[2]));
    }
    return h;
}

uint64_t work_dmatrix(uint64_t n)
{
    enum { SIZE = 96 };
    double(*a)[SIZE] = (void *)arena, (*b)[SIZE] = (void *)(arena + (1 << 20)), (*c)[SIZE] = (void *)(arena + (2 << 20));
    uint64_t seed = 7, h = 0;
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned j = 0; j < SIZE; j++) {
            a[i][j] = (double)(random_next(&seed) % 1000) / 7.0;
            b[i][j] = (double)(random_next(&seed) % 1000) / 11.0;
        }
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < SIZE; i++)
            for (unsigned j = 0; j < SIZE; j++) {
                double sum = 0;
                for (unsigned k = 0; k < SIZE; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        a[round % SIZE][0] = c[0][round % SIZE] / 1e6;
        h = mix(h, bits_of(c[SIZE - 1][round % SIZE]));
    }
    return h;
}

/* cos and sin of 2 pi / 2^k by half angles: no library. */
static void roots(double *cosine, double *sine, unsigned count)
{
    cosine[0] = -1.0, sine[0] = 0.0;
    cosine[1] = 0.0, sine[1] = 1.0;
    for (unsigned k = 2; k < count; k++) {
        cosine[k] = root((1.0 + cosine[k - 1]) / 2.0);
        sine[k] = sine[k - 1] / (2.0 * cosine[k]);
    }
}

uint64_t work_fourier(uint64_t n)
{
    enum { LOG = 12, POINTS = 1 << LOG };
    double *re = (void *)arena, *im = (void *)(arena + (1 << 20)), cosine[LOG], sine[LOG];
    uint64_t h = 0;
    roots(cosine, sine, LOG);
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < POINTS; i++) {
            unsigned reversed = 0;
            for (unsigned bit = 0; bit < LOG; bit++)
                reversed |= (i >> bit & 1) << (LOG - 1 - bit);
            re[reversed] = (double)((i * 37 + (unsigned)round) % 101);
            im[reversed] = 0.0;
        }
        for (unsigned s = 0; s < LOG; s++) {
            unsigned half = 1u << s;
            double wr = 1.0, wi = 0.0;
            for (unsigned j = 0; j < half; j++) {
                for (unsigned i = j; i < POINTS; i += 2 * half) {
                    double tr = wr * re[i + half] - wi * im[i + half], ti = wr * im[i + half] + wi * re[i + half];
                    re[i + half] = re[i] - tr;
                    im[i + half] = im[i] - ti;
                    re[i] += tr;
                    im[i] += ti;
                }
                double next = wr * cosine[s] - wi * sine[s];
                wi = wr * sine[s] + wi * cosine[s];
                wr = next;
            }
        }
        h = mix(h, bits_of(re[1]) ^ bits_of(im[POINTS / 2 - 1]));
    }
    return h;
}

uint64_t work_escape(uint64_t n)
{
    uint64_t h = 0;
    for (uint64_t round = 0; round < n; round++) {
        uint64_t total = 0;
        for (unsigned y = 0; y < 128; y++)
            for (unsigned x = 0; x < 128; x++) {
                double cr = (double)x / 48.0 - 2.0, ci = (double)y / 56.0 - 1.15 + (double)(round & 3) / 1000.0, zr = 0, zi = 0;
                unsigned step = 0;
                while (step < 256 && zr * zr + zi * zi < 4.0) {
                    double t = zr * zr - zi * zi + cr;
                    zi = 2.0 * zr * zi + ci;
                    zr = t;
                    step++;
                }
                total += step;
            }
        h = mix(h, total);
    }
    return h;
}
