/* dispatcher.c - D of CP = <D, A, {v_i}> [PG74 p.416]: the guest runs on the host, in its user mode, until a trap; D asks whose
 * trap it is. It knows no instruction and no instruction set: the trap's reason class, the table of the v_i and the virtual
 * machine's state decide.
 */
#include "core/vmm/dispatcher.h"

#include "core/vmm/allocator.h"
#include "core/vmm/hybrid.h"
#include "core/vmm/memory.h"
#include "core/vmm/observe.h"
#include "core/vmm/patch.h"
#include "core/vmm/schedule.h"
#include "core/vmm/tally.h"
#include "core/vmm/translator.h"
#include "core/vmm/trigger.h"
#include "isa/wait.h"

/* May the guest go on in the host? Only de-privileged: without this nothing else here means anything. */
static inline bool deprivileged(struct vcpu *vcpu)
{
    if (LIKELY(vcpu_in_user(vcpu, vcpu->host)))
        return true;
    vcpu_stop(vcpu, "the host machine is not in user mode: the guest would run with real privilege");
    return false;
}

/* How far the host may go: to the end of the budget, but no further than the virtual machine's own timer: that is when an interrupt
 * may be due. */
static inline uint64_t stretch(struct vcpu *vcpu, uint64_t left)
{
    const uint64_t clock = vcpu_clock(vcpu), wake = vcpu->isa->wake(vcpu);

    return wake > clock && wake - clock < left ? wake - clock : left;
}

/* One instruction holds interrupts back, and D is to look behind it. */
static bool is_held(const struct vcpu *vcpu) { return vcpu->isa->holds && vcpu->isa->holds(vcpu); }

static void run_host(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t, uint64_t *statistic)
{
    uint64_t before = *retired, budget = stretch(vcpu, end - before);

    if (is_held(vcpu) && budget > 1)
        budget = 1;
    if (!deprivileged(vcpu)) {
        *t = (struct trap){.kind = TRAP_STOP, .row = INSN_NONE};
        return;
    }
    if (vcpu->isa->entering)
        vcpu->isa->entering(vcpu);
    machine_run_to(vcpu->host, budget, retired, t);
    if (vcpu->isa->left)
        vcpu->isa->left(vcpu);
    *statistic += *retired - before;
}

static inline enum vm_owner whose_exception(struct vcpu *vcpu, const struct trap *t, bool plain)
{
    enum pt_kind kind;

    tally_trap(vcpu, t);
    if (!plain && vcpu->isa->whose)
        return vcpu->isa->whose(vcpu, t);
    if (LIKELY(t->reason == REASON_PRIVILEGE) && vcpu_has_v_i(vcpu, t))
        return VM_OWNER_V_I;
    return t->reason == REASON_RESOURCE && vcpu->shadow && vcpu->isa->fault_kind(t, &kind) ? VM_OWNER_SHADOW : VM_OWNER_GUEST;
}

/* Of what is no exception. */
static __attribute__((noinline)) enum vm_owner whose_other(struct vcpu *vcpu, const struct trap *t)
{
    switch (t->kind) {
    case TRAP_NONE:
    case TRAP_BUDGET: /* the host's slice ended: perhaps ours has not */
    case TRAP_YIELD:
    case TRAP_EXCEPTION: break;
    case TRAP_STOP:
    case TRAP_TRIGGER: return VM_OWNER_GUEST;
    case TRAP_INTERRUPT: /* in a mode for guests it is the guest's own; else K lets the host take none */
        if (vcpu->isa->left)
            return VM_OWNER_GUEST;
        vcpu_stop(vcpu, "the host machine does not keep to the VMM's configuration");
        break;
    case TRAP_WAIT:
        if (t->cause == WAIT_HELD) /* by what the guest has done, until its board says otherwise */
            return VM_OWNER_GUEST;
        /* Any other wait is privileged, by K or by the machine; here it was not. */
        vcpu_stop(vcpu, "the guest made the host machine itself wait or halt: there the instruction is not privileged");
        break;
    }
    return VM_OWNER_NOBODY;
}

/* The v_i ended otherwise than with the next instruction. */
static __attribute__((noinline)) void emulated(struct vcpu *vcpu, const struct trap *t, unsigned row, uint64_t cause)
{
    if (t->kind == TRAP_WAIT || t->kind == TRAP_YIELD)
        vcpu_retire(vcpu, &vcpu->stats.emulated);
    else if (t->kind == TRAP_TRIGGER)
        tally_undo(vcpu, REASON_PRIVILEGE, cause, row);
}

/* What a v_i did without a trap of the virtual machine counts as the instruction that it is. */
static inline void emulate(struct vcpu *vcpu, struct trap *t)
{
    const unsigned row = t->row;
    const uint64_t cause = t->cause;

    vcpu->v_i_runs[row]++;
    vcpu->isa->v[row](vcpu, t);
    if (LIKELY(t->kind == TRAP_NONE))
        vcpu_retire(vcpu, &vcpu->stats.emulated);
    else
        emulated(vcpu, t, row, cause);
}

/* Is it a sensitive instruction that is quiet, and nobody looks? */
static bool is_quiet(const struct vcpu *vcpu, const struct trap *t)
{
    return t->kind == TRAP_EXCEPTION && t->reason == REASON_PRIVILEGE && vcpu_has_v_i(vcpu, t) && !vcpu->observers &&
           vcpu->isa->translator && vcpu->isa->translator->quiet(t->row);
}

/* run_host() under VMM_PATCH. *seen: the instruction at the PC was just let through. Behind one that was, and behind a
 * quiet v_i, the host goes on: nothing has changed that D asks before a stretch. true: *t is decided. */
static __attribute__((noinline)) bool run_inspected(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t, bool *seen)
{
    const uint64_t until = *retired + stretch(vcpu, end - *retired);
    const bool quickly = !is_held(vcpu) && !vcpu->isa->entering;

    if (*seen || !patch_finds(vcpu, t))
        run_host(vcpu, end, retired, t, &vcpu->stats.direct);
    *seen = patch_judges(vcpu, t);
    while (quickly && *retired + 1 < until && (*seen || is_quiet(vcpu, t))) {
        if (!*seen) {
            tally_trap(vcpu, t);
            emulate(vcpu, t);
            if (t->kind != TRAP_NONE || vcpu->why_stopped || vcpu->resource_changed || machine_get(vcpu->host, MACHINE_RESUME))
                return true;
        }
        const uint64_t from = *retired;
        machine_run_to(vcpu->host, until - from, retired, t);
        vcpu->stats.direct += *retired - from;
        *seen = patch_judges(vcpu, t);
    }
    return false;
}

/* A sensitive instruction that is quiet, emulated. false: the cache is left, and *t is decided. */
static bool emulate_quietly(struct vcpu *vcpu, struct trap *t)
{
    tally_trap(vcpu, t);
    emulate(vcpu, t);
    return t->kind == TRAP_NONE && !vcpu->why_stopped && translator_again(vcpu);
}

/* Has the host run in the cache, it goes on there as long as that is a matter of what is next: nothing is done from stretch to stretch that
 * could change more, so that what was asked before the first is true still. */
static enum translator_says run_cache(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    const uint64_t before = *retired, until = before + stretch(vcpu, end - before);
    const bool held = is_held(vcpu);

    run_host(vcpu, end, retired, t, &vcpu->stats.translated);
    for (bool quickly = *retired != before && !held; quickly && *retired + 1 < until;) {
        const enum translator_exit exit = translator_quick(vcpu, t, retired);
        if (exit == TRANSLATOR_OTHER)
            break;
        if (exit == TRANSLATOR_QUIET && !emulate_quietly(vcpu, t))
            return TRANSLATOR_DONE;
        const uint64_t from = *retired;
        machine_run_to(vcpu->host, until - from, retired, t);
        vcpu->stats.translated += *retired - from;
    }
    return translator_leaves(vcpu, t);
}

/* Once to the cache and out of it. */
static enum translator_says translated_turn(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    const bool privileged = translator_runs(vcpu);
    enum translator_says says = privileged ? translator_enters(vcpu, t) : TRANSLATOR_ON;

    if (says == TRANSLATOR_ON) {
        if (vcpu->resource_changed) /* by what was translated, too */
            allocator_install(vcpu);
        if (privileged) {
            says = run_cache(vcpu, end, retired, t);
        } else {
            run_host(vcpu, end, retired, t, &vcpu->stats.direct);
            says = translator_leaves(vcpu, t);
        }
    }
    if (says == TRANSLATOR_INTERPRET)
        *t = hybrid_once(vcpu);
    return says;
}

/* Under VMM_TRANSLATE. true: *t is decided. From block to block there is nothing that D must look at: neither a transfer nor a quiet v_i makes
 * an interrupt possible, but where one was held back for it. */
static __attribute__((noinline)) bool run_translated(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    enum translator_says says;
    bool held;

    do {
        held = is_held(vcpu);
        says = translated_turn(vcpu, end, retired, t);
    } while (says == TRANSLATOR_DONE && t->kind == TRAP_NONE && !held && *retired != end && !vcpu->why_stopped);
    return says != TRANSLATOR_ON;
}

static void reflect(struct vcpu *vcpu, struct trap *t)
{
    if (t->kind == TRAP_EXCEPTION)
        vcpu->isa->reflect(vcpu, t);
    else if (t->kind == TRAP_TRIGGER)
        vcpu_trigger_reflect(vcpu, t);
}

/* A trap of the virtual machine that the host did not take first: an interrupt, or one met while interpreting. */
static void observe_if_own(struct vcpu *vcpu, const struct trap *t)
{
    if (UNLIKELY(vcpu->observers) && (t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT))
        observe_own(vcpu, t);
}

/* t: the host's trap; what D makes of it. Plain: see plain_turns(). */
static inline __attribute__((always_inline)) void decide_as(struct vcpu *vcpu, struct trap *t, bool plain)
{
    enum vm_owner owner = LIKELY(t->kind == TRAP_EXCEPTION) ? whose_exception(vcpu, t, plain) : whose_other(vcpu, t);

    if (!plain && vcpu->event)
        vcpu->event->owner = owner;
    switch (owner) {
    case VM_OWNER_NOBODY: t->kind = TRAP_NONE; break;
    case VM_OWNER_V_I: emulate(vcpu, t); break;
    case VM_OWNER_SHADOW:
    case VM_OWNER_DEVICE: memory_fault(vcpu, t); break; /* which of the two it finds out */
    case VM_OWNER_GUEST: reflect(vcpu, t); break;
    }
}

static void decide(struct vcpu *vcpu, struct trap *t) { decide_as(vcpu, t, false); }

/* The same, while somebody looks. */
static void decide_observed(struct vcpu *vcpu, struct trap *t)
{
    struct vm_event event;

    if (t->kind == TRAP_NONE || t->kind == TRAP_BUDGET || t->kind == TRAP_YIELD || t->kind == TRAP_TRIGGER ||
        (t->kind == TRAP_WAIT && t->cause == WAIT_HELD)) {
        decide(vcpu, t);
        return;
    }
    if (t->kind == TRAP_INTERRUPT && vcpu->isa->left) {
        observe_own(vcpu, t);
        return;
    }
    observe_begin(vcpu, t, &event);
    decide(vcpu, t);
    if (t->kind == TRAP_TRIGGER) /* before anything was done: it all comes again */
        vcpu->event = NULL;
    else
        observe_end(vcpu, t);
}

/* Somebody who looks wants the owner to have a look, too. */
static void pause_if_asked(struct vcpu *vcpu, struct trap *t)
{
    if (vcpu->pausing && t->kind == TRAP_NONE)
        *t = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
    vcpu->pausing = false;
}

/* true: *t is decided. */
static bool run_guest(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t, bool *seen)
{
    if (UNLIKELY(translator_is(vcpu)))
        return run_translated(vcpu, end, retired, t);
    if (vcpu->resource_changed)  /* by a v_i, or by the owner */
        allocator_install(vcpu); /* A */
    if (UNLIKELY(patch_inspects(vcpu)))
        return run_inspected(vcpu, end, retired, t, seen);
    run_host(vcpu, end, retired, t, &vcpu->stats.direct);
    return false;
}

/* Turns of a VM with nothing special about it, as most are: the instruction set hooks into none of D's steps, the monitor is trap and
 * emulate, nobody looks. What has but one answer then is not asked: nothing but this costs time in every trap. */
static void plain_turns(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    while (t->kind == TRAP_NONE && !vcpu->why_stopped) {
        const uint64_t before = *retired;

        if (vcpu->isa->interrupt(vcpu, t))
            return;
        if (before == end) {
            *t = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
            return;
        }
        if (vcpu->resource_changed)
            allocator_install(vcpu);
        if (UNLIKELY(!deprivileged(vcpu)))
            return;
        machine_run_to(vcpu->host, stretch(vcpu, end - before), retired, t);
        vcpu->stats.direct += *retired - before;
        decide_as(vcpu, t, true);
    }
}

/* All turns, step by step. */
static void turns(struct vcpu *vcpu, uint64_t end, uint64_t *retired, struct trap *t)
{
    bool seen = false;

    while (t->kind == TRAP_NONE && !vcpu->why_stopped) {
        if (vcpu->interpreter && hybrid_run(vcpu, end, retired, t)) {
            observe_if_own(vcpu, t);
            continue;
        }
        if (!(vcpu->isa->budget_first && *retired == end) && vcpu->isa->interrupt(vcpu, t)) {
            observe_if_own(vcpu, t);
            return;
        }
        if (*retired == end) {
            *t = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
            return;
        }
        if (!vcpu->interpreter && hybrid_interprets(vcpu)) { /* or hybrid_run() would have */
            *t = hybrid_step(vcpu);
            observe_if_own(vcpu, t);
            continue;
        }
        if (run_guest(vcpu, end, retired, t, &seen)) {
            observe_if_own(vcpu, t);
            continue;
        }
        if (!vcpu->observers) {
            decide(vcpu, t);
        } else {
            decide_observed(vcpu, t);
            pause_if_asked(vcpu, t);
        }
    }
}

/*T:310 D, the dispatcher. The guest's instructions run on the host itself until one of them traps. The trap is a value; D looks at it
 * and gives it to whom it belongs. What the virtual machine itself would trap on is returned: whoever owns it decides, as he would
 * for a bare machine. :*/
void vmm_dispatch(struct vcpu *vcpu, uint64_t budget, uint64_t *retired, struct trap *t)
{
    uint64_t end = budget > UINT64_MAX - *retired ? UINT64_MAX : *retired + budget;

    schedule_switch(vcpu);
    t->kind = TRAP_NONE;
    if (LIKELY(vcpu->plain && !vcpu->observers))
        plain_turns(vcpu, end, retired, t);
    else
        turns(vcpu, end, retired, t);
    if (vcpu->why_stopped && t->kind != TRAP_BUDGET)
        *t = (struct trap){.kind = TRAP_STOP, .row = INSN_NONE};
    else
        vcpu->stats.reflected += t->kind == TRAP_EXCEPTION;
}
