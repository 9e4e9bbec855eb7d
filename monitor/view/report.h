/* report.h - how an instruction, a place and a stop are shown. */
#ifndef TRAPEZE_MONITOR_VIEW_REPORT_H
#define TRAPEZE_MONITOR_VIEW_REPORT_H

#include "monitor/debug/effects.h"
#include "monitor/repl/repl.h"

/* "=> 0x80200004 <_start+4>:<TAB>addi sp, sp, 16", then the class when it is not innocuous. false: nothing can be fetched there;
 * then nothing is printed. *length gets the bytes. `marks`: "=>*0x80200004" if it has been translated. */
bool report_instruction(const struct debugger *, va_t, bool marks, unsigned *length);
enum { TRANSLATED_MARK = '*' };
/* "0x0000000080200518 in kernel_main+4 at kernel.c:203" */
void report_place(const struct debugger *);
/* What the next instruction is, and what it is about to do. */
void report_next(const struct debugger *);
/* `before`: what the instruction was about to do, predicted before the step, so that stores are told with the old value;
 * NULL: not known. changes: of a step, with the registers that differ. As text, for a step that was stopped by nothing
 * else:
 *
 *     12<TAB>    addi    t0, t0, 8                                       the source line, when it is another one
 *        [0x80203000] <pool>  0x0000000000000000 -> 0x0000000000000001   memory that it wrote
 *        t0          0x0000000080203000 -> 0x0000000080203008 <pool+8>   registers that changed
 *     => 0x80200022 <_start+34>:<TAB>c.j 0x80200018                      what is next
 *        (traps to the VMM, whose v_i does it)                           and what it is about to do, if there is something to say
 *
 * At a breakpoint the number and the place come first; at the guest's end its last words, and nothing else. */
/* Everything about the stop: why, where, what changed, what is next. */
void report_stop(struct debugger *, const struct effects *before, bool changes);
void json_symbol(const struct debugger *, uint64_t address); /* members "symbol" and "offset", when it has one */
/* A breakpoint in a few words: "breakpoint at 0x80200518 <kernel_main>", "trap load-page". */
const char *report_breakpoint(const struct debugger *, const struct breakpoint *, char *text, size_t size);
/* That one was met, and what became of what it watches (report_break.c). */
void report_break(const struct debugger *, const struct breakpoint *);
void report_watch(const struct debugger *, const struct breakpoint *);

/* Exits as people name them, "[REASON]" (cmd_breaking.c). -errno with the sentence. */
MUST_CHECK int exit_wish_parse(const struct debugger *, const char *text, struct exit_wish *out, struct error *);
const char *exit_wish_word(const struct exit_wish *); /* "": any */

#endif
