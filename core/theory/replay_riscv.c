/* replay_riscv.c - witnesses as cases for a program (replay_riscv.h): of each state what is not plain, the instruction, and what is told
 * afterwards. The outcomes are measured once more in the laboratory, from the states as a program can set them up.
 *
 * A program cannot have everything. Counters stand still, or it would count itself. Entries of the PMP are not locked, or no later case
 * could set them. xRET to S and U leaves MPIE and MPP as it does, and the trap that ends a case there hides them, mepc, mcause and mtval:
 * these are told of cases in M-mode alone. The clock cannot be set.
 */
#include "core/theory/replay_riscv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/evidence.h"
#include "core/theory/image.h"
#include "core/theory/lab_riscv.h"
#include "core/theory/theory_riscv.h"

enum { LISTED = 64, NOWHERE = REPLAY_SLOTS };
#define BIT(n) (UINT64_C(1) << (n))

struct replaying {
    struct riscv_theory t;
    struct lab *l;
    struct image image;
    FILE *text, *left_out;
    unsigned slot[LAB_REGS]; /* of a state's registers */
    unsigned csrs, states;
    struct lab_state plain;
    struct replay_list list; /* of cases: they are put at the end */
    struct replay_case *each;
    size_t room;
};

/* --- slots and stubs */

static bool is_trigger(reg_t r) { return r - RV_TDATA1 < RV_TRIGGERS || r - RV_TDATA2 < RV_TRIGGERS; }

/* CSRs that are set after all others, in this order. Behind the counters nothing may count, and tselect is needed for the triggers. */
static const unsigned late[] = {CSR_tselect,  CSR_mcountinhibit, CSR_mcycle, CSR_minstret, CSR_menvcfg, CSR_stimecmp, CSR_mip,
                                CSR_mscratch, CSR_mepc,          CSR_mcause, CSR_mtval,    CSR_mtvec,   CSR_mstatus};
enum { LATE = sizeof late / sizeof *late, RANK_PMP = 0, RANK_TRIGGER, RANK_OTHER, RANK_LATE, RANKS = RANK_LATE + LATE };

static unsigned rank(reg_t r)
{
    for (unsigned n = 0; n < LATE; n++)
        if (r == RV_CSR + late[n])
            return RANK_LATE + n;
    if (r >= RV_CSR + CSR_pmpcfg0 && r <= RV_CSR + CSR_pmpaddr63)
        return RANK_PMP;
    return is_trigger(r) ? RANK_TRIGGER : RANK_OTHER;
}

static uint32_t csr_write_of(unsigned csr) { return 0x00051073 | csr << 20; } /* csrw csr, a0 */
static uint32_t csr_read_of(unsigned csr) { return 0x00002573 | csr << 20; }  /* csrr a0, csr */

static struct replay_stub stub_of(reg_t r)
{
    const uint32_t ret = 0x00008067;
    if (!is_trigger(r)) {
        unsigned csr = (unsigned)(r - RV_CSR);
        return (struct replay_stub){.set = {csr_write_of(csr), ret}, .get = {csr_read_of(csr), ret}};
    }
    bool first = r - RV_TDATA1 < RV_TRIGGERS;
    uint32_t select = 0x7a005073 | (uint32_t)(r - (first ? RV_TDATA1 : RV_TDATA2)) << 15; /* csrwi tselect, n */
    unsigned csr = first ? CSR_tdata1 : CSR_tdata2;
    return (struct replay_stub){.set = {select, csr_write_of(csr), ret}, .get = {select, csr_read_of(csr), ret}};
}

static unsigned slot_of(reg_t r)
{
    if (r - RV_X < 32)
        return r == RV_X ? NOWHERE : REPLAY_X + (unsigned)(r - RV_X);
    if (r - RV_F < 32)
        return REPLAY_F + (unsigned)(r - RV_F);
    return r == MACHINE_PC ? REPLAY_X : r == MACHINE_MODE ? REPLAY_MODE : NOWHERE;
}

static bool is_csr(reg_t r) { return is_trigger(r) || (r >= RV_CSR && r < RV_CSR + 4096 && r != RV_CSR + CSR_mhartid); }

static void slots_make(struct replaying *x, struct replay_head *head)
{
    head->stub = (struct replay_list){.at = x->image.at + x->image.size};
    for (unsigned k = 0; k < RANKS; k++)
        for (unsigned n = 0; n < x->l->reg_count; n++) {
            reg_t r = x->l->reg[n];
            if (!is_csr(r) || rank(r) != k || REPLAY_CSR + x->csrs == REPLAY_SLOTS)
                continue;
            struct replay_stub s = stub_of(r);
            image_put(&x->image, &s, sizeof s);
            x->slot[n] = REPLAY_CSR + x->csrs++;
            head->mtvec = r == RV_CSR + CSR_mtvec ? x->slot[n] : head->mtvec;
            head->mstatus = r == RV_CSR + CSR_mstatus ? x->slot[n] : head->mstatus;
        }
    for (unsigned n = 0; n < x->l->reg_count; n++)
        if (!is_csr(x->l->reg[n]))
            x->slot[n] = slot_of(x->l->reg[n]);
    head->stub.count = x->csrs;
}

/* --- states */

/* The CSR that the instruction accesses; 4096: none. */
static unsigned csr_of(const struct witness *w)
{
    return w->length == 4 && (w->bits & 0x7f) == 0x73 && (w->bits >> 12 & 3) ? (unsigned)(w->bits >> 20 & 0xfff) : 4096;
}

/* What is otherwise when a program does it. */
static void state_adapt(struct replaying *x, const struct witness *w, bool counters_run, struct lab_state *s)
{
    unsigned inhibit = lab_find(x->l, RV_CSR + CSR_mcountinhibit), csr = csr_of(w);
    if (inhibit < LAB_REGS && !counters_run)
        s->reg[inhibit] |= BIT(0) | BIT(2);
    for (unsigned r = 1; r < 32 && csr >= CSR_pmpcfg0 && csr <= CSR_pmpcfg14; r++)
        s->reg[lab_find(x->l, RV_X + r)] &= ~(PMP_LOCK * UINT64_C(0x0101010101010101));
}

static const struct lab_field *field_named(const struct lab *l, const char *name)
{
    for (unsigned n = 0; n < l->field_count; n++)
        if (l->field[n].mask && strcmp(l->field[n].name, name) == 0)
            return &l->field[n];
    return NULL;
}

/* `register` or one of its fields */
static bool names(const struct witness *w, const char *reg)
{
    size_t length = strlen(reg);
    for (unsigned n = 0; n < w->count; n++)
        if (strncmp(w->fields[n].name, reg, length) == 0 && (w->fields[n].name[length] & ~'.') == 0)
            return true;
    return false;
}

static void state_of(struct replaying *x, const struct witness *w, bool second, struct lab_state *s)
{
    struct lab *l = x->l;
    unsigned mode = 0;
    lab_plain(l, s);
    for (unsigned n = 0; n < w->count; n++) {
        const struct witness_field *f = &w->fields[n];
        const struct lab_field *at = field_named(l, f->name);
        if (at && !l->isa->is_put(l->reg[at->reg]))
            s->reg[at->reg] = (s->reg[at->reg] & ~at->mask) | ((second ? f->s2 : f->s1) << __builtin_ctzll(at->mask) & at->mask);
    }
    while (mode < lab_top(l) && l->isa->modes[mode] != (second ? w->mode2 : w->mode1))
        mode++;
    state_adapt(x, w, names(w, "mcountinhibit") || csr_of(w) == CSR_mcountinhibit, s);
    lab_put(l, s, mode, second ? w->place2 : w->place1);
    lab_settle(l, s);
}

/* Why a program cannot have it; NULL: it can. */
static const char *obstacle(const struct replaying *x, const struct witness *w, const struct lab_state *s, const struct lab_result *r,
                            enum outcome outcome)
{
    const struct lab *l = x->l;
    unsigned hart = lab_find(l, RV_CSR + CSR_mhartid), delegated = lab_find(l, RV_CSR + CSR_medeleg);
    for (unsigned n = 0; n < w->count; n++)
        if (!field_named(l, w->fields[n].name))
            return "it shows a translation that was cached, and no machine needs to keep one";
    if (names(w, "clock"))
        return "it shows the clock, which a program cannot set";
    if (hart < LAB_REGS && s->reg[hart])
        return "one of its states is that of another hart";
    if (delegated < LAB_REGS && s->reg[delegated] && lab_mode(l, s) != RV_M)
        return "in its state exceptions go to S-mode, past the program";
    if (!r->executed || r->lost || r->outcome != outcome)
        return "its outcome hangs on what a program cannot set up";
    return NULL;
}

/* --- a case */

struct listing {
    struct replay_change change[REPLAY_SLOTS];
    struct replay_check check[LISTED];
    struct replay_show show[LISTED];
    unsigned changes, checks, shows;
};

static bool hidden_by_trap(const char *name)
{
    static const char *const hidden[] = {"mstatus.MPIE", "mstatus.MPP", "mepc", "mcause", "mtval"};
    for (unsigned n = 0; n < sizeof hidden / sizeof *hidden; n++)
        if (strcmp(hidden[n], name) == 0)
            return true;
    return false;
}

/* Does a jump bring the case to its end, and no trap? Then M-mode goes on behind the instruction. */
static bool ends_by_jump(const struct replaying *x, const struct witness *w, const struct lab_state *s, const struct lab_result *r)
{
    return lab_mode(x->l, s) == RV_M && r->reg[x->l->mode] == RV_M && r->reg[x->l->pc] == s->reg[x->l->pc] + w->length;
}

static void lists_make(struct replaying *x, const struct witness *w, const struct lab_state *s, const struct lab_result *r,
                       struct listing *out)
{
    struct lab *l = x->l;
    bool jump = ends_by_jump(x, w, s, r);
    for (unsigned n = 0; n < l->reg_count; n++)
        if (x->slot[n] < NOWHERE && s->reg[n] != x->plain.reg[n])
            out->change[out->changes++] = (struct replay_change){x->slot[n], s->reg[n]};
    for (unsigned n = 0; n < w->count && n < LISTED; n++) {
        const struct witness_field *f = &w->fields[n];
        const struct lab_field *at = field_named(l, f->name);
        unsigned slot = x->slot[at->reg];
        uint64_t mask = at->mask, check = l->reg[at->reg] == RV_CSR + CSR_mstatus ? mask & ~BIT(MSTATUS_MIE) : mask;
        if (slot >= REPLAY_CSR && slot < NOWHERE && check && l->reg[at->reg] != RV_CSR + CSR_mtvec)
            out->check[out->checks++] = (struct replay_check){slot, check, image_text(&x->image, f->name)};
        if (f->differs_after && slot < NOWHERE && (jump || !hidden_by_trap(f->name)))
            out->show[out->shows++] = (struct replay_show){slot, mask, image_text(&x->image, f->name)};
    }
}

static void outcome_print(const struct replaying *x, const struct witness *w, const struct lab_result *r, const struct listing *list)
{
    const struct lab *l = x->l;
    if (!lab_completed(r)) {
        fprintf(x->text, ": traps, cause %" PRIu64 "\n", r->cause);
        return;
    }
    fputs(r->outcome == OUTCOME_WAIT ? ": waits\n" : ": completes\n", x->text);
    for (unsigned n = 0, shown = 0; n < w->count && shown < list->shows; n++) {
        const struct lab_field *at = field_named(l, w->fields[n].name);
        const struct replay_show *s = &list->show[shown];
        if (s->slot != x->slot[at->reg] || s->mask != at->mask || !w->fields[n].differs_after)
            continue;
        shown++;
        if (s->slot == REPLAY_MODE)
            fprintf(x->text, "    %s = %s\n", w->fields[n].name, theory_riscv.mode_name((unsigned)r->reg[at->reg]));
        else
            fprintf(x->text, "    %s = 0x%" PRIx64 "\n", w->fields[n].name, (r->reg[at->reg] & s->mask) >> __builtin_ctzll(s->mask));
    }
}

/* A register that is in none of the places where an instruction has one. */
static uint64_t spare_of(const struct witness *w)
{
    for (uint64_t n = 0; n < 3; n++) {
        uint64_t r = 31 - n, bits = (uint64_t)w->bits;
        bool used = w->length == 2 ? (bits >> 7 & 31) == r || (bits >> 2 & 31) == r
                                   : (bits >> 7 & 31) == r || (bits >> 15 & 31) == r || (bits >> 20 & 31) == r;
        if (!used)
            return n;
    }
    return 3;
}

static struct replay_list list_put(struct image *m, const void *elements, unsigned count, size_t size)
{
    return (struct replay_list){count, image_put(m, elements, count * size)};
}

static int case_add(struct replaying *x, const struct witness *w, const struct lab_state *s, const struct lab_result *r,
                    const char *title, const char *name)
{
    struct listing list = {0};
    char label[32];
    snprintf(label, sizeof label, "%s in %s", name, theory_riscv.mode_name((unsigned)lab_mode(x->l, s)));
    lists_make(x, w, s, r, &list);
    struct replay_case c = {
        .title = title ? image_text(&x->image, title) : 0,
        .label = image_text(&x->image, label),
        .bits = (uint64_t)w->bits,
        .length = w->length,
        .spare = spare_of(w),
        .waits = w->outcome1 == OUTCOME_WAIT || w->outcome2 == OUTCOME_WAIT,
        .own_mtvec = names(w, "mtvec"),
        .change = list_put(&x->image, list.change, list.changes, sizeof *list.change),
        .check = list_put(&x->image, list.check, list.checks, sizeof *list.check),
        .show = list_put(&x->image, list.show, list.shows, sizeof *list.show),
    };
    fprintf(x->text, "%s%s%s", title ? title : "", title ? "\n" : "", label);
    outcome_print(x, w, r, &list);
    if (x->states == x->room) {
        size_t room = x->room ? 2 * x->room : 64;
        struct replay_case *grown = realloc(x->each, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        x->each = grown;
        x->room = room;
    }
    x->each[x->states++] = c;
    return 0;
}

static int witness_add(struct replaying *x, const struct finding *f, enum evidence kind)
{
    const struct witness *w = &f->witness[kind];
    const bool pair = kind != EVIDENCE_CTRL;
    struct lab_state s[2];
    struct lab_result r[2];
    const char *why = NULL;
    char title[160], insn[64];
    for (unsigned n = 0; n < 1u + pair && !why; n++) {
        state_of(x, w, n, &s[n]);
        lab_insert(x->l, w->bits, w->length);
        lab_run(x->l, &s[n], false, true, &r[n], NULL);
        why = obstacle(x, w, &s[n], &r[n], n ? w->outcome2 : w->outcome1);
    }
    if (why) {
        fprintf(x->left_out, "%s, %s: %s\n", f->subject, evidence_name(kind), why);
        return 0;
    }
    isa_riscv.print(theory_riscv.set_config, 0, w->bits, 0, insn, sizeof insn);
    snprintf(title, sizeof title, "%s, %s: %s", f->subject, evidence_name(kind), insn);
    int error = case_add(x, w, &s[0], &r[0], title, pair ? "S1" : "S");
    return error || !pair ? error : case_add(x, w, &s[1], &r[1], NULL, "S2");
}

/* --- all of it */

static int cases_add(struct replaying *x, const struct classification *c)
{
    int error = 0;
    for (unsigned n = 0; n < c->count; n++)
        for (enum evidence kind = 0; kind < EVIDENCE_COUNT && !error; kind++)
            if (c->findings[n].witness[kind].present && (!c->findings[n].sum || c->count == 1))
                error = witness_add(x, &c->findings[n], kind);
    return error;
}

static int parts_make(struct replaying *x, const struct classification *c, struct replay *out)
{
    struct replay_head head = {0};
    uint64_t plain[REPLAY_SLOTS] = {0};
    x->image.at = REPLAY_HEAD;
    image_put(&x->image, NULL, sizeof head);
    slots_make(x, &head);
    lab_plain(x->l, &x->plain);
    for (unsigned n = 0; n < x->l->reg_count; n++)
        if (x->slot[n] < NOWHERE)
            plain[x->slot[n]] = x->plain.reg[n];
    head.plain = image_put(&x->image, plain, sizeof plain);
    int error = cases_add(x, c);
    head.each = list_put(&x->image, x->each, x->states, sizeof *x->each);
    out->part[0] = (struct replay_part){REPLAY_MEMORY, malloc(REPLAY_MEMORY_END - REPLAY_MEMORY), REPLAY_MEMORY_END - REPLAY_MEMORY};
    if (error || x->image.failed || !out->part[0].bytes)
        return -ENOMEM;
    memcpy(out->part[0].bytes, phys_host(x->l->phys, REPLAY_MEMORY, out->part[0].size), out->part[0].size);
    memcpy(x->image.bytes, &head, sizeof head);
    out->part[1] = (struct replay_part){REPLAY_HEAD, x->image.bytes, x->image.size};
    x->image.bytes = NULL;
    out->states = x->states;
    return 0;
}

/* A hart that is built another way is on no board. */
static int pin_of(const struct classification *c, struct riscv_theory *t, const struct riscv_inputs *in, struct error *e)
{
    const struct classify_options o = {.seed = c->seed};
    const struct riscv_config *d = &riscv_config_default, *k = &t->k.config;
    unsigned pin = 0;
    while (pin < RISCV_PINS && !(c->without && strcmp(riscv_pins[pin].name, c->without) == 0))
        pin++;
    if (riscv_theory_open(t, in, pin, &o) != 0)
        return error_set(e, ENOMEM, "the laboratory cannot be set up");
    if (k->wfi_in_user != d->wfi_in_user || k->zicbom != d->zicbom || k->custom_csr != d->custom_csr)
        return error_set(e, ENOTSUP, "without %s the hart is built another way, and no board has it: there is no program", c->without);
    return 0;
}

int riscv_replay(const struct classification *c, struct replay *out, struct error *e)
{
    const struct riscv_inputs in = riscv_inputs();
    struct replaying x = {0};
    size_t size;
    *out = (struct replay){0};
    int error = pin_of(c, &x.t, &in, e);
    x.l = x.t.lab;
    if (!error) {
        x.text = open_memstream(&out->text, &size);
        x.left_out = open_memstream(&out->left_out, &size);
        error = x.text && x.left_out ? parts_make(&x, c, out) : -ENOMEM;
        if (error)
            error_set(e, ENOMEM, "out of memory");
    }
    bool lost = x.text && fclose(x.text) != 0;
    lost |= x.left_out && fclose(x.left_out) != 0;
    if (!error && lost)
        error = error_set(e, ENOMEM, "out of memory");
    free(x.each);
    image_free(&x.image);
    riscv_theory_close(&x.t);
    if (error)
        replay_free(out);
    return error;
}
