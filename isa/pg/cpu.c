/* cpu.c - the bare machine: fetch, execute, and the operations of the contract.
 *
 * HALT is a wait that nothing ends: run() returns TRAP_WAIT with P past it, and going on is for whoever holds the machine to do, as
 * with the start key of a console of the time. There are no interrupts and no timer, and OUT needs no look at the board: no TRAP_YIELD.
 */
#include "isa/pg/cpu.h"

#include <errno.h>
#include <stdlib.h>

struct step {
    struct pg *c;
    struct pg_insn i;
    struct trap trap;  /* PG_TRAP: which */
    unsigned accesses; /* so far; the fetch is not one */
    uint64_t probed;   /* 1 + the address that a STORE_OR_LEAVE may go to, whatever watches it; 0: none */
};

/* --- E, seen through R */

static bool watched(struct step *s, unsigned kinds, bool physical, uint64_t a, uint64_t cell)
{
    const struct trigger_step e = {.kinds = kinds,
                                   .step = s->accesses,
                                   .physical = physical,
                                   .at = physical ? cell * PG_CELL : a,
                                   .size = physical ? PG_CELL : 1};

    if (LIKELY(!s->c->triggers.count) || !trigger_set_match(&s->c->triggers, &e, &s->c->resume, &s->trap))
        return false;
    s->trap.tval = a;
    if (kinds == TRIGGER_EXECUTE)
        return true;
    s->trap.row = (uint16_t)s->i.row;
    s->trap.length = PG_CELL;
    s->trap.bits = s->i.bits;
    return true;
}

/* By what it is. */
static bool named(struct step *s, uint64_t bits)
{
    const struct trigger_step e = {.kinds = TRIGGER_OPCODE, .bits = bits};

    if (LIKELY(!s->c->triggers.opcodes) || !trigger_set_match(&s->c->triggers, &e, &s->c->resume, &s->trap))
        return false;
    s->trap.tval = s->c->p;
    return true;
}

/* To do what `kinds` says with E[a].
 * A virtual trigger is before the check by R, a physical one behind it, as on the other machines (isa/trigger.h).
 * kinds 0 watches nothing. */
static bool cell_at(struct step *s, unsigned kinds, uint64_t a, uint64_t *cell)
{
    s->accesses += kinds != TRIGGER_EXECUTE;
    if (watched(s, kinds, false, a, 0))
        return false;
    if (LIKELY(bounds_translate(s->c->r, s->c->config.cells, a, cell) == BOUNDS_OK))
        return !watched(s, kinds, true, a, *cell);
    s->trap = pg_trap_make(PG_TRAP_MEMORY, a, s->i.row, s->i.bits);
    return false;
}

/* For an instruction that stores twice, or sets registers before it stores: the access is announced and checked
 * here, and the store that follows is neither reported a second time nor can it fail. */
static bool cell_probe(struct step *s, uint64_t a)
{
    uint64_t cell;
    s->probed = a + 1;
    return cell_at(s, TRIGGER_STORE, a, &cell);
}

static uint64_t touched_bit(uint64_t cell) { return cell < PG_TOUCHED ? UINT64_C(1) << cell : 0; }

static bool cell_get(struct step *s, unsigned kinds, uint64_t a, uint64_t *v)
{
    uint64_t cell;
    if (!cell_at(s, kinds, a, &cell))
        return false;
    s->c->read |= touched_bit(cell);
    *v = s->c->e[cell];
    return true;
}

static bool cell_load(struct step *s, uint64_t a, uint64_t *v) { return cell_get(s, TRIGGER_LOAD, a, v); }

static bool cell_store(struct step *s, uint64_t a, uint64_t v)
{
    uint64_t cell;
    if (!cell_at(s, s->probed == a + 1 ? 0 : TRIGGER_STORE, a, &cell))
        return false;
    s->c->written |= touched_bit(cell);
    s->c->e[cell] = pg_cell(&s->c->word, v);
    ram_written(s->c->ram, s->c->ram_offset + cell * PG_CELL, PG_CELL);
    return true;
}

static bool is_variant(struct pg *c, enum pg_variant variant)
{
    c->asked |= 1u << variant;
    return c->config.variant == variant;
}

/* --- Bodies over the machine itself (bodies.def). R is a check of every access; what is noted is a use of l and b by name. */

/* All changes of M and R go through these three, so that what an instruction touched is noted in one place. */
static void mode_set(struct pg *c, uint64_t m)
{
    c->how_m |= TOUCH_WRITE;
    c->m = m;
}

static void bound_set(struct pg *c, uint64_t b)
{
    c->how_b |= TOUCH_WRITE;
    c->r.b = pg_field(&c->word, b);
}

static void bounds_set(struct pg *c, uint64_t l, uint64_t b)
{
    c->how_l |= TOUCH_WRITE;
    c->r.l = pg_field(&c->word, l);
    bound_set(c, b);
}

#define BODY(name) static enum pg_done cpu_##name(struct step *s)
#define A (s->i.a)
#define B (s->i.b)
#define LOAD_OR_LEAVE(v, a)                                                                                                           \
    uint64_t v;                                                                                                                       \
    if (!cell_load(s, a, &v))                                                                                                         \
    return PG_TRAP
#define STORE_OR_LEAVE(a, v)                                                                                                          \
    do {                                                                                                                              \
        if (!cell_store(s, a, v))                                                                                                     \
            return PG_TRAP;                                                                                                           \
    } while (0)
#define PROBE_OR_LEAVE(a)                                                                                                             \
    do {                                                                                                                              \
        if (!cell_probe(s, a))                                                                                                        \
            return PG_TRAP;                                                                                                           \
    } while (0)
#define MODE (s->c->how_m |= TOUCH_READ, s->c->m)
#define L (s->c->how_l |= TOUCH_READ, s->c->r.l)
#define BOUND (s->c->how_b |= TOUCH_READ, s->c->r.b)
#define SET_MODE(v) mode_set(s->c, v)
#define SET_R(l, b) bounds_set(s->c, l, b)
#define SET_BOUND(b) bound_set(s->c, b)
#define RETURN_JUMP(to)                                                                                                               \
    do {                                                                                                                              \
        s->c->p = pg_field(&s->c->word, to);                                                                                          \
        return PG_NEXT;                                                                                                               \
    } while (0)
#define RETURN_NEXT RETURN_JUMP(s->c->p + 1)
#define RETURN_STOP                                                                                                                   \
    do {                                                                                                                              \
        s->c->p = pg_field(&s->c->word, s->c->p + 1);                                                                                 \
        return PG_STOP;                                                                                                               \
    } while (0)
#define RETURN_RAISED(cause)                                                                                                          \
    do {                                                                                                                              \
        s->trap = pg_trap_make(cause, s->i.bits, s->i.row, s->i.bits);                                                                \
        return PG_TRAP;                                                                                                               \
    } while (0)
#define RETURN_REQUEST RETURN_RAISED(PG_TRAP_SVC)
#define PRIVILEGED_OR_LEAVE                                                                                                           \
    do {                                                                                                                              \
        s->c->how_m |= TOUCH_CHECK;                                                                                                   \
        if (s->c->m != PG_S)                                                                                                          \
            RETURN_RAISED(PG_TRAP_PRIVILEGED);                                                                                        \
    } while (0)
#define CONSOLE(v) (void)!phys_store(s->c->machine.phys, PG_CONSOLE, 1, (v)&0xff)
#define IS(id) is_variant(s->c, PG_##id)
#define PSW(w) pg_psw_unpack_in(&s->c->word, w)
#define NEGATIVE(v) bit_get(v, s->c->word.bits - 1u)

#include "isa/pg/bodies.def"

static enum pg_done (*const body[PG_INSN_COUNT])(struct step *) = {
#define INSN(name, ext, encoding, format, traps, sensitive, manual) [PG_INSN_##name] = cpu_##name,
#include "isa/pg/insn.def"
#undef INSN
};

static enum pg_done step(struct step *s)
{
    uint64_t bits;

    s->i = (struct pg_insn){.row = INSN_NONE};
    s->accesses = 0;
    s->probed = 0;
    if (!cell_get(s, TRIGGER_EXECUTE, s->c->p, &bits) || named(s, bits))
        return PG_TRAP;
    s->i = (struct pg_insn){.a = pg_operand_a_in(&s->c->word, bits),
                            .b = pg_operand_b_in(&s->c->word, bits),
                            .bits = bits,
                            .row = pg_decode_row_in(&s->c->word, bits)};
    if (s->i.row == INSN_NONE)
        RETURN_RAISED(PG_TRAP_UNDEFINED);
    return body[s->i.row](s);
}

/* --- Operations of the contract */

static struct pg *pg_of(struct machine *m) { return (struct pg *)(void *)m; }
static const struct pg *pg_of_const(const struct machine *m) { return (const struct pg *)(const void *)m; }

/* A trap does not retire its instruction, HALT does. What was touched is of the whole run, so that whoever wants to
 * know it of one instruction runs with a budget of 1. */
static void run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct step s = {.c = pg_of(m)};
    uint64_t count = 0;
    enum pg_done done = PG_NEXT;

    s.c->read = s.c->written = 0;
    s.c->how_m = s.c->how_l = s.c->how_b = 0;
    s.c->asked = 0;
    while (count < budget && done == PG_NEXT) {
        done = step(&s);
        if (done == PG_TRAP)
            break;
        s.c->resume = 0;
        count++;
    }
    *retired += count;
    s.c->retired += count;
    s.c->clock += count;
    *out = done == PG_TRAP ? s.trap : (struct trap){.kind = done == PG_STOP ? TRAP_WAIT : TRAP_BUDGET, .row = INSN_NONE};
}

static uint64_t get(const struct machine *m, reg_t reg)
{
    const struct pg *c = pg_of_const(m);

    switch (reg) {
    case PG_L: return c->r.l;
    case PG_B: return c->r.b;
    case MACHINE_PC: return c->p;
    case MACHINE_MODE: return c->m;
    case MACHINE_CLOCK: return c->clock;
    case MACHINE_RETIRED: return c->retired;
    case MACHINE_WAKE: return UINT64_MAX;
    case MACHINE_RESUME: return c->resume;
    default: return 0;
    }
}

static void set(struct machine *m, reg_t reg, uint64_t value)
{
    struct pg *c = pg_of(m);

    switch (reg) {
    case PG_L: c->r.l = pg_field(&c->word, value); break;
    case PG_B: c->r.b = pg_field(&c->word, value); break;
    case MACHINE_PC:
        c->p = pg_field(&c->word, value);
        c->resume = 0;
        break;
    case MACHINE_MODE: c->m = value & 1; break;
    case MACHINE_CLOCK: c->clock = value; break;
    case MACHINE_RETIRED: c->retired = value; break;
    case MACHINE_RESUME: c->resume = value; break;
    default: break;
    }
}

static bool has(const struct machine *m, reg_t reg)
{
    (void)m;
    return reg == PG_L || reg == PG_B || (reg >= MACHINE_PC && reg <= MACHINE_RESUME);
}

/* Is it E? The RAM may be larger, for it comes in pages. */
static bool within(const struct machine *m, pa_t pa, size_t size)
{
    uint64_t all = (uint64_t)pg_of_const(m)->config.cells * PG_CELL;
    return pa <= all && size <= all - pa;
}

static int load(const struct machine *m, pa_t pa, void *to, size_t size)
{
    return within(m, pa, size) ? phys_read(m->phys, pa, to, size) : -EFAULT;
}

static int store(struct machine *m, pa_t pa, const void *from, size_t size)
{
    return within(m, pa, size) ? phys_write(m->phys, pa, from, size) : -EFAULT;
}

static void fence(struct machine *m, const struct fence *f) { (void)m, (void)f; /* nothing is cached */ }

static void irq(struct machine *m, unsigned line, bool level) { (void)m, (void)line, (void)level; /* there are no interrupts */ }

static const char *stopped(const struct machine *m)
{
    (void)m;
    return NULL;
}

static void reset(struct machine *m)
{
    struct pg *c = pg_of(m);

    c->m = PG_S;
    c->p = PG_RESET_P;
    c->r = (struct bounds){.l = 0, .b = c->config.cells};
    c->clock = c->retired = 0;
    c->resume = 0;
}

static int trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    return t && t->kinds & TRIGGER_FRESH ? -ENOTSUP : trigger_set_put(&pg_of(m)->triggers, slot, t);
}

/* Three parts behind each other (isa/pg.h): cells from the lowest, then M, l and b, then what was asked of the
 * variant. All are counted, and those for which there is room are written. */
static unsigned touched(const struct machine *m, struct machine_touch *out, unsigned room)
{
    const struct pg *c = pg_of_const(m);
    const struct machine_touch named[] = {
        {MACHINE_MODE, UINT64_MAX, c->how_m}, {PG_L, UINT64_MAX, c->how_l}, {PG_B, UINT64_MAX, c->how_b}};
    unsigned count = 0;

    for (uint64_t left = c->read | c->written; left != 0; left &= left - 1) {
        const unsigned cell = (unsigned)__builtin_ctzll(left);
        if (count < room)
            out[count] = (struct machine_touch){.reg = PG_E + cell,
                                                .bits = UINT64_MAX,
                                                .how = (bit_get(c->read, cell) ? TOUCH_READ : 0) |
                                                       (bit_get(c->written, cell) ? TOUCH_WRITE : 0)};
        count++;
    }
    for (unsigned n = 0; n < sizeof named / sizeof named[0]; n++) {
        if (named[n].how && count < room)
            out[count] = named[n];
        count += named[n].how != 0;
    }
    for (unsigned left = c->asked; left != 0; left &= left - 1, count++)
        if (count < room)
            out[count] = (struct machine_touch){.reg = PG_ASKED + (unsigned)__builtin_ctz(left), .how = TOUCH_CHECK};
    return count;
}

static void destroy(struct machine *m) { free(pg_of(m)); }

static const struct machine_ops pg_ops = {
    .run = run,
    .get = get,
    .set = set,
    .has = has,
    .load = load,
    .store = store,
    .fence = fence,
    .irq = irq,
    .stopped = stopped,
    .reset = reset,
    .touched = touched,
    .trigger = trigger,
    .destroy = destroy,
};

/* Operands and registers are in a word; an access adds two of them, and no sum may come round. */
static bool word_fits(const struct pg_word *w)
{
    return w->bits >= 1 && w->bits <= 64 && w->a >= 1 && w->b >= 1 && w->opcode + w->a + w->b <= w->bits && w->field >= 1 &&
           w->field <= PG_FIELD_BITS && (w->only == INSN_NONE || w->only < PG_INSN_COUNT);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a cell is a host word");

int pg_create(struct machine **out, struct phys *phys, const struct pg_config *config)
{
    const struct phys_range *r = phys_find(phys, 0);
    struct pg *c;

    const struct pg_word *word = pg_word_of(config);

    if (!word_fits(word) || config->cells < PG_CELLS_MIN || config->cells >> word->field != 0)
        return -EINVAL;
    if ((unsigned)config->variant >= PG_VARIANT_COUNT)
        return -EINVAL;
    if (!r || !r->ram || r->size / PG_CELL < config->cells)
        return -EINVAL;
    c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->config = *config;
    c->word = *word;
    c->machine = (struct machine){.ops = &pg_ops, .isa = &isa_pg, .phys = phys, .config = &c->config, .trigger_slots = TRIGGER_SLOTS};
    c->ram = r->ram;
    c->ram_offset = r->ram_offset;
    c->e = (uint64_t *)(void *)(ram_host(r->ram) + r->ram_offset);
    reset(&c->machine);
    *out = &c->machine;
    return 0;
}
