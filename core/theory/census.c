/* census.c - counts of a classification in which nothing counts twice. */
#include "core/theory/theory.h"

enum grade finding_grade(const struct finding *f)
{
    if (f->proof)
        return GRADE_PROVED;
    return f->confidence == EXHAUSTED ? GRADE_EXHAUSTED : GRADE_SAMPLED;
}

/* One thing that is counted: an instruction, or all accesses to a CSR. */
struct unit {
    bool constant, absent, sensitive, privileged, critical;
    enum grade grade;
};

/* A write to a read-only CSR is undefined; that says nothing of the CSR, as long as it can be read.
 * Of a register that is accessed in several ways the unit is as bad as its worst access: sensitive if one is,
 * privileged if all are; and known as well as what is known least. */
static void unit_add(struct unit *u, const struct finding *f)
{
    const enum grade grade = finding_grade(f);
    u->grade = grade < u->grade ? grade : u->grade;
    u->constant &= f->constant;
    if (f->csr >= 0 && f->traps == MEASURED_UNDEFINED)
        return;
    u->absent = false;
    u->sensitive |= !f->innocuous;
    u->critical |= f->critical;
    u->privileged &= f->privileged;
}

/* Four heaps, each unit in one: critical, sensitive and guarded by traps, privileged for nothing, neither. A
 * register that is not there or cannot change is told apart, as no instruction on it can be sensitive. */
static void count(struct census *t, const struct unit *u, bool csr)
{
    if (csr && !u->critical && (u->absent || u->constant)) {
        t->absent += u->absent;
        t->constant += !u->absent;
        return;
    }
    t->csrs += csr;
    t->instructions += !csr;
    t->critical += u->critical;
    t->guarded += u->sensitive && !u->critical;
    t->privileged += u->privileged && !u->sensitive;
    t->neither += !u->privileged && !u->sensitive;
    t->grade[u->grade]++;
}

static bool is_first(const struct classification *c, unsigned n)
{
    for (unsigned before = 0; before < n; before++)
        if (c->findings[before].csr == c->findings[n].csr)
            return false;
    return true;
}

void classification_census(const struct classification *c, struct census *t)
{
    *t = (struct census){0};
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        struct unit u = {.constant = true, .absent = true, .privileged = true, .grade = GRADE_PROVED};
        if (f->sum || (f->csr >= 0 && !is_first(c, n)))
            continue;
        unit_add(&u, f);
        for (unsigned other = n + 1; f->csr >= 0 && other < c->count; other++)
            if (c->findings[other].csr == f->csr)
                unit_add(&u, &c->findings[other]);
        count(t, &u, f->csr >= 0);
    }
}
