/* vm.h - a virtual machine as its virtual CPUs see it together: memory, configuration, and the bus that a board plugs into. And what
 * VMs share: the VMM that made them, and the CPUs ("harts") of the machine that carries it.
 *
 *      struct vmm ---- harts --> struct host_hart ---- current --+
 *        |                                                       v
 *        +------------ vms ----> struct vm ---- vcpus ----> struct vcpu (vcpu.h), each on one host hart
 *
 * How core/vmm/ is laid out:
 *
 *   create.c      VMs and virtual CPUs come and go           operations.c  the machine_ops of a virtual CPU
 *   dispatcher.c  D: whose trap is it                        v_riscv.c     {v_i}: one routine per privileged row; isa_riscv.c the rest
 *   allocator.c   A: host frames, host resource registers    v_pg.c        all of it for a machine without pages
 *   vmmap.c       f and its inverse on addresses             identity.c    ... and on the registers that are the host's
 *   memory.c      guest walk o host map: fills the shadow    interpret.c   does the accesses that no leaf can express
 *   reach.c       ... which both ask where an access goes    watch.c       who writes the guest's memory behind its back
 *   schedule.c    several virtual CPUs on one host hart: world switches
 *   trigger.c     a VM's breakpoints and watchpoints, by the host's
 *   hybrid.c      Theorem 3: the guest's privileged modes interpreted
 *   translator*.c ... or translated: code_cache.c has what is
 *   observe.c     tells what D decides to whoever looks      counts.c      what it has done, for people; tally.c adds up
 *   inspect.c     what the VMM has in store, for people to look at
 *   assignment_*  a student's functions in the place of D's, the v_i's and the walk's
 */
#ifndef TRAPEZE_CORE_VMM_VM_H
#define TRAPEZE_CORE_VMM_VM_H

#include "core/vmm/address.h"
#include "core/vmm/vmm.h"

struct vcpu;
struct vm;
struct vmm;

/* A stretch of host-physical memory. */
struct extent {
    hpa_t base;
    uint64_t size;
};

/* A CPU of the machine that carries the VMM. It has the state of one virtual CPU in its registers. It is that machine's owner. */
struct host_hart {
    struct machine *machine; /* borrowed */
    struct vmm *vmm;
    struct vcpu *current; /* NULL: none has run here yet */
    struct host_hart *next;
};

/* One for all CPUs of a machine: who has its frames. */
struct vmm {
    struct phys *phys;       /* theirs; borrowed */
    struct host_hart *harts; /* owned */
    struct vm *vms;          /* all that were made here */
    struct extent *taken;    /* owned */
    unsigned taken_count, taken_room;
};

struct vm {
    struct vmm *vmm;
    struct vm_config config;
    struct phys *phys;     /* guest-physical: its RAM, and what board was plugged in; owned */
    struct phys *ports;    /* likewise, of ports; owned. NULL: the instruction set has none */
    hpa_t ram;             /* of config.ram_base */
    struct ram *ram_block; /* where that is: borrowed from the host's phys. NULL: none was taken */
    uint64_t ram_offset;   /* of it in the block */
    struct vcpu *vcpus;    /* the last one made is first */
    struct vm *next;       /* of the same VMM */
};

#endif
