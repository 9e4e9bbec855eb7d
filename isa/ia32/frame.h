/* frame.h - what an event or a far transfer pushes in one go: that there is room for an item is looked at when it is added; their pages
 * are looked at, and all are written, when everything else has been checked, as the manual has it.
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
    bool aligned;   /* it must be, where the program has that checked */
    bool inner;     /* it becomes the stack with the commit; a supervisor's pushes */
    unsigned count;
    struct {
        struct ia_place place;
        uint32_t linear, value;
        uint8_t size;
    } item[IA_FRAME_ITEMS];
};

/* On the current stack; `error` is 0, or the bit EXT. A CALL is checked for alignment as any access is. An event is not: where it would be,
 * a handler in ring 3 with an odd stack is an endless #AC, which no interrupt ends. */
enum ia_frame_of { IA_FRAME_OF_CALL, IA_FRAME_OF_EVENT };
void ia_frame_begin(struct ia_cpu *, struct ia_frame *, enum ia_frame_of, uint32_t error);
/* On the stack of ring `cpl`, by the current TSS [SDM 3A 5.8.5]. false: #TS, #SS, #PF. */
MUST_CHECK bool ia_frame_begin_inner(struct ia_cpu *, struct ia_frame *, unsigned cpl, uint32_t ext);
/* size is 2 or 4. false: #SS. */
MUST_CHECK bool ia_frame_push(struct ia_cpu *, struct ia_frame *, unsigned size, uint32_t value);
/* The places of all items; after that nothing can fail. false: #PF, #AC, or a trigger. */
MUST_CHECK bool ia_frame_reach(struct ia_cpu *, struct ia_frame *);
/* Writes it all; SS and ESP are then those of the frame. */
void ia_frame_commit(struct ia_cpu *, const struct ia_frame *);

/* Does the current stack have `count` items of `size` bytes, from `at` bytes above its top on? Else #SS(0). */
MUST_CHECK bool ia_stack_has(struct ia_cpu *, uint32_t at, unsigned size, unsigned count);
/* What lies `at` bytes above the top of the current stack. false: #SS(0), #PF. */
MUST_CHECK bool ia_stack_peek(struct ia_cpu *, uint32_t at, unsigned size, uint32_t *);

#endif
