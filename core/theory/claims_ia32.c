/* claims_ia32.c - what the manual says of the parts that rows are classified in, and of rows for which the columns of insn.def have no word;
 * and why a row is critical that the published lists do not have.
 *
 * A claim is of user mode under K. Where K empties the tables of descriptors, whatever has to find one there is refused in every mode: the
 * resource is withheld. That is no privilege, and as good, for nothing of the sort completes.
 */
#include "core/theory/derive.h"
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

#include <string.h>

enum {
    NONE = SENSITIVE_NONE,
    CONTROL = SENSITIVE_CONTROL,
    MODE = SENSITIVE_MODE,
    STATE = SENSITIVE_STATE,
    HIDDEN = SENSITIVE_HIDDEN,
    LOCATION = SENSITIVE_LOCATION
};

static const struct part_claim {
    const char *row, *part; /* part NULL: of the row itself */
    enum measured_traps traps;
    unsigned sensitive;
} claims[] = {
    {"mov_rm_seg", "cs", MEASURED_NEVER, MODE},
    {"mov_rm_seg", "ss", MEASURED_NEVER, MODE},
    {"mov_rm_seg", "data", MEASURED_NEVER, NONE},
    {"mov_seg_rm", "ss", MEASURED_WITHHELD, CONTROL | STATE},
    {"mov_seg_rm", "data", MEASURED_WITHHELD, CONTROL | STATE},
    {"mov_seg_rm", "null", MEASURED_NEVER, NONE},
    {"pop_es", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"pop_es", "null", MEASURED_NEVER, NONE},
    {"pop_ss", NULL, MEASURED_WITHHELD, CONTROL | STATE},
    {"pop_ds", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"pop_ds", "null", MEASURED_NEVER, NONE},
    {"pop_fs", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"pop_fs", "null", MEASURED_NEVER, NONE},
    {"pop_gs", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"pop_gs", "null", MEASURED_NEVER, NONE},
    {"les", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"les", "null", MEASURED_NEVER, NONE},
    {"lds", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"lds", "null", MEASURED_NEVER, NONE},
    {"lss", NULL, MEASURED_WITHHELD, CONTROL | STATE},
    {"lfs", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"lfs", "null", MEASURED_NEVER, NONE},
    {"lgs", "selector", MEASURED_WITHHELD, CONTROL | STATE},
    {"lgs", "null", MEASURED_NEVER, NONE},
    {"call_far", NULL, MEASURED_WITHHELD, CONTROL | MODE | STATE},
    {"call_far_m", NULL, MEASURED_WITHHELD, CONTROL | MODE | STATE},
    {"jmp_far", NULL, MEASURED_WITHHELD, CONTROL | STATE},
    {"jmp_far_m", NULL, MEASURED_WITHHELD, CONTROL | STATE},
    {"retf", NULL, MEASURED_WITHHELD, CONTROL | MODE | STATE | HIDDEN},
    {"retf_i", NULL, MEASURED_WITHHELD, CONTROL | MODE | STATE | HIDDEN},
    {"iret", NULL, MEASURED_WITHHELD, CONTROL | MODE | STATE | HIDDEN},
    {"mov_r_cr", "cr0", MEASURED_ALWAYS, STATE},
    {"mov_r_cr", "cr2", MEASURED_ALWAYS, STATE},
    {"mov_r_cr", "cr3", MEASURED_ALWAYS, LOCATION},
    {"mov_r_cr", "cr4", MEASURED_ALWAYS, STATE},
    {"ins", "port", MEASURED_ALWAYS, STATE},
    {"ins", "none", MEASURED_NEVER, NONE},
    {"outs", "port", MEASURED_ALWAYS, CONTROL | STATE},
    {"outs", "none", MEASURED_NEVER, NONE},
    {"rdpmc", NULL, MEASURED_UNDEFINED, NONE},
    {"ud2", NULL, MEASURED_UNDEFINED, NONE},
};

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static struct claim plain_claim(const struct insn_desc *r, const char *part)
{
    for (unsigned n = 0; n < sizeof claims / sizeof *claims; n++)
        if (strcmp(claims[n].row, r->name) == 0 && same(claims[n].part, part))
            return (struct claim){.traps = claims[n].traps, .sensitive = claims[n].sensitive};
    return claim_of_row(r);
}

/* Does the variant have a bit by which it traps? MOV from a data segment has none. */
static bool is_armed(unsigned row, const char *part, uint32_t variants)
{
    const struct insn_desc d = ia32_row_of(variants, row);
    return d.traps != isa_ia32.rows[row].traps && !(part && strcmp(part, "data") == 0);
}

/* On a CPU with inner mode. What exits there, of all operands or of some; whether it does is control state. */

enum exits { EXITS_NEVER, EXITS_ALWAYS, EXITS_SOME, EXITS_OWN /* if the guest wants it */ };

static enum exits part_exits(const char *part, const char *that)
{
    return !part ? EXITS_SOME : strcmp(part, that) == 0 ? EXITS_ALWAYS : EXITS_NEVER;
}

static enum exits exits(unsigned row, const char *part)
{
    switch (row) {
    case IA_INSN_mov_r_cr:
    case IA_INSN_mov_cr_r:
    case IA_INSN_lmsw:
    case IA_INSN_smsw:
    case IA_INSN_clts:
    case IA_INSN_mov_r_dr:
    case IA_INSN_mov_dr_r:
    case IA_INSN_rdmsr:
    case IA_INSN_wrmsr:
    case IA_INSN_in_i:
    case IA_INSN_in_dx:
    case IA_INSN_out_i:
    case IA_INSN_out_dx:
    case IA_INSN_hlt:
    case IA_INSN_invlpg: return EXITS_ALWAYS;
    case IA_INSN_ins:
    case IA_INSN_outs: return part_exits(part, "port");
    case IA_INSN_call_far:
    case IA_INSN_call_far_m:
    case IA_INSN_jmp_far:
    case IA_INSN_jmp_far_m:
    case IA_INSN_iret: return part_exits(part, "task");
    case IA_INSN_rdtsc: return EXITS_OWN;
    default: return EXITS_NEVER;
    }
}

/* All else works on what is the guest's own; the hidden DPL of a data segment still shows in returns to outer rings. A task switch loads CR3;
 * the tasks of the laboratory have the same. */
static struct claim inner_claim(const struct insn_desc *r, unsigned row, const char *part)
{
    const struct claim plain = plain_claim(r, part);
    const bool is_far = row == IA_INSN_call_far || row == IA_INSN_call_far_m || row == IA_INSN_jmp_far || row == IA_INSN_jmp_far_m;
    const bool is_iret = row == IA_INSN_iret, own = part && strcmp(part, "task") != 0;
    const bool asks = plain.traps == MEASURED_REQUESTED || plain.traps == MEASURED_UNDEFINED || row == IA_INSN_into;
    const unsigned hidden = is_iret && (!part || own) ? HIDDEN : plain.sensitive & HIDDEN;
    const bool is_counter = row == IA_INSN_wrmsr && part && strcmp(part, "tsc") == 0; /* the guest's own */
    const unsigned sensitive = is_counter ? NONE : is_iret ? CONTROL : is_far ? NONE : plain.sensitive;
    switch (exits(row, part)) {
    case EXITS_NEVER: return (struct claim){.traps = asks ? plain.traps : MEASURED_NEVER, .sensitive = hidden};
    case EXITS_OWN: return (struct claim){.traps = MEASURED_CONDITION};
    case EXITS_SOME: return (struct claim){.traps = MEASURED_CONDITION, .sensitive = sensitive | hidden | STATE};
    default: return (struct claim){.traps = MEASURED_ALWAYS, .sensitive = sensitive | STATE};
    }
}

/* In virtual-8086 mode [SDM 3A 20.1, 20.2]. A selector is a paragraph, which nobody refuses, and tells no ring; what works on IF is for IOPL 3
 * alone, and there IF and IOPL show. MOV from CR3 is of real mode, which has no use for CR3. */
static const struct part_claim claims_v86[] = {
    {"pushf", NULL, MEASURED_ALWAYS, STATE},          {"popf", NULL, MEASURED_ALWAYS, CONTROL | STATE},
    {"iret", NULL, MEASURED_ALWAYS, CONTROL | STATE}, {"smsw", NULL, MEASURED_NEVER, MODE | STATE},
    {"lmsw", NULL, MEASURED_ALWAYS, CONTROL},         {"invlpg", NULL, MEASURED_ALWAYS, NONE},
    {"mov_r_cr", NULL, MEASURED_ALWAYS, STATE},       {"mov_r_cr", "cr3", MEASURED_ALWAYS, NONE},
};

static struct claim v86_claim(const struct insn_desc *r, unsigned row, const char *part)
{
    for (unsigned n = 0; n < sizeof claims_v86 / sizeof *claims_v86; n++)
        if (strcmp(claims_v86[n].row, r->name) == 0 && same(claims_v86[n].part, part))
            return (struct claim){.traps = claims_v86[n].traps, .sensitive = claims_v86[n].sensitive};
    const struct claim c = plain_claim(r, part);
    const bool on_selectors = c.traps == MEASURED_WITHHELD || c.traps == MEASURED_CONDITION || c.sensitive == MODE;
    const bool elsewhere = row == IA_INSN_into || row == IA_INSN_ins || row == IA_INSN_outs;
    return on_selectors && !elsewhere ? (struct claim){.traps = MEASURED_NEVER} : c;
}

/* Whether it does is then control state, too. A machine that keeps no selectors of floating point shows none. */
struct claim ia32_claim(const struct insn_desc *r, unsigned row, const char *part, uint32_t variants)
{
    if (variants & IA32_VT)
        return inner_claim(r, row, part);
    struct claim c = variants & IA32_V86 ? v86_claim(r, row, part) : plain_claim(r, part);
    const bool whole = !part && row == IA_INSN_mov_rm_seg;
    if ((row == IA_INSN_fnstenv || row == IA_INSN_fnsave) && variants & (IA32_NOLEAK | IA32_TRAPS))
        c.sensitive = NONE;
    if (!is_armed(row, part, variants))
        return c;
    return (struct claim){.traps = whole ? MEASURED_CONDITION : MEASURED_ALWAYS, .sensitive = c.sensitive | STATE};
}

/* --- of an instruction at hand */

/* Virtual-8086 mode has a classification of its own on every CPU, and guest mode has one whatever runs in it. In its rings a CPU that is seen as
 * an 8086 is one like others. */
static uint32_t variants_in(uint32_t variants, unsigned mode)
{
    if (mode == IA_V86 && !(variants & IA32_VT))
        return variants | IA32_V86;
    return mode == IA_REAL ? variants : variants & ~(uint32_t)IA32_V86;
}

static void claimed_add(struct finding *f, const struct claim *c, bool first)
{
    struct finding part = {.traps = c->traps, .sensitive = c->sensitive & ~(unsigned)HIDDEN};
    finding_derive(&part);
    f->traps = first || f->traps == part.traps ? part.traps : MEASURED_CONDITION;
    f->sensitive |= part.sensitive;
    f->critical |= part.critical;
    f->sum = !first;
}

/* In ring 3, where that alone runs directly (lab_hybrid_ia32.c). The flags are the guest's, and so is the ring; who asks for a descriptor meets
 * a page that is not there. */
static struct claim claim_alone(const struct claim *c, unsigned row)
{
    switch (row) {
    case IA_INSN_pushf:
    case IA_INSN_popf: return c->traps == MEASURED_NEVER ? (struct claim){.traps = MEASURED_NEVER} : *c;
    case IA_INSN_lar:
    case IA_INSN_lsl:
    case IA_INSN_verr:
    case IA_INSN_verw:
        return (struct claim){.traps = c->traps == MEASURED_NEVER ? MEASURED_WITHHELD : c->traps, .sensitive = c->sensitive};
    default: /* what shows the ring alone is right */
        return c->traps == MEASURED_NEVER && c->sensitive == MODE ? (struct claim){.traps = MEASURED_NEVER} : *c;
    }
}

static struct claim claim_in(uint32_t variants, bool alone, unsigned row, const char *part)
{
    const struct claim c = ia32_claim(&isa_ia32.rows[row], row, part, variants);
    return alone && !(variants & (IA32_VT | IA32_V86)) ? claim_alone(&c, row) : c;
}

/* Of the parts that it can be of, or of any. false: there are none. */
static bool parts_add(struct finding *f, uint32_t variants, bool alone, const struct ia32_decoded *i, bool any)
{
    const struct ia32_kind *k;
    bool first = true;
    for (unsigned n = 0; (k = ia32_kind_of(variants, i->row, n)); n++)
        if (any || ia32_kind_fits(k, i)) {
            const struct claim c = claim_in(variants, alone, i->row, k->part);
            claimed_add(f, &c, first);
            first = false;
        }
    return !first;
}

/* All variants but guest mode, if the machine does not offer it: a virtual one does where its VMM uses it, and nowhere else. */
static uint32_t offered(const struct machine *m) { return ~(uint32_t)IA32_VT | ((const struct ia32_config *)m->config)->variants; }

void ia32_claimed(const char *variant, bool alone, const struct machine *m, insn_t bits, struct finding *out)
{
    const char *name;
    size_t length;
    uint32_t variants = 0;
    struct ia32_decoded i;
    *out = (struct finding){.csr = -1, .row = INSN_NONE};
    if (!ia32_decode(m->config, machine_context(m), bits, &i) ||
        (variant && ia32_variants_parse(variant, &variants, &name, &length) != 0))
        return;
    variants = variants_in(variants & offered(m), (unsigned)machine_get(m, MACHINE_MODE));
    const struct claim whole = claim_in(variants, alone, i.row, NULL);
    out->row = i.row;
    if (!parts_add(out, variants, alone, &i, false) && !parts_add(out, variants, alone, &i, true))
        claimed_add(out, &whole, true);
    out->privileged = out->traps == MEASURED_ALWAYS;
    out->withheld = out->traps == MEASURED_WITHHELD;
    out->innocuous = out->sensitive == SENSITIVE_NONE;
}

/* --- reasons */

static const struct {
    const char *row, *reason;
} reasons[] = {
    {"iret", "returns to any ring by a frame, and changes IF and IOPL where it may, else leaves them as they are without a trap"},
    {"les", "loads a segment register from the table of descriptors, as MOV does"},
    {"lds", "loads a segment register from the table of descriptors, as MOV does"},
    {"lss", "loads a segment register from the table of descriptors, as MOV does"},
    {"lfs", "loads a segment register from the table of descriptors, as MOV does"},
    {"lgs", "loads a segment register from the table of descriptors, as MOV does"},
    {"fnstenv", "stores the selector of CS as of the last floating-point instruction, with the ring that really was"},
    {"fnsave", "stores the selector of CS as of the last floating-point instruction, with the ring that really was"},
    {"cli", "changes IF without a trap where IOPL lets it"},
    {"sti", "changes IF without a trap where IOPL lets it"},
    {"in_i", "reaches a device where IOPL or the task's map of ports lets it"},
    {"in_dx", "reaches a device where IOPL or the task's map of ports lets it"},
    {"out_i", "reaches a device where IOPL or the task's map of ports lets it"},
    {"out_dx", "reaches a device where IOPL or the task's map of ports lets it"},
    {"ins", "reaches a device where IOPL or the task's map of ports lets it"},
    {"outs", "reaches a device where IOPL or the task's map of ports lets it"},
    {"int3", "enters a handler by the guest's own gate, as INT n does, and the VMM does not come to know of it"},
    {"into", "enters a handler by the guest's own gate, as INT n does, and the VMM does not come to know of it"},
    {"int1", "enters a handler by the guest's own gate, as INT n does, and the VMM does not come to know of it"},
    {"rdtsc", "shows the real time-stamp counter, unless CR4.TSD shuts it"},
};

/* The 18 mnemonics of the published list have theirs there [Robin and Irvine, USENIX Security 2000]. */
const char *ia32_reason(const struct finding *f)
{
    const size_t length = strcspn(f->subject, ".");
    for (unsigned n = 0; n < sizeof reasons / sizeof *reasons && f->critical; n++)
        if (strlen(reasons[n].row) == length && strncmp(reasons[n].row, f->subject, length) == 0)
            return reasons[n].reason;
    return NULL;
}

/* In ring 3 under K of the hybrid monitor (lab_hybrid_ia32.c). What shows the ring alone is right there: it is ring 3. */
static const struct {
    const char *row, *shows;
} remaining[] = {
    {"sgdt", "stores the base and limit of the monitor's table"},
    {"sidt", "stores the base and limit of the monitor's table"},
    {"sldt", "stores the monitor's selector, null"},
    {"str", "stores the monitor's selector, null"},
    {"smsw", "stores the real CR0"},
};

const char *ia32_remains(const struct finding *f)
{
    for (unsigned n = 0; n < sizeof remaining / sizeof *remaining && f->critical && f->user_sensitive; n++)
        if (strcmp(remaining[n].row, f->subject) == 0)
            return remaining[n].shows;
    return NULL;
}
