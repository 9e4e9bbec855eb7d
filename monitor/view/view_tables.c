/* view_tables.c - `info segments` and the like: tables that the instruction set has beside page tables. What there is, and
 * what an entry says, is its answer (isa/about.h). */
#include "monitor/view/view.h"

#include "isa/about.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WHERE = 96 };

/* "0x0008     base 00000000  limit ffffffff  ...": the words of the second column are the instruction set's; here they
 * are only set. */
static void entry_shown(const struct debugger *d, const struct about_entry *e)
{
    if (!d->json) {
        fprintf(d->out, "%-10s %s\n", e->name, e->text);
        return;
    }
    json_object(d->json, NULL);
    json_string(d->json, "name", e->name);
    json_string(d->json, "text", e->text);
    json_end(d->json);
}

static void again_counted(const struct debugger *d, unsigned *again)
{
    if (*again && !d->json)
        fprintf(d->out, "%-10s %u more of which the same is true\n", "...", *again);
    *again = 0;
}

/* Entries that are in use, and how many are not; or all. A table may have 8192 entries of which six are used: zeros are counted instead
 * of shown, and it is said how to see them. So are those that lead where the one before them leads, as all 256 vectors of a firmware may,
 * or that cannot be read either. */
static void entries(const struct debugger *d, const struct machine *m, const struct about_table *t, bool all)
{
    struct about_entry e = {.used = false};
    unsigned unused = 0, again = 0;
    if (d->json)
        json_array(d->json, "entries");
    for (unsigned n = 0; t->entry(m, n, &e); n++)
        if (e.again && !all && !d->json) {
            again++;
        } else if (all || e.used) {
            again_counted(d, &again);
            entry_shown(d, &e);
        } else {
            unused++;
        }
    again_counted(d, &again);
    if (d->json)
        json_end(d->json);
    else if (unused)
        fprintf(d->out, "%u more %s empty ('info %s all' shows them).\n", unused, unused == 1 ? "is" : "are", t->word);
}

/* A register that is an entry of a table and has more bits than an expression, such as ST(0): as the table has it. false: $NAME is
 * none of them. */
bool view_wide(const struct debugger *d, const char *dollar, struct about_entry *e)
{
    const struct about_table *t = about_table(debugger_isa(d), "float");
    for (unsigned n = 0; t && dollar[0] == '$' && t->entry(debugger_machine(d), n, e); n++)
        if (strcmp(e->name, dollar + 1) == 0)
            return true;
    return false;
}

/* What a VM shows is virtual; below it stands what the machine that it runs on really has, which may be nothing. */
static void below(const struct debugger *d, const struct about_table *t, unsigned level, bool all)
{
    char where[WHERE];
    bool is_there = t->where(view_machine(d, level), where, sizeof where);
    if (d->json) {
        json_object(d->json, view_level_name(d, level));
        json_string(d->json, "where", where);
    } else {
        fprintf(d->out, "%s in %s: %s\n", level ? "And" : "Really,", view_level_name(d, level), where);
    }
    if (is_there)
        entries(d, view_machine(d, level), t, all);
    if (d->json)
        json_end(d->json);
}

/* A table that there is not as the machine is now is no failure: `where` says so in its words, and there are no entries
 * to show. */
static int info_table(struct debugger *d, const char *word, const struct repl_args *a, struct error *e)
{
    const struct about_table *t = about_table(debugger_isa(d), word);
    char where[WHERE];
    bool all = strcmp(a->text, "all") == 0;
    if (!t)
        return error_set(e, ENOTSUP, "this machine has no %s", word);
    int r = all ? 0 : repl_no_more(a->text, e);
    if (r != 0)
        return r;
    bool is_there = t->where(debugger_machine(d), where, sizeof where);
    if (d->json)
        json_string(d->json, "where", where);
    else
        fprintf(d->out, "%s\n", where);
    if (is_there)
        entries(d, debugger_machine(d), t, all);
    for (unsigned level = d->level; level-- > 0;)
        below(d, t, level, all);
    return 0;
}

/* Where addresses have a segment first: those for code, the stack and data, as this machine has them. */
void view_segments(const struct debugger *d, unsigned level)
{
    enum { SHOWN = 3 };
    const struct about_table *t = about_table(debugger_isa(d), "segments");
    struct about_entry e;
    if (t && d->json)
        json_array(d->json, "segments");
    for (unsigned n = 0; t && n < SHOWN && t->entry(view_machine(d, level), n, &e); n++)
        if (d->json)
            json_string(d->json, NULL, e.text);
        else
            fprintf(d->out, "  %s  %s\n", e.name, e.text);
    if (t && d->json)
        json_end(d->json);
}

/* A command's function is not told by which name it was called, hence a function for each word. */
#define TABLE(word)                                                                                                                   \
    static int info_##word(struct debugger *d, const struct repl_args *a, struct error *e) { return info_table(d, #word, a, e); }
TABLE(segments)
TABLE(gdt)
TABLE(ldt)
TABLE(idt)
TABLE(tss)
#undef TABLE

static int info_float(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (!about_table(debugger_isa(d), "float"))
        return error_set(e, ENOTSUP, "this machine has no x87; 'info registers float' shows what floating-point registers it has");
    return info_table(d, "float", a, e);
}

extern const struct repl_command repl_viewing_tables[];
const struct repl_command repl_viewing_tables[] = {
    {"info segments", NULL, "", "segment registers with their hidden parts", NULL, GROUP_LOOKING, info_segments, COMPLETE_NOTHING,
     false, NEEDS_TABLES},
    {"info gdt", NULL, "[all]", "the global descriptor table, decoded",
     "Entries that are zero are only counted; `all` shows them, too. In a virtual machine the table is the virtual one, and what the "
     "machine below really has stands under it. So do the other tables.",
     GROUP_LOOKING, info_gdt, COMPLETE_NOTHING, false, NEEDS_TABLES},
    {"info ldt", NULL, "[all]", "the local descriptor table, decoded", NULL, GROUP_LOOKING, info_ldt, COMPLETE_NOTHING, false,
     NEEDS_TABLES},
    {"info idt", NULL, "[all]", "interrupt gates, or real mode's vectors", NULL, GROUP_LOOKING, info_idt, COMPLETE_NOTHING, false,
     NEEDS_TABLES},
    {"info tss", NULL, "", "the task state segment", NULL, GROUP_LOOKING, info_tss, COMPLETE_NOTHING, false, NEEDS_TABLES},
    {"info float", NULL, "[all]", "the x87's stack: ST(0) to ST(7) as numbers", "Registers that are empty are only counted.",
     GROUP_LOOKING, info_float, COMPLETE_NOTHING, false, 0},
    {0},
};
