/* view_machines.c - the machines themselves: `vm`, `info vm`, `info shadow`, `info k`, `info stats`. */
#include "monitor/view/view.h"

#include "monitor/stats.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the tree, by depth */

static void bare_line(const struct debugger *d)
{
    const struct machine *m = view_machine(d, 0);
    fprintf(d->out, "%c 0  bare   %s, pc 0x%016llx: the machine itself\n", d->level == 0 ? '*' : ' ',
            debugger_said_mode(d, machine_get(m, MACHINE_MODE)), (unsigned long long)about_pc(m));
}

/* A machine is drawn as deep as it lies, with where it is in its host, so that the tree reads from the bare machine up:
 *
 *       0  bare   U-mode, pc 0x000000008020001c: the machine itself
 *          1  vm1    virtual U, real U-mode; trap and emulate, policy adapt; 3 exits
 *             RAM 0x080000000, 147456 KiB, at 0x080000000 of bare
 *             shadow at 0x089000000, 4096 frames
 *     *       2  vm2    virtual S, real U-mode; trap and emulate, policy adapt; 2 exits
 *                RAM 0x080000000, 131072 KiB, at 0x080000000 of vm1
 *
 * "Real" is the mode that the host believes to be in now: its user mode, while its guest runs. A machine without pages
 * has no shadow and no policy. */
static void vm_line(const struct debugger *d, unsigned level)
{
    const struct machine *m = view_machine(d, level), *host = view_machine(d, level - 1);
    struct vm_place p;
    struct vm_stats s;
    vm_place(m, &p);
    vm_stats(m, &s);
    fprintf(d->out, "%c%*s%u  %-6s virtual %s, real %s", d->level == level ? '*' : ' ', (int)(3 * level + 1), "", level,
            view_level_name(d, level), debugger_mode_name(d, machine_get(m, MACHINE_MODE)),
            debugger_mode_name(d, machine_get(host, MACHINE_MODE)));
    fprintf(d->out, "; %s%s%s; %llu exits\n", vmm_monitor_text(s.monitor), s.pages ? ", policy " : "",
            s.pages ? vmm_shadow_name(p.config->shadow) : "", (unsigned long long)s.traps);
    fprintf(d->out, "%*sRAM 0x%09llx, %llu KiB, at 0x%09llx of %s", (int)(3 * level + 5), "", (unsigned long long)p.config->ram_base,
            (unsigned long long)p.config->ram_size >> 10, (unsigned long long)p.ram, view_level_name(d, level - 1));
    if (p.has_tables)
        fprintf(d->out, "\n%*sshadow at 0x%09llx, %u frames", (int)(3 * level + 5), "", (unsigned long long)p.tables, p.frames);
    fputc('\n', d->out);
}

/* `real_mode`, `ram` and `host` are of virtual machines alone: the bare one has no host, and a member that is missing
 * says so. */
static void vm_json(const struct debugger *d, unsigned level)
{
    const struct machine *m = view_machine(d, level);
    struct vm_place p;
    json_object(d->json, NULL);
    json_uint(d->json, "level", level);
    json_string(d->json, "name", view_level_name(d, level));
    json_bool(d->json, "looked_at", d->level == level);
    json_string(d->json, "mode", debugger_mode_name(d, machine_get(m, MACHINE_MODE)));
    if (level) {
        vm_place(m, &p);
        json_string(d->json, "real_mode", debugger_mode_name(d, machine_get(view_machine(d, level - 1), MACHINE_MODE)));
        json_hex(d->json, "ram", p.config->ram_base);
        json_uint(d->json, "ram_size", p.config->ram_size);
        json_hex(d->json, "host", p.ram);
    }
    json_end(d->json);
}

/* In JSON the bare machine is an element like the others, level 0; as text it has a line of another form. */
static void tree(const struct debugger *d)
{
    if (d->json)
        json_array(d->json, "machines");
    else
        bare_line(d);
    for (unsigned level = d->json ? 0 : 1; level <= d->stack->depth; level++)
        if (d->json)
            vm_json(d, level);
        else
            vm_line(d, level);
    if (d->json)
        json_end(d->json);
    else if (!d->stack->depth)
        fprintf(d->out, "There is no virtual machine: the guest runs bare%s.\n", debugger_vm_hint(d));
}

static int info_vm(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        tree(d);
    return r;
}

/* A level by its number or its name. */
/* "2", "vm2", "bare". A number is not held against the depth here: debugger_set_level() does that, and says how deep it
 * is. One that is too large for `unsigned` must not wrap round to a level that there is. */
static int level_of(const struct debugger *d, const char *text, unsigned *out, struct error *e)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    *out = n < UINT_MAX ? (unsigned)n : UINT_MAX;
    if (isdigit((unsigned char)*text) && !*end)
        return 0;
    for (*out = 0; *out <= d->stack->depth; ++*out)
        if (strcmp(text, view_level_name(d, *out)) == 0)
            return 0;
    return error_set(e, EINVAL, "there is no machine '%.40s'; 'vm' lists them", text);
}

static int vm(struct debugger *d, const struct repl_args *a, struct error *e)
{
    unsigned level = 0;
    int r = *a->text ? level_of(d, a->text, &level, e) : 0;
    if (r == 0 && *a->text)
        r = debugger_set_level(d, level, e);
    if (r == 0)
        tree(d);
    return r;
}

/* --- since when there are counts */

/* Counts go back with the guest, for they are in its checkpoints. A file of loadvm from a machine that is made otherwise
 * has none that fit this one: they begin anew where it was loaded, and a person who compares them with `trapeze run` has
 * to be told. */
void view_counted_from(const struct debugger *d)
{
    uint64_t from = checkpoints_counted_from(d->past);
    if (from && d->json)
        json_uint(d->json, "counted_from", from);
    else if (from)
        fprintf(d->out,
                "Counted from instruction %llu on: the file of loadvm is of machines made otherwise (depth, monitor, policy).\n",
                (unsigned long long)from);
}

/* --- info shadow */

/* Two different reasons, with two different ways out: there is no VM at all, or another level is looked at. */
static int need_vm(const struct debugger *d, struct error *e)
{
    if (d->level)
        return 0;
    if (!d->stack->depth)
        return error_set(e, ENOTSUP, "the guest runs on the bare machine: no VMM, nothing to show%s", debugger_vm_hint(d));
    return error_set(e, EINVAL, "this is the bare machine; choose a virtual one (vm 1)");
}

/* One root for each situation: an address space of the guest with the mode and rights that its leaves were made for.
 *
 *     root  situation                      the guest's root   ASID tables  leaves
 *     *  0  untranslated, PMP              0x0000000000000000    1      4       2
 *
 * The ASID is the host's. Tables are counted with the root. The star is at the present situation, which need not be the
 * root that A installed last (`tr` tells of the difference). */
static void root_text(const struct debugger *d, const struct vm_shadow *s, unsigned i, const struct vm_root *r)
{
    fprintf(d->out, "%c%3u  %-30s 0x%016llx %4u %6u %7u\n", s->has_current && s->present == i ? '*' : ' ', i, r->situation,
            (unsigned long long)r->space, r->asid, r->tables, r->leaves);
}

static void root_json(const struct debugger *d, const struct vm_shadow *s, unsigned i, const struct vm_root *r)
{
    json_object(d->json, NULL);
    json_uint(d->json, "root", i);
    json_bool(d->json, "present", s->has_current && s->present == i);
    json_string(d->json, "situation", r->situation);
    json_hex(d->json, about_space_register(debugger_isa(d)), r->space);
    json_hex(d->json, "table", r->table);
    json_uint(d->json, "asid", r->asid);
    json_uint(d->json, "tables", r->tables);
    json_uint(d->json, "leaves", r->leaves);
    json_end(d->json);
}

/* A place that no situation has used yet is left out, and the numbers have gaps then: the numbers are what `tr` and
 * `why` cite. */
static void roots(const struct debugger *d, const struct vm_shadow *s)
{
    struct vm_root root;
    if (d->json)
        json_array(d->json, "roots");
    else
        fprintf(d->out, "root  situation                      the guest's %-6s ASID tables  leaves\n",
                about_space_register(debugger_isa(d)));
    for (unsigned i = 0; i < s->roots; i++)
        if (vm_root_look(debugger_machine(d), i, &root)) {
            if (d->json)
                root_json(d, s, i, &root);
            else
                root_text(d, s, i, &root);
        }
    if (d->json)
        json_end(d->json);
}

/* "Of tries" is an estimate from below of how good the shadow is. Each retired instruction and each trap counts as one
 * try that needed leaves, and each fill as one that lacked them; an instruction may need several leaves. */
static int info_shadow(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct vm_shadow s;
    struct vm_place p;
    struct vm_stats stats;
    int r = repl_no_more(a->text, e);
    if (r == 0)
        r = need_vm(d, e);
    if (r)
        return r;
    if (!vm_shadow_look(debugger_machine(d), &s))
        return error_set(e, ENOTSUP, "the paper's machine has no pages, so no shadow: A writes R (tr ADDRESS shows it)");
    vm_place(debugger_machine(d), &p);
    vm_stats(debugger_machine(d), &stats);
    roots(d, &s);
    view_counted_from(d);
    if (d->json) {
        json_uint(d->json, "fills", s.fills);
        json_uint(d->json, "flushes", s.flushes);
        json_uint(d->json, "exhausted", s.exhausted);
        json_uint(d->json, "evicted", s.evicted);
        json_uint(d->json, "recycled", s.recycled);
        json_uint(d->json, "traced", s.traced);
        json_uint(d->json, "traced_writes", s.writes);
        json_uint(d->json, "frames_used", s.used);
        return 0;
    }
    uint64_t tried = stats.direct + stats.translated + stats.traps;
    fprintf(d->out, "* is the present situation's. %s tables in frames of %s:\n%u of %u frames in use, %llu times none was left\n",
            s.format->name, view_level_name(d, d->level - 1), s.used, s.frames, (unsigned long long)s.exhausted);
    fprintf(d->out, "%llu leaves filled; %.4f %% of tries found their leaves; %llu roots recycled\n", (unsigned long long)s.fills,
            tried ? 100.0 * (1.0 - (double)stats.fills / (double)tried) : 0.0, (unsigned long long)s.recycled);
    if (p.config->shadow == SHADOW_FLUSH) {
        fprintf(d->out, "policy flush: %llu fences of the guest emptied some of it\n", (unsigned long long)s.flushes);
        return 0;
    }
    fprintf(d->out, "policy %s: %llu pages of guest tables are write-protected,\n%llu stores to them, %llu pages let go\n",
            vmm_shadow_name(p.config->shadow), (unsigned long long)s.traced, (unsigned long long)s.writes,
            (unsigned long long)s.released);
    if (p.config->shadow == SHADOW_ADAPT)
        fprintf(d->out, "went out of sync: %llu; fences of the guest: %llu\n", (unsigned long long)s.loosened,
                (unsigned long long)s.flushes);
    return 0;
}

/* --- info k: what the VMM chose, and what the host's registers hold */

/* The register is read from the host, not from the table: this is the look that would find a K which somebody has
 * broken. Bits outside of the mask are the guest's, or vary with the situation, and are not compared. */
static void k_row(const struct debugger *d, const struct machine *host, const struct vm_k_row *k)
{
    uint64_t v = machine_get(host, k->reg);
    bool differs = (v & k->mask) != k->wanted;
    if (d->json) {
        json_object(d->json, NULL);
        json_string(d->json, "register", k->name);
        json_hex(d->json, "value", v);
        json_bool(d->json, "as_chosen", !differs);
        json_end(d->json);
    } else {
        fprintf(d->out, "  %-11s 0x%016llx  %s%s\n", k->name, (unsigned long long)v, differs ? "NOT AS CHOSEN: " : "", k->why);
    }
}

/* The rows of `info k`, as far as a line is wide, for vm1, the host of vm2:
 *
 *     mode        0x0000000000000000  U: guest M, S and U all run in real U
 *     medeleg     0x0000000000000000  every exception comes to the VMM
 *     mie         0x0000000000000001  NOT AS CHOSEN: real interrupts are the host owner's
 *     ...
 *     U-mode WFI, undefined encodings and absent CSRs trap: pinned by the hart */
/* What no register says: the last sentence of K. */
static void k_rest(struct debugger *d)
{
    const char *text = vm_k(debugger_machine(d)), *last = strrchr(text, '\n');
    fprintf(d->out, "%s\n", last ? last + 1 : text);
}

/* On a machine without tables K is no list of registers: it is the mode, and R, which A sets. The rows of a CSR that
 * this host does not have are left out; what is numbered from MACHINE_PC on all machines have. */
static int info_k(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        r = need_vm(d, e);
    if (r)
        return r;
    const struct machine *host = view_machine(d, d->level - 1);
    const struct vm_k_row *k;
    struct about_bounds bounds;
    if (!d->json)
        fprintf(d->out, "K, chosen so that what is sensitive traps, in %s, the host of %s\n", view_level_name(d, d->level - 1),
                view_level_name(d, d->level));
    if (about_bounds(host, &bounds)) {
        fprintf(d->out, "%s\nmode = %s, R = (l %llu, b %llu) now\n", vm_k(debugger_machine(d)),
                debugger_mode_name(d, machine_get(host, MACHINE_MODE)), (unsigned long long)bounds.base,
                (unsigned long long)bounds.bound);
        return 0;
    }
    if (d->json)
        json_array(d->json, "k");
    for (unsigned i = 0; (k = vm_k_row(debugger_machine(d), i)); i++)
        if (machine_has(host, k->reg) || k->reg >= MACHINE_PC)
            k_row(d, host, k);
    if (d->json)
        json_end(d->json);
    else
        k_rest(d);
    return 0;
}

/* --- info stats: the account of `trapeze run`, so far */
/* A guest that still runs has no end to report, so it is accounted for as one that pauses; one that has ended has the
 * end that it had. */
static int info_stats(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct system_result so_far = {.end = END_PAUSED};
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    if (d->stop.reason == STOP_ENDED)
        so_far = d->stop.result;
    struct account account = account_of(d->system, d->stack, &so_far);
    account.course = true;
    account_text(d->out, &account);
    view_counted_from(d);
    return 0;
}

extern const struct repl_command repl_viewing_machines[];
const struct repl_command repl_viewing_machines[] = {
    {"vm", "level", "[NUMBER | NAME]", "the machines by depth; or look at another one",
     "Running is always the guest's; registers, memory, tables and all views are those of the machine looked at.\n"
     "0 is the bare machine.",
     GROUP_VMM, vm, COMPLETE_NOTHING, false, 0},
    {"info vm", NULL, "", "the machines by depth, with their modes, memory and frames", NULL, GROUP_VMM, info_vm, COMPLETE_NOTHING,
     false, 0},
    {"info shadow", NULL, "", "the shadow page tables: a root for each situation",
     "With its tables and leaves; then fills, flushes, and frames in use.", GROUP_VMM, info_shadow, COMPLETE_NOTHING, false, 0},
    {"info k", "info K", "", "the configuration K of the host, register by register", NULL, GROUP_VMM, info_k, COMPLETE_NOTHING, false,
     0},
    {"info stats", NULL, "", "the account so far: who executed how much, and why traps", NULL, GROUP_VMM, info_stats, COMPLETE_NOTHING,
     false, 0},
    {0},
};
