/* wait.h - what a machine waits for that is not the next interrupt alone: the causes of a TRAP_WAIT (isa/machine.h). */
#ifndef TRAPEZE_ISA_WAIT_H
#define TRAPEZE_ISA_WAIT_H

/* The instruction at the PC is held up until an interrupt comes, or what holds it has gone. It has not retired, and changes nothing when it is
 * tried once more. With any other cause the PC is past an instruction that waits, as WFI and HLT do. */
enum { WAIT_HELD = 1 };

#endif
