/* frame.h - what an event or a far transfer pushes in one go: each item is checked as it is added, and all are written at the end.
 *
 * The stack may be the current one, or one that a task state segment names and that is not in SS yet.
 */
#ifndef TRAPEZE_ISA_IA32_FRAME_H
#define TRAPEZE_ISA_IA32_FRAME_H

#include "isa/ia32/access.h"

enum { IA_FRAME_ITEMS = 31 + 4 }; /* a call through a gate: so many parameters, SS, ESP, CS, EIP. Interrupts push ten at most */

struct ia_frame {
    struct ia_segment ss;
    uint32_t esp;   /* after what was added */
    uint32_t error; /* of the #SS where there is no room */
    bool inner;     /* it becomes the stack with the commit; a supervisor's pushes */
    unsigned count;
    struct {
        struct ia_place place;
        uint32_t value;
    } item[IA_FRAME_ITEMS];
};

/* On the current stack; `error` is 0, or the bit EXT. */
void ia_frame_begin(struct ia_cpu *, struct ia_frame *, uint32_t error);
/* On the stack of ring `cpl`, by the current TSS [SDM 3A 5.8.5]. false: #TS, #SS, #PF. */
MUST_CHECK bool ia_frame_begin_inner(struct ia_cpu *, struct ia_frame *, unsigned cpl, uint32_t ext);
/* size is 2 or 4. false: #SS, #PF. */
MUST_CHECK bool ia_frame_push(struct ia_cpu *, struct ia_frame *, unsigned size, uint32_t value);
/* Writes it all; SS and ESP are then those of the frame. */
void ia_frame_commit(struct ia_cpu *, const struct ia_frame *);

/* What lies `at` bytes above the top of the current stack. false: #SS(0), #PF. */
MUST_CHECK bool ia_stack_peek(struct ia_cpu *, uint32_t at, unsigned size, uint32_t *);

#endif
