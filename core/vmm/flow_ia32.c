/* flow_ia32.c - transfers within the code segment, done by the VMM for translated code: those whose target is
 * known only when they are executed, and those that have no long form [SDM 2A CALL, JMP, LOOP, JCXZ; 2B RET]. They are no v_i, for nothing about them is
 * sensitive; but they are made as these are. Operands have 32 bits, and the segment is flat: every target is in it.
 */
#include "core/vmm/translator.h"
#include "core/vmm/virtual_ia32.h"

static bool go(struct vcpu *vcpu, uint32_t to)
{
    virtual_of(vcpu)->next = to;
    return true;
}

/* The operand is read before the push: it may lie on the stack. */
static bool call_rm(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    uint32_t to;

    return ia32_v_operand(vcpu, i, 4, &to, t) && ia32_v_push(vcpu, 4, virtual_of(vcpu)->next, t) && go(vcpu, to);
}

static bool jmp_rm(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    uint32_t to;

    return ia32_v_operand(vcpu, i, 4, &to, t) && go(vcpu, to);
}

/* `more` bytes of parameters go as well. */
static bool ret(struct vcpu *vcpu, uint32_t more, struct trap *t)
{
    uint32_t to;

    if (!ia32_v_peek(vcpu, 0, 4, &to, t))
        return false;
    ia32_v_stack_set(vcpu, ia32_v_reg(vcpu, IA_ESP, 4) + 4 + more);
    return go(vcpu, to);
}

static bool ret_plain(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)i;
    return ret(vcpu, 0, t);
}

static bool ret_more(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t) { return ret(vcpu, i->imm & 0xffff, t); }

/* CX or ECX counts, by the size of addresses. */
static bool loop(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint32_t left = ia32_v_reg(vcpu, IA_ECX, i->adsize) - 1;
    const bool zf = ia32_v_flags(vcpu) & EFLAGS_ZF;
    const bool wanted = i->row == IA_INSN_loop || (i->row == IA_INSN_loope) == zf;

    (void)t;
    ia32_v_reg_set(vcpu, IA_ECX, i->adsize, left);
    return go(vcpu, virtual_of(vcpu)->next + (ia32_v_reg(vcpu, IA_ECX, i->adsize) && wanted ? i->imm : 0));
}

static bool jcxz(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    (void)t;
    return go(vcpu, virtual_of(vcpu)->next + (ia32_v_reg(vcpu, IA_ECX, i->adsize) ? 0 : i->imm));
}

static ia32_v_routine *routine_of(unsigned row)
{
    switch (row) {
    case IA_INSN_call_rm: return call_rm;
    case IA_INSN_jmp_rm: return jmp_rm;
    case IA_INSN_ret: return ret_plain;
    case IA_INSN_ret_i: return ret_more;
    case IA_INSN_jcxz: return jcxz;
    default: return loop;
    }
}

/* --- Quickly: in a flat stack, and from registers. The bytes are the guest's; of other forms there are few. */

static bool jmp_register(struct vcpu *vcpu, const struct code_insn *i, struct translator_transfer *transfer)
{
    const unsigned modrm = (unsigned)(i->bits >> 8) & 0xff;

    transfer->to = machine_get(vcpu->host, IA_EAX + (modrm & 7));
    return i->length == 2 && modrm >= 0xc0;
}

static bool ret_flat(struct vcpu *vcpu, unsigned more, struct translator_transfer *transfer)
{
    const uint32_t esp = (uint32_t)machine_get(vcpu->host, IA_ESP);
    uint32_t to;

    if (!virtual_of(vcpu)->flat_stack || !translator_peek(vcpu, esp, &to))
        return false;
    *transfer = (struct translator_transfer){.to = to, .changes = true, .reg = IA_ESP, .value = (uint32_t)(esp + 4 + more)};
    return true;
}

bool ia32_quick_flow(struct vcpu *vcpu, const struct code_insn *i, struct translator_transfer *transfer)
{
    switch (i->row) {
    case IA_INSN_ret: return ret_flat(vcpu, 0, transfer);
    case IA_INSN_ret_i: return i->length == 3 && ret_flat(vcpu, (unsigned)(i->bits >> 8) & 0xffff, transfer);
    case IA_INSN_jmp_rm: return jmp_register(vcpu, i, transfer);
    default: return false;
    }
}

void ia32_v_flow(struct vcpu *vcpu, struct trap *t) { ia32_v_emulate(vcpu, t, routine_of(t->row)); }
