/* view.h - what the views share (view_*.c, why_*.c): looking at another level, page-table bits, reasons, paragraphs.
 *
 * A view only reads. What it says of a virtual machine comes from core/inspect.h, what it says of a bare one from its registers.
 */
#ifndef TRAPEZE_MONITOR_VIEW_VIEW_H
#define TRAPEZE_MONITOR_VIEW_VIEW_H

#include "core/inspect.h"
#include "monitor/repl/command.h"

enum { VIEW_BITS = 9, VIEW_REASON = 256, VIEW_SYMBOL = 96, VIEW_SPACE = 64 };

/* The levels of `trapeze monitor --depth 2`, and what a view may ask of each:
 *
 *     level 2   vm2    struct machine of a VM     core/inspect.h: shadow, place, D's record
 *     level 1   vm1    struct machine of a VM     likewise
 *     level 0   bare   the interpreter's own      registers, memory, TLB (isa/about.h)
 *
 * The tables and registers of a level are read over the contract alone, at each level in the same way; what the VMM
 * keeps of a VM is not in any register, and comes from the inspector. Level n runs on level n - 1, its host. */
/* The debugger, looking at another level. */
static inline struct debugger view_at(const struct debugger *d, unsigned level)
{
    struct debugger other = *d;
    other.level = level;
    return other;
}
/* Of the hart that is looked at. */
static inline struct machine *view_machine(const struct debugger *d, unsigned level) { return debugger_machine_of(d, level, d->hart); }

/* "DAGUXWRV", or as the instruction set calls them, a dash for each that is not set. */
const char *view_bits(const struct isa *, uint64_t pte, char out[VIEW_BITS]);
/* VIEW_BITS bytes, the NUL among them. VIEW_SPACE bytes are room enough for view_space(), VIEW_REASON for a `why`. */
/* How addresses are translated: "sv39, root 0x..., ASID 1", or "untranslated". */
const char *view_space(const struct machine *, char *out, size_t size);
const char *view_kind(enum pt_kind); /* "load", "store", "fetch" */

/* --- reasons */

/* What becomes of one access to one page, from good to bad. Only in a VM do the two in the middle occur:
 *
 *     the shadow's leaf     the guest's tables grant it              they do not
 *     grants it             DIRECT                                   DIRECT, and stale: no fence was ordered yet
 *     is not there yet      FILL                                     FAULT
 *     cannot say it         INTERPRETED: a device, part of a page    FAULT */
enum view_fate {
    FATE_DIRECT,      /* done by the machine, or by the host directly */
    FATE_FILL,        /* an exit, a leaf is filled, then done directly */
    FATE_INTERPRETED, /* done by the VMM, access by access */
    FATE_FAULT,       /* the machine's own fault: `trap` */
};
struct view_verdict {
    enum view_fate fate;
    struct trap trap; /* FATE_FAULT: cause */
    bool leaf;        /* in a VM: the shadow has a leaf there ... */
    bool bit;         /* ... with the right for this access */
    char why[VIEW_REASON];
};
/* What an access to va on a machine of the stack would meet now. In a VM: also why the bit of the shadow's leaf is as it is. */
void view_judge(const struct debugger *, unsigned level, va_t, enum pt_kind, struct view_verdict *out);

/* Text in lines as wide as the terminal, each begun with `indent` blanks. */
void view_paragraph(const struct debugger *, unsigned indent, const char *text);

/* A level at which an argument-less command looks, in words: "vm2", "the bare machine". */
const char *view_level_name(const struct debugger *, unsigned level);
bool view_wide(const struct debugger *, const char *dollar, struct about_entry *); /* $st0: more bits than an expression has */
void view_segments(const struct debugger *, unsigned level); /* of machines that have segments: as `tr` shows them */

/* A sentence when counts do not reach back to reset (checkpoints_counted_from()). */
void view_counted_from(const struct debugger *);

#endif
