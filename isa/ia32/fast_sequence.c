/* fast_sequence.c - several instructions that often stand behind each other, in one body: the way from one to the next is saved, values that
 * the next one takes stay in the host's registers, and flags that it overwrites are not put down.
 *
 * The body of the first does them all. Where one of them leaves, `i` stands at its record, all before it is done, and this one goes on there
 * by itself; records of the others stay, for whoever jumps to them.
 */
#define FAST_LEAVING put_off(c, &f, pending)
#include "isa/ia32/fast_sequence.h"

#include "isa/ia32/fast_bodies.h"
#include "isa/ia32/fast_compare.h"

/* Flags are put down when somebody could look: where a part leaves, and at the end. */
IA_INLINE void put_off(struct ia_cpu *c, const struct ia_flags *f, bool pending)
{
    if (!pending)
        return;
    c->flags.w = f->w;
    c->flags.x = f->x;
}

/* --- What parts do, or leave to any body, with R and B for the registers of the record. `pending` is a constant at each place. */

#define GIVES(value)                                                                                                                  \
    const uint32_t given = (value);                                                                                                   \
    v2 = v1;                                                                                                                          \
    v1 = c->r[i->reg] = given
#define AT(B) ((B) + (uint32_t)i->imm)
#define AT_INDEX(B) ((B) + c->r[i->index] * i->extra + (uint32_t)i->imm)
#define LOADED_OR_ANY(size, va, value)                                                                                                \
    LOAD_OR_ANY(size, va, v);                                                                                                         \
    GIVES(value)
#define STORED_OR_ANY(size, va, value)                                                                                                \
    REACH_OR_ANY(size, va, to);                                                                                                       \
    ia_host_put(to, size, value)
#define WITH_FLAGS(what, R, b)                                                                                                        \
    GIVES(ia_alu(&f, what, 4, R, b));                                                                                                 \
    pending = true
#define SHIFTED(what, R)                                                                                                              \
    GIVES(ia_shifted(&f, what, 4, R, i->extra));                                                                                      \
    pending = true
#define COUNTED(R, down)                                                                                                              \
    if (!pending)                                                                                                                     \
        f = c->flags;                                                                                                                 \
    GIVES(ia_count(&f, 4, R, down));                                                                                                  \
    pending = true

#define GET_OR_ANY(R, B) LOADED_OR_ANY(4, AT(B), v);
#define GET_2_OR_ANY(R, B) LOADED_OR_ANY(2, AT(B), ((R)&0xffff0000) | v);
#define GETZ_2_OR_ANY(R, B) LOADED_OR_ANY(2, AT(B), v);
#define GETZ_2X_OR_ANY(R, B) LOADED_OR_ANY(2, AT_INDEX(B), v);
#define GETZ_1X_OR_ANY(R, B) LOADED_OR_ANY(1, AT_INDEX(B), v);
#define GET_1X_OR_ANY(R, B)                                                                                                           \
    LOAD_OR_ANY(1, AT_INDEX(B), v);                                                                                                   \
    ia_fast_reg_set(c, 1, i->reg, v);
#define PUT_OR_ANY(R, B) STORED_OR_ANY(4, AT(B), R);
#define PUT_2_OR_ANY(R, B) STORED_OR_ANY(2, AT(B), R);
#define PUT_2X_OR_ANY(R, B) STORED_OR_ANY(2, AT_INDEX(B), R);
#define PUT_1X_OR_ANY(R, B) STORED_OR_ANY(1, AT_INDEX(B), ia_fast_reg(c, 1, i->reg));
#define MOVE_OR_ANY(R, B) GIVES(B);
#define CONST_OR_ANY(R, B) GIVES((uint32_t)i->imm);
#define ZX_1_OR_ANY(R, B) GIVES(ia_fast_reg(c, 1, i->base));
#define LEA_OR_ANY(R, B) GIVES(AT(B));
#define LEA_X_OR_ANY(R, B) GIVES(AT_INDEX(B));
#define ADD_OR_ANY(R, B) WITH_FLAGS(ALU_ADD, R, B);
#define SUB_OR_ANY(R, B) WITH_FLAGS(ALU_SUB, R, B);
#define AND_OR_ANY(R, B) WITH_FLAGS(ALU_AND, R, B);
#define AND_I_OR_ANY(R, B) WITH_FLAGS(ALU_AND, R, (uint32_t)i->imm);
#define AND_B_OR_ANY(R, B)                                                                                                            \
    LOAD_OR_ANY(4, AT(B), v);                                                                                                         \
    WITH_FLAGS(ALU_AND, R, v);
#define XOR_X_OR_ANY(R, B)                                                                                                            \
    LOAD_OR_ANY(4, AT_INDEX(B), v);                                                                                                   \
    WITH_FLAGS(ALU_XOR, R, v);
#define XOR_1_OR_ANY(R, B)                                                                                                            \
    LOAD_OR_ANY(1, AT(B), v);                                                                                                         \
    ia_fast_reg_set(c, 1, i->reg, ia_alu(&f, ALU_XOR, 1, ia_fast_reg(c, 1, i->reg), v));                                              \
    pending = true;
#define CMP_1_OR_ANY(R, B)                                                                                                            \
    (void)ia_alu(&f, ALU_CMP, 1, ia_fast_reg(c, 1, i->reg), (uint32_t)i->imm & 0xff);                                                 \
    pending = true;
#define SHL_OR_ANY(R, B) SHIFTED(SHIFT_SHL, R);
#define SHR_OR_ANY(R, B) SHIFTED(SHIFT_SHR, R);
#define SAR_OR_ANY(R, B) SHIFTED(SHIFT_SAR, R);
#define SHR_2_OR_ANY(R, B)                                                                                                            \
    GIVES(((R)&0xffff0000) | ia_shifted(&f, SHIFT_SHR, 2, (R)&0xffff, i->extra));                                                     \
    pending = true;
#define IMUL_OR_ANY(R, B) GIVES((R) * (B)); /* without flags */
#define NOT_OR_ANY(R, B) GIVES(~(R));
#define INC_OR_ANY(R, B) COUNTED(R, false);
#define DEC_OR_ANY(R, B) COUNTED(R, true);
#define PUSH_OR_ANY(R, B)                                                                                                             \
    const uint32_t pushed = c->r[i->reg], esp = c->r[IA_ESP] - 4;                                                                     \
    STORED_OR_ANY(4, esp, pushed);                                                                                                    \
    c->r[IA_ESP] = esp;
#define POP_OR_ANY(R, B)                                                                                                              \
    LOAD_OR_ANY(4, c->r[IA_ESP], v);                                                                                                  \
    c->r[IA_ESP] += 4;                                                                                                                \
    c->r[i->reg] = v;

/* With the jump in the next record. */
#define RETURN_COMPARED(cc, a_, b_)                                                                                                   \
    const uint32_t a = a_, b = b_;                                                                                                    \
    (void)ia_fast_alu(c, true, ALU_CMP, 4, a, b);                                                                                     \
    RETURN_JUMP_IF(ia_fast_compared(4, cc, a, b));
#define CMP_2_OR_ANY(R, B) RETURN_COMPARED(2, R, B)
#define CMP_3_OR_ANY(R, B) RETURN_COMPARED(3, R, B)
#define CMP_5_OR_ANY(R, B) RETURN_COMPARED(5, R, B)
#define CMPI_6_OR_ANY(R, B) RETURN_COMPARED(6, R, (uint32_t)i->imm)
#define CMPI_7_OR_ANY(R, B) RETURN_COMPARED(7, R, (uint32_t)i->imm)
#define CMPB_5_OR_ANY(R, B)                                                                                                           \
    LOAD_OR_ANY(4, AT(B), v);                                                                                                         \
    RETURN_COMPARED(5, R, v)
/* The jump alone, behind a part that made the flags. */
#define RETURN_JUMP_WHEN(condition)                                                                                                   \
    put_off(c, &f, pending);                                                                                                          \
    if (condition)                                                                                                                    \
        RETURN_JUMP(i);                                                                                                               \
    RETURN_NEXT;
#define JE_OR_ANY(R, B) RETURN_JUMP_WHEN(ia_zf(&f))
#define JNE_OR_ANY(R, B) RETURN_JUMP_WHEN(!ia_zf(&f))

/* --- The bodies */

#define REG_O c->r[i->reg]
#define REG_1 v1
#define REG_2 v2
#define BASE_O c->r[i->base]
#define BASE_1 v1
#define BASE_2 v2
#define P(what, reg, base) {what##_OR_ANY(REG_##reg, BASE_##base)} i++;
#define SEQUENCE(name, parts)                                                                                                         \
    static FAST(sequence_##name)                                                                                                      \
    {                                                                                                                                 \
        struct ia_flags f = c->flags;                                                                                                 \
        bool pending = false;                                                                                                         \
        uint32_t v1 = 0, v2 = 0;                                                                                                      \
        parts(void) v1;                                                                                                               \
        (void)v2;                                                                                                                     \
        put_off(c, &f, pending);                                                                                                      \
        RETURN_GO_ON(i);                                                                                                              \
    }
#include "isa/ia32/fast_sequence.def"
#undef P
#undef SEQUENCE

/* --- Which of them begins at a record */

#define PARTS(DO)                                                                                                                     \
    DO(GET, ia_fast_mov_body(4, FAST_RB))                                                                                             \
    DO(GET_2, ia_fast_mov_body(2, FAST_RB))                                                                                           \
    DO(GETZ_2, ia_fast_extend_body(2, false, FAST_RB))                                                                                \
    DO(GETZ_2X, ia_fast_extend_body(2, false, FAST_RX))                                                                               \
    DO(GETZ_1X, ia_fast_extend_body(1, false, FAST_RX))                                                                               \
    DO(GET_1X, ia_fast_mov_body(1, FAST_RX))                                                                                          \
    DO(PUT, ia_fast_mov_body(4, FAST_BR))                                                                                             \
    DO(PUT_2, ia_fast_mov_body(2, FAST_BR))                                                                                           \
    DO(PUT_2X, ia_fast_mov_body(2, FAST_XR))                                                                                          \
    DO(PUT_1X, ia_fast_mov_body(1, FAST_XR))                                                                                          \
    DO(MOVE, ia_fast_mov_body(4, FAST_RR))                                                                                            \
    DO(CONST, ia_fast_mov_body(4, FAST_RI))                                                                                           \
    DO(ZX_1, ia_fast_extend_body(1, false, FAST_RR))                                                                                  \
    DO(LEA, ia_fast_lea_body(FAST_RB))                                                                                                \
    DO(LEA_X, ia_fast_lea_body(FAST_RX))                                                                                              \
    DO(ADD, ia_fast_alu_body(ALU_ADD, 4, FAST_RR, false))                                                                             \
    DO(SUB, ia_fast_alu_body(ALU_SUB, 4, FAST_RR, false))                                                                             \
    DO(AND, ia_fast_alu_body(ALU_AND, 4, FAST_RR, false))                                                                             \
    DO(AND_I, ia_fast_alu_body(ALU_AND, 4, FAST_RI, false))                                                                           \
    DO(AND_B, ia_fast_alu_body(ALU_AND, 4, FAST_RB, false))                                                                           \
    DO(XOR_X, ia_fast_alu_body(ALU_XOR, 4, FAST_RX, false))                                                                           \
    DO(XOR_1, ia_fast_alu_body(ALU_XOR, 1, FAST_RB, false))                                                                           \
    DO(CMP_1, ia_fast_alu_body(ALU_CMP, 1, FAST_RI, false))                                                                           \
    DO(SHL, ia_fast_shift_body(SHIFT_SHL, 4, FAST_RI, false))                                                                         \
    DO(SHR, ia_fast_shift_body(SHIFT_SHR, 4, FAST_RI, false))                                                                         \
    DO(SAR, ia_fast_shift_body(SHIFT_SAR, 4, FAST_RI, false))                                                                         \
    DO(SHR_2, ia_fast_shift_body(SHIFT_SHR, 2, FAST_RI, false))                                                                       \
    DO(IMUL, ia_fast_imul_body(FAST_RR, true))                                                                                        \
    DO(NOT, ia_fast_one_body(FAST_NOT, FAST_RR, false))                                                                               \
    DO(INC, ia_fast_one_body(FAST_INC, FAST_RR, false))                                                                               \
    DO(DEC, ia_fast_one_body(FAST_DEC, FAST_RR, false))                                                                               \
    DO(PUSH, ia_fast_push_r)                                                                                                          \
    DO(POP, ia_fast_pop_r)                                                                                                            \
    DO(CMP_2, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RR, 2))                                                                             \
    DO(CMP_3, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RR, 3))                                                                             \
    DO(CMP_5, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RR, 5))                                                                             \
    DO(CMPI_6, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RI, 6))                                                                            \
    DO(CMPI_7, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RI, 7))                                                                            \
    DO(CMPB_5, ia_fast_jcc_behind(ALU_CMP, 4, FAST_RB, 5))                                                                            \
    DO(JE, ia_fast_jcc_body(4))                                                                                                       \
    DO(JNE, ia_fast_jcc_body(5))
enum part {
    PART_NONE,
#define PART(name, body) PART_##name,
    PARTS(PART) PARTS_COUNT
};
enum { LINK_O, LINK_1, LINK_2, LONGEST = 8, NO_REGISTER = 0xff };

struct sequence {
    ia_fast_body *body;
    struct {
        uint8_t part, reg, base;
    } p[LONGEST];
};
#define P(what, reg, base) {PART_##what, LINK_##reg, LINK_##base},
#define SEQUENCE(name, parts) {ia_fast_sequence_##name, {parts}},
static const struct sequence sequences[] = {
#include "isa/ia32/fast_sequence.def"
};

/* Registers that the last two parts gave, as bodies have them in v1 and v2. */
struct given {
    uint8_t last, before;
};

static void given_by(struct given *g, enum part part, uint8_t reg)
{
    switch (part) {
    case PART_PUT:
    case PART_PUT_2:
    case PART_PUT_2X:
    case PART_PUT_1X:
    case PART_CMP_1: return;
    case PART_GET_1X: /* it writes a part of a register */
    case PART_XOR_1:
    case PART_PUSH: /* ESP, too */
    case PART_POP: *g = (struct given){NO_REGISTER, NO_REGISTER}; return;
    default: *g = (struct given){reg, g->last == reg ? NO_REGISTER : g->last};
    }
}

static bool is_given(const struct given *g, unsigned link, uint8_t reg)
{
    return link == LINK_O || (link == LINK_1 ? g->last : g->before) == reg;
}

/* How many records the sequence does; 0: it is another. */
static unsigned fits(const struct sequence *s, const struct ia_fast *f, const uint8_t *part, unsigned count)
{
    struct given g = {NO_REGISTER, NO_REGISTER};
    unsigned n = 0;
    for (; n < LONGEST && s->p[n].part != PART_NONE; n++) {
        if (n == count || part[n] != s->p[n].part || !is_given(&g, s->p[n].reg, f[n].reg) || !is_given(&g, s->p[n].base, f[n].base))
            return 0;
        given_by(&g, part[n], f[n].reg);
    }
    return n;
}

/* Whether its flags are dead is of no account, since parts put off theirs. */
static enum part part_of(ia_fast_body *const alone[PARTS_COUNT], const struct ia_fast *f, const struct ia_fast_chosen *k)
{
    ia_fast_body *const other = f->body == k->dead ? k->live : f->body; /* IMUL's part is the dead one */
    for (unsigned n = 1; n < PARTS_COUNT; n++)
        if (f->body == alone[n] || other == alone[n])
            return n;
    return PART_NONE;
}

static ia_fast_body *longest(const struct ia_fast *f, const uint8_t *part, unsigned count)
{
    ia_fast_body *body = f->body;
    unsigned most = 0;
    for (unsigned k = 0; k < sizeof sequences / sizeof *sequences; k++) {
        const unsigned done = sequences[k].p[0].part == part[0] ? fits(&sequences[k], f, part, count) : 0;
        if (done > most) {
            most = done;
            body = sequences[k].body;
        }
    }
    return body;
}

void ia_fast_sequences(struct ia_fast *f, const struct ia_fast_chosen *chosen, unsigned count)
{
#define ALONE(name, body) body,
    ia_fast_body *const alone[PARTS_COUNT] = {NULL, PARTS(ALONE)};
    uint8_t part[FAST_RUN];
    for (unsigned n = 0; n < count; n++)
        part[n] = (uint8_t)part_of(alone, &f[n], &chosen[n]);
    for (unsigned n = 0; n < count; n++)
        if (part[n] != PART_NONE)
            f[n].body = longest(&f[n], &part[n], count - n);
}
