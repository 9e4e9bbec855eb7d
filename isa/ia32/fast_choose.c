/* fast_choose.c - which fast body a decoded instruction has, and what of the instruction goes into its record. */
#include "isa/ia32/fast_choose.h"

#include "isa/ia32/decode.h"
#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"

/* What an instruction's operands are, as far as the choice goes; fast_row.def gives each row one of these. Which
 * fields of a record the forms (fast_bodies.h) use:
 *
 *   form      reg            base       index      extra              imm
 *   RR        destination    source
 *   RI        destination                                             immediate
 *   RB BR     the register   base                                     displacement
 *   RX XR     the register   base       index      1, 2, 4 or 8       displacement
 *   BI                       base                  immediate, a byte  displacement
 *   JI                       base                  displacement, a b. immediate
 *
 * An absent base or index is register 8, which is zero: so an address without a base needs no form of its own. */
enum kind {
    KIND_NONE,
    KIND_RM_R,
    KIND_R_RM,
    KIND_A_I,
    KIND_RM_I,
    KIND_ONE,
    KIND_ONE_R,
    KIND_SHIFT_I,
    KIND_SHIFT_1,
    KIND_SHIFT_CL,
    KIND_IMUL,
    KIND_IMUL_I,
    KIND_MUL,
    KIND_MOV_RM_R,
    KIND_MOV_R_RM,
    KIND_MOV_A_M,
    KIND_MOV_M_A,
    KIND_MOV_R_I,
    KIND_MOV_RM_I,
    KIND_EXTEND,
    KIND_LEA,
    KIND_XCHG,
    KIND_XCHG_A,
    KIND_CMOV,
    KIND_SETCC,
    KIND_FIXED,
    KIND_STRING,
    KIND_X87,
    KIND_JCC,
    KIND_RELATIVE,
    KIND_JMP_RM,
    KIND_CALL_RM,
    KIND_PUSH_RM,
};
struct row {
    uint8_t kind, what;
    ia_fast_body *fixed;
};

static const struct row rows[IA_INSN_COUNT] = {
#define FAST_ROW(row, kind, what, body) [IA_INSN_##row] = {KIND_##kind, what, body},
#include "isa/ia32/fast_row.def"
#undef FAST_ROW
};

/* --- Operands */

static bool is_short(uint32_t v) { return (uint32_t)(int8_t)v == v; }

/* A register of this size, as fast bodies number it.
 * Where the byte lies in c->r, as the host sees it: CL is at 4, CH at 5. So a byte is one access without a shift. */
static uint8_t number(unsigned size, unsigned n) { return (uint8_t)(size == 1 ? (n & 3) * 4 + (n >> 2) : n); }

/* The address of memory, of a segment that this context has flat. false: it has no fast form.
 * FS and GS are not part of what FLAT says: kernels have them for data of a thread. CS may be read, but not
 * written, and few do. An index alone, times one, is a base. Addresses of 16 bits go round elsewhere. */
static bool address(struct ia_fast *f, const ia_insn *s, bool *indexed)
{
    if (s->adsize != 4 || s->seg == IA_CS || s->seg >= IA_FS)
        return false;
    f->base = s->base;
    f->index = s->index;
    f->imm = s->disp;
    f->extra = (uint8_t)(1u << s->scale);
    *indexed = s->index != IA_NO_REGISTER;
    if (*indexed && s->base == IA_NO_REGISTER && s->scale == 0) {
        f->base = s->index;
        *indexed = false;
    }
    return true;
}

/* ModRM's operand and a register, one of them the destination. FAST_FORMS: there is no such form. */
static enum ia_fast_form with_register(struct ia_fast *f, const ia_insn *s, unsigned size, unsigned from, bool to_rm)
{
    bool indexed;
    f->reg = number(size, s->reg);
    if (!s->rm_is_memory) {
        f->base = number(from, to_rm ? s->reg : s->rm);
        f->reg = number(size, to_rm ? s->rm : s->reg);
        return FAST_RR;
    }
    if (!address(f, s, &indexed))
        return FAST_FORMS;
    return to_rm ? (indexed ? FAST_XR : FAST_BR) : (indexed ? FAST_RX : FAST_RB);
}

/* ModRM's operand and an immediate. Of memory, one of displacement and immediate has to be short.
 * A record has room for one number of 32 bits and one of 8. MOV [EBP+8], 1234567h has a short displacement, MOV
 * [12345678h], 1 a short immediate; what has neither is left to its own body. */
static enum ia_fast_form with_immediate(struct ia_fast *f, const ia_insn *s, unsigned size)
{
    const uint32_t imm = (uint32_t)sign_extend(s->imm, 8 * size);
    bool indexed;
    if (!s->rm_is_memory) {
        f->reg = number(size, s->rm);
        f->imm = (int32_t)s->imm;
        return FAST_RI;
    }
    if (!address(f, s, &indexed) || indexed || !(is_short(imm) || is_short((uint32_t)s->disp)))
        return FAST_FORMS;
    f->extra = (uint8_t)(is_short(imm) ? imm : (uint32_t)s->disp);
    f->imm = is_short(imm) ? s->disp : (int32_t)s->imm;
    return is_short(imm) ? FAST_BI : FAST_JI;
}

/* ModRM's operand alone. */
static enum ia_fast_form alone(struct ia_fast *f, const ia_insn *s, unsigned reg)
{
    bool indexed;
    f->reg = (uint8_t)reg;
    if (!s->rm_is_memory)
        return FAST_RR;
    return !address(f, s, &indexed) ? FAST_FORMS : indexed ? FAST_RX : FAST_RB;
}

/* --- Bodies */

/* Without a body the instruction's own one is called, which may fault, and then somebody looks at the flags. */
static void chosen_set(struct ia_fast_chosen *to, ia_fast_body *live, ia_fast_body *dead, enum ia_fast_effect effect)
{
    to->live = live;
    to->dead = dead;
    to->effect = live ? effect : FAST_LEAVES;
}

/* An access to memory may leave the run, be it by a page fault: what its handler finds as flags has to be right. */
static bool of_registers(enum ia_fast_form form) { return form <= FAST_RI; }

static void choose_alu(struct ia_fast_chosen *to, const ia_insn *s, enum ia_alu what, enum ia_fast_form form)
{
    const unsigned size = s->opsize;
    if (form == FAST_FORMS || size == 2)
        return;
    const bool reads = what == ALU_ADC || what == ALU_SBB;
    chosen_set(to, ia_fast_alu_body(what, size, form, false), ia_fast_alu_body(what, size, form, true),
               of_registers(form) && !reads ? FAST_WRITES : FAST_LEAVES);
    to->is_alu = true;
    to->alu = (uint8_t)what;
    to->size = (uint8_t)size;
    to->form = (uint8_t)form;
}

/* Shifts by a constant write all flags, rotates CF and OF alone, through the carry they read it. By CL the count
 * may be 0, and then all flags stay. */
static void choose_shift(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, enum ia_shift what, unsigned count,
                         bool by_cl)
{
    if (s->rm_is_memory || s->opsize == 1)
        return;
    f->reg = s->rm;
    f->extra = (uint8_t)(count & 31);
    const enum ia_fast_form form = by_cl ? FAST_RR : FAST_RI;
    if (!by_cl && f->extra == 0)
        chosen_set(to, ia_fast_nop, NULL, FAST_NOTHING);
    else
        chosen_set(to, ia_fast_shift_body(what, s->opsize, form, false), ia_fast_shift_body(what, s->opsize, form, true),
                   what >= SHIFT_SHL && !by_cl              ? FAST_WRITES
                   : what == SHIFT_RCL || what == SHIFT_RCR ? FAST_LEAVES
                                                            : FAST_CHANGES);
}

static void choose_one(struct ia_fast_chosen *to, const ia_insn *s, enum ia_fast_one what, enum ia_fast_form form)
{
    if (s->opsize != 4 || form == FAST_FORMS || form == FAST_RX)
        return;
    form = form == FAST_RB ? FAST_BI : form;
    chosen_set(to, ia_fast_one_body(what, form, false), ia_fast_one_body(what, form, true),
               form != FAST_RR    ? FAST_LEAVES
               : what == FAST_NOT ? FAST_NOTHING
               : what == FAST_NEG ? FAST_WRITES
                                  : FAST_CHANGES);
}

/* IMUL with an immediate and memory has four numbers, one more than a record has room for. */
static void choose_product(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, enum kind kind, unsigned what)
{
    if (s->opsize != 4)
        return;
    if (kind == KIND_MUL) {
        const enum ia_fast_form form = alone(f, s, s->rm);
        if (form != FAST_FORMS)
            chosen_set(to, ia_fast_mul_body(what, form), NULL, form == FAST_RR ? FAST_WRITES : FAST_LEAVES);
        return;
    }
    enum ia_fast_form form = with_register(f, s, 4, 4, false);
    if (form == FAST_FORMS || (kind == KIND_IMUL_I && form != FAST_RR))
        return;
    if (kind == KIND_IMUL_I) {
        form = FAST_RI;
        f->imm = (int32_t)s->imm;
    }
    chosen_set(to, ia_fast_imul_body(form, false), ia_fast_imul_body(form, true), of_registers(form) ? FAST_WRITES : FAST_LEAVES);
}

static void choose_mov(struct ia_fast_chosen *to, const ia_insn *s, enum ia_fast_form form)
{
    if (form != FAST_FORMS)
        chosen_set(to, ia_fast_mov_body(s->opsize, form), NULL, of_registers(form) ? FAST_NOTHING : FAST_LEAVES);
}

static void choose_move(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, enum kind kind, unsigned what)
{
    ia_insn moffs = *s;
    enum ia_fast_form form;
    switch (kind) {
    case KIND_MOV_RM_R: choose_mov(to, s, with_register(f, s, s->opsize, s->opsize, true)); return;
    case KIND_MOV_R_RM: choose_mov(to, s, with_register(f, s, s->opsize, s->opsize, false)); return;
    case KIND_MOV_A_M:
    case KIND_MOV_M_A: /* a form of ModRM that has no byte of it */
        moffs.rm_is_memory = true;
        moffs.reg = IA_EAX;
        choose_mov(to, s, with_register(f, &moffs, s->opsize, s->opsize, kind == KIND_MOV_M_A));
        return;
    case KIND_MOV_RM_I: choose_mov(to, s, with_immediate(f, s, s->opsize)); return;
    case KIND_MOV_R_I:
        f->reg = number(what, s->rm);
        f->imm = (int32_t)s->imm;
        if (s->opsize == what)
            choose_mov(to, s, FAST_RI);
        return;
    case KIND_EXTEND:
        form = with_register(f, s, 4, what & 3, false);
        if (s->opsize == 4 && form != FAST_FORMS)
            chosen_set(to, ia_fast_extend_body(what & 3, what & 4, form), NULL, form == FAST_RR ? FAST_NOTHING : FAST_LEAVES);
        return;
    default: break;
    }
    if (s->opsize != 4 && kind != KIND_SETCC)
        return;
    form = with_register(f, s, 4, 4, false);
    if (kind == KIND_XCHG && form == FAST_RR) {
        chosen_set(to, ia_fast_xchg, NULL, FAST_NOTHING);
    } else if (kind == KIND_XCHG_A) {
        f->reg = s->rm;
        f->base = IA_EAX;
        chosen_set(to, ia_fast_xchg, NULL, FAST_NOTHING);
    } else if (kind == KIND_LEA && s->adsize == 4) { /* of any segment */
        ia_insn flat = *s;
        flat.seg = IA_DS;
        chosen_set(to, ia_fast_lea_body(with_register(f, &flat, 4, 4, false)), NULL, FAST_NOTHING);
    } else if (kind == KIND_CMOV) {
        chosen_set(to, ia_fast_cmov_body(s->opcode & 15, form), NULL, FAST_LEAVES);
    } else if (kind == KIND_SETCC && !s->rm_is_memory) {
        f->reg = number(1, s->rm);
        chosen_set(to, ia_fast_setcc_body(s->opcode & 15), NULL, FAST_LEAVES);
    }
}

/* A jump or call to another page has its place from the beginning of this one, for distances are within a page. */
static void choose_away(struct ia_fast_chosen *to, struct ia_fast *f, const struct row *row, uint32_t place)
{
    if (row->kind != KIND_RELATIVE || place < PAGE_SIZE)
        return;
    to->live = row->fixed == ia_fast_call ? ia_fast_call_away : ia_fast_jmp_away;
    f->imm = (int32_t)place;
}

/* A relative jump has no distance yet: its record in this page is looked for when it is first taken (ia_fast_far).
 * `behind` and `imm` of a CALL by a register or memory are the place of the next instruction, from which the return
 * address is made. */
static void choose_transfer(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, const struct row *row, unsigned at)
{
    if (s->opsize != 4)
        return;
    const unsigned behind = at + s->length;
    if (row->kind == KIND_JCC || row->kind == KIND_RELATIVE) {
        f->imm = 0;
        f->behind = (uint16_t)behind;
        to->is_jcc = row->kind == KIND_JCC;
        chosen_set(to, row->kind == KIND_JCC ? ia_fast_jcc_body(s->opcode & 15) : row->fixed, NULL, FAST_LEAVES);
        choose_away(to, f, row, behind + s->imm);
        return;
    }
    const enum ia_fast_form form = alone(f, s, s->rm);
    if (row->kind == KIND_JMP_RM) {
        to->live = form == FAST_RR ? ia_fast_jmp_r : form == FAST_RB ? ia_fast_jmp_b : form == FAST_RX ? ia_fast_jmp_x : NULL;
    } else if (row->kind == KIND_PUSH_RM) {
        to->live = form == FAST_RR ? ia_fast_push_r : form == FAST_RB ? ia_fast_push_b : NULL;
    } else if (form == FAST_RR) {
        f->imm = (int32_t)behind;
        to->live = ia_fast_call_r;
    } else if (form == FAST_RB) {
        f->extra = s->length;
        to->live = ia_fast_call_b;
    }
}

/* Of bytes, and not repeated. */
static bool is_short_string(const ia_insn *s)
{
    return s->opsize == 1 && s->adsize == 4 && !s->rep && s->seg < IA_FS && s->seg != IA_CS;
}

/* A NOP is one at any operand size. */
static void choose_fixed(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, const struct row *row)
{
    if (row->kind == KIND_STRING ? !is_short_string(s) : s->opsize != 4 && row->fixed != ia_fast_nop)
        return;
    f->reg = s->rm;
    f->imm = (int32_t)s->imm;
    chosen_set(to, row->fixed, NULL, row->what);
}

/* Memory of FS and GS, by a register at the most. false: it is another. */
static bool choose_segment(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, const struct row *row)
{
    const bool moffs = row->kind == KIND_MOV_A_M || row->kind == KIND_MOV_M_A;
    ia_insn flat = *s;
    bool indexed;
    flat.seg = IA_DS;
    if (s->seg < IA_FS || s->opsize != 4 || !(s->rm_is_memory || moffs) || !address(f, &flat, &indexed) || indexed)
        return false;
    f->reg = moffs ? IA_EAX : s->reg;
    f->extra = s->seg;
    switch (row->kind) {
    case KIND_MOV_R_RM:
    case KIND_MOV_A_M: to->live = ia_fast_segment_load; break;
    case KIND_MOV_RM_R:
    case KIND_MOV_M_A: to->live = ia_fast_segment_store; break;
    case KIND_R_RM: to->live = row->what == ALU_ADD ? ia_fast_segment_add : row->what == ALU_SUB ? ia_fast_segment_sub : NULL; break;
    case KIND_ONE: to->live = row->what == FAST_INC ? ia_fast_segment_inc : row->what == FAST_DEC ? ia_fast_segment_dec : NULL; break;
    default: break;
    }
    return to->live;
}

/* An instruction for which nothing is chosen keeps ia_fast_any, so that a run is not interrupted by it: one that has a body of its own on a
 * 386 (i386.h) among them. */
void ia_fast_choose(struct ia_fast_chosen *to, struct ia_fast *f, const ia_insn *s, unsigned at)
{
    *to = (struct ia_fast_chosen){.effect = FAST_LEAVES};
    *f = (struct ia_fast){.body = ia_fast_any};
    if (s->row == INSN_NONE || s->body != ia_body_of(s->row, s->opsize))
        return;
    const struct row *row = &rows[s->row];
    const unsigned what = row->what, size = s->opsize;
    if (choose_segment(to, f, s, row)) {
        f->body = to->live;
        return;
    }
    switch (row->kind) {
    case KIND_NONE: return;
    case KIND_RM_R: choose_alu(to, s, what, with_register(f, s, size, size, true)); break;
    case KIND_R_RM: choose_alu(to, s, what, with_register(f, s, size, size, false)); break;
    case KIND_A_I:
        f->reg = IA_EAX;
        f->imm = (int32_t)s->imm;
        choose_alu(to, s, what, FAST_RI);
        break;
    case KIND_RM_I: choose_alu(to, s, what, with_immediate(f, s, size)); break;
    case KIND_ONE: choose_one(to, s, what, alone(f, s, s->rm)); break;
    case KIND_ONE_R:
        f->reg = s->rm;
        choose_one(to, s, what, FAST_RR);
        break;
    case KIND_SHIFT_I: choose_shift(to, f, s, what, s->imm, false); break;
    case KIND_SHIFT_1: choose_shift(to, f, s, what, 1, false); break;
    case KIND_SHIFT_CL: choose_shift(to, f, s, what, 0, true); break;
    case KIND_IMUL:
    case KIND_IMUL_I:
    case KIND_MUL: choose_product(to, f, s, row->kind, what); break;
    case KIND_X87: /* it looks at the instruction itself */
        if (alone(f, s, s->rm) != FAST_FORMS)
            chosen_set(to, row->fixed, NULL, FAST_LEAVES);
        break;
    case KIND_STRING:
    case KIND_FIXED: choose_fixed(to, f, s, row); break;
    case KIND_JCC:
    case KIND_RELATIVE:
    case KIND_JMP_RM:
    case KIND_CALL_RM:
    case KIND_PUSH_RM: choose_transfer(to, f, s, row, at); break;
    default: choose_move(to, f, s, row->kind, what); break;
    }
    if (to->live)
        f->body = to->live;
}
