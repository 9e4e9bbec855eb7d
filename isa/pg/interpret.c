/* interpret.c - one instruction over the contract: the bodies of the machine, compiled over machine_get(), machine_set() and a caller's
 * memory. Virtual addresses of that memory are cells, seen through the R of the machine; each access is one cell, and `size` is 8.
 * Nothing stands between an instruction and the machine's registers here: what a privileged one does in supervisor mode, it does. */
#include "isa/pg/cpu.h"

/* What a body has here for `struct step` there: the machine is any that keeps the contract, and cells come from the
 * caller. */
struct over {
    struct machine *machine;
    const struct interpret_memory *memory;
    struct pg_insn i;
    struct trap trap;
};

static bool over_load(struct over *o, uint64_t a, uint64_t *v) { return o->memory->load(o->memory->ctx, a, PG_CELL, v, &o->trap); }
static const struct pg_word *over_word(const struct over *o) { return pg_word_of(o->machine->config); }
static bool over_store(struct over *o, uint64_t a, uint64_t v)
{
    return o->memory->store(o->memory->ctx, a, PG_CELL, pg_cell(over_word(o), v), &o->trap);
}

static void over_set_r(struct over *o, uint64_t l, uint64_t b)
{
    machine_set(o->machine, PG_L, l);
    machine_set(o->machine, PG_B, b);
}

/* The configuration is the machine's: a machine that stands on another one is of the same variant, whatever carries
 * it. */
static bool over_is(const struct over *o, enum pg_variant variant)
{
    const struct pg_config *config = o->machine->config;
    return config->variant == variant;
}

/* What the words of bodies.def come to here and in cpu.c:
 *
 *   LOAD, STORE _OR_LEAVE   the caller's memory              the RAM, seen through R
 *   PROBE_OR_LEAVE          a load                           the check of a store, which the store then trusts
 *   MODE, L, BOUND          machine_get()                    members of struct pg; the use is noted
 *   RETURN_NEXT, _JUMP      machine_set() of the PC          its member p
 *   CONSOLE                 in both a store to the machine's own bus, at PG_CONSOLE
 */
#define BODY(name) static enum pg_done over_##name(struct over *o)
#define A (o->i.a)
#define B (o->i.b)
#define LOAD_OR_LEAVE(v, a)                                                                                                           \
    uint64_t v;                                                                                                                       \
    if (!over_load(o, a, &v))                                                                                                         \
    return PG_TRAP
#define STORE_OR_LEAVE(a, v)                                                                                                          \
    do {                                                                                                                              \
        if (!over_store(o, a, v))                                                                                                     \
            return PG_TRAP;                                                                                                           \
    } while (0)
/* What can be read can be written.
 * R makes no difference between them, so that a load tells all that a store could be refused for. */
#define PROBE_OR_LEAVE(a)                                                                                                             \
    do {                                                                                                                              \
        uint64_t there_;                                                                                                              \
        if (!over_load(o, a, &there_))                                                                                                \
            return PG_TRAP;                                                                                                           \
    } while (0)
#define MODE machine_get(o->machine, MACHINE_MODE)
#define L machine_get(o->machine, PG_L)
#define BOUND machine_get(o->machine, PG_B)
#define SET_MODE(v) machine_set(o->machine, MACHINE_MODE, v)
#define SET_R(l, b) over_set_r(o, l, b)
#define SET_BOUND(b) machine_set(o->machine, PG_B, b)
#define RETURN_JUMP(to)                                                                                                               \
    do {                                                                                                                              \
        machine_set(o->machine, MACHINE_PC, to);                                                                                      \
        return PG_NEXT;                                                                                                               \
    } while (0)
#define RETURN_NEXT RETURN_JUMP(machine_get(o->machine, MACHINE_PC) + 1)
#define RETURN_STOP                                                                                                                   \
    do {                                                                                                                              \
        machine_set(o->machine, MACHINE_PC, machine_get(o->machine, MACHINE_PC) + 1);                                                 \
        return PG_STOP;                                                                                                               \
    } while (0)
#define RETURN_RAISED(cause)                                                                                                          \
    do {                                                                                                                              \
        o->trap = pg_trap_make(cause, o->i.bits, o->i.row, o->i.bits);                                                                \
        return PG_TRAP;                                                                                                               \
    } while (0)
#define RETURN_REQUEST RETURN_RAISED(PG_TRAP_SVC)
#define PRIVILEGED_OR_LEAVE                                                                                                           \
    do {                                                                                                                              \
        if (MODE != PG_S)                                                                                                             \
            RETURN_RAISED(PG_TRAP_PRIVILEGED);                                                                                        \
    } while (0)
#define CONSOLE(v) (void)!phys_store(o->machine->phys, PG_CONSOLE, 1, (v)&0xff)
#define IS(id) over_is(o, PG_##id)
#define PSW(w) pg_psw_unpack_in(over_word(o), w)
#define NEGATIVE(v) bit_get(v, over_word(o)->bits - 1u)

#include "isa/pg/bodies.def"

static enum pg_done (*const body[PG_INSN_COUNT])(struct over *) = {
#define INSN(name, ext, encoding, format, traps, sensitive, manual) [PG_INSN_##name] = over_##name,
#include "isa/pg/insn.def"
#undef INSN
};

/* TRAP_NONE: done, P moved. Row, length and bits are told in each case, for whoever counts or shows instructions. */
struct trap pg_interpret(struct machine *machine, insn_t insn, const struct interpret_memory *memory)
{
    const uint64_t bits = (uint64_t)insn;
    struct over o = {.machine = machine, .memory = memory};
    const struct pg_word *w = over_word(&o);
    enum pg_done done;

    o.i =
        (struct pg_insn){.a = pg_operand_a_in(w, bits), .b = pg_operand_b_in(w, bits), .bits = bits, .row = pg_decode_row_in(w, bits)};
    if (o.i.row == INSN_NONE)
        return pg_trap_make(PG_TRAP_UNDEFINED, bits, INSN_NONE, bits);
    done = body[o.i.row](&o);
    if (done != PG_TRAP)
        o.trap = (struct trap){.kind = done == PG_STOP ? TRAP_WAIT : TRAP_NONE};
    o.trap.row = (uint16_t)o.i.row;
    o.trap.length = PG_CELL;
    o.trap.bits = bits;
    return o.trap;
}
