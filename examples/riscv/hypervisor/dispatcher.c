/* dispatcher.c - D: the guest runs on the hart itself, in U-mode, until it traps. Then D asks whose trap it is. */
#include "hypervisor.h"

void guest_trap(struct vcpu *);

/* Into the guest's trap handler, as the hart would go there [priv 12.1.2, 12.1.1.1]. */
void reflect(struct vcpu *v, uint64_t cause, uint64_t value)
{
    uint64_t vectored = cause & CAUSE_INTERRUPT && v->stvec & 1 ? 4 * (cause & ~CAUSE_INTERRUPT) : 0;
    v->sepc = v->x[0];
    v->scause = cause;
    v->stval = value;
    v->sstatus &= ~(uint64_t)(SSTATUS_SPP | SSTATUS_SPIE);
    v->sstatus |= (v->mode == SUPERVISOR ? SSTATUS_SPP : 0) | (v->sstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0);
    v->sstatus &= ~(uint64_t)SSTATUS_SIE;
    v->mode = SUPERVISOR;
    v->x[0] = (v->stvec & ~UINT64_C(3)) + vectored;
    counts.reflected++;
}

/* An instruction that was emulated took a cycle of the guest's time. */
void advance(struct vcpu *v, uint64_t length)
{
    v->x[0] += length;
    v->cycles++;
}

/* Illegal in real U-mode: because it is privileged, and then its v_i says what it means; or in the virtual machine, too. stval holds
 * the instruction; a hart that leaves it zero makes us fetch it. */
static void illegal(struct vcpu *v, uint64_t instruction)
{
    uint64_t gpa, rights, fault;
    for (unsigned half = 0; instruction == 0 && half < 4; half += 2) {
        const uint16_t *at = translate(v, v->x[0] + half, FETCH, &gpa, &rights, &fault) ? guest_ram_at(gpa, 2) : NULL;
        if (!at)
            break;
        instruction |= (uint64_t)*at << (8 * half);
    }
    if (v_i(v, (uint32_t)instruction))
        counts.emulated++;
    else
        reflect(v, CAUSE_ILLEGAL, instruction);
}

static void dispatch(struct vcpu *v, uint64_t cause, uint64_t value)
{
    switch (cause) {
    case CAUSE_TIMER: /* the real one: due for the guest, or early */ clock_arm(v); return;
    case CAUSE_ILLEGAL: illegal(v, value); return;
    case CAUSE_ECALL_U: /* which mode the guest called from, only we know */
        if (v->mode == SUPERVISOR)
            firmware_call(v);
        else
            reflect(v, CAUSE_ECALL_U, 0);
        return;
    case CAUSE_FETCH_PAGE: shadow_fault(v, FETCH, value); return;
    case CAUSE_LOAD_PAGE: shadow_fault(v, LOAD, value); return;
    case CAUSE_STORE_PAGE: shadow_fault(v, STORE, value); return;
    default: reflect(v, cause, value); return; /* breakpoints and the like are the guest's own */
    }
}

/* Interrupts are taken in user mode always, in supervisor mode if SIE says so [priv 12.1.3]. */
static void interrupt(struct vcpu *v)
{
    if (!(virtual_sip(v) & v->sie & INTERRUPT_TIMER) || (v->mode == SUPERVISOR && !(v->sstatus & SSTATUS_SIE)))
        return;
    counts.interrupts++;
    reflect(v, CAUSE_TIMER, 0);
}

/* From trap_entry, which resumes the guest afterwards. */
void guest_trap(struct vcpu *v)
{
    clock_exit(v);
    counts.exits++;
    dispatch(v, csr_read(scause), csr_read(stval));
    interrupt(v);
    allocator_install(v);
}
