/* assignment.h - the seam between a virtual machine and a student's plug-in (core/assignment_*.h): its functions stand in the place of the
 * VMM's own, as many of them as are asked for, so that an assignment grows function by function.
 *
 * The plug-in is foreign code. Whoever runs it does so in a process of its own, and learns from a struct lab_progress, in memory that both
 * see, in which function it was when that process ended.
 */
#ifndef TRAPEZE_CORE_ASSIGNMENT_H
#define TRAPEZE_CORE_ASSIGNMENT_H

#include "core/assignment_turns.h"
#include "isa/machine.h"

struct lab_plugin;

/* Its functions; sets of them are bits. */
enum lab_function {
    LAB_DISPATCH,
    LAB_REFLECTS,
    LAB_CSR,
    LAB_MRET,
    LAB_SRET,
    LAB_ENTER,
    LAB_INTERRUPT,
    LAB_WFI,
    LAB_SFENCE,
    LAB_WALK,
    LAB_RIGHTS,
    LAB_FENCE,
    LAB_PICK,
    LAB_POPF,
    LAB_IRET,
    LAB_FUNCTIONS
};
#define LAB_BIT(function) (1u << (function))

const char *lab_function_name(unsigned function);                      /* "dispatch.csr", as the plug-in's table has it */
bool lab_function_there(const struct lab_plugin *, unsigned function); /* it is in the table */
bool lab_plugin_fits(const struct lab_plugin *, unsigned *version /* its own */);

struct lab_progress {
    uint32_t inside;      /* 1 + the function that was called and has not returned; 0: none */
    uint64_t calls;       /* of functions so far */
    uint64_t retired, pc; /* of the guest, at the last call */
};

/* Calls the student's scheduler; whoever does looks after the progress. */
struct lab_choice lab_pick(const struct lab_plugin *, void *memory, const struct lab_vm *, unsigned count, uint64_t now);

struct lab_seam;

/* From now on `vm`, a VM, does what the functions in `uses` say. They must be there, and `vm` go after the seam. 0 or -ENOMEM. */
MUST_CHECK int lab_seam_create(struct lab_seam **out, struct machine *vm, const struct lab_plugin * /* borrowed */, unsigned uses,
                               struct lab_progress * /* borrowed */);
void lab_seam_destroy(struct lab_seam *); /* also NULL */

#endif
