/* interpreter.c - the engine that decodes ahead: its outer loop, and what the seam asks of it.
 *
 * run() is a loop around bodies. It lets fast bodies go on by themselves while more instructions are left than they may retire before they
 * look; the rest it takes one by one.
 */
#include <errno.h>

#include "isa/riscv/careful.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/fetch.h"
#include "isa/riscv/hot.h"
#include "isa/riscv/pages.h"
#include "isa/riscv/run.h"

/* Makes pc true; then nothing of where run() stood matters. */
static void settle(struct hart *h)
{
    if (h->here)
        h->pc = hart_pc_of(h, h->next);
    h->here = NULL;
}

/* What is to be done before the next instruction: true when run() is to return h->trap, BUDGET or YIELD. */
static __attribute__((noinline)) bool between(struct hart *h)
{
    if (h->yield) {
        h->yield = false;
        *h->trap = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
        return true;
    }
    slice_close(h);
    return slice_begin(h);
}

/* Will somebody look before the budget has ended? Of what is no ordinary instruction nothing is known; it returns here by itself. A budget
 * of one is the careful body's: so who wants that one, to compare it with the fast one, has it (core/theory/lab_way.c). */
static bool looks_in_time(const struct hart *h, const struct rv_insn *i)
{
    const size_t slot = (size_t)(i - code_of(h)->record);
    return h->left >= HART_SLICE || (h->left > 1 && code_of(h)->row[slot] != INSN_NONE && h->left >= code_of(h)->ahead[slot]);
}

/* Runs until h->trap holds what to return. pc is true then. */
static inline void run(struct hart *h)
{
    if (slice_begin(h))
        return;
    for (;;) {
        if (!h->here && !hart_fetch_known(h) && !hart_fetch_page(h))
            return;
        const struct rv_insn *i = h->next;
        enum body_result result;
        if (LIKELY(!h->single && looks_in_time(h, i)))
            result = i->body(h, i, h->left);
        else
            result = rv_carefully(h, i, h->left);
        if (result >= STEP_NEXT)
            result = rv_stepped(h, result);
        if (result == BODY_STOP)
            return;
        if (UNLIKELY(h->single)) {
            settle(h);
            h->single = false;
        }
        if (UNLIKELY(h->attention || h->yield || h->left == 0) && between(h)) {
            settle(h);
            return;
        }
    }
}

/*T:400 The hardware. An instruction is a record of its decoded page; its body does the work and goes on to the next record by itself.
 * Only what it cannot finish comes back here: a trap, a page end, the end of the budget. :*/
static void interpreter_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct hart *h = hart_of(m);
    run_begin(h, budget, out);
    run(h);
    run_end(h, budget, retired);
}

static pa_t fetched(const struct hart *h, uintptr_t entry)
{
    (void)h;
    return ((const struct code_page *)entry)->pa;
}

const struct hart_engine hart_engine_interpreter = {
    .size = sizeof(struct interpreter),
    .create = code_pages_create,
    .destroy = code_pages_destroy,
    .run = interpreter_run,
    .context_changed = code_pages_context_changed,
    .code_changed = code_pages_written,
    .code_kept = code_pages_kept,
    .fetched = fetched,
    .counts = code_pages_counts,
};

/* --- the same with machine code for what is hot. Where there can be none it is the interpreter. */

static int native_engine_create(struct hart *h)
{
    int error = code_pages_create(h);
    if (error)
        return error;
    const int refused = native_create(interpreter_of(h), CODE_PAGES);
    if (refused) {
        h->options.kind = ENGINE_interpreter;
        h->options.refused = -refused;
    }
    return 0;
}

static void native_engine_destroy(struct hart *h)
{
    native_destroy(interpreter_of(h));
    code_pages_destroy(h);
}

const struct hart_engine hart_engine_native = {
    .size = sizeof(struct interpreter),
    .create = native_engine_create,
    .destroy = native_engine_destroy,
    .run = interpreter_run,
    .context_changed = code_pages_context_changed,
    .code_changed = code_pages_written,
    .code_kept = code_pages_kept,
    .fetched = fetched,
    .counts = code_pages_counts,
};
