/* run.c - executes instructions, until a trap or to the end of the budget.
 *
 * The inner loop stays in a decoded page and asks one word, c->attention, whether there is anything to look at: an interrupt, a device
 * that was touched, a shadow, single steps, breakpoints, triggers. While the latter stand, instructions go the careful way, one by one.
 */
#include "isa/ia32/run.h"

#include "isa/ia32/fast.h"
#include "isa/ia32/fast_record.h"
#include "isa/ia32/fetch.h"
#include "isa/ia32/fresh.h"

#include <string.h>

enum { CAREFUL = IA_ATTEND_SHADOW | IA_ATTEND_DEBUG | IA_ATTEND_TRIGGER };

uint64_t ia_clock(const struct ia_cpu *c) { return c->clock + (c->budget - c->left); }

/* --- traps */

/* Up to 15 bytes; in one piece where whatever is behind them lies on the same page. */
static insn_t bits_of(const uint8_t *bytes, unsigned length)
{
    insn_t bits = 0;
    if (LIKELY(((uintptr_t)bytes & (PAGE_SIZE - 1)) <= PAGE_SIZE - sizeof bits)) {
        memcpy(&bits, bytes, sizeof bits);
        return bits & (((insn_t)1 << 8 * length) - 1);
    }
    memcpy(&bits, bytes, length);
    return bits;
}

/* Whose trap it is: row, length and bits. The bytes are taken from the page, for the instruction may be one that is
 * not kept. */
void ia_trap_name(struct ia_cpu *c, const ia_insn *i, const uint8_t *bytes)
{
    c->trap.row = i->row;
    c->trap.length = i->length;
    trap_insn_set(&c->trap, bits_of(bytes, i->length));
}

static const uint8_t *bytes_of(const struct ia_cpu *c, const ia_insn *i, const struct ia_code_page *page, const struct ia_fetched *own)
{
    return i == &own->insn ? own->bytes : page->host + (ia_linear_eip(c) & (PAGE_SIZE - 1));
}

static bool interrupt(struct ia_cpu *c, unsigned cause)
{
    c->trap = (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE, .cause = cause};
    return false;
}

/* An interrupt that is pending and enabled. The NMI is first [SDM 3A table 6-2]. false: c->trap is it.
 * The shadow of STI and MOV SS keeps out both, an NMI too. IA_ATTEND_EVENT is taken back: whatever makes an
 * interrupt possible sets it again. */
static bool no_interrupt(struct ia_cpu *c)
{
    c->attention &= ~(uint32_t)IA_ATTEND_EVENT;
    if (c->shadow)
        return true;
    if (c->nmi_latched && !c->nmi_masked) {
        c->nmi_latched = false;
        return interrupt(c, IA_NMI);
    }
    if (c->lines & 1u << IA_LINE_INTR && c->flags.system & EFLAGS_IF)
        return interrupt(c, 0);
    return true;
}

/* --- the careful way */

/* Triggers by address; those by opcode when it is known. */
static bool passes(struct ia_cpu *c, const struct trigger_step *step)
{
    if (!trigger_set_match(&c->triggers, step, &c->resume, &c->trap))
        return true;
    c->trap.tval = ia_linear_eip(c);
    return false;
}

static bool triggers_of_address(struct ia_cpu *c)
{
    const uint32_t linear = ia_linear_eip(c);
    pa_t pa;
    struct trigger_step step = {.kinds = TRIGGER_EXECUTE, .at = linear, .size = 1};
    if (!passes(c, &step) || !ia_translate(c, linear, PT_FETCH, false, &pa))
        return false;
    step.physical = true;
    step.at = pa;
    return passes(c, &step);
}

static bool triggers_of_opcode(struct ia_cpu *c, const ia_insn *i, const uint8_t *bytes)
{
    struct trigger_step step = {.kinds = TRIGGER_OPCODE};
    memcpy(&step.bits, bytes, i->length);
    return !c->triggers.opcodes || passes(c, &step);
}

/* The owner wants to see instructions before they first run. false: c->trap. */
static bool let_pass(struct ia_cpu *c, struct ia_code_page *page, const ia_insn *i, const uint8_t *bytes)
{
    if (ia_fresh_passes(c, page, i->length))
        return true;
    if (c->trap.kind == TRAP_TRIGGER)
        ia_trap_name(c, i, bytes);
    return false;
}

/* A record that is known is used here, too, so that on the careful way the same instruction is executed by the same
 * body. */
static const ia_insn *fetch_anyhow(struct ia_cpu *c, struct ia_code_page **page, struct ia_fetched *own)
{
    *page = ia_fetch_known(c);
    if (!*page && ia_fetch_page(c, page) == IA_PAGE_FAULT)
        return NULL;
    if (ia_fresh_here(c, *page))
        return ia_fetch_copy(c, *page, own);
    const unsigned known = *page ? (*page)->first[ia_linear_eip(c) & (PAGE_SIZE - 1)] : 0;
    if (known && c->eip + (*page)->record[known].length - 1 <= c->seg[IA_CS].limit)
        return &(*page)->record[known];
    return ia_fetch(c, *page, own);
}

/* Behind an instruction that was done: RF goes, unless a repetition goes on, which was let past it; what has gathered becomes pending. */
static void debug_after(struct ia_cpu *c, uint32_t flags, bool repeats, bool loads_ss)
{
    const uint32_t rf = repeats ? flags & EFLAGS_RF : 0;
    if (c->attention & IA_ATTEND_DEBUG || flags & EFLAGS_TF) /* POPF is stepped, too, when it clears TF */
        ia_debug_after(c, flags);
    if (rf)
        ia_flags_set(c, rf, EFLAGS_RF);
    c->debug_held = c->shadow && loads_ss; /* MOV SS and POP SS hold back #DB, too [SDM 3A 6.8.3] */
}

static bool loads_ss(const ia_insn *i) { return i->row != IA_INSN_sti; }

/* A shadow is for an instruction, and stays for one that faults. One that is held waits for an interrupt: to that it is open, and to the
 * #DB that the shadow held back. */
static void careful_undo(struct ia_cpu *c, bool shadow)
{
    const bool held = c->trap.kind == TRAP_WAIT;
    c->shadow = shadow && !held;
    c->debug_held = c->debug_held && !held;
    c->attention |= !shadow ? 0u : held ? IA_ATTEND_EVENT : IA_ATTEND_SHADOW;
}

/* One instruction. false: c->trap. */
static bool carefully(struct ia_cpu *c)
{
    const uint32_t flags = c->flags.system;
    const bool shadow = c->shadow;
    struct ia_code_page *page;
    struct ia_fetched own;
    if ((c->attention & IA_ATTEND_DEBUG && !ia_debug_before(c)) || (c->triggers.count && !triggers_of_address(c)))
        return false;
    const ia_insn *i = fetch_anyhow(c, &page, &own);
    if (!i)
        return false;
    const bool fresh = ia_fresh_here(c, page);
    const ia_insn copy = *i; /* it may write over itself */
    const uint8_t *bytes = bytes_of(c, i, page, &own);
    if (!triggers_of_opcode(c, i, bytes) || (fresh && !let_pass(c, page, i, bytes)))
        return false;
    c->next = c->eip + copy.length;
    c->shadow = false;
    c->attention &= ~(uint32_t)IA_ATTEND_SHADOW;
    if (!i->body(c, i)) {
        careful_undo(c, shadow);
        ia_trap_name(c, &copy, bytes);
        return false;
    }
    const bool repeats = copy.rep && c->next == c->eip;
    c->eip = c->next;
    c->left--;
    c->resume = 0;
    if (shadow)
        c->attention |= IA_ATTEND_EVENT;
    debug_after(c, flags, repeats, loads_ss(&copy));
    return true;
}

/* --- between instructions */

static bool stop(struct ia_cpu *c, enum trap_kind kind)
{
    c->attention &= ~(uint32_t)(IA_ATTEND_YIELD | IA_ATTEND_WAIT);
    c->trap = (struct trap){.kind = kind, .row = INSN_NONE};
    return false;
}

/* What there is to be done before the next instruction; the careful ones are executed here. false: run() returns c->trap.
 * The order: what the last instruction left (a wait, a device), the end of the budget, a pending #DB, interrupts,
 * and then the next instruction, if it needs care. So a #DB comes before an interrupt at the same place [SDM 3A
 * table 6-2]. */
static __attribute__((noinline)) bool attend(struct ia_cpu *c)
{
    while (c->attention) {
        c->attention &= ~(uint32_t)IA_ATTEND_CODE;
        if (c->attention & IA_ATTEND_WAIT)
            return stop(c, TRAP_WAIT);
        if (c->attention & IA_ATTEND_YIELD)
            return stop(c, TRAP_YIELD);
        if (!c->left)
            return stop(c, TRAP_BUDGET);
        if (c->pending && !c->debug_held)
            return ia_debug_raise(c);
        if (c->attention & IA_ATTEND_EVENT && !no_interrupt(c))
            return false;
        if (!(c->attention & CAREFUL))
            continue;
        if (!carefully(c))
            return false;
        if (!c->triggers.opcodes)
            c->attention &= ~(uint32_t)IA_ATTEND_TRIGGER;
    }
    return true;
}

/* --- the inner loop */

/* The instruction at EIP is reported to the owner, if it is one that he has not let through. */
static bool let_through(struct ia_cpu *c, struct ia_code_page *page)
{
    struct ia_fetched own;
    if (LIKELY(!ia_fresh_here(c, page)))
        return true;
    const ia_insn *i = ia_fetch_copy(c, page, &own);
    return i && let_pass(c, page, i, own.bytes);
}

/* An instruction that is not kept, or not yet. false: c->trap. */
static __attribute__((noinline)) bool once(struct ia_cpu *c, struct ia_code_page *page)
{
    struct ia_fetched own;
    if (!let_through(c, page))
        return false;
    const ia_insn *i = ia_fetch(c, page, &own);
    if (!i)
        return false;
    const uint8_t *bytes = bytes_of(c, i, page, &own); /* a task switch moves EIP and faults afterwards */
    c->next = c->eip + i->length;
    if (!i->body(c, i)) {
        ia_trap_name(c, i, bytes);
        return false;
    }
    c->eip = c->next;
    c->left--;
    return true;
}

/* Instructions of this page, one after the other. false: c->trap.
 * The limit of CS is asked by the instruction's last byte; in flat segments it is all ones, and the question costs
 * one comparison. */
static bool run_page(struct ia_cpu *c, struct ia_code_page *page)
{
    const uint32_t base = c->seg[IA_CS].base, limit = c->seg[IA_CS].limit, here = (base + c->eip) & (uint32_t)PAGE_MASK;
    do {
        const unsigned at = (base + c->eip) & (PAGE_SIZE - 1), known = page->first[at];
        const ia_insn *i = &page->record[known];
        if (UNLIKELY(!known) || UNLIKELY(c->eip + i->length - 1 > limit)) {
            if (!once(c, page))
                return false;
            continue;
        }
        c->next = c->eip + i->length;
        if (UNLIKELY(!i->body(c, i))) {
            ia_trap_name(c, i, page->host + at);
            return false;
        }
        c->eip = c->next;
        c->left--;
    } while (LIKELY(!c->attention && c->left && ((base + c->eip) & (uint32_t)PAGE_MASK) == here));
    return true;
}

/* From EIP on, as far as one page goes. false: c->trap.
 * From the fastest way to the slowest: fast bodies, for flat segments and a budget of a slice at least; records,
 * one call each; an instruction that is not kept; one that is looked at. */
static bool run_here(struct ia_cpu *c)
{
    struct ia_code_page *page = ia_fetch_known(c);
    const enum ia_fetched_page how = LIKELY(page) ? IA_PAGE_FOUND : ia_fetch_page(c, &page);
    if (how == IA_PAGE_FAULT)
        return false;
    c->attention &= ~(uint32_t)IA_ATTEND_CODE;
    if (how == IA_PAGE_WATCHED)
        return carefully(c);
    if (!page || c->options.kind == ENGINE_simple)
        return once(c, page);
    if (c->left < FAST_SLICE || !ia_code_is_fast(page))
        return run_page(c, page);
    const unsigned known = page->first[ia_linear_eip(c) & (PAGE_SIZE - 1)];
    return known ? ia_fast_enter(c, page, known) : once(c, page);
}

/* To the end of the budget. Leaves c->trap. */
static void run_on(struct ia_cpu *c)
{
    for (;;) {
        if (c->attention && !attend(c))
            return;
        if (!c->left) {
            stop(c, TRAP_BUDGET);
            return;
        }
        if (!run_here(c))
            return;
    }
}

void ia_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct ia_cpu *c = ia_cpu_of(m);
    c->budget = c->left = budget;
    c->accesses = 0;
    c->attention = (c->attention & ~(uint32_t)(IA_ATTEND_YIELD | IA_ATTEND_WAIT)) |
                   (c->nmi_latched || c->pending || c->lines & 1u << IA_LINE_INTR ? IA_ATTEND_EVENT : 0u) |
                   (c->resume || c->triggers.opcodes ? IA_ATTEND_TRIGGER : 0u);
    run_on(c);
    const uint64_t done = budget - c->left;
    c->clock += done;
    c->retired += done;
    c->budget = c->left = 0;
    *retired += done;
    *out = c->trap;
}
