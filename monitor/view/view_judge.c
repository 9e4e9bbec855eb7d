/* view_judge.c - what becomes of an access, and who says so: the tables, PMP, the shadow, a device. The sentences of `tr` and `why VA`. */
#include "monitor/view/view.h"

#include "isa/riscv.h"
#include "mmu/phys.h"
#include "monitor/view/walk_why.h"

#include <stdio.h>
#include <string.h>

#define WHY(v, ...) snprintf((v)->why, sizeof(v)->why, __VA_ARGS__)

static uint64_t page_cause(enum pt_kind kind)
{
    return kind == PT_READ ? RV_CAUSE_LOAD_PAGE : kind == PT_WRITE ? RV_CAUSE_STORE_PAGE : RV_CAUSE_FETCH_PAGE;
}
static uint64_t access_cause(enum pt_kind kind)
{
    return kind == PT_READ ? RV_CAUSE_LOAD_ACCESS : kind == PT_WRITE ? RV_CAUSE_STORE_ACCESS : RV_CAUSE_FETCH_ACCESS;
}

static void faults(struct view_verdict *v, uint64_t cause)
{
    v->fate = FATE_FAULT;
    v->trap = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = cause};
}

static void why_pmp(const struct view_pmp *p, const char *name, struct view_verdict *v)
{
    if (p->rule < 0)
        WHY(v, "no PMP rule of %s matches, and without one only M-mode may", name);
    else if (!p->whole)
        WHY(v, "PMP rule %d of %s, 0x%llx-0x%llx, has a part of the bytes only", p->rule, name, (unsigned long long)p->first,
            (unsigned long long)p->last);
    else
        WHY(v, "PMP rule %d of %s, 0x%llx-0x%llx, grants %s%s%s only", p->rule, name, (unsigned long long)p->first,
            (unsigned long long)p->last, p->cfg & 1 ? "r" : "-", p->cfg & 2 ? "w" : "-", p->cfg & 4 ? "x" : "-");
}

/* A table that PMP hides from the walk [priv 3.7.2]: the first PTE that S may not read. */
static bool hidden_table(const struct machine *m, const struct pt_walk *walk, const char *name, struct view_verdict *v)
{
    struct view_pmp p;
    for (unsigned i = 0; i < walk->count; i++) {
        view_pmp(m, walk->step[i].pte_pa, 8, PT_READ, RV_S, &p);
        if (p.granted)
            continue;
        why_pmp(&p, name, v);
        return true;
    }
    return false;
}

/* Translation and PMP of the machine itself, by its registers. true: it grants the access, at *pa. */
static bool machine_grants(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, pa_t *pa, struct pt_walk *walk,
                           struct view_verdict *v)
{
    const struct machine *m = view_machine(d, level);
    const struct debugger at = view_at(d, level);
    const char *name = view_level_name(d, level);
    struct view_pmp p;
    char why[WALK_WHY];
    bool granted = debugger_translate_access(&at, va, kind, pa, walk);
    uint64_t mode = kind == PT_FETCH ? machine_get(m, MACHINE_MODE) : view_data_mode(m);
    if (hidden_table(m, walk, name, v)) {
        faults(v, access_cause(kind));
        return false;
    }
    if (!granted) {
        faults(v, walk->result == PT_ACCESS_FAULT ? access_cause(kind) : page_cause(kind));
        WHY(v, "%s's page tables refuse it: %s", name, walk_why(walk, why, sizeof why));
        return false;
    }
    view_pmp(m, *pa, 1, kind, mode, &p);
    if (p.granted)
        return true;
    faults(v, access_cause(kind));
    why_pmp(&p, name, v);
    return false;
}

static void judge_bare(const struct debugger *d, va_t va, enum pt_kind kind, struct view_verdict *v)
{
    struct pt_walk walk;
    pa_t pa;
    if (!machine_grants(d, 0, va, kind, &pa, &walk, v))
        return;
    const struct phys_range *r = phys_find(view_machine(d, 0)->phys, pa);
    if (!r || (!r->ram && kind == PT_FETCH)) {
        faults(v, access_cause(kind));
        WHY(v, r ? "the device %s is no place to fetch from" : "nothing answers at this physical address", r ? r->name : "");
        return;
    }
    v->fate = FATE_DIRECT;
    if (!r->ram)
        WHY(v, "the device %s answers", r->name);
    else if (walk.count && walk.pte_new != walk.pte)
        WHY(v, "granted; the hardware sets %s first", kind == PT_WRITE && walk.pte & SV_A ? "D" : kind == PT_WRITE ? "A and D" : "A");
    else
        WHY(v, "granted");
}

/* --- in a virtual machine */

static bool shadow_bit(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, bool *leaf)
{
    struct pt_walk walk;
    unsigned root;
    *leaf = vm_shadow_walk(view_machine(d, level), va, &walk, &root) && walk.result == PT_OK;
    return *leaf && walk.pte & (kind == PT_READ ? SV_R : kind == PT_WRITE ? SV_W : SV_X);
}

/* The leaf may grant it; does it? */
static void leaf_or_not(const struct debugger *d, unsigned level, enum pt_kind kind, bool mxr, struct view_verdict *v)
{
    struct vm_place place;
    struct vm_shadow shadow;
    v->fate = v->bit ? FATE_DIRECT : FATE_FILL;
    vm_place(view_machine(d, level), &place);
    if (v->bit && mxr)
        WHY(v, "granted: with MXR loads read what may be executed");
    else if (v->bit)
        WHY(v, "granted by the guest, and the page is RAM");
    else if (v->leaf && kind == PT_WRITE)
        WHY(v, "the leaf was filled before D was set: the next store fills it anew");
    else if (v->leaf)
        WHY(v, "the leaf was filled before the guest granted this: the next %s fills it anew", view_kind(kind));
    else if (place.config->shadow == SHADOW_FLUSH && vm_shadow_look(view_machine(d, level), &shadow) && shadow.fenced)
        WHY(v, "absent: not touched since the last fence (policy flush)");
    else
        WHY(v, "absent: the next %s fills it (policy %s)", view_kind(kind), place.config->shadow == SHADOW_TRACE ? "trace" : "flush");
}

static void inexpressible(const struct machine *m, const struct vm_access *a, enum pt_kind kind, struct view_verdict *v)
{
    struct view_pmp p;
    v->fate = FATE_INTERPRETED;
    view_pmp(m, align_down(a->guest, PAGE_SIZE), PAGE_SIZE, kind, view_data_mode(m), &p);
    if (kind != PT_FETCH && view_mprv(m))
        WHY(v, "not expressible: MPRV, M-mode accesses memory as %s does", view_data_mode(m) ? "S" : "U");
    else if (!p.whole)
        WHY(v, "not expressible: PMP rule %d divides the page (0x%llx-0x%llx)", p.rule, (unsigned long long)p.first,
            (unsigned long long)p.last);
    else
        WHY(v, "not expressible: W without R is no leaf");
}

static void touch(const struct pt_walk *walk, enum pt_kind kind, struct view_verdict *v)
{
    v->fate = FATE_FILL;
    if (kind == PT_WRITE && walk->pte & SV_A)
        WHY(v, v->bit ? "stale: D was set when the leaf was filled" : "withheld: the guest's D is not set; the first store sets it");
    else
        WHY(v, "%s: the guest's A is not set; the first touch sets it%s", v->bit ? "stale" : "absent",
            kind == PT_WRITE ? ", a store D too" : "");
}

static void refused(const struct vm_access *a, const struct pt_walk *walk, struct view_verdict *v)
{
    faults(v, a->fault.cause);
    if (v->bit)
        WHY(v, "stale: the guest no longer grants it, and has ordered no fence");
    else if (walk->why && strncmp(walk->why, "step 6", 6) == 0)
        WHY(v, "absent in this root: %s", strchr(walk->why, ':') + 2);
}

static void judge_vm(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, struct view_verdict *v)
{
    struct machine *m = view_machine(d, level);
    struct vm_access a;
    struct pt_walk walk = {0};
    pa_t pa;
    v->bit = shadow_bit(d, level, va, kind, &v->leaf);
    vm_access_look(m, va, kind, &a);
    bool granted = machine_grants(d, level, va, kind, &pa, &walk, v);
    bool mxr = kind == PT_READ && granted && walk.count && !(walk.pte & SV_R);
    v->fate = FATE_INTERPRETED;
    switch (a.verdict) {
    case VM_PAGE_LEAF: leaf_or_not(d, level, kind, mxr, v); break;
    case VM_PAGE_GUEST: refused(&a, &walk, v); break;
    case VM_PAGE_NOWHERE:
        faults(v, a.fault.cause);
        WHY(v, a.range ? "the device %s is no place to fetch from" : "nothing answers at this guest-physical address",
            a.range ? a.range->name : "");
        break;
    case VM_PAGE_DEVICE: WHY(v, "not expressible: the device %s is there", a.range->name); break;
    case VM_PAGE_TOUCH: touch(&walk, kind, v); break;
    case VM_PAGE_INEXPRESSIBLE: inexpressible(m, &a, kind, v); break;
    case VM_PAGE_TRACED: WHY(v, "write-protected: the page holds a table of the guest (policy trace)"); break;
    case VM_PAGE_BEYOND: WHY(v, "not expressible: the host's tables cannot map it, or cannot follow the guest's"); break;
    case VM_PAGE_HYBRID: WHY(v, "none needed: the hybrid monitor interprets all of this mode"); break;
    }
    if (v->bit && a.verdict != VM_PAGE_HYBRID) /* whatever the guest has come to say meanwhile */
        v->fate = FATE_DIRECT;
}

void view_judge(const struct debugger *d, unsigned level, va_t va, enum pt_kind kind, struct view_verdict *out)
{
    *out = (struct view_verdict){.fate = FATE_DIRECT};
    if (level)
        judge_vm(d, level, va, kind, out);
    else
        judge_bare(d, va, kind, out);
}
