/* oracle_guest.h - one RISC-V program that runs many sequences (oracle_generate.h), as bytes at fixed addresses: the same for a
 * bare hart and, in the smallest ELF file that Linux accepts, for qemu-riscv64.
 *
 * Each sequence has a record in memory: registers before, replaced by registers after, and its scratch memory. When all have
 * run the program writes all records to its standard output and exits, by Linux system calls; a hart stops at the first of them.
 *
 *   x31 -> record + 0     x0..x31      (x31 is not loaded; nor are x2, x8, x9 random: they point into the scratch memory)
 *                 + 256   f0..f31
 *                 + 512   fcsr
 *                 + 1024  scratch memory, whole reach of a 12-bit offset from all three bases
 */
#ifndef TRAPEZE_TESTS_ISA_ORACLE_GUEST_H
#define TRAPEZE_TESTS_ISA_ORACLE_GUEST_H

#include <elf.h>
#include <stdio.h>

#include "tests/isa/oracle_generate.h"

enum { SEQUENCES = 256, RECORD_BYTES = 8192, SCRATCH_OFFSET = 1024, FCSR_OFFSET = 512, BASE_OFFSET = SCRATCH_OFFSET + 2304 };
enum { CODE_BASE = 0x400000, CODE_BYTES = 0x40000, DATA_BASE = CODE_BASE + CODE_BYTES, DATA_BYTES = SEQUENCES * RECORD_BYTES };

struct oracle_guest {
    uint8_t code[CODE_BYTES];
    uint32_t used, start[SEQUENCES], end[SEQUENCES]; /* of the sequences proper, offsets into code */
    uint8_t data[DATA_BYTES];
};

static inline uint32_t oracle_record(unsigned sequence) { return (uint32_t)DATA_BASE + sequence * RECORD_BYTES; }

static inline void oracle_emit(struct oracle_guest *g, uint32_t bits)
{
    assert(g->used + 4 <= CODE_BYTES);
    memcpy(g->code + g->used, &bits, 4);
    g->used += oracle_length(bits);
}

/* rd = value, below 2^31: lui and addi. */
static inline void oracle_emit_constant(struct oracle_guest *g, uint32_t rd, uint32_t value)
{
    oracle_emit(g, ((value + 0x800) & 0xfffff000) | rd << 7 | 0x37);
    oracle_emit(g, oracle_addi(rd, rd, (int)(value & 0xfff)));
}

/* All registers to or from the record: f first and fcsr by way of x30, then x. */
static inline void oracle_emit_load(struct oracle_guest *g)
{
    for (unsigned r = 0; r < 32; r++)
        oracle_emit(g, oracle_i(0x07, 3, r, 31, (int)(256 + 8 * r)));
    oracle_emit(g, oracle_i(0x03, 3, 30, 31, FCSR_OFFSET));
    oracle_emit(g, oracle_csr(1, 0, CSR_fcsr, 30));
    for (unsigned r = 1; r < 31; r++)
        oracle_emit(g, oracle_i(0x03, 3, r, 31, (int)(8 * r)));
}
static inline void oracle_emit_store(struct oracle_guest *g)
{
    for (unsigned r = 1; r < 32; r++)
        oracle_emit(g, oracle_s(0x23, 3, 31, r, (int)(8 * r)));
    for (unsigned r = 0; r < 32; r++)
        oracle_emit(g, oracle_s(0x27, 3, 31, r, (int)(256 + 8 * r)));
    oracle_emit(g, oracle_csr(2, 30, CSR_fcsr, 0));
    oracle_emit(g, oracle_s(0x23, 3, 31, 30, FCSR_OFFSET));
}

/* An integer that is likely to hurt. */
static inline uint64_t oracle_integer(uint64_t *s)
{
    static const uint64_t edges[] = {0, 1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, INT32_MAX, 0xffffffff80000000, UINT32_MAX};
    uint64_t r = oracle_random(s);
    switch (oracle_below(s, 8)) {
    case 0: return edges[r % 8];
    case 1: return UINT64_C(1) << r % 64;
    case 2: return (uint64_t)(int64_t)(int32_t)r;
    case 3: return r % 256;
    case 4: return 0 - r % 256;
    default: return r;
    }
}

/* A number of either format; singles boxed, but for a few. */
static inline uint64_t oracle_number(uint64_t *s)
{
    static const uint32_t exps32[] = {0, 0, 1, 126, 127, 128, 150, 158, 190, 253, 254, 255};
    static const uint32_t exps64[] = {0, 1, 1, 1022, 1023, 1024, 1075, 1054, 1086, 2045, 2046, 2047};
    static const uint64_t fracs[] = {0, 0, 1, UINT64_MAX, 0x8000000000000, 0x400000};
    uint64_t r = oracle_random(s), sign = r & 1, frac = r & 2 ? oracle_random(s) : fracs[oracle_below(s, 6)];
    unsigned pick = oracle_below(s, 12);
    bool near_one = oracle_below(s, 2);
    if (r & 4) {
        uint64_t exp = near_one ? 110 + oracle_below(s, 40) : exps32[pick];
        uint64_t box = r & 0xf0 ? 0xffffffff : oracle_random(s) >> 32;
        return box << 32 | sign << 31 | exp << 23 | (frac & 0x7fffff);
    }
    uint64_t exp = near_one ? 990 + oracle_below(s, 70) : exps64[pick];
    return sign << 63 | exp << 52 | (frac & 0xfffffffffffff);
}

static inline void oracle_record_fill(uint8_t *record, uint32_t address, uint64_t *s)
{
    uint64_t word;
    for (unsigned i = SCRATCH_OFFSET; i < RECORD_BYTES; i += 8) {
        word = oracle_below(s, 2) ? oracle_integer(s) : oracle_number(s);
        memcpy(record + i, &word, 8);
    }
    for (unsigned r = 1; r < 31; r++) {
        const uint32_t base = address + BASE_OFFSET;
        word = r == 2 ? base : r == 8 ? base - 64 : r == 9 ? base + 128 : oracle_integer(s);
        memcpy(record + r * 8, &word, 8);
    }
    for (unsigned r = 0; r < 32; r++) {
        word = oracle_number(s);
        memcpy(record + 256 + r * 8, &word, 8);
    }
    word = oracle_below(s, 5) << 5 | (oracle_below(s, 2) ? oracle_below(s, 32) : 0);
    memcpy(record + FCSR_OFFSET, &word, 8);
}

static inline void oracle_guest_make(struct oracle_guest *g, uint64_t *s)
{
    memset(g, 0, sizeof *g);
    for (unsigned i = 0; i < SEQUENCES; i++) {
        struct oracle_sequence q;
        oracle_generate(&q, s);
        oracle_record_fill(g->data + i * RECORD_BYTES, oracle_record(i), s);
        oracle_emit_constant(g, 31, oracle_record(i));
        oracle_emit_load(g);
        g->start[i] = g->used;
        for (unsigned k = 0; k < UNITS; k++)
            for (unsigned n = 0; n < q.unit[k].count; n++)
                oracle_emit(g, q.unit[k].bits[n]);
        g->end[i] = g->used;
        oracle_emit_store(g);
    }
    static const uint32_t exit_code[][2] = {{17, 64}, {10, 1}, {11, DATA_BASE}, {12, DATA_BYTES}}; /* write(1, records) */
    for (unsigned i = 0; i < 4; i++)
        oracle_emit_constant(g, exit_code[i][0], exit_code[i][1]);
    oracle_emit(g, 0x73);
    oracle_emit_constant(g, 17, 93); /* exit(0) */
    oracle_emit_constant(g, 10, 0);
    oracle_emit(g, 0x73);
}

/* Two segments: code to execute, records to write. 0, or -1. */
static inline int oracle_guest_write_elf(const struct oracle_guest *g, FILE *f)
{
    enum { CODE_AT = 0x1000, DATA_AT = CODE_AT + CODE_BYTES };
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment[2];
    } head = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = 243 /* RISC-V */,
                   .e_version = EV_CURRENT,
                   .e_entry = CODE_BASE,
                   .e_phoff = sizeof(Elf64_Ehdr),
                   .e_flags = 5 /* RVC, double-float ABI */,
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 2},
        .segment = {{.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_offset = CODE_AT,
                     .p_vaddr = CODE_BASE,
                     .p_paddr = CODE_BASE,
                     .p_filesz = CODE_BYTES,
                     .p_memsz = CODE_BYTES,
                     .p_align = 0x1000},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_W,
                     .p_offset = DATA_AT,
                     .p_vaddr = DATA_BASE,
                     .p_paddr = DATA_BASE,
                     .p_filesz = DATA_BYTES,
                     .p_memsz = DATA_BYTES,
                     .p_align = 0x1000}},
    };
    bool ok = fwrite(&head, sizeof head, 1, f) == 1 && !fseek(f, CODE_AT, SEEK_SET) && fwrite(g->code, CODE_BYTES, 1, f) == 1 &&
              fwrite(g->data, DATA_BYTES, 1, f) == 1 && !fflush(f);
    return ok ? 0 : -1;
}

#endif
