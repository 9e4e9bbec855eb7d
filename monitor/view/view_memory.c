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
struct run {
    bool any;
    va_t va;
    pa_t pa;
    uint64_t size;
    uint64_t bits, page, pte;    /* of each leaf: V to D, and what it maps; the first */
    unsigned level, first, last; /* entries of one table, for the tree */
};

struct sweep {
    const struct debugger *d;
    const struct machine *m; /* whose memory the tables are in */
    const struct pt_format *f;
    unsigned tables, lines;
    uint64_t leaves;
    bool tree;
    struct run run;
};

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

static bool is_enough(const struct sweep *s) { return s->tables >= TABLES_MAX || s->lines >= LINES_MAX; }

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

static int bare_tlb(const struct debugger *d, struct error *e)
{
    const char *marks = about_of(debugger_isa(d))->cached_marks;
    enum { ROOM = 40000 };
    struct about_cached *list = calloc(ROOM, sizeof *list);
    if (!list)
        return error_set(e, ENOMEM, "there is not enough memory");
    unsigned n = about_cached(debugger_machine(d), list, ROOM);
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
    fprintf(d->out, "%u entries; * of the situation it is in; %s\n", n, marks ? marks : "");
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
