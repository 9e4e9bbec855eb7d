/* test_class_mutations.c - would the comparison claimed = measured notice? One mutation at a time, row by row: every claim (traps,
 * each sensitive bit) of insn.def and csr.def, every partition entry of the register and the field table. Survivors are reported by
 * name. Entries that cannot matter are listed with the reason why, and it is checked that they survive: so the list is right in both
 * directions.
 */
#include "tests/core/mutations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- claims. What is measured does not depend on them: it is measured once, and compared with each mutated claim. */

static struct riscv_theory with_all[3]; /* under K, and with the pins out that hide rows */
static struct classification *measured[3];
static const unsigned without[3] = {RISCV_PINS, PIN_CBO_OFF, PIN_RESERVED_TRAPS};
static struct insn_desc rows[RV_INSN_COUNT];
static struct riscv_csr_row csrs[512];

static struct riscv_inputs mutable_inputs(void)
{
    struct riscv_inputs in = riscv_inputs();
    assert_true(in.csr_count <= 512);
    memcpy(rows, in.rows, sizeof rows);
    memcpy(csrs, in.csrs, in.csr_count * sizeof *csrs);
    in.rows = rows;
    in.csrs = csrs;
    return in;
}

static int claims_setup(void **state)
{
    (void)state;
    const struct riscv_inputs in = mutable_inputs();
    for (unsigned n = 0; n < 3; n++) {
        const struct classify_options o = {.seed = 1, .brief = true, .without = n ? riscv_pins[without[n]].name : NULL};
        struct error e;
        assert_int_equal(theory_riscv.classify(&o, &measured[n], &e), 0);
        theory_open(&with_all[n], &in, without[n]);
    }
    return 0;
}

static int claims_teardown(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 3; n++) {
        classification_destroy(measured[n]);
        riscv_theory_close(&with_all[n]);
    }
    return 0;
}

/* Does the n-th subject still agree with its claim, made anew from the tables? */
static bool agrees_anew(unsigned which, unsigned n)
{
    struct riscv_theory *t = &with_all[which];
    struct finding f = measured[which]->findings[n];
    struct subject s = t->subjects.list[n];
    f.disagreement = NULL;
    if (f.sum) /* a row of Zicsr; its encodings are those of its accesses */
        s.claim = claim_of_row(&rows[s.row]);
    else if (s.row != INSN_NONE)
        assert_int_equal(riscv_subject_of(&t->subjects, (uint32_t)s.encodings[0].bits, &s), 0);
    assert_int_equal(finding_compare(&f, &s.claim, t->arena), 0);
    return f.agrees;
}

/* The pin without which the row exists. */
static unsigned which_has(const char *ext) { return strncmp(ext, "Zicbo", 5) == 0 ? 1 : strcmp(ext, "Xustate") == 0 ? 2 : 0; }

static unsigned index_of(unsigned which, const char *subject)
{
    for (unsigned n = 0; n < measured[which]->count; n++)
        if (strcmp(measured[which]->findings[n].subject, subject) == 0)
            return n;
    fail_msg("no subject %s", subject);
    return 0;
}

static void row_claim_mutants(struct tally *t, unsigned row)
{
    struct insn_desc *r = &rows[row];
    const struct insn_desc was = *r;
    unsigned which = which_has(r->ext), n = index_of(which, r->name);
    char as[48];
    assert_true(agrees_anew(which, n));
    for (enum insn_traps traps = TRAPS_NEVER; traps <= TRAPS_REQUESTED; traps++) {
        if (traps == was.traps)
            continue;
        r->traps = traps;
        t->mutants++;
        snprintf(as, sizeof as, "traps %u", traps);
        if (agrees_anew(which, n))
            survived(t, r->name, as);
        *r = was;
    }
    for (unsigned bit = SENSITIVE_CONTROL; bit <= SENSITIVE_HIDDEN; bit <<= 1) {
        r->sensitive ^= bit;
        t->mutants++;
        snprintf(as, sizeof as, "sensitive 0x%x", r->sensitive);
        if (agrees_anew(which, n))
            survived(t, r->name, as);
        *r = was;
    }
}

static void every_row_claim(void **state)
{
    (void)state;
    struct tally t = {0};
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        row_claim_mutants(&t, row);
    all_killed(&t);
}

/* Of a CSR one of its five accesses has to disagree. */
static bool any_access_disagrees(unsigned which, const char *csr)
{
    static const char *const access[RISCV_ACCESSES] = {"csrr", "csrw", "csrrw", "csrrs", "csrrc"};
    for (unsigned a = 0; a < RISCV_ACCESSES; a++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", access[a], csr);
        if (!agrees_anew(which, index_of(which, name)))
            return true;
    }
    return false;
}

static void every_csr_claim(void **state)
{
    (void)state;
    struct tally t = {0};
    const struct riscv_inputs in = riscv_inputs();
    for (unsigned n = 0; n < in.csr_count; n++) {
        const struct riscv_csr_row was = csrs[n];
        unsigned which = which_has(was.ext);
        assert_false(any_access_disagrees(which, was.name));
        for (unsigned bit = 0; bit < 2 * 5; bit++) {
            char as[64];
            *(bit < 5 ? &csrs[n].reads : &csrs[n].writes) ^= 1u << bit % 5;
            snprintf(as, sizeof as, "reads 0x%x, writes 0x%x", csrs[n].reads, csrs[n].writes);
            t.mutants++;
            if (!any_access_disagrees(which, was.name))
                survived(&t, was.name, as);
            csrs[n] = was;
        }
    }
    all_killed(&t);
}

/* --- partitions. Each mutant is measured anew, by the subjects that have to do with the register. */

/* What a program does with a register: encodings that use it; of a CSR its accesses are taken as well. */
static unsigned uses_of(reg_t reg, uint32_t bits[4])
{
    unsigned count = 0;
    if (reg < RV_F) {
        bits[count++] = 0x00100013 | reg << 15 | reg << 7; /* addi xN, xN, 1 */
        if (reg)
            bits[count++] = 0x14002073 | reg << 7; /* csrr xN, sscratch */
    } else if (reg < RV_F + 32) {
        uint32_t f = reg - RV_F;
        bits[count++] = 0x22001053 | f << 20 | f << 15 | f << 7; /* fneg.d fN, fN */
        bits[count++] = 0xe2000553 | f << 15;                    /* fmv.x.d a0, fN */
    } else if (reg == RV_RESERVATION) {
        bits[count++] = 0x1005b52f; /* lr.d a0, (a1) */
        bits[count++] = 0x18c5b52f; /* sc.d a0, a2, (a1) */
    } else if (reg - RV_TDATA1 < 2 * RV_TRIGGERS) {
        uint32_t csr = reg < RV_TDATA2 ? CSR_tdata1 : CSR_tdata2;
        bits[count++] = 0x00002573 | csr << 20; /* csrr a0, tdata1 or tdata2 */
        bits[count++] = 0x00059073 | csr << 20; /* csrw tdata1 or tdata2, a1 */
    } else if (reg == MACHINE_PC) {
        bits[count++] = 0x00000517; /* auipc a0, 0 */
    } else if (reg == MACHINE_MODE) {
        bits[count++] = 0x10200073; /* sret */
    } else if (reg == RV_CSR + CSR_mstatus) {
        bits[count++] = 0x02c5f553; /* fadd.d fa0, fa1, fa2, of which FS and SD tell */
    } else if (reg == RV_CSR + CSR_satp) {
        bits[count++] = 0x12000073; /* sfence.vma */
    }
    return count;
}

static bool differs(struct riscv_theory *t, const struct subject *s)
{
    struct finding f;
    assert_int_equal(riscv_theory_measure(t, s, false, &f), 0);
    return !f.agrees;
}

static bool csr_differs(struct riscv_theory *t, reg_t reg)
{
    for (unsigned n = 0; n < t->subjects.count; n++) {
        const struct subject *s = &t->subjects.list[n];
        bool simple = s->csr >= 0 && (strncmp(s->name, "csrr.", 5) == 0 || strncmp(s->name, "csrw.", 5) == 0);
        if (simple && RV_CSR + (reg_t)s->csr == reg && differs(t, s))
            return true;
    }
    return false;
}

/* Does the comparison fail? */
static bool is_noticed(const struct riscv_inputs *in, reg_t reg, const char *name, unsigned pin)
{
    struct riscv_theory t;
    uint32_t bits[4];
    unsigned count = uses_of(reg, bits);
    bool noticed;
    theory_open(&t, in, pin);
    noticed = csr_differs(&t, reg);
    for (unsigned n = 0; n < count && !noticed; n++) {
        struct subject s;
        assert_int_equal(riscv_subject_of(&t.subjects, bits[n], &s), 0);
        noticed = differs(&t, &s);
    }
    for (unsigned n = 0; n < t.lab->field_count && !noticed; n++)
        noticed = strcmp(t.lab->field[n].name, name) == 0 && classifier_field_fault(t.classifier, n);
    riscv_theory_close(&t);
    return noticed;
}

/* Registers whose entry cannot matter, and why. */
static const char *why_not(struct lab *l, const struct reg_desc *r)
{
    unsigned at = lab_find(l, r->reg);
    uint64_t bits = 0, seed = 1, before;
    struct lab_state s;
    if (l->isa->is_put(r->reg)) /* chosen for every run */
        return NULL;
    for (unsigned n = 0; n < l->isa->view_count; n++)
        if (l->isa->views[n] == r->reg)
            return "shows other registers, whose entries count";
    if (at == LAB_REGS)
        return "nothing can change it here: a constant is no state";
    for (unsigned n = 0; n < l->field_count; n++)
        if (l->field[n].reg == at && strcmp(l->field[n].name, r->name) == 0)
            bits = l->field[n].mask;
    lab_plain(l, &s);
    before = s.reg[at];
    for (unsigned number = 0; number < 16; number++) {
        lab_sample(l, &s, number, &seed);
        if ((s.reg[at] ^ before) & bits)
            return NULL;
    }
    return "all of its bits that can change have fields of their own";
}

static void every_register_partition(void **state)
{
    (void)state;
    struct tally t = {0};
    struct riscv_inputs in = riscv_inputs();
    struct reg_desc *regs = malloc(in.tables.reg_count * sizeof *regs);
    struct riscv_theory plain;
    unsigned cannot_matter = 0;
    memcpy(regs, in.tables.regs, in.tables.reg_count * sizeof *regs);
    in.tables.regs = regs;
    theory_open(&plain, &in, RISCV_PINS);
    for (unsigned n = 0; n < in.tables.reg_count; n++) {
        const enum reg_partition was = regs[n].part;
        const char *why = why_not(plain.lab, &regs[n]);
        if (is_noticed(&in, regs[n].reg, regs[n].name, RISCV_PINS))
            fail_msg("%s is noticed as it is", regs[n].name);
        for (unsigned part = 0; part < PARTS; part++) {
            if (part == was || (why && part != (was + 1u) % PARTS)) /* one mutant says enough */
                continue;
            regs[n].part = part;
            t.mutants += !why;
            cannot_matter += why != NULL;
            if (is_noticed(&in, regs[n].reg, regs[n].name, RISCV_PINS) == (why != NULL)) {
                survived(&t, regs[n].name, part_name[part]);
                if (why)
                    print_error("... does not, though %s\n", why);
            }
            regs[n].part = was;
        }
    }
    print_message("%u entries cannot matter, and do not\n", cannot_matter);
    riscv_theory_close(&plain);
    free(regs);
    all_killed(&t);
}

/* What opens cache-block operations is there with them. */
static unsigned pin_of(const struct reg_field *f) { return strstr(f->name, ".CB") ? PIN_CBO_OFF : RISCV_PINS; }

/* SD says whether FS (VS, XS) is Dirty [priv 3.1.6.6], so it has no state of its own that could be varied. */
static bool cannot_matter(const struct reg_field *f) { return strcmp(f->name, "mstatus.SD") == 0 && f->part == PART_HIDDEN; }

static void every_field_partition(void **state)
{
    (void)state;
    struct tally t = {0};
    struct riscv_inputs in = riscv_inputs();
    struct reg_field fields[RISCV_FIELDS_MAX];
    assert_true(in.tables.field_count <= RISCV_FIELDS_MAX);
    memcpy(fields, in.tables.fields, in.tables.field_count * sizeof *fields);
    in.tables.fields = fields;
    for (unsigned n = 0; n < in.tables.field_count; n++) {
        const enum reg_partition was = fields[n].part;
        for (unsigned part = 0; part < PARTS; part++) {
            if (part == was)
                continue;
            fields[n].part = part;
            t.mutants++;
            if (is_noticed(&in, fields[n].reg, fields[n].name, pin_of(&fields[n])) == cannot_matter(&fields[n]))
                survived(&t, fields[n].name, part_name[part]);
            fields[n].part = was;
        }
    }
    all_killed(&t);
}

/* One more outcome than was measured, in a mode about which the class says nothing: a register of M that S can read, satp under TVM with
 * another reason, an instruction that is open where it is claimed to be closed. */
static void an_outcome_that_is_not_claimed_of_its_mode_shows(void **state)
{
    static const struct {
        const char *subject;
        unsigned mode;
        enum outcome outcome;
    } cases[] = {
        {"csrr.mscratch", RV_S, OUTCOME_OK},
        {"csrw.satp", RV_S, OUTCOME_UNDEFINED},
        {"csrr.mhartid", RV_S, OUTCOME_UNDEFINED},
        {"mret", RV_S, OUTCOME_OK},
        {"sret", RV_M, OUTCOME_PRIVILEGE},
        {"csrw.mscratch", RV_M, OUTCOME_PRIVILEGE},
        {"csrrs.sscratch", RV_U, OUTCOME_OK},
        {"sfence.vma", RV_U, OUTCOME_OK},
        {"addi", RV_S, OUTCOME_RESOURCE},
        {"divw", RV_U, OUTCOME_UNDEFINED},
        {"csrw.cycle", RV_M, OUTCOME_OK},
        {"ecall", RV_M, OUTCOME_OK},
        {"csrr.cycle", RV_M, OUTCOME_PRIVILEGE},
        {"csrr.sstatus", RV_S, OUTCOME_PRIVILEGE},
        {"wfi", RV_U, OUTCOME_WAIT},
    };
    (void)state;
    for (unsigned c = 0; c < sizeof cases / sizeof *cases; c++) {
        const unsigned n = index_of(0, cases[c].subject);
        struct finding *f = &measured[0]->findings[n];
        const unsigned was = f->outcomes[cases[c].mode];
        assert_true(agrees_anew(0, n));
        f->outcomes[cases[c].mode] |= 1u << cases[c].outcome;
        if (agrees_anew(0, n))
            fail_msg("%s may have outcome %u in mode %u", cases[c].subject, cases[c].outcome, cases[c].mode);
        f->outcomes[cases[c].mode] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_outcome_that_is_not_claimed_of_its_mode_shows, claims_setup, claims_teardown),
        cmocka_unit_test_setup_teardown(every_row_claim, claims_setup, claims_teardown),
        cmocka_unit_test_setup_teardown(every_csr_claim, claims_setup, claims_teardown),
        cmocka_unit_test(every_register_partition),
        cmocka_unit_test(every_field_partition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
