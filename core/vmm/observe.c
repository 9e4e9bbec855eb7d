/* observe.c - what D decides, told to whoever looks.
 *
 * While D decides about a trap of an observed VM, vcpu->event is what the observers will be told; the parts that know more than D (the
 * shadow MMU, the interpreter) add it there. When nobody looks it is NULL, and D pays one branch for each trap.
 */
#include "core/vmm/observe.h"

#include "isa/about.h"

/* Before D decides: the PC and the modes are those of the instruction, which a v_i may change. */
static struct vm_event event_now(const struct vcpu *vcpu)
{
    return (struct vm_event){
        .retired = *vcpu->running,
        .clock = vcpu_clock(vcpu),
        .pc = about_pc(&vcpu->machine),
        .virtual_mode = machine_get(&vcpu->machine, MACHINE_MODE),
        .real_mode = machine_get(vcpu->host, MACHINE_MODE),
        .trap = {.kind = TRAP_NONE, .row = INSN_NONE},
    };
}

/* The next one is read first, for an observer may take itself off the list when it is told. */
static void tell(const struct vcpu *vcpu, const struct vm_event *event)
{
    for (struct vm_observer *o = vcpu->observers, *next; o; o = next) {
        next = o->next;
        o->trap(o->opaque, event);
    }
}

/* The event is the caller's, on its stack, and reachable by vcpu->event for as long as D decides. */
void observe_begin(struct vcpu *vcpu, const struct trap *t, struct vm_event *event)
{
    *event = event_now(vcpu);
    event->vm = &vcpu->machine;
    event->trap = *t;
    vcpu->event = event;
    for (const struct vm_observer *o = vcpu->observers; o; o = o->next)
        if (o->taken)
            o->taken(o->opaque);
}

/* From the result, in this order: a VM that was stopped in the middle of a v_i has not emulated anything. */
static enum vm_action action_of(const struct vcpu *vcpu, const struct vm_event *event)
{
    if (vcpu->why_stopped || event->result.kind == TRAP_STOP)
        return VM_STOPPED;
    if (event->result.kind == TRAP_EXCEPTION)
        return VM_REFLECTED;
    if (event->owner == VM_OWNER_V_I)
        return VM_EMULATED;
    return event->filled ? VM_FILLED : VM_INTERPRETED;
}

void observe_end(struct vcpu *vcpu, const struct trap *result)
{
    struct vm_event *event = vcpu->event;

    vcpu->event = NULL;
    event->result = *result;
    event->action = action_of(vcpu, event);
    tell(vcpu, event);
}

/* A trap that no trap of the host goes before: there is nothing to say of an instruction, since none was executed. */
void observe_own(struct vcpu *vcpu, const struct trap *result)
{
    struct vm_event event = event_now(vcpu);

    event.vm = &vcpu->machine;
    event.owner = VM_OWNER_GUEST;
    event.action = result->kind == TRAP_INTERRUPT ? VM_INTERRUPTED : VM_REFLECTED;
    event.result = *result;
    tell(vcpu, &event);
}

/* --- For the owner */

void vm_observe(struct machine *m, struct vm_observer *observer)
{
    struct vcpu *vcpu = vcpu_of(m);

    observer->next = vcpu->observers;
    vcpu->observers = observer;
}

void vm_pause(struct machine *m) { vcpu_of(m)->pausing = true; }

void vm_unobserve(struct machine *m, struct vm_observer *observer)
{
    struct vm_observer **link = &vcpu_of(m)->observers;

    while (*link && *link != observer)
        link = &(*link)->next;
    if (*link)
        *link = observer->next;
}

const char *vm_owner_name(enum vm_owner owner)
{
    static const char *const names[] = {
        [VM_OWNER_NOBODY] = "nobody", [VM_OWNER_V_I] = "v_i",     [VM_OWNER_SHADOW] = "shadow",
        [VM_OWNER_DEVICE] = "device", [VM_OWNER_GUEST] = "guest",
    };
    return names[owner];
}

const char *vm_action_name(enum vm_action action)
{
    static const char *const names[] = {
        [VM_EMULATED] = "emulated",   [VM_FILLED] = "filled",           [VM_INTERPRETED] = "interpreted",
        [VM_REFLECTED] = "reflected", [VM_INTERRUPTED] = "interrupted", [VM_STOPPED] = "stopped",
    };
    return names[action];
}
