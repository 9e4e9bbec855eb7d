/* csv.c - the findings as comma-separated values (RFC 4180): a line for each, of each machine, under all of K and with each pin out.
 *
 *    isa,variant,without,subject,...,traps,condition,class,privileged,...,in_u,in_s,evidence,confidence,runs,agrees,disagreement
 *    pg,GETMODE,,shrink,...,always,,privileged,1,...,privilege trap,completes,exhausted,exhausted,4462028,1,
 *
 * Each row has all columns, so a table program can filter by any of them: `without` says which pin of K is out, and is empty under all of
 * K. Booleans are 1 and 0. Lines end in CR LF, as the format says.
 */
#include "monitor/report/report.h"

#include <inttypes.h>
#include <string.h>

#include "monitor/theory_text.h"

/* A field between quotes where it needs them.
 * A separator, a quote or a line's end inside needs quotes around it, and a quote is doubled there [RFC 4180, 2.6 and 2.7]. `end` is what
 * stands behind the field: a comma, or the CR of the line's end. */
static void field(FILE *f, const char *text, char end)
{
    const bool quoted = text && strpbrk(text, ",\"\r\n");
    if (quoted)
        fputc('"', f);
    for (const char *s = text ? text : ""; *s; s++) {
        if (*s == '"')
            fputc('"', f);
        fputc(*s, f);
    }
    if (quoted)
        fputc('"', f);
    fputc(end, f);
}

static void yes_no(FILE *f, bool yes) { field(f, yes ? "1" : "0", ','); }

/* Asked of all findings, as an encoding may stand for no mode: its column would be empty from top to bottom.
 * The modes that the machine has: something was run in them. */
static bool has_mode(const struct report *r, unsigned mode)
{
    const struct classification *c = r->machine[0].full;
    bool seen = false;
    for (unsigned n = 0; n < c->count; n++)
        seen |= c->findings[n].outcomes[mode] != 0;
    return seen && r->theory->mode_name;
}

/* The columns before the modes are the same for each instruction set; how many there are of the modes is its own. */
static void heading(FILE *f, const struct report *r)
{
    fputs(
        "isa,variant,without,subject,instruction,extension,csr,constant,traps,condition,class,privileged,control,location,mode,state,"
        "user_sensitive,supervisor_sensitive,hidden_sensitive,",
        f);
    for (unsigned mode = 0; mode < REPORT_MODES; mode++)
        if (has_mode(r, mode))
            fprintf(f, "in_%s,", r->theory->mode_name(mode));
    fputs("evidence,confidence,runs,agrees,disagreement\r\n", f);
}

/* What was seen in a mode, "completes; privilege trap": more than one where it depends on operands or on other state. */
static void outcomes(FILE *f, unsigned set)
{
    char text[96] = "";
    size_t at = 0;
    for (enum outcome o = OUTCOME_OK; o <= OUTCOME_WAIT; o++)
        if (set >> o & 1 && at < sizeof text)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? "; " : "", outcome_name(o));
    field(f, text, ',');
}

/* What the instruction or access is. */
static void subject(FILE *f, const struct theory *t, const struct classification *c, const struct finding *x)
{
    const struct insn_desc *row = t->set && x->row < t->set->row_count ? &t->set->rows[x->row] : NULL;
    char csr[16] = "";
    if (x->csr >= 0)
        snprintf(csr, sizeof csr, "0x%03x", (unsigned)x->csr);
    field(f, c->isa, ',');
    field(f, c->variant, ',');
    field(f, c->without, ',');
    field(f, x->subject, ',');
    field(f, row ? row->name : "", ',');
    field(f, row ? row->ext : "", ',');
    field(f, csr, ',');
    yes_no(f, x->constant);
}

/* A sum has a class of its own name: it is counted in the findings that it is made of, and whoever adds up the column must leave it out. */
static void line(FILE *f, const struct theory *t, const struct classification *c, const struct finding *x, unsigned modes)
{
    subject(f, t, c, x);
    field(f, traps_name(x->traps), ',');
    field(f, x->condition, ',');
    field(f, x->sum ? "sum" : finding_class(x), ',');
    yes_no(f, x->privileged);
    for (unsigned bit = SENSITIVE_CONTROL; bit <= SENSITIVE_STATE; bit <<= 1)
        yes_no(f, x->sensitive & bit);
    yes_no(f, x->user_sensitive);
    yes_no(f, x->supervisor_sensitive);
    yes_no(f, x->hidden_sensitive);
    for (unsigned mode = 0; mode < REPORT_MODES; mode++)
        if (modes >> mode & 1)
            outcomes(f, x->outcomes[mode]);
    field(f, grade_name(finding_grade(x)), ',');
    field(f, confidence_name(x->confidence), ',');
    fprintf(f, "%" PRIu64 ",", x->runs);
    yes_no(f, x->agrees);
    field(f, x->disagreement, '\r');
    fputc('\n', f);
}

static void lines(FILE *f, const struct report *r, const struct classification *c)
{
    unsigned modes = 0;
    for (unsigned mode = 0; mode < REPORT_MODES; mode++)
        modes |= has_mode(r, mode) ? 1u << mode : 0;
    for (unsigned n = 0; n < c->count; n++)
        line(f, r->theory, c, &c->findings[n], modes);
}

/* All of K first, then the same findings with each pin out, machine after machine. */
void report_csv(FILE *f, const struct report *r)
{
    heading(f, r);
    for (unsigned n = 0; n < r->count; n++) {
        lines(f, r, r->machine[n].full);
        for (unsigned i = 0; i < r->machine[n].effects; i++)
            lines(f, r, r->machine[n].effect[i].c);
    }
}
