/* virtual_ia32.h - the state of a virtual IA-32 CPU, and what its routines share.
 *
 * f: all guest code runs at real CPL 3. General registers, EIP, the x87, and of EFLAGS what is not in VIRTUAL_IA32_FLAGS are the host's.
 * So are the interrupt shadow and what waits as #DB (IA_SHADOW, IA_PENDING), for they pass with the next instruction, whoever executes it;
 * and the segment registers, with these exceptions: the DPL of a hidden descriptor is 3 in the host; of CS and SS so is the RPL. The
 * guest can load DS to GS by itself with a null selector alone, for the real tables are empty: whatever else it loads comes here. Tables,
 * control and debug registers, and what interrupts wait for, are kept here.
 *
 * With `ring` 1 of struct vm_config virtual ring 0 is in real ring 1, and each other ring in itself (k_ring1_ia32.c): then read 1 for 3 where
 * the guest has 0, and the guest's own number where it has another.
 *
 * A monitor that runs ring 3 alone directly keeps more of this true than the others can (k_hybrid_ia32.c).
 *
 * On a host that has a guest mode it is otherwise (guest_ia32.c): there all of this but CR0 to CR4, debug registers and what interrupts wait for
 * is the host's own while the guest runs.
 *
 * The routines {v_i} are written from the manual, apart from the CPU's bodies. One has the form
 *
 *      bool ia32_v_NAME(struct vcpu *, const struct ia32_decoded *, struct trap *)
 *
 * and begins with virtual_of(vcpu)->next the address behind the instruction, which a transfer overwrites, and a string instruction sets back
 * while there are more iterations. It does what the instruction means in the virtual machine and returns true; or changes nothing that the
 * guest can see, leaves in the trap what the virtual machine takes (ia32_v_raise), and returns false. v_ia32.c calls it, and sees to EIP,
 * RF, single step and the interrupt shadow.
 */
#ifndef TRAPEZE_CORE_VMM_VIRTUAL_IA32_H
#define TRAPEZE_CORE_VMM_VIRTUAL_IA32_H

#include "core/vmm/vcpu.h"
#include "isa/ia32.h"
#include "isa/ia32_operands.h"

/* --- State */

enum { VIRTUAL_IA32_FLAGS = EFLAGS_IF | EFLAGS_IOPL | EFLAGS_VM | EFLAGS_VIF | EFLAGS_VIP };

/* A segment register, or LDTR or TR, with its hidden part: rights as in isa/ia32.h, with the DPL that the guest gave. */
struct ia32_v_segment {
    uint16_t selector;
    uint32_t base, limit; /* bytes, granularity applied */
    uint32_t rights;
};
struct ia32_v_table {
    uint32_t base;
    uint16_t limit;
};

struct virtual_ia32 {
    struct vcpu *vcpu; /* whose state it is */
    struct ia32_config config;
    uint8_t cpl;          /* 0..3; V86: 3; real mode: 0 */
    uint32_t flags;       /* of VIRTUAL_IA32_FLAGS */
    uint16_t cs, ss;      /* selectors, RPL too */
    uint8_t dpl[IA_SEGS]; /* of the hidden descriptors */
    struct ia32_v_segment ldtr, tr;
    struct ia32_v_table gdtr, idtr;
    uint32_t cr0, cr2, cr3, cr4, dr[8];
    uint64_t tsc_offset, apic_base;
    uint32_t misc_features, traps; /* of variants */
    bool guest;                    /* this machine is a host itself, and in its guest mode; */
    uint8_t intercept;             /* what exits of that */
    bool in_guest_mode;            /* the host is one with a guest mode, which is used (guest_ia32.c) */
    bool flat_stack;               /* SS begins at 0, ends with the address space, and is of 32 bits */
    bool ring1;                    /* virtual ring 0 is in real ring 1 (k_ring1_ia32.c) */
    bool by_processor;             /* the access that is asked about is none of the program's, as those to tables */
    bool nmi_masked, nmi_latched;  /* one is being handled; one waits */
    uint32_t lines;                /* inputs that are high */
    uint64_t fences_seen;          /* of the interpreter's, passed on to the shadow */

    /* Of the v_i at work. */
    uint32_t next;     /* EIP behind it */
    bool shadow_new;   /* it holds back interrupts for the next one */
    bool shadow_of_ss; /* ... and #DB, too */
    bool touched;      /* a device: D's owner wants to look */
    bool waits;        /* HLT */
    bool rf_loaded;    /* RF of EFLAGS is for the next one */
    unsigned accesses; /* so far, as triggers count them */
    uint32_t met;      /* by these: the guest's own breakpoints, as bits of DR6; a trap behind it, if it is done */

    /* The instruction that was decoded last, and what decided on its context (v_ia32.c). */
    struct {
        insn_t bits;
        uint32_t decides;
        bool known;
        struct ia32_decoded insn;
    } last;
};

static inline struct virtual_ia32 *virtual_of(struct vcpu *vcpu) { return vcpu->state; }
static inline const struct virtual_ia32 *virtual_of_const(const struct vcpu *vcpu) { return vcpu->state; }

/* --- Traps of the virtual machine */

/* The trap becomes this exception; row, length and bits stay those of the instruction. Returns false. error: 0 where there is none; tval:
 * the linear address of a #PF, the bits of DR6 of a #DB. */
bool ia32_v_raise(struct trap *, unsigned vector, enum trap_reason, uint32_t error, uint64_t tval);
static inline bool ia32_v_gp(struct trap *t, enum trap_reason reason, uint32_t error)
{
    return ia32_v_raise(t, IA_GP, reason, error, 0);
}
static inline bool ia32_v_undefined(struct trap *t) { return ia32_v_raise(t, IA_UD, REASON_UNDEFINED, 0, 0); }

/* --- Mode and flags */

enum ia32_mode ia32_v_mode(const struct vcpu *); /* of CPL, VM and CR0.PE */
/* A acts before the guest goes on. */
void ia32_v_cpl_set(struct vcpu *, unsigned cpl);
/* CR0, CR3, CR4 as given, legal bits only: what follows for the host and for A. They fence as the guest's instruction would: whoever
 * restores a state, too. */
void ia32_v_cr_set(struct vcpu *, unsigned n, uint32_t value);
uint32_t ia32_v_flags(const struct vcpu *); /* EFLAGS */
/* Those of `mask`, whatever the CPL. */
void ia32_v_flags_set(struct vcpu *, uint32_t value, uint32_t mask);
/* What this CPU has. */
uint32_t ia32_v_flags_known(const struct vcpu *);
/* A #DB of these bits of DR6 comes before the next instruction. */
void ia32_v_debug_pend(struct vcpu *, uint32_t bits);
static inline unsigned ia32_v_iopl(const struct vcpu *vcpu) { return virtual_of_const(vcpu)->flags >> 12 & 3; }

/* --- Registers */

uint32_t ia32_v_reg(const struct vcpu *, unsigned n, unsigned size); /* of size 1: AL CL DL BL AH CH DH BH */
void ia32_v_reg_set(struct vcpu *, unsigned n, unsigned size, uint32_t value);
/* n: IA_ES .. IA_TR. Setting loads the hidden part, too: the host's with the real ring as DPL (and as RPL of CS, SS). The CPL is its own matter. */
struct ia32_v_segment ia32_v_segment(const struct vcpu *, unsigned n);
uint32_t ia32_v_segment_part(const struct vcpu *, unsigned n, unsigned which); /* IA_SELECTOR to IA_RIGHTS */
void ia32_v_segment_set(struct vcpu *, unsigned n, const struct ia32_v_segment *);
/* By the size of the stack that SS names: 0xffff or all ones; ESP with what lies under the mask. */
uint32_t ia32_v_stack_mask(const struct vcpu *);
void ia32_v_stack_set(struct vcpu *, uint32_t esp);

/* --- Memory of the guest. Places are reached first, all that an instruction needs; getting and putting cannot fail then. */

/* Up to 8 bytes; across two pages they lie in two pieces. */
struct ia32_v_place {
    gpa_t pa[2];
    uint8_t size, first; /* bytes; of those, at pa[0] */
};

/* Who accesses: the program, with the privilege of its CPL; or the processor by itself, descriptor tables and task state, as ring 0. */
enum ia32_v_by { IA32_BY_PROGRAM, IA32_BY_PROCESSOR };

/* At a linear address. A and D of the guest's tables are set. false: #PF in *t, or a trigger of its owner (TRAP_TRIGGER). */
MUST_CHECK bool ia32_v_reach(struct vcpu *, uint32_t linear, unsigned size, enum pt_kind, enum ia32_v_by, struct ia32_v_place *,
                             struct trap *t);
uint64_t ia32_v_get(struct vcpu *, const struct ia32_v_place *);
void ia32_v_put(struct vcpu *, const struct ia32_v_place *, uint64_t);
/* Reach and get; reach and put. */
MUST_CHECK bool ia32_v_load(struct vcpu *, uint32_t linear, unsigned size, enum ia32_v_by, uint64_t *, struct trap *t);
MUST_CHECK bool ia32_v_store(struct vcpu *, uint32_t linear, unsigned size, enum ia32_v_by, uint64_t, struct trap *t);

/* Does a segment have these bytes, for reads or for writes [SDM 3A 5.3]? */
bool ia32_v_within(const struct ia32_v_segment *, uint32_t offset, unsigned size, enum pt_kind);
/* At an offset in segment register n, by the program. false: #GP(0), #SS(0), #AC, #PF, or a trigger. */
MUST_CHECK bool ia32_v_reach_in(struct vcpu *, unsigned n, uint32_t offset, unsigned size, enum pt_kind, struct ia32_v_place *,
                                struct trap *t);
MUST_CHECK bool ia32_v_load_in(struct vcpu *, unsigned n, uint32_t offset, unsigned size, uint64_t *, struct trap *t);
MUST_CHECK bool ia32_v_store_in(struct vcpu *, unsigned n, uint32_t offset, unsigned size, uint64_t, struct trap *t);
/* On the stack by SS and its size: `above` bytes over its top; what is to be pushed below it is at `esp` - size. */
MUST_CHECK bool ia32_v_peek(struct vcpu *, uint32_t above, unsigned size, uint32_t *, struct trap *t);
MUST_CHECK bool ia32_v_push(struct vcpu *, unsigned size, uint32_t value, struct trap *t); /* ESP moves */

/* The offset of the memory operand; the operand itself, of memory or a register. Selectors are words in memory whatever the size. */
uint32_t ia32_v_address(const struct vcpu *, const struct ia32_decoded *);
MUST_CHECK bool ia32_v_operand(struct vcpu *, const struct ia32_decoded *, unsigned size, uint32_t *, struct trap *t);
MUST_CHECK bool ia32_v_operand_set(struct vcpu *, const struct ia32_decoded *, unsigned size, uint32_t, struct trap *t);

/* --- The routines, by the files that have them */

typedef bool ia32_v_routine(struct vcpu *, const struct ia32_decoded *, struct trap *);

/* virtual_segment_ia32.c: MOV, POP and LDS into segment registers, LAR LSL VERR VERW, LLDT LTR */
ia32_v_routine ia32_v_mov_to_seg, ia32_v_pop_seg, ia32_v_load_far, ia32_v_lar, ia32_v_lsl, ia32_v_verr, ia32_v_verw, ia32_v_lldt,
    ia32_v_ltr;
/* virtual_far_ia32.c */
ia32_v_routine ia32_v_call_far, ia32_v_jmp_far, ia32_v_ret_far, ia32_v_iret;
/* virtual_system_ia32.c: what needs no table: flags, control, debug and table registers, MSRs, MOV and PUSH out of segment registers */
ia32_v_routine ia32_v_pushf, ia32_v_popf, ia32_v_cli, ia32_v_sti, ia32_v_hlt, ia32_v_lgdt, ia32_v_lidt, ia32_v_sgdt, ia32_v_sidt,
    ia32_v_sldt, ia32_v_str, ia32_v_smsw, ia32_v_lmsw, ia32_v_clts, ia32_v_mov_from_cr, ia32_v_mov_to_cr, ia32_v_mov_from_dr,
    ia32_v_mov_to_dr, ia32_v_invlpg, ia32_v_wbinvd, ia32_v_rdmsr, ia32_v_wrmsr, ia32_v_rdtsc, ia32_v_rdpmc, ia32_v_cpuid,
    ia32_v_mov_from_seg, ia32_v_push_seg;
/* What is around every routine (v_ia32.c): *t names the instruction, and has then what became of it, as of vmm_isa.v. */
void ia32_v_emulate(struct vcpu *, struct trap *t, ia32_v_routine *);
/* virtual_port_ia32.c */
ia32_v_routine ia32_v_in, ia32_v_out, ia32_v_ins, ia32_v_outs;

/* virtual_deliver_ia32.c: trap entry in protected mode by the tables in the guest's memory, for machine_ops.deliver. CR2, DR6, RF, the masking
 * of NMIs and the end of the shadow too. What it meets stands in *t's place, with `during`: one attempt is one call, as isa->deliver(). */
enum delivery ia32_v_deliver(struct vcpu *, struct trap *t);

/* --- For vmm_isa */

/* v_ia32.c: the table, and what it has around each routine. */
extern void (*const ia32_v_i[IA_INSN_COUNT])(struct vcpu *, struct trap *);

/* translate_ia32.c, as struct vmm_isa has them. `supervisor`: whatever the CPL */
bool ia32_v_translate(struct vcpu *, gva_t, enum pt_kind, bool supervisor, bool touch, gpa_t *, struct trap *);
void ia32_situation(const struct vcpu *, struct shadow_key *);
void ia32_situation_text(const struct shadow_key *, char *out, size_t size);
bool ia32_translate(struct vcpu *, gva_t, unsigned size, enum pt_kind, bool touch, gpa_t *, struct trap *);
void ia32_view(struct vcpu *, gva_t, enum pt_kind, struct page_view *);
bool ia32_touches(struct vcpu *, gva_t, enum pt_kind);
bool ia32_fault_kind(const struct trap *, enum pt_kind *);
struct trap ia32_access_fault(enum pt_kind, gva_t);

/* k_ia32.c */
void ia32_configure(struct vcpu *);
void ia32_host_cr0(struct vcpu *); /* what of CR0 and the debug registers the host has while the guest runs */
void ia32_host_dr(struct vcpu *);
void ia32_install(struct vcpu *, hpa_t root, unsigned asid);
const struct pt_format *ia32_host_format(const struct machine *host);
unsigned ia32_host_asid_bits(const struct machine *host);
void ia32_host_lines(struct vcpu *); /* its inputs, as far as they are the guest's */
extern const char ia32_k[];
extern const struct vm_k_row ia32_k_rows[];
enum { IA32_WORLD_SIZE = 9 + 4 * IA_SEGS + 16 + 8 + 4 };
extern const reg_t ia32_world[IA32_WORLD_SIZE];

/* ferr_ia32.c: the host's output FERR# leads to the virtual board. false: no memory */
MUST_CHECK bool ia32_ferr_join(struct vcpu *);
void ia32_ferr_leave(struct vcpu *);

/* k_ring1_ia32.c: K where virtual ring 0 is in real ring 1 */
static inline unsigned ia32_real_ring(const struct virtual_ia32 *v, unsigned ring) { return !v->ring1 ? 3 : ring ? ring : 1; }
/* Do the host's pages tell the guest's supervisor from its user? Then one root is for all rings. */
static inline bool ia32_rings_apart(const struct virtual_ia32 *v) { return v->in_guest_mode || v->ring1; }
bool ia32_ring1_in_user(const struct machine *);
extern const char ia32_ring1_k[];
extern const struct vm_k_row ia32_ring1_k_rows[];
extern const struct vmm_isa vmm_isa_ia32_ring1;

/* k_hybrid_ia32.c: K where ring 3 alone runs directly */
bool ia32_runs_ring3_alone(const struct vcpu *);
bool ia32_guarded(const struct vcpu *, gva_t); /* no leaf may be there */
void ia32_hybrid_configure(struct vcpu *);
extern const char ia32_hybrid_k[];
extern const struct vm_k_row ia32_hybrid_k_rows[];
extern const struct vmm_isa vmm_isa_ia32_hybrid;

/* guest_ia32.c, as struct vmm_isa has them */
const struct vmm_isa *ia32_on(const struct machine *host, const struct vm_config *);
void ia32_guest_entering(struct vcpu *);
void ia32_guest_left(struct vcpu *);
enum vm_owner ia32_guest_whose(struct vcpu *, const struct trap *);
void ia32_guest_access_of(struct vcpu *, const struct trap *);
void ia32_guest_reflect(struct vcpu *, struct trap *);
void ia32_guest_configure(struct vcpu *);
bool ia32_guest_in_user(const struct machine *);
extern const char ia32_guest_k[];
extern const struct vm_k_row ia32_guest_k_rows[];
extern const struct vmm_isa vmm_isa_ia32_guest;

/* translator_ia32.c, flow_ia32.c */
bool ia32_translatable(const struct vcpu *); /* is code of its kind, in the state that it is in, translated in privileged modes? */
void ia32_v_flow(struct vcpu *, struct trap *t);
struct code_insn;
struct translator_transfer;
bool ia32_quick_flow(struct vcpu *, const struct code_insn *, struct translator_transfer *);
uint64_t ia32_entries(struct vcpu *, va_t); /* of translator_isa */
extern const struct translator_isa ia32_translator;

/* hybrid_ia32.c */
bool ia32_interprets(const struct vcpu *);
void ia32_registers_copy(const struct machine *from, struct machine *to);
int ia32_interpreter_create(struct vcpu *, struct machine **out);
void ia32_interpreter_enter(struct vcpu *);
void ia32_interpreter_leave(struct vcpu *);

#endif
