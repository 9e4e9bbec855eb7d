/* sides.c - two harts in one state; how a proof begins and what it compares at the end. */
#include "tests/proofs/equal/sides.h"

#include "isa/riscv/careful.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/go.h"
#include "isa/riscv/miss.h"
#include "tests/proofs/equal/operands.h"

const uint8_t operand_format[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = OPERANDS_##format,
#include "isa/riscv/insn.def"
#undef INSN
};

const uint16_t operand_does[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = DOES_##does,
#include "isa/riscv/insn.def"
#undef INSN
};

struct side fast, careful, before;
/* A record in the midst of a page, wherever in it that is. */
static struct {
    char before[CODE_RECORDS * sizeof(struct rv_insn)];
    struct rv_insn record[1];
    char after[CODE_RECORDS * sizeof(struct rv_insn)];
} code;
struct code_page elsewhere; /* where a jump leads */
static struct tlb_space data_space, fetch_space;
struct model_memory *model_memory;

bool left_undone;
const struct rv_insn *left_at;
uint64_t left_count;

/* --- where fast bodies leave: nothing is done there but to say so */

static enum body_result leave(const struct rv_insn *i, uint64_t left)
{
    left_undone = true;
    left_at = i;
    left_count = left;
    return BODY_NEXT;
}
enum body_result rv_careful(struct hart *h, const struct rv_insn *i, uint64_t left) { return (void)h, leave(i, left); }
enum body_result rv_alone(struct hart *h, const struct rv_insn *i, uint64_t left) { return (void)h, leave(i, left); }

/* --- the beginning */

struct hart nondet_hart(void);
struct tlb_space nondet_space(void);
struct rv_insn nondet_insn(void);

/* What the TLB has for an address: of whole pages, and for a jump a decoded page. */
static bool is_tag(uint64_t tag) { return !(tag & ~PAGE_MASK) || tag == TLB_EMPTY; }

void any_state(struct hart *h)
{
    *h = nondet_hart();
    data_space = nondet_space();
    fetch_space = nondet_space();
    h->yield = nondet_unsigned() & 1; /* as a bool is */
    h->attention = nondet_unsigned() & 1;
    h->config.user_yields = nondet_unsigned() & 1;
    h->data = &data_space;
    h->fetch = &fetch_space;
    __CPROVER_assume(!(h->here_va & ~PAGE_MASK) && h->x[0] == 0);
    __CPROVER_assume(h->mode == RV_U || h->mode == RV_S || h->mode == RV_M);
}

void any_entries(const struct hart *h)
{
    for (unsigned n = 0; n < TLB_FETCH_ENTRIES; n++)
        __CPROVER_assume(h->fetch->fetch[n].addend == (uintptr_t)&elsewhere);
    for (unsigned n = 0; n < TLB_ENTRIES; n++)
        __CPROVER_assume(is_tag(h->data->read[n].tag) && is_tag(h->data->write[n].tag));
}

void any_record(struct rv_insn *r, unsigned row, unsigned slot)
{
    *r = nondet_insn(); /* as a whole: parts of unions cost the model checker much */
    const struct rv_operands o = r->operands;
    __CPROVER_assume(operands_are(operand_format[row], operands_shift_words(row), &o));
    __CPROVER_assume(operands_round_plainly(operand_format[row], &o) && operands_near(row, slot, &o));
}

/* The fast side is made; the other is like it. */
void sides_alike(uint64_t *left)
{
    *left = nondet_uint64_t();
    __CPROVER_assume(*left > SIDE_PARTS);
    careful.machine.hart = fast.machine.hart;
    before.machine.hart = fast.machine.hart;
    careful.machine.crossing = fast.machine.crossing = nondet_unsigned();
    careful.trap = before.trap = fast.trap;
    fast.machine.hart.trap = &fast.trap;
    careful.machine.hart.trap = &careful.trap;
    left_undone = false;
    fast.memory.count = careful.memory.count = 0;
    side_take(&fast);
}

struct rv_insn *sides_begin(unsigned row, unsigned length, uint64_t *left)
{
    const unsigned slot = nondet_unsigned();
    any_state(&fast.machine.hart);
    any_entries(&fast.machine.hart);
    __CPROVER_assume(slot < CODE_RECORDS && slot + length / 2 <= CODE_RECORDS);
    any_record(code.record, row, slot);
    fast.machine.hart.here = code.before + (CODE_RECORDS - slot) * sizeof *code.record; /* so that it is the record of this slot */
    sides_alike(left);
    return code.record;
}

void side_take(struct side *s) { model_memory = &s->memory; }

void careful_end(enum body_result result) { __CPROVER_assert(result == STEP_NEXT, "the careful body goes on, too"); }

/* --- the end */

#define SAME(field) __CPROVER_assert(a->field == b->field, "the same " #field)

static void compare_registers(const struct hart *a, const struct hart *b)
{
    unsigned x = nondet_unsigned(), f = nondet_unsigned();
    __CPROVER_assume(x < 32 && f < 32);
    SAME(x[x]);
    SAME(f[f]);
    __CPROVER_assert(a->x[0] == 0, "x0 is zero");
    SAME(mode), SAME(fflags), SAME(frm), SAME(mstatus), SAME(medeleg), SAME(mideleg), SAME(mie), SAME(mip), SAME(lines);
    SAME(mtvec), SAME(mscratch), SAME(mepc), SAME(mcause), SAME(mtval), SAME(mcounteren), SAME(mcountinhibit), SAME(menvcfg);
    SAME(stvec), SAME(sscratch), SAME(sepc), SAME(scause), SAME(stval), SAME(scounteren), SAME(senvcfg), SAME(satp), SAME(stimecmp);
    SAME(minstret_offset), SAME(mcycle_offset), SAME(timer_due), SAME(tselect), SAME(sdtrig_kinds), SAME(watching);
    SAME(reservation.ram), SAME(reservation.offset), SAME(reservation.at), SAME(resume), SAME(resume_retired), SAME(fence_count);
}

static void compare_run(const struct hart *a, const struct hart *b)
{
    SAME(yield), SAME(single), SAME(clock_base), SAME(retired_base), SAME(slice), SAME(budget), SAME(data), SAME(fetch), SAME(version);
    SAME(tlb.tick), SAME(tlb.generation), SAME(tlb.fills), SAME(tlb.flushes);
    /* Interrupts need no looking at where none is pending. */
    __CPROVER_assert(a->attention == b->attention || (b->attention && !(hart_mip(b) & b->mie)), "the same attention");
}

static void compare_touched(const struct hart *a, const struct hart *b, bool floats)
{
    unsigned reg = nondet_unsigned();
    __CPROVER_assume(reg < HART_REGISTERS);
    __CPROVER_assume(!floats || (reg != HART_fs && reg != HART_frm && reg != HART_fflags));
    const unsigned word = reg / 64, bit = reg % 64;
    __CPROVER_assert(bit_get(a->touched.check[word], bit) == bit_get(b->touched.check[word], bit) || left_undone,
                     "the same registers checked"); /* a body that leaves may have noted what the careful one will note, too */
    __CPROVER_assert(bit_get(a->touched.read[word], bit) == bit_get(b->touched.read[word], bit), "the same registers read");
    __CPROVER_assert(bit_get(a->touched.write[word], bit) == bit_get(b->touched.write[word], bit), "the same registers written");
}

static void compare_memory(const struct model_memory *a, const struct model_memory *b)
{
    unsigned n = nondet_unsigned();
    SAME(count);
    __CPROVER_assume(n < MODEL_STORES);
    if (n < a->count)
        SAME(store[n].at), SAME(store[n].size), SAME(store[n].value);
}

static void compare_traps(const struct trap *a, const struct trap *b)
{
    SAME(kind), SAME(reason), SAME(row), SAME(length), SAME(cause), SAME(tval), SAME(bits);
}

static uint64_t pc_at(const struct hart *h, const struct rv_insn *i) { return h->here_va + (uint64_t)(i - code_of(h)->record) * 2; }

/* Where the fast side stands. */
static uint64_t pc_of_fast(const struct hart *h, bool stopped)
{
    if (left_undone)
        return pc_at(h, left_at);
    return stopped || !h->here ? h->pc : pc_at(h, h->next);
}

void sides_compare(enum body_result of_fast, bool stopped, bool floats)
{
    const struct hart *a = &fast.machine.hart, *b = &careful.machine.hart;
    __CPROVER_assert(left_undone || of_fast == (stopped ? BODY_STOP : BODY_NEXT), "the fast body ends as the careful one");
    __CPROVER_assert((left_undone ? left_count : a->left) == b->left, "as many instructions have retired");
    __CPROVER_assert(pc_of_fast(a, stopped) == b->pc, "the same pc");
    compare_registers(a, b);
    compare_run(a, b);
    compare_touched(a, b, floats);
    compare_memory(&fast.memory, &careful.memory);
    compare_traps(&fast.trap, &careful.trap);
}

/* --- what no fast body that goes on comes to: the careful one does not then, either */

#define NEVER(what)                                                                                                                   \
    {                                                                                                                                 \
        __CPROVER_assert(false, "the careful body does not ask " what);                                                               \
        __CPROVER_assume(false);                                                                                                      \
    }
bool hart_translate(struct hart *h, va_t va, unsigned size, enum pt_kind kind, pa_t *pa)
    NEVER("for a translation") bool hart_watch_access(struct hart *h, unsigned kinds, va_t va, unsigned size)
        NEVER("triggers") bool hart_trigger_physical(struct hart *h, unsigned kinds, pa_t pa, unsigned size, va_t va)
            NEVER("physical triggers") bool hart_trigger_across(struct hart *h, unsigned kinds, pa_t a, unsigned n, pa_t b, unsigned m,
                                                                va_t va)
                NEVER("triggers of two pages") bool sdtrig_fires(struct hart *h, unsigned kinds, va_t at, unsigned size, va_t va)
                    NEVER("its own triggers") const
    struct phys_range *phys_find(const struct phys *p, pa_t pa)
        NEVER("what is at an address") uint8_t *phys_host(const struct phys *p, pa_t pa, size_t length)
            NEVER("for host memory") bool phys_load(const struct phys *p, pa_t pa, unsigned size, uint64_t *value)
                NEVER("for a physical load") void phys_reserve(const struct phys *p, struct ram_reservation *r, pa_t pa, bool marks)
                    NEVER("for a reservation") bool phys_is_shared(const struct phys *p)
                        NEVER("who shares its memory") bool hart_phys_store(struct hart *h, pa_t pa, unsigned size, uint64_t v)
                            NEVER("for a physical store") void hart_phys_written(struct hart *h, pa_t pa, uint64_t length)
                                NEVER("who heard of a store")
