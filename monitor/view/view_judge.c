/* view_judge.c - what becomes of an access, and who says so: the tables, PMP, the shadow, a device. The sentences of `tr` and `why VA`. */
#include "monitor/view/view.h"

#include "mmu/phys.h"
#include "monitor/view/walk_why.h"

#include <stdio.h>
#include <string.h>

/* The sentence of a verdict. One with a long name in it is cut; it does not run over. */
#define WHY(v, ...) snprintf((v)->why, sizeof(v)->why, __VA_ARGS__)

static void faults(struct view_verdict *v, const struct trap *t)
{
    v->fate = FATE_FAULT;
    v->trap = *t;
}

/* Has the entry this bit (SV_*), whatever the instruction set calls it? */
static bool has(const struct debugger *d, uint64_t pte, unsigned bit) { return about_pte_bits(debugger_isa(d), pte) & bit; }

/* Of the machine itself, by its registers. true: it grants the access. */
static bool machine_grants(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, struct about_access *a,
                           struct view_verdict *v)
{
    const struct machine *m = view_machine(d, level);
    const char *name = view_level_name(d, level);
    char why[WALK_WHY];
    about_access(m, va, 1, kind, a);
    switch (a->refused) {
    case REFUSED_NOT:
    case REFUSED_NOBODY:
    case REFUSED_DEVICE: return true;
    case REFUSED_RULE:
    case REFUSED_TABLE_RULE: about_rule_text(m->isa, &a->rule, name, v->why, sizeof v->why); break;
    default: WHY(v, "%s's page tables refuse it: %s", name, walk_why(&a->walk, why, sizeof why)); break;
    }
    faults(v, &a->trap);
    return false;
}

/* Where nobody answers, and the machine has no fault for that. */
static void nobody(enum pt_kind kind, struct view_verdict *v)
{
    WHY(v, "nothing answers there: %s", kind == PT_WRITE ? "a store is lost" : "all bits read as 1");
}

/* Nobody but the hardware decides here, so about_access() is the whole answer, put into words. pte_new differs from pte
 * where the hardware is about to set A or D: an access that is granted still writes to memory then, and a person who
 * reads tables should know it. */
static void judge_bare(const struct debugger *d, va_t va, enum pt_kind kind, struct view_verdict *v)
{
    struct about_access a;
    if (!machine_grants(d, 0, va, kind, &a, v))
        return;
    const struct pt_walk *walk = &a.walk;
    if (a.refused != REFUSED_NOT) {
        faults(v, &a.trap);
        WHY(v, a.range ? "the device %s is no place to fetch from" : "nothing answers at this physical address",
            a.range ? a.range->name : "");
        return;
    }
    v->fate = FATE_DIRECT;
    if (!a.range)
        nobody(kind, v);
    else if (!a.range->ram)
        WHY(v, "the device %s answers", a.range->name);
    else if (walk->count && walk->pte_new != walk->pte)
        WHY(v, "granted; the hardware sets %s first",
            kind == PT_WRITE && has(d, walk->pte, SV_A) ? "D"
            : kind == PT_WRITE                          ? "A and D"
                                                        : "A");
    else
        WHY(v, "granted");
}

/* --- in a virtual machine */

/* What the host's CPU would find, by walking the shadow as it would. It is asked apart from what should be there, for
 * the two may differ: a leaf outlives what it was made from until the guest orders a fence. */
static bool shadow_bit(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, bool *leaf)
{
    struct pt_walk walk;
    unsigned root;
    *leaf = vm_shadow_walk(view_machine(d, level), va, &walk, &root) && walk.result == PT_OK;
    return *leaf && has(d, walk.pte, kind == PT_READ ? SV_R : kind == PT_WRITE ? SV_W : SV_X);
}

/* The leaf may grant it; does it? */
static void leaf_or_not(const struct debugger *d, unsigned level, enum pt_kind kind, bool mxr, struct view_verdict *v)
{
    struct vm_place place;
    struct vm_shadow shadow;
    v->fate = v->bit ? FATE_DIRECT : FATE_FILL;
    vm_place(view_machine(d, level), &place);
    if (v->bit && mxr)
        WHY(v, "granted: with %s loads read what may be executed", about_of(debugger_isa(d))->reads_code_by);
    else if (v->bit)
        WHY(v, "granted by the guest, and the page is RAM");
    else if (v->leaf && kind == PT_WRITE)
        WHY(v, "the leaf was filled before D was set: the next store fills it anew");
    else if (v->leaf)
        WHY(v, "the leaf was filled before the guest granted this: the next %s fills it anew", view_kind(kind));
    else if (place.config->shadow == SHADOW_FLUSH && vm_shadow_look(view_machine(d, level), &shadow) && shadow.fenced)
        WHY(v, "absent: not touched since the last fence (policy flush)");
    else
        WHY(v, "absent: the next %s fills it (policy %s)", view_kind(kind), vmm_shadow_name(place.config->shadow));
}

static void write_protected(const struct machine *m, struct view_verdict *v)
{
    struct vm_place place;
    vm_place(m, &place);
    WHY(v, "write-protected: the page holds a table of the guest (policy %s)", vmm_shadow_name(place.config->shadow));
}

/* Which of the three reasons it is, found by asking the machine again: the shadow MMU needs only to know that there is
 * one. In the order in which they are asked: loads and stores count as another mode's, a rule covers a part of the page,
 * the rights are of no valid leaf. */
static void inexpressible(const struct machine *m, const struct vm_access *a, enum pt_kind kind, struct view_verdict *v)
{
    struct about_rule rule;
    const uint64_t mode = machine_get(m, MACHINE_MODE), as = about_mode_of(m, PT_READ);
    v->fate = FATE_INTERPRETED;
    about_protection(m, align_down(a->guest, PAGE_SIZE), PAGE_SIZE, kind, as, &rule);
    if (kind != PT_FETCH && as != mode)
        WHY(v, "not expressible: %s, %s accesses memory as %s does", about_mode_by(m->isa), about_said_mode(m->isa, mode),
            about_mode(m->isa, as));
    else if (!rule.whole)
        WHY(v, "not expressible: %s %d divides the page (0x%llx-0x%llx)", about_of(m->isa)->rule_called, rule.rule,
            (unsigned long long)rule.first, (unsigned long long)rule.last);
    else
        WHY(v, "not expressible: W without R is no leaf");
}

/* The guest's A or D is still 0. The VMM withholds the right so that the host traps at the first use, and can set the
 * bit when the hardware would have done it: one exit is what a correct A or D costs. */
static void touch(const struct debugger *d, const struct pt_walk *walk, enum pt_kind kind, struct view_verdict *v)
{
    v->fate = FATE_FILL;
    if (kind == PT_WRITE && has(d, walk->pte, SV_A))
        WHY(v, v->bit ? "stale: D was set when the leaf was filled" : "withheld: the guest's D is not set; the first store sets it");
    else
        WHY(v, "%s: the guest's A is not set; the first touch sets it%s", v->bit ? "stale" : "absent",
            kind == PT_WRITE ? ", a store D too" : "");
}

/* The sentence of the guest's own tables stands already (machine_grants()), and is replaced in two cases alone: a leaf
 * still grants what the tables have ceased to, or the page belongs to the other privilege, and so is missing in this
 * root by design, not for want of a fill. */
static void refused(const struct vm_access *a, const struct pt_walk *walk, struct view_verdict *v)
{
    faults(v, &a->fault);
    if (v->bit)
        WHY(v, "stale: the guest no longer grants it, and has ordered no fence");
    else if (walk->other)
        WHY(v, "absent in this root: %s", strchr(walk->why, ':') + 2);
}

/* Three questions, whose answers may contradict each other, and the last line settles it:
 *
 *     what is in the shadow now?       shadow_bit()       decides what happens
 *     what should be there?            vm_access_look()   decides what would be filled in
 *     what do the guest's tables say?  machine_grants()   has the words
 *
 * The host's CPU asks the shadow and nobody else. So a leaf that grants the access wins, even where the guest has
 * changed its mind and not said so by a fence, as a TLB would. */
static void judge_vm(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, struct view_verdict *v)
{
    struct machine *m = view_machine(d, level);
    struct vm_access a;
    struct about_access own;
    v->bit = shadow_bit(d, level, va, kind, &v->leaf);
    vm_access_look(m, va, kind, &a);
    bool granted = machine_grants(d, level, va, kind, &own, v);
    const struct pt_walk walk = own.walk;
    bool mxr = kind == PT_READ && granted && walk.count && !has(d, walk.pte, SV_R);
    v->fate = FATE_INTERPRETED;
    switch (a.verdict) {
    case VM_PAGE_LEAF: leaf_or_not(d, level, kind, mxr, v); break;
    case VM_PAGE_GUEST: refused(&a, &walk, v); break;
    case VM_PAGE_NOWHERE:
        if (granted && own.refused == REFUSED_NOT && !own.range) {
            nobody(kind, v);
            break;
        }
        faults(v, &a.fault);
        WHY(v, a.range ? "the device %s is no place to fetch from" : "nothing answers at this guest-physical address",
            a.range ? a.range->name : "");
        break;
    case VM_PAGE_DEVICE: WHY(v, "not expressible: the device %s is there", a.range->name); break;
    case VM_PAGE_TOUCH: touch(d, &walk, kind, v); break;
    case VM_PAGE_INEXPRESSIBLE: inexpressible(m, &a, kind, v); break;
    case VM_PAGE_TRACED: write_protected(m, v); break;
    case VM_PAGE_BEYOND: WHY(v, "not expressible: the host's tables cannot map it, or cannot follow the guest's"); break;
    case VM_PAGE_HYBRID: WHY(v, "none needed: the VMM interprets all of this mode"); break;
    }
    if (v->bit && a.verdict != VM_PAGE_HYBRID) /* whatever the guest has come to say meanwhile */
        v->fate = FATE_DIRECT;
}

/*T:730 Why may the guest not do this access? The same questions that the shadow MMU asks when a leaf is missing, with nothing done about
 * the answers. :*/
void view_judge(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, struct view_verdict *out)
{
    *out = (struct view_verdict){.fate = FATE_DIRECT};
    if (level)
        judge_vm(d, level, va, kind, out);
    else
        judge_bare(d, va, kind, out);
}
