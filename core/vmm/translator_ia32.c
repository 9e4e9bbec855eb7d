/* translator_ia32.c - blocks of IA-32 code, translated: what stands in the cache for each instruction of the guest's ring 0, 1 and 2.
 *
 *   innocuous              the same bytes
 *   Jcc, JMP, direct       the same jump with a distance of 32 bits; at first to a stub, which exits to have its target looked up
 *   CALL, direct           PUSH of the guest's return address, and behind it what is called; where that may not be had, an exit to have it
 *                          looked up
 *   RET, indirect          an exit: the VMM does it (flow_ia32.c), for the address that is met is the guest's, not the cache's
 *   sensitive              an exit: the v_i of the row. Of MOV and PUSH from segment registers only CS and SS are: the others are f's identity
 *   FNSTENV, FNSAVE        an exit, and interpreted: they store where the last x87 instruction was; so are those of the x87 with an operand on
 *                          the stack, for they keep the selector of SS
 *
 * UD2 is the exit. The segments are the guest's own: what is translated is code in a flat segment of 32 bits, which CS stays for the
 * cache as well, so that addresses in it are as good as any; and segment overrides mean what they did. Code in other segments, that is
 * stepped or has breakpoints of its own is interpreted. A block goes on until a transfer that is always taken, an exit, the end of what
 * it may have, or of its page, unless the guest's A bit lets go further: the next page must not be touched before the guest comes to it.
 */
#include "core/vmm/identity.h"
#include "core/vmm/translator.h"
#include "core/vmm/translator_text.h"
#include "core/vmm/virtual_ia32.h"

#include <string.h>

static const uint8_t exit_bytes[] = {0x0f, 0x0b}; /* UD2 */
enum { JUMP_MAX = 6, PREFIX_OPERAND = 0x66 };

/* --- When */

static reg_t cs(unsigned part) { return IA_SEG + 4 * IA_CS + part; }

/* Registers of the one who has the state. */
static uint64_t now(const struct vcpu *vcpu, reg_t reg)
{
    return vcpu->interpreting ? machine_get(vcpu->interpreter, reg) : vcpu_identity_get(vcpu, reg);
}

bool ia32_translatable(const struct vcpu *vcpu)
{
    const uint64_t dr7 = vcpu->interpreting ? machine_get(vcpu->interpreter, IA_DR7) : virtual_of_const(vcpu)->dr[7];

    return now(vcpu, cs(IA_BASE)) == 0 && now(vcpu, cs(IA_LIMIT)) == UINT32_MAX && now(vcpu, cs(IA_RIGHTS)) & IA_RIGHTS_DB &&
           !(dr7 & 0xff) && !(now(vcpu, IA_EFLAGS) & EFLAGS_TF);
}

static bool runs(const struct vcpu *vcpu) { return virtual_of_const(vcpu)->cpl < 3; }

/* --- One instruction */

struct work {
    struct translator_text text;
    struct code_plan *plan;
    unsigned context;       /* in which all of it is decoded */
    unsigned first, offset; /* in the page, or behind it: where what is taken of this text begins, and how far that goes */
    bool ends;              /* with the instruction that was added last */
    bool calls;             /* that was a call, of `called` */
    va_t called;
};

static va_t pc_of(const struct work *w) { return (uint32_t)(w->text.at + w->offset); }

static struct code_insn *add(struct work *w, const void *bytes, unsigned size, const struct code_insn *i)
{
    struct code_plan *p = w->plan;
    struct code_insn *to = &p->insn[p->insns++];

    *to = *i;
    to->at = p->size;
    to->link = CODE_NONE;
    memcpy(p->bytes + p->size, bytes, size);
    p->size += size;
    return to;
}

static void add_exit(struct work *w, const struct code_insn *i, enum code_kind kind)
{
    add(w, exit_bytes, sizeof exit_bytes, i)->kind = (uint8_t)kind;
    w->ends = true;
}

/* A stub is made when the block is at its end (stubs_add). */
static void add_jump(struct work *w, const struct code_insn *i, const uint8_t *opcode, unsigned size, uint32_t target)
{
    struct code_plan *p = w->plan;
    uint8_t bytes[JUMP_MAX] = {0};

    memcpy(bytes, opcode, size);
    p->link[p->links].site = p->size + size;
    p->link[p->links++].pc = target;
    add(w, bytes, size + 4, i);
}

static void stubs_add(struct work *w)
{
    struct code_plan *p = w->plan;

    for (unsigned n = 0; n < p->links; n++) {
        const struct code_insn i = {.pc = p->link[n].pc, .row = INSN_NONE, .kind = CODE_GO};
        p->link[n].stub = p->size;
        add(w, exit_bytes, sizeof exit_bytes, &i)->link = n;
    }
}

/* With operands of 16 bits EIP is cut, which is rare. */
static bool is_whole(const struct ia32_decoded *d) { return d->opsize == 4; }

static void add_direct(struct work *w, const struct code_insn *i, const struct ia32_decoded *d)
{
    const uint32_t target = (uint32_t)(i->pc + d->length + d->imm);
    const uint8_t jmp[] = {0xe9}, jcc[] = {0x0f, (uint8_t)(0x80 | (d->opcode & 15))};

    if (!is_whole(d)) {
        add_exit(w, i, CODE_INTERPRET);
    } else if (d->row == IA_INSN_jmp_short || d->row == IA_INSN_jmp_near) {
        add_jump(w, i, jmp, sizeof jmp, target);
        w->ends = true;
    } else {
        add_jump(w, i, jcc, sizeof jcc, target);
    }
}

/* What it pushes is the guest's own address, and no more need be done than to go to the target (call_into). */
static void add_call(struct work *w, const struct code_insn *i, const struct ia32_decoded *d)
{
    const uint32_t behind = (uint32_t)(i->pc + d->length);
    uint8_t push[5] = {0x68};

    if (!is_whole(d)) {
        add_exit(w, i, CODE_INTERPRET);
        return;
    }
    memcpy(push + 1, &behind, sizeof behind);
    add(w, push, sizeof push, i);
    w->calls = true;
    w->called = (uint32_t)(behind + d->imm);
}

static bool is_sensitive(const struct vcpu *vcpu, const struct ia32_decoded *d)
{
    switch (d->row) {
    case IA_INSN_mov_rm_seg: return d->reg == IA_CS || d->reg == IA_SS;
    case IA_INSN_push_es:
    case IA_INSN_push_ds:
    case IA_INSN_push_fs:
    case IA_INSN_push_gs: return false;
    default: return vcpu->isa->v[d->row];
    }
}

/* The x87 keeps the selector of its last operand in memory (FDS), which of SS is not the guest's: in the host it has RPL 3. */
static bool shows_stack_segment(const struct ia32_decoded *d)
{
    return d->row >= IA_INSN_fadd_m32 && d->rm_is_memory && d->seg == IA_SS; /* the rows of insn_x87.def are the last */
}

static void translate(struct work *w, const struct code_insn *i, const struct ia32_decoded *d, const uint8_t *bytes)
{
    switch (d->row) {
    case IA_INSN_jcc_short:
    case IA_INSN_jcc_near:
    case IA_INSN_jmp_short:
    case IA_INSN_jmp_near: add_direct(w, i, d); return;
    case IA_INSN_call_near: add_call(w, i, d); return;
    case IA_INSN_jmp_rm:
    case IA_INSN_call_rm:
    case IA_INSN_ret:
    case IA_INSN_ret_i:
    case IA_INSN_loopne:
    case IA_INSN_loope:
    case IA_INSN_loop:
    case IA_INSN_jcxz: add_exit(w, i, is_whole(d) ? CODE_FLOW : CODE_INTERPRET); return;
    case IA_INSN_fnstenv:
    case IA_INSN_fnsave: add_exit(w, i, CODE_INTERPRET); return;
    default: break;
    }
    if (shows_stack_segment(d)) {
        add_exit(w, i, CODE_INTERPRET);
        return;
    }
    if (is_sensitive(w->text.vcpu, d))
        add_exit(w, i, CODE_SENSITIVE);
    else
        add(w, bytes, i->length, i);
}

/* Whoever waits for this instruction is to see it at its own address. */
static bool is_awaited(const struct work *w, const struct code_insn *i)
{
    const struct trigger_set *set = &w->text.vcpu->triggers;
    const unsigned which = w->offset >= PAGE_SIZE;
    struct trigger_step step = {.kinds = TRIGGER_EXECUTE, .at = i->pc, .size = 1};
    uint64_t resume = 0;
    struct trap report;

    if (!(set->kinds & (TRIGGER_EXECUTE | TRIGGER_OPCODE | TRIGGER_FRESH)))
        return false;
    if (trigger_set_match(set, &step, &resume, &report) || trigger_set_names(set, i->bits))
        return true;
    step.kinds |= TRIGGER_FRESH;
    step.physical = true;
    step.at = w->text.vcpu->vm->config.ram_base + ((uint64_t)w->text.page[which] << PAGE_SHIFT) + w->offset % PAGE_SIZE;
    resume = 0;
    return trigger_set_match(set, &step, &resume, &report);
}

/* false: it is undefined; then *d has its length, and the row that it is counted as. */
static bool decode(const struct work *w, insn_t bits, struct ia32_decoded *d)
{
    const struct machine *m = &w->text.vcpu->machine;
    unsigned length;

    if (ia32_decode(&virtual_of(w->text.vcpu)->config, w->context, bits, d))
        return true;
    d->row = (uint16_t)m->isa->decode(m->config, w->context, bits, &length);
    d->length = (uint8_t)length;
    return false;
}

/* The instruction, if it is whole. 0: it is not, and lies in a page that cannot be had yet. */
static unsigned length_of(struct work *w, uint8_t bytes[16], insn_t *bits, bool *defined, struct ia32_decoded *d)
{
    unsigned count = translator_text_bytes(&w->text, w->offset, bytes);

    for (bool more = true; more;) {
        memcpy(bits, bytes, sizeof *bits);
        *defined = decode(w, *bits, d);
        if (d->length <= count)
            return d->length;
        more = count < 15 && translator_text_ahead(&w->text, 1);
        count = translator_text_bytes(&w->text, w->offset, bytes);
    }
    return 0;
}

/* --- What a block is made of */

static void piece_add(struct work *w, unsigned which, unsigned from, unsigned to)
{
    struct code_plan *p = w->plan;

    p->piece[p->pieces++] = (struct code_piece){
        .at = (uint32_t)(w->text.at + which * PAGE_SIZE), .page = w->text.page[which], .from = (uint16_t)from, .to = (uint16_t)to};
}

/* No more is taken of this text. */
static void text_ends(struct work *w)
{
    if (w->first == w->offset)
        return;
    piece_add(w, 0, w->first, w->offset < PAGE_SIZE ? w->offset : PAGE_SIZE);
    if (w->offset > PAGE_SIZE)
        piece_add(w, 1, 0, w->offset - PAGE_SIZE);
    w->first = w->offset;
}

/* Behind the push of a call the block goes on with what is called. */
static void call_into(struct work *w)
{
    const struct code_insn go = {.pc = w->called, .row = INSN_NONE};
    struct translator_text text = {.vcpu = w->text.vcpu, .at = align_down(w->called, PAGE_SIZE)};

    w->calls = false;
    text_ends(w);
    if (w->plan->pieces + 2 > CODE_PIECES || !translator_text_ahead(&text, 0)) {
        add_exit(w, &go, CODE_GO);
        return;
    }
    w->text = text;
    w->first = w->offset = (unsigned)(w->called & (PAGE_SIZE - 1));
}

/* false: there is nothing that the block could go on with. */
static bool one(struct work *w)
{
    uint8_t bytes[16];
    struct code_insn i = {.pc = pc_of(w)};
    struct ia32_decoded d;
    bool defined;
    const unsigned length = length_of(w, bytes, &i.bits, &defined, &d);

    if (!length)
        return false;
    i.row = d.row;
    i.length = (uint8_t)length;
    if (length > 15 || is_awaited(w, &i)) {
        add_exit(w, &i, CODE_INTERPRET);
    } else if (!defined) {
        add(w, bytes, length, &i); /* it is undefined there, too */
        w->ends = true;
    } else {
        translate(w, &i, &d, bytes);
    }
    w->offset += length;
    if (w->calls)
        call_into(w);
    return true;
}

/* --- A block */

/* There is room for one more, and its stub. */
static bool has_room(const struct code_plan *p)
{
    return p->insns < CODE_INSNS - 1 && p->size + p->links * sizeof exit_bytes + 32 < sizeof p->bytes;
}

/* The first instruction is the one that the guest is at: its pages are met as the guest meets them. */
static bool begin(struct work *w, struct trap *t)
{
    if (!translator_text(&w->text, 0, t))
        return false;
    if (!one(w)) {
        if (!translator_text(&w->text, 1, t))
            return false;
        (void)one(w);
    }
    return true;
}

static bool plan(struct vcpu *vcpu, va_t pc, struct code_plan *p, struct trap *t)
{
    const unsigned first = (unsigned)(pc & (PAGE_SIZE - 1));
    struct work w = {.text = {.vcpu = vcpu, .at = align_down(pc, PAGE_SIZE)},
                     .plan = p,
                     .context = machine_context(&vcpu->machine),
                     .first = first,
                     .offset = first};

    *t = (struct trap){.kind = TRAP_NONE, .row = INSN_NONE};
    if (!begin(&w, t))
        return false;
    while (!w.ends && has_room(p) && (w.offset < PAGE_SIZE || (w.offset < 2 * PAGE_SIZE - 16 && translator_text_ahead(&w.text, 1))) &&
           one(&w))
        ;
    if (!w.ends) {
        const struct code_insn go = {.pc = pc_of(&w), .row = INSN_NONE};
        add_exit(&w, &go, CODE_GO);
    }
    stubs_add(&w);
    text_ends(&w);
    return true;
}

/* --- Leaving */

/* FCS:FIP is where the last x87 instruction was, and a program can store it. In the host the selector has RPL 3. */
static void left(struct vcpu *vcpu, va_t base, va_t size)
{
    const uint64_t fip = machine_get(vcpu->host, IA_X87_FIP);

    if (LIKELY(fip - base >= size))
        return;
    machine_set(vcpu->host, IA_X87_FIP, translator_pc(vcpu, fip));
    machine_set(vcpu->host, IA_X87_FCS, virtual_of(vcpu)->cs);
}

/* STI and POPF let interrupts in, ports are devices', and what loads segments changes what code is. */
static bool quiet(unsigned row)
{
    switch (row) {
    case IA_INSN_cli:
    case IA_INSN_pushf:
    case IA_INSN_rdtsc:
    case IA_INSN_push_cs:
    case IA_INSN_push_ss:
    case IA_INSN_mov_rm_seg: return true;
    default: return false;
    }
}

const struct translator_isa ia32_translator = {.runs = runs,
                                               .plan = plan,
                                               .entries = ia32_entries,
                                               .flow = ia32_v_flow,
                                               .quick = ia32_quick_flow,
                                               .quiet = quiet,
                                               .exit = IA_UD,
                                               .left = left};
