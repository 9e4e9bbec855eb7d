/* random_block.c - a block of a random guest (random_guest.h): straight on, with branches forward, loops that are counted, and an ecall at the
 * end. */
#include "tests/core/random_block.h"

#include "isa/insn.h"

enum { STEPS_LEAST = 6, STEPS_MORE = 40 };

static unsigned any_free(struct draw *d)
{
    static const uint8_t registers[] = {A0, A1, A2, A3, A4, A5, A6, A7, T0, T1, T2, T3, T4, T5, T6};
    return registers[draw_below(d, sizeof registers)];
}

static unsigned any_source(struct draw *d) { return draw_once_in(d, 8) ? ZERO : any_free(d); }
static unsigned any_data(struct draw *d) { return draw_once_in(d, 2) ? REG_FIRST : REG_SECOND; }

/* A row that computes: no memory, no jump, no control register. */
static bool computes(const struct insn_desc *row)
{
    const char *ext = row->ext;
    if (row->length != 4 || row->traps != TRAPS_NEVER || strlen(ext) != 1 || !strchr("IMFD", *ext))
        return false;
    const uint64_t opcode = row->match & 0x7f;
    return opcode == 0x13 || opcode == 0x33 || opcode == 0x1b || opcode == 0x3b || opcode == 0x37 || opcode == 0x17 ||
           opcode == 0x53 || (opcode & 0x73) == 0x43;
}

static void emit_compute(struct program *p, struct draw *d)
{
    for (unsigned tries = 0; tries < 50; tries++) {
        const struct insn_desc *row = &isa_riscv.rows[draw_below(d, isa_riscv.row_count)];
        if (!computes(row))
            continue;
        uint32_t word = (uint32_t)(row->match | (draw_word(d) & ~row->mask));
        const bool wide = (word & 0x7f) == 0x37 || (word & 0x7f) == 0x17;
        if (!(row->mask & 0xf80)) /* rd; sources are any register but for those that are addresses */
            word = (word & ~UINT32_C(0xf80)) | any_free(d) << 7;
        if (!wide && !(row->mask & 0xf8000))
            word = (word & ~UINT32_C(0xf8000)) | any_source(d) << 15;
        emit(p, word);
        return;
    }
    emit(p, 0x13);
}

/* At most 2048 off: data lie in pages among pages of data. */
static void emit_memory(struct program *p, struct draw *d)
{
    static const uint8_t loads[] = {0, 1, 2, 3, 4, 5, 6};
    const unsigned width = loads[draw_below(d, sizeof loads)];
    const int unaligned = draw_once_in(d, 16) ? (int)draw_below(d, 8) : 0, offset = ((int)draw_below(d, 500) - 250) * 8 + unaligned;
    switch (draw_below(d, 6)) {
    case 0:
    case 1: emit(p, i_type(0x03, width, any_free(d), any_data(d), offset)); break;
    case 2:
    case 3: emit(p, s_type(width & 3, any_data(d), any_source(d), offset)); break;
    case 4: emit(p, i_type(0x07, 2 + (width & 1), any_free(d), any_data(d), offset)); break;
    default: emit(p, s_type(2 + (width & 1), any_data(d), any_free(d), offset) | 0x04); break; /* FSW, FSD */
    }
}

static void emit_atomic(struct program *p, struct draw *d)
{
    static const uint8_t functions[] = {0x02, 0x03, 0x01, 0x00, 0x04, 0x0c, 0x08, 0x10, 0x14, 0x18, 0x1c};
    const unsigned function = functions[draw_below(d, sizeof functions)];
    emit(p, (uint32_t)function << 27 | (function == 2 ? 0 : any_source(d)) << 20 | any_data(d) << 15 |
                (2 + (unsigned)draw_below(d, 2)) << 12 | any_free(d) << 7 | 0x2f);
}

/* Not the two that lead back, nor delegation, which may lead in circles. What cannot be written is mostly read. */
static void emit_csr(struct program *p, struct draw *d)
{
    static const uint16_t csrs[] = {0x001, 0x002, 0x003, 0xc00, 0xc01, 0xc02, 0xc00, 0xc01, 0xc02, 0xc05, 0x100, 0x104, 0x106, 0x10a,
                                    0x140, 0x141, 0x142, 0x143, 0x144, 0x14d, 0x14d, 0x300, 0x301, 0x304, 0x306, 0x30a, 0x320, 0x320,
                                    0x341, 0x342, 0x343, 0x344, 0xb00, 0xb02, 0xb05, 0x323, 0xf11, 0xf14, 0x7a0, 0x7a4, 0x3b2, 0x105};
    const uint16_t csr = draw_once_in(d, 64) ? (uint16_t)draw_below(d, 4096) : csrs[draw_below(d, sizeof csrs / sizeof *csrs)];
    const unsigned form = 1 + (unsigned)draw_below(d, 6), from = form > 3 ? (unsigned)draw_below(d, 32) : any_source(d);
    const bool kept = csr == 0x305 || csr == 0x340 || csr == 0x302 || csr == 0x303 || csr == 0x180 || csr >> 4 == 0x3a;
    const bool read = kept || (csr >> 10 == 3 && !draw_once_in(d, 8));
    emit(p, i_type(0x73, read ? 2 : form + (form > 3), any_free(d), read ? ZERO : from, csr));
}

/* Bits of mstatus that decide whose rights count: MPRV, MPP, SUM, MXR. */
static void emit_rights(struct program *p, struct draw *d)
{
    static const uint8_t bits[] = {MSTATUS_MPRV, MSTATUS_MPRV, MSTATUS_MPP, MSTATUS_MPP, MSTATUS_SUM, MSTATUS_MXR};
    addi(p, T0, ZERO, 1);
    slli(p, T0, T0, bits[draw_below(d, sizeof bits)]);
    emit(p, i_type(0x73, 2 + (unsigned)draw_below(d, 2), any_free(d), T0, draw_once_in(d, 3) ? CSR_sstatus : CSR_mstatus));
}

/* CBO.INVAL, CLEAN, FLUSH, ZERO. */
static void emit_cache(struct program *p, struct draw *d)
{
    static const uint8_t operations[] = {0, 1, 2, 4};
    emit(p, i_type(0x0f, 2, ZERO, any_data(d), operations[draw_below(d, sizeof operations)]));
}

/* The page is read, written, or called: pages begin with a return. */
static void emit_use(struct program *p, struct draw *d)
{
    switch (draw_below(d, 3)) {
    case 0: emit(p, i_type(0x03, 3, any_free(d), REG_VA, 0)); break;
    case 1: emit(p, s_type(3, REG_VA, any_source(d), 8 * (1 + (int)draw_below(d, 8)))); break;
    default: emit(p, i_type(0x67, 0, RA, REG_VA, 0)); break;
    }
}

/* A leaf changes, and is fenced as narrowly as may be: by its address, its address space, or both. The block uses one window alone. */
static void emit_leaf(struct program *p, struct draw *d)
{
    static const uint8_t bits[] = {1, 2, 3, 4, 6, 7}; /* but not G: fences of an address space leave what is global */
    emit_use(p, d);                                   /* it is known before */
    if (draw_once_in(d, 4)) {                         /* other rights: its own, turned */
        ld(p, T0, REG_LEAF, 0);
        emit(p, i_type(0x13, 4, T0, T0, 1 << bits[draw_below(d, sizeof bits)])); /* xori */
        sd(p, T0, REG_LEAF, 0);
    } else {
        sd(p, draw_once_in(d, 8) ? ZERO : REG_PTE, REG_LEAF, 0);
    }
    sfence_vma(p, draw_once_in(d, 2) ? REG_VA : ZERO, draw_once_in(d, 2) ? REG_ASID : ZERO);
    emit_use(p, d);
    emit_use(p, d);
}

static void emit_space(struct program *p, struct draw *d)
{
    if (draw_once_in(d, 4)) {
        csrrw(p, ZERO, CSR_satp, ZERO);
    } else {
        csrrw(p, any_free(d), CSR_satp, REG_SATP);
        slli(p, REG_ASID, REG_SATP, 4); /* fences from now on are of the new one */
        emit(p, i_type(0x13, 5, REG_ASID, REG_ASID, 48));
    }
    sfence_vma(p, ZERO, ZERO);
}

/* An instruction of a block becomes another one, and is perhaps executed soon. */
static void emit_rewrite(struct program *p, struct draw *d)
{
    struct program one = {0};
    emit_compute(&one, d);
    const uint32_t word = one.word[0];
    emit(p, ((word + 0x800) & 0xfffff000) | T0 << 7 | 0x37); /* lui, addi: the word */
    emit(p, i_type(0x13, 0, T0, T0, (int)(word << 20) >> 20));
    sw(p, T0, REG_CODE, 0);
    fence_i(p);
}

static void emit_return(struct program *p, struct draw *d)
{
    const bool machine = draw_once_in(d, 2);
    csrrw(p, any_free(d), machine ? CSR_mepc : CSR_sepc, REG_BLOCK);
    emit(p, machine ? 0x30200073 : 0x10200073);
}

/* Reserved, or custom: no instruction. */
static void emit_unknown(struct program *p, struct draw *d)
{
    static const uint8_t opcodes[] = {0x0b, 0x2b, 0x5b, 0x7b, 0x6b, 0x77, 0x1f, 0x3f};
    emit(p, (uint32_t)(draw_word(d) & ~UINT64_C(0x7f)) | opcodes[draw_below(d, sizeof opcodes)]);
}

static void emit_system(struct program *p, struct draw *d)
{
    switch (draw_below(d, 12)) {
    case 8:
    case 9: emit_rights(p, d); break;
    case 10:
    case 11: emit_cache(p, d); break;
    case 0: wfi(p); break;
    case 1: fence_i(p); break;
    case 2: emit_return(p, d); break;
    case 3: emit_space(p, d); break;
    case 4: emit_rewrite(p, d); break;
    case 5: sfence_vma(p, any_source(d), any_source(d)); break;
    case 6: emit(p, i_type(0x67, 0, draw_once_in(d, 2) ? RA : ZERO, REG_BLOCK, 0)); break; /* to another block */
    default: draw_once_in(d, 4) ? emit_unknown(p, d) : ecall(p); break;
    }
}

static void emit_step(struct guest_block *b, struct draw *d)
{
    struct program *p = &b->code;
    switch (draw_below(d, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        b->soft[b->softs++] = (uint8_t)p->count;
        emit_compute(p, d);
        break;
    case 4:
    case 5:
    case 6: emit_memory(p, d); break;
    case 7: emit_atomic(p, d); break;
    case 8:
    case 9:
    case 10: emit_csr(p, d); break;
    case 11:
    case 12: emit_leaf(p, d); break;
    case 13: emit(p, UINT32_C(0x00010001) | (uint32_t)draw_below(d, 32) << 2 | (uint32_t)any_free(d) << 7); break; /* C.ADDI, C.NOP */
    default: emit_system(p, d); break;
    }
}

/* A loop's end: as long as the count lasts. */
static void emit_loop(struct program *p, unsigned to)
{
    addi(p, REG_COUNT, REG_COUNT, -1);
    blt(p, ZERO, REG_COUNT, to);
}

void random_block_draw(struct guest_block *b, struct draw *d)
{
    struct program *p = &b->code;
    const unsigned steps = STEPS_LEAST + (unsigned)draw_below(d, STEPS_MORE);
    unsigned start = 0, pending = UINT32_MAX; /* a branch forward, that lands at a later step */
    *b = (struct guest_block){0};
    for (unsigned i = 0; i < steps && p->count < GUEST_BLOCK_WORDS - 16; i++) {
        if (pending != UINT32_MAX && draw_once_in(d, 2)) {
            p->word[pending] = b_type(draw_once_in(d, 2) ? 1 : 6, any_source(d), any_source(d), ((int)p->count - (int)pending) * 4);
            pending = UINT32_MAX;
        }
        if (pending == UINT32_MAX && draw_once_in(d, 8))
            pending = leap(p);
        else
            emit_step(b, d);
        if (draw_once_in(d, 12)) {
            emit_loop(p, start);
            start = p->count;
        }
    }
    if (pending != UINT32_MAX)
        p->word[pending] = 0x13;
    ecall(p);
    if (b->softs == 0) { /* behind the end */
        b->soft[b->softs++] = (uint8_t)p->count;
        emit(p, 0x13);
    }
}
