/* exhaust.c - what is enumerated: everything. P, l, b and operands take all values that they have bits for, a cell that is read all of
 * its own, and both modes are taken.
 *
 * That a cell was not read is the machine's own record (machine_touched), and is not just believed: runs are repeated with zeros in
 * place of the marks (where cells that are read hold their first or last word), and must do the same; a cell that changed must be
 * in the record; a trap must have changed nothing. Else `odd` says so, the work ends, and the finding disagrees with any claim.
 */
#include "core/theory/exhaust.h"

#include <errno.h>
#include <string.h>

#include "mmu/phys.h"

/* Marks are unlike the zeros that take their place, each one, and unlike each other: the top bits are 10 in the window and 11 outside. */
enum { MARK_BITS = 6, MARK_WINDOW = 2, MARK_OUTSIDE = 3 };

/* --- the bench */

/* The console of the paper's machine is written alone; nobody reads it, and who did would get an access that nobody
 * answers. */
static bool console_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}

static bool console_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct exhaust *x = opaque;
    (void)offset, (void)size;
    x->printed++;
    x->byte = (uint8_t)value;
    return true;
}

static const struct phys_io console = {.read = console_read, .write = console_write};

/* With words of six bits: window marks are 100000 to 101011, outside ones 110000 to 111011. A word of zeros is
 * none. */
static uint64_t mark(const struct exhaust *x, unsigned kind, unsigned n) { return (uint64_t)kind << (x->word.bits - 2) | n; }

/* What the registers hold after a run; what they hold already is not set again. */
static void registers_get(struct exhaust *x)
{
    x->now.m = machine_get(x->machine, MACHINE_MODE);
    x->now.p = machine_get(x->machine, MACHINE_PC);
    x->now.l = machine_get(x->machine, PG_L);
    x->now.b = machine_get(x->machine, PG_B);
}

static void register_set(const struct exhaust *x, reg_t reg, uint64_t now, uint64_t value)
{
    if (now != value)
        machine_set(x->machine, reg, value);
}

int exhaust_open(struct exhaust *x, exhaust_create *create, enum pg_variant variant, unsigned cells, const struct pg_word *word)
{
    *x = (struct exhaust){.cells = cells, .word = *word, .words = 1u << word->bits, .fields = 1u << word->field};
    x->config = (struct pg_config){.cells = cells, .variant = variant, .word = &x->word};
    if (word->bits < MARK_BITS || word->bits > 16 || cells > EXHAUST_CELLS)
        return -EINVAL;
    int error = ram_create(&x->ram, PAGE_SIZE);
    if (!error)
        error = phys_create(&x->phys);
    if (!error)
        error = phys_add_ram(x->phys, "ram", 0, PAGE_SIZE, x->ram, 0);
    if (!error)
        error = phys_add_io(x->phys, "console", PG_CONSOLE, 1, &console, x);
    if (!error)
        x->e = (uint64_t *)(void *)phys_host(x->phys, 0, PAGE_SIZE);
    if (!error)
        error = create(&x->machine, x->phys, &x->config);
    if (!error)
        registers_get(x);
    return error;
}

void exhaust_close(struct exhaust *x)
{
    machine_destroy(x->machine);
    phys_destroy(x->phys);
    ram_destroy(x->ram);
}

/* --- one run */

static bool in_window(const struct exhaust_run *r, unsigned cell) { return cell >= r->base && cell - r->base < r->size; }

/* What is not known is a mark already (case_start). All EXHAUST_CELLS are copied, which takes less time than to count them: memory behind the
 * machine's last cell is there, and it cannot reach it.
 * What the machine's memory holds in one run, a window of three cells from cell 4 on:
 *
 *     cell      0   1   2   3   4   5   6   7   8
 *     outside   o0  o1  o2  o3              o7  o8      the same in all runs of the case
 *     visible                   v0  v1  v2              the same too, and moves with the window from run to run
 */
static void fill(const struct exhaust *x, const struct exhaust_case *c, struct exhaust_run *r)
{
    memcpy(r->before, c->outside, sizeof r->before);
    for (unsigned n = 0; n < r->size; n++)
        r->before[r->base + n] = c->visible[n];
    for (unsigned cell = 0; cell < x->cells && x->blank; cell++) {
        const bool inside = in_window(r, cell);
        if (!bit_get(inside ? c->visible_known : c->outside_known, inside ? cell - r->base : cell))
            r->before[cell] = 0;
    }
}

static void record(struct exhaust *x, struct exhaust_run *r)
{
    struct machine_touch touch[2 * EXHAUST_CELLS];
    const unsigned count = machine_touched(x->machine, touch, 2 * EXHAUST_CELLS);
    r->read = r->written = 0;
    for (unsigned n = 0; n < count && n < 2 * EXHAUST_CELLS; n++) {
        if (touch[n].reg >= PG_ASKED && touch[n].reg - PG_ASKED < PG_VARIANT_COUNT)
            x->asked |= 1u << (touch[n].reg - PG_ASKED);
        if (touch[n].reg - PG_E >= PG_TOUCHED) /* no cell */
            continue;
        const uint64_t bit = UINT64_C(1) << (touch[n].reg - PG_E);
        r->read |= touch[n].how & TOUCH_READ ? bit : 0;
        r->written |= touch[n].how & TOUCH_WRITE ? bit : 0;
    }
}

static enum outcome outcome_of(const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION)
        return t->kind == TRAP_WAIT ? OUTCOME_WAIT : OUTCOME_OK;
    switch (t->reason) {
    case REASON_PRIVILEGE: return OUTCOME_PRIVILEGE;
    case REASON_REQUESTED: return OUTCOME_REQUESTED;
    case REASON_UNDEFINED: return OUTCOME_UNDEFINED;
    default: return OUTCOME_RESOURCE;
    }
}

/* What must be so of every run, or nothing is proved by any. */
static void check(struct exhaust *x, const struct exhaust_case *c, const struct exhaust_run *r, const struct trap *t)
{
    uint64_t changed = 0;
    for (unsigned cell = 0; cell < x->cells; cell++)
        changed |= r->before[cell] != r->after[cell] ? UINT64_C(1) << cell : 0;
    if (changed & ~r->written)
        x->odd = "an instruction changed a cell without its being recorded";
    if (t->kind != TRAP_EXCEPTION)
        return;
    if (changed || r->m2 != r->m || r->l2 != r->l || r->b2 != r->b || r->p2 != c->p)
        x->odd = "an instruction that traps has changed something";
    if (r->memory != (t->reason == REASON_RESOURCE))
        x->odd = "a memory trap is not given as a resource trap, or another trap is";
}

/* The machine is the same from one run to the next but for what is set here. Cells are set where they lie: it keeps no copies. */
static void perform(struct exhaust *x, const struct exhaust_case *c, struct exhaust_run *r)
{
    struct machine *m = x->machine;
    uint64_t retired = 0;
    fill(x, c, r);
    memcpy(x->e, r->before, sizeof r->before);
    register_set(x, MACHINE_MODE, x->now.m, r->m);
    register_set(x, MACHINE_PC, x->now.p, c->p);
    register_set(x, PG_L, x->now.l, r->l);
    register_set(x, PG_B, x->now.b, r->b);
    x->printed = 0;
    x->byte = 0;
    const struct trap t = machine_run(m, 1, &retired);
    record(x, r);
    memcpy(r->after, x->e, sizeof r->after);
    registers_get(x);
    r->m2 = x->now.m;
    r->p2 = x->now.p;
    r->l2 = x->now.l;
    r->b2 = x->now.b;
    r->printed = x->printed;
    r->byte = x->byte;
    r->outcome = outcome_of(&t);
    r->memory = t.kind == TRAP_EXCEPTION && t.cause == PG_TRAP_MEMORY;
    check(x, c, r, &t);
}

/* --- all runs of a case, for all content */

static bool same(const struct exhaust *x, const struct exhaust_run *a, const struct exhaust_run *b)
{
    bool equal = a->outcome == b->outcome && a->memory == b->memory && a->m2 == b->m2 && a->p2 == b->p2 && a->l2 == b->l2 &&
                 a->b2 == b->b2 && a->read == b->read && a->written == b->written && a->printed == b->printed && a->byte == b->byte;
    for (unsigned cell = 0; cell < x->cells; cell++)
        equal &= a->after[cell] == b->after[cell] || !bit_get(a->written, cell); /* unwritten ones are as before: check() */
    return equal;
}

/* Marks are not read: with zeros there everything is the same. */
static void check_marks(struct exhaust *x, const struct exhaust_case *c)
{
    x->blank = true;
    for (unsigned n = 0; n < c->count; n++) {
        struct exhaust_run again = c->run[n];
        perform(x, c, &again);
        if (!same(x, &c->run[n], &again))
            x->odd = "what an instruction does hangs on a cell that it does not read, by the machine's record";
    }
    x->blank = false;
}

static void read_count(struct exhaust *x, uint64_t cells)
{
    unsigned count = 0;
    for (; cells; cells &= cells - 1)
        count++;
    x->most_read = count > x->most_read ? count : x->most_read;
}

static void perform_counted(struct exhaust *x, const struct exhaust_case *c, struct exhaust_run *r)
{
    perform(x, c, r);
    read_count(x, r->read & ~(UINT64_C(1) << (r->base + c->at)));
}

/* Where cell n lies in a run: of the window, or of E outside of it. EXHAUST_CELLS: nowhere, as it has no such cell. */
static unsigned cell_of(const struct exhaust_run *r, bool window, unsigned n)
{
    if (window)
        return n < r->size ? r->base + n : EXHAUST_CELLS;
    return in_window(r, n) ? EXHAUST_CELLS : n;
}

/* A cell gets a word. Who has read it runs anew; the others did what they did with a mark in it, which stands for any word, and do it
 * again: only what the cell holds is another (check_marks() runs them all the same, where it is the first word, or the last). */
static void word_put(struct exhaust *x, struct exhaust_case *c, bool window, unsigned n, uint64_t w)
{
    for (unsigned k = 0; k < c->count; k++) {
        struct exhaust_run *r = &c->run[k];
        const unsigned cell = cell_of(r, window, n);
        if (cell == EXHAUST_CELLS)
            continue;
        if (bit_get(r->read, cell)) {
            perform_counted(x, c, r);
            continue;
        }
        r->before[cell] = w;
        r->after[cell] = bit_get(r->written, cell) ? r->after[cell] : w;
    }
}

static bool explore(struct exhaust *, struct exhaust_case *);

/* One cell more is known: each word that it can hold, deeper if runs then read more. What those below have left of the runs is put
 * back, for the next word begins where the first did. */
static void explore_words(struct exhaust *x, struct exhaust_case *c, uint64_t *content, uint64_t *known, unsigned n)
{
    const bool window = content == c->visible;
    struct exhaust_run fresh[EXHAUST_RUNS];
    bool deeper = false;
    memcpy(fresh, c->run, c->count * sizeof fresh[0]);
    *known |= UINT64_C(1) << n;
    for (unsigned w = 0; w < x->words && !x->odd && !x->enough; w++) {
        const unsigned inner = w > 0 && w + 1 < x->words;
        if (deeper)
            memcpy(c->run, fresh, c->count * sizeof fresh[0]);
        content[n] = w;
        c->weight += w;
        c->inner += inner;
        word_put(x, c, window, n, w);
        deeper = explore(x, c);
        c->weight -= w;
        c->inner -= inner;
    }
    *known &= ~(UINT64_C(1) << n);
    content[n] = mark(x, window ? MARK_WINDOW : MARK_OUTSIDE, n);
}

/* A search by depth. Cells of the window come before those outside, as they are what the program sees; when no run
 * has read an unknown cell, the case stands for all contents of the rest, and is looked at. false: it is. */
static bool explore(struct exhaust *x, struct exhaust_case *c)
{
    uint64_t visible = 0, outside = 0;
    for (unsigned n = 0; n < c->count; n++) {
        const struct exhaust_run *r = &c->run[n];
        const uint64_t window = bits_get(UINT64_MAX, 0, r->size) << r->base;
        visible |= (r->read & window) >> r->base;
        outside |= r->read & ~window;
    }
    visible &= ~c->visible_known;
    outside &= ~c->outside_known;
    if (visible) {
        explore_words(x, c, c->visible, &c->visible_known, (unsigned)__builtin_ctzll(visible));
        return true;
    }
    if (outside) {
        explore_words(x, c, c->outside, &c->outside_known, (unsigned)__builtin_ctzll(outside));
        return true;
    }
    x->examined += c->count;
    if (c->inner == 0)
        check_marks(x, c);
    x->look(x->ctx, c);
    return false;
}

/* A case from its beginning, where nothing is known but the instruction. */
static void explore_case(struct exhaust *x, struct exhaust_case *c)
{
    for (unsigned n = 0; n < c->count; n++)
        perform_counted(x, c, &c->run[n]);
    (void)explore(x, c);
}

void exhaust_again(struct exhaust *x, struct exhaust_case *c)
{
    x->blank = true;
    for (unsigned n = 0; n < c->count; n++)
        perform(x, c, &c->run[n]);
    x->blank = false;
}

/* --- all cases of an instruction */

static void case_start(const struct exhaust *x, struct exhaust_case *c, uint64_t bits, uint64_t p, unsigned at, bool guest)
{
    c->bits = bits;
    c->p = p;
    c->at = at;
    c->guest = guest;
    for (unsigned n = 0; n < EXHAUST_CELLS; n++) {
        c->visible[n] = mark(x, MARK_WINDOW, n);
        c->outside[n] = mark(x, MARK_OUTSIDE, n);
    }
    c->visible[at] = bits;
    c->visible_known = UINT64_C(1) << at;
    c->outside_known = 0;
    c->weight = c->inner = 0;
    c->count = 0;
}

static void run_add(struct exhaust_case *c, uint64_t m, uint64_t l, uint64_t b, unsigned base, unsigned size)
{
    struct exhaust_run *r = &c->run[c->count++];
    r->m = m;
    r->l = l;
    r->b = b;
    r->base = base;
    r->size = size;
}

/* All P, l, b and both modes with which E[P] is out of reach; what the instruction would be does not matter then. */
void exhaust_unfetched(struct exhaust *x)
{
    struct exhaust_case c = {0};
    for (unsigned n = 0; n < 2u * x->fields * x->fields * x->fields && !x->odd; n++) {
        struct exhaust_run *r = c.run;
        c.p = n / 2 % x->fields;
        *r = (struct exhaust_run){.m = n % 2, .l = n / 2 / x->fields % x->fields, .b = n / 2 / x->fields / x->fields};
        if (c.p < r->b && c.p + r->l < x->cells)
            continue;
        perform(x, &c, r);
        x->examined++;
        if (!r->memory || r->read)
            x->odd = "it fetches from where nothing is";
    }
}

/*T:550 The paper's own machine is small enough for no samples at all: every state is examined, and a cell of memory is enumerated when a
 * run reads it. :*/
void exhaust_bare(struct exhaust *x, uint64_t bits, void (*look)(void *, const struct exhaust_case *), void *ctx)
{
    struct exhaust_case c = {0};
    x->look = look;
    x->ctx = ctx;
    for (unsigned b = 1; b < x->fields; b++)
        for (unsigned p = 0; p < b && p < x->cells; p++) {
            case_start(x, &c, bits, p, p, false);
            for (unsigned l = 0; l + p < x->cells; l++)
                for (uint64_t m = PG_U; m <= PG_S; m++)
                    run_add(&c, m, l, b, l, b < x->cells - l ? b : x->cells - l);
            explore_case(x, &c);
        }
}

void exhaust_guest(struct exhaust *x, uint64_t bits, unsigned k, unsigned w, bool clip,
                   void (*look)(void *, const struct exhaust_case *), void *ctx)
{
    struct exhaust_case c = {0};
    x->look = look;
    x->ctx = ctx;
    for (unsigned b = 1; b <= w; b++)
        for (unsigned l = 0; l < w; l++)
            for (unsigned p = 0; p < b && l + p < w; p++) {
                case_start(x, &c, bits, p, l + p, true);
                for (unsigned place = k; place <= k + 1; place++)
                    run_add(&c, PG_U, l + place, clip && b > w - l ? w - l : b, place, w);
                explore_case(x, &c);
            }
}
