/* virtual_table_ia32.h - descriptor tables of the virtual machine, as its memory has them, and what goes through them: segments, stacks
 * that are switched, frames, task states. Shared by the v_i of segment loads, of far transfers and returns, and by trap entry.
 *
 * Whatever returns false has left the trap that the virtual machine takes in op->t, and but for A and D bits of its page tables nothing has
 * changed; task_switch() alone may fail behind its commit. Written from the manual, apart from the hardware's bodies.
 */
#ifndef TRAPEZE_CORE_VMM_VIRTUAL_TABLE_IA32_H
#define TRAPEZE_CORE_VMM_VIRTUAL_TABLE_IA32_H

#include "core/vmm/virtual_ia32.h"

/* An instruction, or an event on its way to its handler. */
struct far_op {
    struct vcpu *vcpu;
    struct trap *t; /* gets the fault; what it says of the instruction stays */
    unsigned ext;   /* bit 0 of error codes: 1 for an event that no program asked for [SDM 3A 6.13] */
};

/* The fault of this vector. selector: what it names, RPL or not; 0: nothing. Returns false. */
bool far_fault(const struct far_op *, unsigned vector, uint32_t selector);

/* A far pointer in memory: an offset of the operand size, and a selector behind it. */
bool far_pointer(const struct far_op *, const struct ia32_decoded *, uint16_t *selector, uint32_t *offset);

/* --- Descriptors */

/* System descriptors [SDM 3A table 3-2]. */
enum {
    TABLE_TSS16 = 1,
    TABLE_LDT = 2,
    TABLE_TSS16_BUSY = 3,
    TABLE_CALL16 = 4,
    TABLE_TASK_GATE = 5,
    TABLE_INTERRUPT16 = 6,
    TABLE_TRAP16 = 7,
    TABLE_TSS32 = 9,
    TABLE_TSS32_BUSY = 11,
    TABLE_CALL32 = 12,
    TABLE_INTERRUPT32 = 14,
    TABLE_TRAP32 = 15,
    TABLE_WIDE = 8, /* a bit: of 32 bits */
    TABLE_BUSY = 2, /* a bit of the types of task states */
};

struct descriptor {
    uint32_t low, high;
    uint32_t at; /* its linear address */
};

static inline unsigned selector_rpl(uint16_t selector) { return selector & 3; }
static inline bool selector_is_null(uint16_t selector) { return (selector & ~3u) == 0; }

/* S in bit 4: system types are below 16. */
static inline unsigned descriptor_type(const struct descriptor *d) { return d->high >> 8 & 0x1f; }
static inline unsigned descriptor_dpl(const struct descriptor *d) { return d->high >> 13 & 3; }
static inline bool descriptor_present(const struct descriptor *d) { return d->high >> 15 & 1; }
static inline bool descriptor_is_code(const struct descriptor *d) { return (descriptor_type(d) & 0x18) == 0x18; }
static inline bool descriptor_is_conforming(const struct descriptor *d) { return (descriptor_type(d) & 0x1c) == 0x1c; }
static inline bool descriptor_is_writable(const struct descriptor *d) { return (descriptor_type(d) & 0x1a) == 0x12; }
static inline bool descriptor_is_readable(const struct descriptor *d)
{
    return (descriptor_type(d) & 0x18) == 0x10 || (descriptor_type(d) & 0x1a) == 0x1a;
}
/* Of a task state, which is in use or is not. */
static inline bool descriptor_is_task(const struct descriptor *d, bool busy)
{
    return (descriptor_type(d) & ~(unsigned)TABLE_WIDE) == (busy ? TABLE_TSS16_BUSY : TABLE_TSS16);
}
uint32_t descriptor_limit(const struct descriptor *); /* in bytes */

static inline uint16_t gate_selector(const struct descriptor *gate) { return (uint16_t)(gate->low >> 16); }
static inline unsigned gate_size(const struct descriptor *gate) { return descriptor_type(gate) & TABLE_WIDE ? 4 : 2; }
static inline uint32_t gate_offset(const struct descriptor *gate)
{
    return (gate->low & 0xffff) | (gate_size(gate) == 4 ? gate->high & 0xffff0000 : 0);
}

/* What a segment register holds of it, or of no segment. */
struct ia32_v_segment descriptor_segment(const struct descriptor *, uint16_t selector);
struct ia32_v_segment segment_null(uint16_t selector);

/* Is there a descriptor for it in its table? */
bool table_has(const struct far_op *, uint16_t selector);
/* The descriptor that a selector names. vector: of the fault when it is beyond its table. */
bool table_find(const struct far_op *, uint16_t selector, unsigned vector, struct descriptor *);
/* Likewise; one that names the LDT is the same fault. */
bool table_find_global(const struct far_op *, uint16_t selector, unsigned vector, struct descriptor *);

/* --- Segments. A verdict is the vector of the fault that a descriptor is for a CPL, or FINE. */

enum { FINE = 0 /* #DE is none of them */ };
/* As SS of this ring, which is both its RPL and its DPL [SDM 3A 5.7]. `vector`: of all faults but #SS. */
unsigned stack_verdict(const struct descriptor *, uint16_t selector, unsigned ring, unsigned vector);
/* In DS, ES, FS or GS [SDM 3A 5.6]. */
unsigned data_verdict(const struct descriptor *, uint16_t selector, unsigned cpl, unsigned vector);
/* The fault; `at_0` is the verdict on the same for CPL 0: where that is FINE the CPL alone is in the way. Returns false. */
bool far_refuse(const struct far_op *, unsigned verdict, uint16_t selector, unsigned at_0);

/* The descriptor for SS of a ring, and whether it will do. */
bool stack_find(const struct far_op *, uint16_t selector, unsigned ring, unsigned vector, struct descriptor *);
/* What a segment register gets of a descriptor, whose accessed bit is set now. */
bool segment_of(const struct far_op *, const struct descriptor *, uint16_t selector, struct ia32_v_segment *);
/* Is eip in the code segment? Else #GP(0). */
bool code_within(const struct far_op *, const struct descriptor *code, uint32_t eip);

/* --- Frames */

enum { FRAME_MAX = 40 };
struct frame {
    struct ia32_v_segment ss;
    uint32_t esp;   /* after what was pushed so far */
    uint32_t error; /* of #SS: a selector, or 0 */
    bool aligned;   /* it must be, where the program has that checked */
    bool inner;     /* the stack of a ring below */
    unsigned count;
    struct frame_item {
        uint32_t offset, value;
        uint8_t size;
        struct ia32_v_place place;
    } item[FRAME_MAX];
};

/* On the stack as it is now; `frame_inner` on that which the task state names for a ring, #TS where it cannot be used [SDM 3A 5.8.5]. */
enum frame_of { FRAME_OF_CALL, FRAME_OF_EVENT /* whose alignment is not checked: #AC would have no end */ };
void frame_begin(const struct far_op *, enum frame_of, struct frame *);
bool frame_inner(const struct far_op *, unsigned ring, struct frame *);
void frame_push(struct frame *, unsigned size, uint32_t value);
bool frame_room(const struct far_op *, const struct frame *);   /* within the stack, else #SS(error) */
bool frame_reach(const struct far_op *, struct frame *);        /* can be written */
void frame_commit(const struct far_op *, const struct frame *); /* and SS and ESP; the CPL is set already */

/* --- Task switches [SDM 3A 7.3] */

enum task_way { TASK_JUMP, TASK_CALL, TASK_RETURN, TASK_EVENT };
struct task_switch {
    enum task_way way;
    uint16_t selector;
    struct descriptor descriptor; /* of a task state that is present, and busy or not as the way asks */
    uint32_t eip, eflags;         /* what the old one is left with */
    bool debug_trap;              /* out: the new one begins with a #DB */
};
/* false: a fault, of the old task while nothing has changed, else of the new one. EIP of the new one is virtual_of(vcpu)->next. */
bool task_switch(const struct far_op *, struct task_switch *);
/* The task state that a switch leads to, in use or not. `vector`: of all faults but #NP. */
bool task_find(const struct far_op *, uint16_t selector, bool busy, unsigned vector, struct descriptor *);
/* Does it begin within its code segment? Else #GP(0). Then a debug trap that its task state asks for is due. */
bool task_begins(const struct far_op *, const struct task_switch *);

#endif
