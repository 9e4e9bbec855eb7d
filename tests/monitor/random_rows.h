/* random_rows.h - encodings of every row of the table with random operands: each field random, zero, ones, or like the field before. A
 * CSR is one of the table's or of the custom space: of the others each printer has names of its own.
 */
#ifndef TRAPEZE_TESTS_MONITOR_RANDOM_ROWS_H
#define TRAPEZE_TESTS_MONITOR_RANDOM_ROWS_H

#include "isa/riscv.h"

#include <string.h>

static inline struct riscv_config everything(void)
{
    struct riscv_config c = riscv_config_default;
    c.zicbom = c.zicboz = true;
    return c;
}

enum { SAMPLES = 800 };

static inline uint32_t random_word(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(z >> 32);
}

/* The low bits of the value in the field's bits, wherever they are. */
static inline uint32_t field_of(const char *encoding, char letter, uint32_t value)
{
    uint32_t bits = 0;
    unsigned bit = 0;
    for (const char *p = encoding + strlen(encoding); p-- > encoding;) {
        if (*p == letter) {
            bits |= (value & 1) << bit;
            value >>= 1;
        }
        bit += *p != ' ';
    }
    return bits;
}

static inline bool is_csr(reg_t reg) { return reg >= RV_CSR && reg < RV_CSR + 4096; }

/* One of the user's CSRs, which have pseudo-instructions; of the custom space; of the table. */
static inline uint32_t random_csr(uint64_t *seed)
{
    static const uint32_t named[] = {CSR_fflags, CSR_frm, CSR_fcsr, CSR_cycle, CSR_time, CSR_instret};
    reg_t reg = 0;
    switch (random_word(seed) % 6) {
    case 0: return 0x5c0 + random_word(seed) % 64;
    case 1: return named[random_word(seed) % 6];
    default: break;
    }
    while (!is_csr(reg))
        reg = isa_riscv.regs[random_word(seed) % isa_riscv.reg_count].reg;
    return reg - RV_CSR;
}

static inline uint32_t random_value(uint64_t *seed)
{
    uint32_t choice = random_word(seed) % 6;
    return choice < 2 ? choice : choice == 2 ? UINT32_MAX : random_word(seed);
}

static inline uint32_t random_encoding(unsigned row, uint64_t *seed)
{
    const struct insn_desc *r = &isa_riscv.rows[row];
    uint32_t bits = (uint32_t)r->match, value = 0;
    char done[32] = "01 ";
    for (const char *p = r->encoding; *p; p++) {
        if (strchr(done, *p))
            continue;
        done[strlen(done)] = *p;
        value = random_word(seed) % 4 == 0 ? value : random_value(seed);
        bits |= *p == 'c' ? random_csr(seed) << 20 : field_of(r->encoding, *p, value);
    }
    return bits;
}

/* Calls `each` with encodings of every row. */
static inline void every_row(void (*each)(void *ctx, unsigned row, uint32_t bits), void *ctx)
{
    const struct riscv_config config = everything();
    uint64_t seed = 7;
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        for (unsigned n = 0; n < SAMPLES; n++) {
            unsigned length;
            uint32_t bits = random_encoding(row, &seed);
            if (isa_riscv.decode(&config, 0, bits, &length) == row)
                each(ctx, row, bits);
        }
}

#endif
