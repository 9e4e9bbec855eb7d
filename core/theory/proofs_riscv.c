/* proofs_riscv.c - what is proved of this source, and of which findings it is the class. */
#include "core/theory/proofs_riscv.h"

#include "isa/riscv.h"

#include <string.h>

static const struct proof {
    const char *row, *property;
} proofs[] = {
#define PROOF(row, property) {row, property},
#include "riscv_proofs.h"
#undef PROOF
    {NULL, NULL},
};

/* The rows' own names; of a compressed row the one that it is short for: they have one body, which is proved for both lengths. */
static const char *const body_name[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = #name,
#include "isa/riscv/insn.def"
#undef INSN
};
static const char *const base_name[RV_INSN_COUNT] = {
#define RVC(row, base, rd, rs1, rs2, sign, immediate) [RV_INSN_##row] = #base,
#include "isa/riscv/rvc.def"
#undef RVC
};

bool proofs_stand(const char *row, const char *property)
{
    for (const struct proof *p = proofs; p->row; p++)
        if (strcmp(p->row, row) == 0 && strcmp(p->property, property) == 0)
            return true;
    return false;
}

/* NULL: none of which there are proofs. */
static const char *property_of(const struct finding *f, bool k)
{
    if (f->traps == MEASURED_NEVER && f->innocuous && f->confidence == CLEAN)
        return "innocuous";
    if (f->traps == MEASURED_ALWAYS && f->privileged && k)
        return "privileged";
    if (f->traps == MEASURED_REQUESTED && f->innocuous && f->confidence == CLEAN)
        return "requested";
    return NULL;
}

/* Of a CSR the claims are about all its accesses at once (tests/proofs/csrs.c). A write of what may only be read is undefined in all modes: so
 * much of it is proved with the rest. */
static void csr_note(struct finding *f, bool k)
{
    const char *property = property_of(f, k), *dot = strchr(f->subject, '.');
    if (f->traps == MEASURED_UNDEFINED && k)
        property = "privileged";
    if (!property || !dot || (strcmp(property, "privileged") == 0 && f->innocuous && f->traps != MEASURED_UNDEFINED))
        return;
    if (strcmp(property, "innocuous") == 0 && proofs_stand(dot + 1, "innocuous"))
        f->proof = "each access, for every operand, state and mode (careful body)";
    if (strcmp(property, "privileged") == 0 && proofs_stand(dot + 1, "closed"))
        f->proof = "each access in user mode under K traps, in any state (careful body)";
}

void proofs_note_riscv(struct finding *f, bool k, bool floating)
{
    const char *property = property_of(f, k);
    if (f->csr >= 0)
        csr_note(f, k);
    if (f->row >= RV_INSN_COUNT || f->csr >= 0 || !property)
        return;
    if (!proofs_stand(base_name[f->row] ? base_name[f->row] : body_name[f->row], property))
        return;
    if (strcmp(property, "privileged") == 0)
        f->proof = "its careful body traps in user mode under K, from any state";
    else
        f->proof = floating ? "its careful body, for every operand and state, memory and arithmetic left open"
                            : "its careful body, for every operand, state and mode, memory left open";
}
