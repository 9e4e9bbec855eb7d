/* view_walk.c - `tr`: one address, down through every level. For each virtual machine its own walk and that of its shadow, the bits of
 * both leaves, and why each bit of the shadow's is as it is; then the frames.
 * The address is the same at every level: only what it is translated by differs. */
#include "monitor/view/view.h"

#include "mmu/phys.h"
#include "monitor/view/leaves.h"
#include "monitor/view/walk_why.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- walks, by the terms of [priv 12.3.2]: a is the table, a + VPN[i] * PTESIZE the entry, PPN * PAGESIZE what it points to */

/* The address in parts, and which bits they are. */
static void split_text(const struct debugger *d, const struct pt_format *f, va_t va)
{
    enum { CELL = 14 };
    char bits[16];
    fprintf(d->out, "      ");
    for (unsigned level = f->levels; level-- > 0;)
        fprintf(d->out, "VPN[%u] 0x%03x  ", level, pt_index(f, va, level));
    fprintf(d->out, "offset 0x%03x\n       ", (unsigned)bits_get(va, 0, PAGE_SHIFT));
    for (unsigned level = f->levels; level-- > 0;) {
        unsigned low = PAGE_SHIFT + level * f->index_bits;
        snprintf(bits, sizeof bits, "%u:%u", low + f->index_bits - 1, low);
        fprintf(d->out, "%-*s", CELL, bits);
    }
    fprintf(d->out, "%u:0\n", PAGE_SHIFT - 1);
}

static const char *size_name(uint64_t size)
{
    return size >> 39 ? "512 GiB" : size >> 30 ? "1 GiB" : size >> 22 ? "4 MiB" : size >> 21 ? "2 MiB" : "4 KiB";
}

/* What the entry leads to: the next table, or the page, in which a superpage's lower VPNs and the offset are the place. */
static void target_text(const struct debugger *d, const struct pt_format *f, va_t va, const struct pt_step *s)
{
    uint64_t size = (uint64_t)PAGE_SIZE << s->level * f->index_bits, rest = va & (size - 1);
    pa_t target = f->address(s->pte);
    if (f->is_table(s->pte, s->level))
        fprintf(d->out, "      table: PPN 0x%llx * 4096 = 0x%llx\n", (unsigned long long)target >> PAGE_SHIFT,
                (unsigned long long)target);
    else if (s->level == 0)
        fprintf(d->out, "      leaf, 4 KiB: PPN 0x%llx * 4096 + offset 0x%03llx = 0x%llx\n", (unsigned long long)target >> PAGE_SHIFT,
                (unsigned long long)rest, (unsigned long long)(target + rest));
    else if (target & (size - 1))
        fprintf(d->out, "      leaf, %s: PPN 0x%llx, whose lower fields must be 0\n", size_name(size),
                (unsigned long long)target >> PAGE_SHIFT);
    else
        fprintf(d->out, "      leaf, %s: PPN 0x%llx * 4096 + VPN[%u:0], offset 0x%llx = 0x%llx\n", size_name(size),
                (unsigned long long)target >> PAGE_SHIFT, s->level - 1, (unsigned long long)rest, (unsigned long long)(target + rest));
}

static void walk_text(const struct debugger *d, const struct pt_format *f, va_t va, const struct pt_walk *w)
{
    char bits[VIEW_BITS];
    if (!f)
        return;
    split_text(d, f, va);
    for (unsigned i = 0; i < w->count; i++) {
        const struct pt_step *s = &w->step[i];
        pa_t index = pt_index(f, va, s->level);
        fprintf(d->out, "  L%u  0x%012llx 0x%016llx %s  = 0x%llx + 0x%03llx * %u\n", s->level, (unsigned long long)s->pte_pa,
                (unsigned long long)s->pte, view_bits(debugger_isa(d), s->pte, bits),
                (unsigned long long)(s->pte_pa - index * f->pte_size), (unsigned long long)index, f->pte_size);
        if (about_pte_bits(debugger_isa(d), s->pte) & SV_V)
            target_text(d, f, va, s);
    }
}

static void walk_json(const struct debugger *d, const char *key, const struct pt_walk *w)
{
    char bits[VIEW_BITS];
    json_array(d->json, key);
    for (unsigned i = 0; i < w->count; i++) {
        json_object(d->json, NULL);
        json_uint(d->json, "level", w->step[i].level);
        json_hex(d->json, "at", w->step[i].pte_pa);
        json_hex(d->json, "pte", w->step[i].pte);
        json_string(d->json, "bits", view_bits(debugger_isa(d), w->step[i].pte, bits));
        json_end(d->json);
    }
    json_end(d->json);
}

/* The machine's own walk; what ends one that finds no leaf. */
static void own_text(const struct debugger *d, unsigned level, va_t va, const struct view_leaves *l)
{
    const struct machine *m = view_machine(d, level);
    const char *mode = debugger_said_mode(d, machine_get(m, MACHINE_MODE));
    char space[VIEW_SPACE], why[WALK_WHY];
    view_space(m, space, sizeof space);
    const char *how = l->translated ? space : "untranslated";
    if (level)
        fprintf(d->out, "%s on %s, in virtual %s\n", view_level_name(d, level), view_level_name(d, level - 1), mode);
    else
        fprintf(d->out, "bare, %s: %s\n", mode, how);
    view_segments(d, level);
    if (level)
        fprintf(d->out, "the guest's: %s\n", how);
    walk_text(d, l->format, va, &l->guest);
    if (l->translated && l->guest.result != PT_OK)
        fprintf(d->out, "      %s\n", walk_why(&l->guest, why, sizeof why));
}

static void shadow_text(const struct debugger *d, unsigned level, va_t va, const struct view_leaves *l)
{
    struct vm_root root;
    if (!l->has_root || !vm_root_look(view_machine(d, level), l->root, &root)) {
        fprintf(d->out, "the shadow's: no root for this situation yet\n");
        return;
    }
    fprintf(d->out, "the shadow's: root %u (%s), %s at 0x%llx of %s, ASID %u\n", l->root, root.situation, l->shadow_format->name,
            (unsigned long long)root.table, view_level_name(d, level - 1), root.asid);
    walk_text(d, l->shadow_format, va, &l->shadow);
    if (!l->mapped)
        fprintf(d->out, "      no leaf\n");
}

static void bits_text(const struct debugger *d, const struct view_leaves *l)
{
    fprintf(d->out, "  bit  guest  shadow  why\n");
    for (unsigned i = 0; i < VIEW_LEAF_BITS; i++) {
        unsigned bit = view_bit_order[i];
        fprintf(d->out, "   %c     %c      %c     %s\n", l->names[bit], view_guest_bit(l, bit), view_shadow_bit(l, bit),
                view_why_bit(l, bit));
    }
}

static void bits_json(const struct debugger *d, const struct view_leaves *l)
{
    json_array(d->json, "bits");
    for (unsigned i = 0; i < VIEW_LEAF_BITS; i++) {
        unsigned bit = view_bit_order[i];
        const char guest[] = {view_guest_bit(l, bit), '\0'}, shadow[] = {view_shadow_bit(l, bit), '\0'};
        const char name[] = {l->names[bit], '\0'};
        json_object(d->json, NULL);
        json_string(d->json, "bit", name);
        json_string(d->json, "guest", *guest == '.' ? NULL : guest);
        json_string(d->json, "shadow", *shadow == '.' ? NULL : shadow);
        json_string(d->json, "why", view_why_bit(l, bit));
        json_end(d->json);
    }
    json_end(d->json);
}

/* The machine itself: no shadow, but a TLB. ROOM is that of bare_tlb(): more than it can have. */
static void tlb_text(const struct debugger *d, va_t va)
{
    enum { ROOM = 40000 };
    static const char *const states[] = {"", "  (present)"};
    const struct machine *m = view_machine(d, 0);
    struct about_cached *list = calloc(ROOM, sizeof *list);
    unsigned n = list ? about_cached(m, list, ROOM) : 0;
    bool any = false;
    if (!list || n == ABOUT_NO_MEMORY) {
        fprintf(d->out, "  TLB  there is not enough memory to look at it\n");
        free(list);
        return;
    }
    for (unsigned i = 0; i < n && i < ROOM; i++) {
        const struct about_cached *c = &list[i];
        if (c->va != align_down(va, PAGE_SIZE))
            continue;
        fprintf(d->out, "  TLB  %s%s, %s 0x%016llx: 0x%012llx %c%c%c%s\n", debugger_said_mode(d, c->mode), c->notes,
                about_space_register(m->isa), (unsigned long long)c->space, (unsigned long long)c->pa,
                c->how & TRIGGER_LOAD ? 'r' : '-', c->how & TRIGGER_STORE ? 'w' : '-', c->how & TRIGGER_EXECUTE ? 'x' : '-',
                states[c->current]);
        any = true;
    }
    if (!any)
        fprintf(d->out, "  TLB  has no entry of this page\n");
    free(list);
}

static void rights_text(const struct debugger *d, const struct view_leaves *l)
{
    static const char *const names[] = {"R", "W", "X"};
    for (unsigned kind = 0; kind < 3; kind++)
        fprintf(d->out, "   %s  %c  %s\n", names[kind], l->right[kind].fate == FATE_FAULT ? '0' : '1', l->right[kind].why);
}

/* Below a VM: is the root in this machine's register that of the VM's present situation? It is not between a trap that was delivered, or
 * a register that was set by hand, and the VM's going on: A acts then. */
static bool is_installed(const struct debugger *d, unsigned level, struct vm_shadow *s)
{
    return level >= d->level || !vm_shadow_look(view_machine(d, level + 1), s) || (s->has_current && s->present == s->current);
}

static void installed_text(const struct debugger *d, unsigned level)
{
    struct vm_shadow s;
    struct vm_root r;
    char text[240], root[24] = "a root of its own";
    if (is_installed(d, level, &s))
        return;
    const char *host = view_level_name(d, level), *vm = view_level_name(d, level + 1);
    if (s.has_current)
        snprintf(root, sizeof root, "root %u", s.present);
    if (vm_root_look(view_machine(d, level + 1), s.current, &r))
        snprintf(text, sizeof text,
                 "%s still has root %u, of the situation that %s ran in last: A installs %s, for the present one, before %s goes on.",
                 host, s.current, vm, root, vm);
    else
        snprintf(text, sizeof text, "A has no root of %s in %s: it has not run yet, or not since a state was restored.", vm, host);
    view_paragraph(d, 0, text);
}

static void level_text(const struct debugger *d, unsigned level, va_t va)
{
    struct view_leaves l;
    view_leaves(d, level, va, &l);
    installed_text(d, level);
    own_text(d, level, va, &l);
    if (level) {
        shadow_text(d, level, va, &l);
        bits_text(d, &l);
    } else {
        rights_text(d, &l);
        tlb_text(d, va);
    }
}

static void level_json(const struct debugger *d, unsigned level, va_t va)
{
    struct view_leaves l;
    char space[VIEW_SPACE];
    const struct machine *m = view_machine(d, level);
    struct vm_shadow s;
    view_leaves(d, level, va, &l);
    json_object(d->json, NULL);
    json_uint(d->json, "level", level);
    if (level < d->level)
        json_bool(d->json, "installed", is_installed(d, level, &s)); /* the root of the present situation */
    json_string(d->json, "name", view_level_name(d, level));
    json_string(d->json, "mode", debugger_mode_name(d, machine_get(m, MACHINE_MODE)));
    json_string(d->json, about_space_register(m->isa), l.translated ? view_space(m, space, sizeof space) : NULL);
    view_segments(d, level);
    walk_json(d, "guest", &l.guest);
    if (level) {
        walk_json(d, "shadow", &l.shadow);
        bits_json(d, &l);
    }
    json_end(d->json);
}

/* --- frames: the physical address at the level looked at, and f of it, down to the bare machine */

static bool physical(const struct debugger *d, va_t va, pa_t *pa)
{
    struct pt_walk walk;
    struct about_access a;
    if (about_find(debugger_machine(d), va, pa, &walk))
        return true;
    about_access(debugger_machine(d), va, debugger_cell(d), PT_READ, &a);
    *pa = a.pa;
    return a.refused != REFUSED_TABLES && a.refused != REFUSED_TABLE_RULE && a.refused != REFUSED_BOUND;
}

static void frames_json(const struct debugger *d, pa_t pa)
{
    json_array(d->json, "frames");
    for (unsigned level = d->level + 1; level-- > 0;) {
        json_hex(d->json, NULL, pa);
        if (level && !vm_map_physical(view_machine(d, level), pa, &pa))
            break;
    }
    json_end(d->json);
}

/* f, level by level, until it is nowhere: a device has an address in the machine that it is plugged into, and in no host
 * below. */
static void frames_text(const struct debugger *d, pa_t pa)
{
    const struct phys_range *r = phys_find(view_machine(d, d->level)->phys, pa);
    bool more = true;
    fprintf(d->out, "frames ");
    for (unsigned level = d->level + 1; level-- > 0 && more;) {
        fprintf(d->out, "%s%s 0x%012llx", level == d->level ? " " : " -> ", view_level_name(d, level), (unsigned long long)pa);
        more = !level || vm_map_physical(view_machine(d, level), pa, &pa);
    }
    if (!r)
        fprintf(d->out, "  (nothing is there)\n");
    else if (r->ram)
        fputc('\n', d->out);
    else
        fprintf(d->out, "  (the device %s)\n", r->name);
}

static void frames(const struct debugger *d, pa_t pa) { (d->json ? frames_json : frames_text)(d, pa); }

/* By f, whatever A has installed so far. */
static void cells(const struct debugger *d, uint64_t a, const struct about_bounds *r)
{
    const unsigned cell = debugger_cell(d);
    pa_t pa = (a + r->base) * cell;
    bool more = a < r->bound && a + r->base < r->memory;
    if (!more)
        return;
    fprintf(d->out, "cells  ");
    for (unsigned level = d->level + 1; level-- > 0 && more;) {
        fprintf(d->out, "%s%s %llu", level == d->level ? "" : " -> ", view_level_name(d, level), (unsigned long long)(pa / cell));
        more = !level || vm_map_physical(view_machine(d, level), pa, &pa);
    }
    fputc('\n', d->out);
}

/* --- a machine without tables: R at every level. What A installed is the real one. */
static int bounds_text(const struct debugger *d, uint64_t a)
{
    struct about_bounds r;
    for (unsigned level = d->level + 1; level-- > 0;) {
        (void)about_bounds(view_machine(d, level), &r);
        bool bound = a < r.bound, memory = a + r.base < r.memory;
        fprintf(d->out, "%-5s R = (l %llu, b %llu) of %llu cells: ", view_level_name(d, level), (unsigned long long)r.base,
                (unsigned long long)r.bound, (unsigned long long)r.memory);
        if (bound && memory)
            fprintf(d->out, "%llu is cell %llu\n", (unsigned long long)a, (unsigned long long)(a + r.base));
        else
            fprintf(d->out, "memory trap: %llu %s\n", (unsigned long long)a, bound ? "+ l is beyond the memory" : "is not below b");
    }
    if (d->level)
        fprintf(d->out, "The lower R is what A installed when the machine above last ran: l + k, and b clipped to its memory.\n");
    (void)about_bounds(debugger_machine(d), &r);
    cells(d, a, &r);
    return 0;
}

static int tr(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t va;
    char symbol[VIEW_SYMBOL];
    struct about_bounds bounds;
    pa_t pa;
    int r = debugger_location(d, *a->text ? a->text : "$pc", &va, e);
    if (r)
        return r;
    if (about_bounds(debugger_machine(d), &bounds))
        return bounds_text(d, va);
    if (d->json) {
        json_hex(d->json, "address", va);
        json_array(d->json, "levels");
        for (unsigned level = d->level + 1; level-- > 0;)
            level_json(d, level, va);
        json_end(d->json);
    } else {
        debugger_symbol(d, va, symbol, sizeof symbol);
        fprintf(d->out, "0x%016llx%s%s\n", (unsigned long long)va, *symbol ? " " : "", symbol);
        for (unsigned level = d->level + 1; level-- > 0;)
            level_text(d, level, va);
    }
    if (physical(d, va, &pa))
        frames(d, pa);
    return 0;
}

static int gva2gpa(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t va;
    pa_t pa;
    struct pt_walk walk;
    char why[WALK_WHY];
    int r = *a->text ? debugger_location(d, a->text, &va, e) : error_set(e, EINVAL, "which address?");
    if (r)
        return r;
    if (!about_find(debugger_machine(d), va, &pa, &walk))
        return error_set(e, EFAULT, "0x%llx is not mapped: %s", (unsigned long long)va, walk_why(&walk, why, sizeof why));
    if (d->json)
        json_hex(d->json, "gpa", pa);
    else
        fprintf(d->out, "gpa: 0x%llx\n", (unsigned long long)pa);
    return 0;
}

static int gpa2hpa(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t pa;
    int r = *a->text ? debugger_location(d, a->text, &pa, e) : error_set(e, EINVAL, "which address?");
    if (r == 0)
        frames(d, pa);
    return r;
}

extern const struct repl_command repl_viewing_walk[];
const struct repl_command repl_viewing_walk[] = {
    {"translate", "tr, page, str", "[ADDRESS]", "an address through every table; why its bits are so",
     "For each virtual machine from the one looked at down: the address in its parts, its own page tables and the\n"
     "shadow's (address and content of each PTE, bits DAGUXWRV; where it stands, and what its PPN leads to), the\n"
     "bits of both leaves, and why the shadow's is as it is.\n"
     "On the bare machine: the walk, what an access would meet, and the TLB. Nothing is touched. Nothing: of $pc.",
     GROUP_VMM, tr, COMPLETE_SYMBOL, false, 0},
    {"gva2gpa", NULL, "ADDRESS", "the physical address of a virtual one", NULL, GROUP_VMM, gva2gpa, COMPLETE_SYMBOL, false, 0},
    {"gpa2hpa", "gpa2hva", "ADDRESS", "where a physical address lies in each host below", NULL, GROUP_VMM, gpa2hpa, COMPLETE_NOTHING,
     false, NEEDS_PAGES},
    {0},
};
