/* inspect.h - a look into a virtual machine, for people: what the shadow holds, and why a leaf says what it says.
 *
 * Nothing changes, not even an A bit or which root was used last: the guest cannot tell that somebody looked. `vm` is always one that
 * vmm_create_vm() made.
 */
#ifndef TRAPEZE_CORE_INSPECT_H
#define TRAPEZE_CORE_INSPECT_H

#include "core/vmm/vmm.h"
#include "mmu/pt.h"

/* Where a VM is, and how it is run. */
struct vm_place {
    const struct vm_config *config;
    pa_t ram;        /* of the host: f(config->ram_base) */
    pa_t tables;     /* of the host: the shadow's frames; has_tables */
    unsigned frames; /* of it */
    bool has_tables;
    bool on_host;      /* its state is in the host's registers, or no other VM's is */
    bool asid_shared;  /* the host has too few ASIDs: all roots share one */
    unsigned siblings; /* VMs of the same host, this one too */
};
/* What executes a VM's next instruction, as its mode and its state say: the host the guest's own code, or a translation of it, or the VMM. */
enum vm_course { VM_DIRECTLY, VM_TRANSLATED, VM_BY_VMM };
enum vm_course vm_course(const struct machine *vm);

void vm_place(const struct machine *vm, struct vm_place *out);

/* --- The shadow as a whole; false: a machine without pages, which has none. */

struct vm_shadow {
    const struct pt_format *format;
    unsigned roots;        /* there may be so many */
    unsigned current;      /* the root that A installed last */
    bool has_current;      /* the present situation has one; else A will find one before the guest runs */
    unsigned present;      /* that one */
    unsigned frames, used; /* roots aside */
    bool fenced; /* the guest has fenced since the shadow was last emptied as a whole: then what is missing goes back to a fence */
    uint64_t fills, flushes, exhausted, evicted, recycled, traced, writes, released, loosened;
};
bool vm_shadow_look(const struct machine *vm, struct vm_shadow *out);

struct vm_root {
    pa_t table; /* of the host */
    unsigned asid;
    unsigned tables, leaves;
    uint64_t used;      /* the higher, the more lately */
    uint64_t space;     /* the guest's register that names its root; 0: untranslated */
    uint64_t epoch;     /* which of its PMP rules */
    char situation[64]; /* mode and rights, in words */
    bool untranslated;
};
bool vm_root_look(const struct machine *vm, unsigned root, struct vm_root *out); /* false: it was never used */

/* --- One page of the guest's address space, in its present situation. */

/* What would become of an access now, whatever the shadow holds at the moment. */
enum vm_page_verdict {
    VM_PAGE_LEAF,          /* a leaf may grant it */
    VM_PAGE_GUEST,         /* the guest's own fault: `fault` */
    VM_PAGE_NOWHERE,       /* likewise: nothing answers at that guest-physical address */
    VM_PAGE_DEVICE,        /* interpreted: the device `range` answers */
    VM_PAGE_TOUCH,         /* granted, but first A or D of the guest's PTE must be set */
    VM_PAGE_INEXPRESSIBLE, /* interpreted: no leaf says MPRV, or protection that differs within a page */
    VM_PAGE_TRACED,        /* interpreted: a store to a page that holds a table of the guest */
    VM_PAGE_BEYOND,        /* interpreted: outside what the host's tables can map, or the guest's own tables lie outside its RAM */
    VM_PAGE_HYBRID,        /* interpreted: the hybrid monitor runs nothing of this mode directly */
};
struct vm_access {
    enum vm_page_verdict verdict;
    struct trap fault;
    pa_t guest;                     /* unless it is the guest's fault */
    const struct phys_range *range; /* what is there; NULL: nothing */
    bool has_host;
    pa_t host; /* f(guest) */
};
void vm_access_look(struct machine *vm, va_t, enum pt_kind, struct vm_access *out);

/* What the host's CPU would find in the shadow. false: the present situation has no root yet, or the machine has no pages. */
bool vm_shadow_walk(const struct machine *vm, va_t, struct pt_walk *out, unsigned *root);

#endif
