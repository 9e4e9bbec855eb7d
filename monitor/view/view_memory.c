/* view_memory.c - whole address spaces: `info mem`, `info pg`, `info tlb`, `info mtree`. One walk over all of a table serves the first
 * three; runs of entries that continue each other are one line.
 *
 * A guest may have tables that contain themselves, so a walk looks at a bounded number of them, and says so when that did not suffice.
 */
#include "monitor/view/view.h"

#include "mmu/phys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_MAX = 20000, LINES_MAX = 100000 };

/* A run of leaves, contiguous on both sides and alike. */
/* Two entries are one run when the second goes on where the first ends, virtually and physically, and grants the same:
 *
 *     0x80202000 -> 0x80202000 rwxu-ad   \  0000000080202000 0000000080202000 0000000000002000 rwxu-ad
 *     0x80203000 -> 0x80203000 rwxu-ad   /
 *     0x80204000 -> 0x90000000 rwxu-ad      another run: it goes on elsewhere
 *
 * For `info mem` runs go across tables and sizes of pages, for what matters is what is mapped. For `info pg` a run stays
 * in one table, since the tree has a line for each table. */
struct run {
    bool any;
    va_t va;
    pa_t pa;
    uint64_t size;
    uint64_t bits, page, pte;    /* of each leaf: V to D, and what it maps; the first */
    unsigned level, first, last; /* entries of one table, for the tree */
};

/* A walk over everything that is mapped. `m` is the machine that the tables lie in: for a shadow that is the host, not
 * the VM. `tree`: as `info pg` has it, else as `info mem`. */
struct sweep {
    const struct debugger *d;
    const struct machine *m; /* whose memory the tables are in */
    const struct pt_format *f;
    unsigned tables, lines;
    uint64_t leaves;
    bool tree;
    struct run run;
};

/* The two forms, of which the first is QEMU's, letter by letter, for scripts know it:
 *
 *     0000000080200000 0000000080200000 0000000000001000 rwxu-ad
 *     L0 [000-1ff]  0x0000000080000000  DA-UXWRV  0x000080000000  512 x 4 KiB */
static void run_end(struct sweep *s)
{
    struct run *r = &s->run;
    char bits[VIEW_BITS];
    if (!r->any)
        return;
    r->any = false;
    s->lines++;
    view_bits(s->m->isa, r->pte, bits);
    if (s->tree)
        fprintf(s->d->out, "%*sL%u [%03x-%03x]  0x%016llx  %s  0x%012llx  %llu x %llu KiB\n", (int)(2 * (s->f->levels - r->level)), "",
                r->level, r->first, r->last, (unsigned long long)r->va, bits, (unsigned long long)r->pa,
                (unsigned long long)(r->size / r->page), (unsigned long long)r->page >> 10);
    else
        fprintf(s->d->out, "%016llx %016llx %016llx %c%c%c%c%c%c%c\n", (unsigned long long)r->va, (unsigned long long)r->pa,
                (unsigned long long)r->size, r->bits & SV_R ? 'r' : '-', r->bits & SV_W ? 'w' : '-', r->bits & SV_X ? 'x' : '-',
                r->bits & SV_U ? 'u' : '-', r->bits & SV_G ? 'g' : '-', r->bits & SV_A ? 'a' : '-', r->bits & SV_D ? 'd' : '-');
}

static void leaf(struct sweep *s, va_t va, unsigned level, unsigned index, uint64_t pte)
{
    struct run *r = &s->run;
    uint64_t size = (uint64_t)PAGE_SIZE << level * s->f->index_bits, bits = about_pte_bits(s->m->isa, pte);
    pa_t pa = s->f->address(pte);
    s->leaves++;
    bool continues = r->any && r->va + r->size == va && r->pa + r->size == pa && r->bits == bits;
    if (continues && (!s->tree || (r->level == level && r->last + 1 == index))) {
        r->size += size;
        r->last = index;
        return;
    }
    run_end(s);
    *r = (struct run){true, va, pa, size, bits, size, pte, level, index, index};
}

static void table(struct sweep *s, pa_t at, va_t base, unsigned level);

/* A table all of whose entries name itself would be met by itself 512 * 512 times where there are three levels, and 512
 * times as often where there are four. 20000 tables are enough for some 39 GiB in pages of 4 KiB. */
static bool is_enough(const struct sweep *s) { return s->tables >= TABLES_MAX || s->lines >= LINES_MAX; }

/* The address of the entry is that of its table plus its own place in it; where the format has it so, the bits above
 * va_bits then copy the highest one, and the upper half of the address space comes out as kernels write it. */
static void entry(struct sweep *s, va_t base, unsigned level, unsigned index, uint64_t pte)
{
    char bits[VIEW_BITS];
    va_t va = base + ((va_t)index << (PAGE_SHIFT + level * s->f->index_bits));
    va = pt_canonical(s->f, va);
    if (!s->f->is_table(pte, level)) {
        leaf(s, va, level, index, pte);
        return;
    }
    if (!level)
        return; /* a pointer where the last leaf must be: nothing is mapped */
    if (s->tree) {
        run_end(s);
        fprintf(s->d->out, "%*sL%u [%03x]      0x%016llx  %s  table 0x%012llx\n", (int)(2 * (s->f->levels - level)), "", level, index,
                (unsigned long long)va, view_bits(s->m->isa, pte, bits), (unsigned long long)s->f->address(pte));
    }
    table(s, s->f->address(pte), va, level - 1);
    if (s->tree)
        run_end(s);
}

static void table(struct sweep *s, pa_t at, va_t base, unsigned level)
{
    uint8_t page[PAGE_SIZE];
    const unsigned size = s->f->pte_size;
    if (is_enough(s) || machine_load(s->m, at, page, sizeof page) != 0)
        return;
    s->tables++;
    for (unsigned i = 0; i < sizeof page / size && !is_enough(s); i++) {
        uint64_t pte = 0;
        memcpy(&pte, page + i * size, size);
        if (bit_get(pte, 0)) /* valid */
            entry(s, base, level, i, pte);
    }
}

/* That there is more is said at the end, where somebody who reads the last line of a long list looks. */
static void sweep(struct sweep *s, pa_t root)
{
    if (!s->tree)
        fprintf(s->d->out, "vaddr            paddr            size             attr\n"
                           "---------------- ---------------- ---------------- -------\n");
    table(s, root, 0, s->f->levels - 1);
    run_end(s);
    if (is_enough(s))
        fprintf(s->d->out, "(%u tables were looked at; there are more)\n", s->tables);
}

/* --- of the machine itself. The paper's has R instead. */

static int bounds_text(const struct debugger *d, const struct about_bounds *r)
{
    fprintf(d->out, "R = (l %llu, b %llu): addresses 0 to b - 1 are cells l to l + b - 1, of %llu\n", (unsigned long long)r->base,
            (unsigned long long)r->bound, (unsigned long long)r->memory);
    return 0;
}

/* Three kinds of machines: one that relocates (R), one that translates, and one whose registers say that it does not
 * now. QEMU has no better word for the last than "No translation or protection", and people search for it. */
static int own_tables(struct debugger *d, const struct repl_args *a, bool tree, struct error *e)
{
    struct sweep s = {.d = d, .m = debugger_machine(d), .tree = tree};
    struct about_bounds bounds;
    struct about_space own;
    char space[VIEW_SPACE];
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    if (about_bounds(s.m, &bounds))
        return bounds_text(d, &bounds);
    about_space(s.m, &own);
    s.f = own.format;
    if (!s.f) {
        fprintf(d->out, "No translation or protection\n");
        return 0;
    }
    if (tree)
        fprintf(d->out, "%s\n", view_space(s.m, space, sizeof space));
    sweep(&s, own.root);
    return 0;
}

static int info_mem(struct debugger *d, const struct repl_args *a, struct error *e) { return own_tables(d, a, false, e); }
static int info_pg(struct debugger *d, const struct repl_args *a, struct error *e) { return own_tables(d, a, true, e); }

/* --- info tlb: of a virtual machine, whose TLB is its shadow; of the bare machine */

/* What a shadow is to a VM, a TLB is to a machine: translations that are ready, any of which may be dropped without
 * harm. So the same command shows it. The tables are walked in the host, and the physical addresses are the host's, too. */
static int shadow_as_tlb(const struct debugger *d)
{
    const struct machine *m = debugger_machine(d);
    struct vm_shadow s;
    struct vm_root root;
    (void)vm_shadow_look(m, &s);
    if (!s.has_current || !vm_root_look(m, s.present, &root)) {
        fprintf(d->out, "no root for the present situation yet: every access would be filled first\n");
        return 0;
    }
    fprintf(d->out, "root %u of the shadow (%s), ASID %u of %s; paddr is the host's\n", s.present, root.situation, root.asid,
            view_level_name(d, d->level - 1));
    struct sweep all = {.d = d, .m = view_machine(d, d->level - 1), .f = s.format};
    sweep(&all, root.table);
    fprintf(d->out, "%llu leaves\n", (unsigned long long)all.leaves);
    return 0;
}

/* 40000 entries are more than the bare machine's TLB has. Each is of a situation: the mode, the address space, and what
 * else changes who may do what. Only those of the present one, with the star, would be hit by the next access. */
static int bare_tlb(const struct debugger *d, struct error *e)
{
    const char *marks = about_of(debugger_isa(d))->cached_marks;
    enum { ROOM = 40000 };
    struct about_cached *list = calloc(ROOM, sizeof *list);
    if (!list)
        return error_set(e, ENOMEM, "there is not enough memory");
    unsigned n = about_cached(debugger_machine(d), list, ROOM);
    if (n == ABOUT_NO_MEMORY) {
        free(list);
        return error_set(e, ENOMEM, "there is not enough memory");
    }
    fprintf(d->out,
            "mode %-16s vaddr            paddr            attr\n"
            "---- ---------------- ---------------- ---------------- ----\n",
            about_space_register(debugger_isa(d)));
    for (unsigned i = 0; i < n && i < ROOM; i++) {
        const struct about_cached *c = &list[i];
        fprintf(d->out, "%c%s %s %016llx %016llx %016llx %c%c%c%s\n", c->current ? '*' : ' ', debugger_mode_name(d, c->mode), c->marks,
                (unsigned long long)c->space, (unsigned long long)c->va, (unsigned long long)c->pa, c->how & TRIGGER_LOAD ? 'r' : '-',
                c->how & TRIGGER_STORE ? 'w' : '-', c->how & TRIGGER_EXECUTE ? 'x' : '-', "");
    }
    fprintf(d->out, "%u entries; * of the situation it is in%s%s\n", n, marks ? "; " : "", marks ? marks : "");
    free(list);
    return 0;
}

static int info_tlb(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    return d->level ? shadow_as_tlb(d) : bare_tlb(d, e);
}

/* --- info mtree */

/* A VM's RAM has a second address, where it lies in its host; its devices have none, for their accesses come to the VMM:
 *
 *     0000000010000000-00000000100000ff (i/o): uart
 *     0000000080000000-0000000087ffffff (ram): ram @vm1 0000000080000000 */
static void mtree_level(const struct debugger *d, unsigned level)
{
    const struct machine *m = view_machine(d, level);
    fprintf(d->out, "physical memory of %s\n", level ? view_level_name(d, level) : "the bare machine");
    for (unsigned i = 0; i < phys_count(m->phys); i++) {
        const struct phys_range *r = phys_range(m->phys, i);
        pa_t host;
        fprintf(d->out, "  %016llx-%016llx (%s): %s", (unsigned long long)r->base, (unsigned long long)(r->base + (r->size - 1)),
                r->ram ? "ram" : "i/o", r->name);
        if (level && r->ram && vm_map_physical(m, r->base, &host))
            fprintf(d->out, " @%s %016llx", view_level_name(d, level - 1), (unsigned long long)host);
        fputc('\n', d->out);
    }
}

/* Of the level looked at, like all views: `vm 0` before it shows the bare machine's. */
static int info_mtree(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        mtree_level(d, d->level);
    return r;
}

extern const struct repl_command repl_viewing_memory[];
const struct repl_command repl_viewing_memory[] = {
    {"info mem", "info tab", "", "what is mapped where, with its rights",
     "As the machine's own page tables have it: the shadow's are in info tlb.", GROUP_VMM, info_mem, COMPLETE_NOTHING, false, 0},
    {"info pg", NULL, "", "likewise as a tree, table by table", NULL, GROUP_VMM, info_pg, COMPLETE_NOTHING, false, 0},
    {"info tlb", NULL, "", "what needs no walk: the TLB",
     "Of a virtual machine: the leaves of its shadow in the present situation. On the bare machine: its own TLB.", GROUP_VMM, info_tlb,
     COMPLETE_NOTHING, false, NEEDS_PAGES},
    {"info mtree", NULL, "", "physical memory: RAM, devices, where in the host it lies", NULL, GROUP_VMM, info_mtree, COMPLETE_NOTHING,
     false, 0},
    {0},
};
