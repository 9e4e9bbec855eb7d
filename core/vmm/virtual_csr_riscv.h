/* virtual_csr_riscv.h - the virtual state of a RISC-V machine: mode, CSRs, physical memory protection, as the guest believes them.
 *
 * Written from the manual, apart from the hardware's CSR file, so that running the same instruction on both is a test. What is not
 * here is identity: x, f, pc, fflags, frm and mstatus.FS of a virtual machine *are* its host's.
 */
#ifndef TRAPEZE_CORE_VMM_VIRTUAL_CSR_RISCV_H
#define TRAPEZE_CORE_VMM_VIRTUAL_CSR_RISCV_H

#include "core/vmm/vcpu.h"
#include "isa/riscv.h"

/* An entry as addresses: the bytes [first, last]; off when first > last. */
struct virtual_pmp_rule {
    uint64_t first, last;
    uint8_t cfg;
};

/* A counter follows a count (of clock units, of instructions): value = count + base; while inhibited it is base. */
struct virtual_counter {
    uint64_t base;
    bool inhibited;
};

struct virtual_riscv {
    struct riscv_config config; /* the host's: the same features. It is the VMM's own for its number alone */
    uint64_t mode;              /* enum riscv_mode */
    uint64_t mstatus;           /* without FS and SD, which follow the host's, and the constants */
    uint64_t medeleg, mideleg, mie;
    uint64_t mip;   /* the bits software wrote */
    uint64_t lines; /* the interrupt inputs */
    uint64_t mtvec, mscratch, mepc, mcause, mtval, mcounteren, menvcfg;
    uint64_t stvec, sscratch, sepc, scause, stval, scounteren, senvcfg, satp, stimecmp;
    struct virtual_counter cycle, instret;
    uint8_t pmpcfg[RV_PMP_ENTRIES];
    uint64_t pmpaddr[RV_PMP_ENTRIES];
    struct virtual_pmp_rule pmp[RV_PMP_ENTRIES]; /* follows from the two above */
    unsigned pmp_count;                          /* rules [pmp_count, 16) are off */
    bool pmp_open;                               /* the rules let everybody do everything everywhere */
    uint64_t pmp_epoch;                          /* counts changes of the rules: shadow roots made before are void */
    uint64_t tselect, tdata1[RV_TRIGGERS], tdata2[RV_TRIGGERS];
    bool triggers_set;    /* some wait for something, in some mode. Follows from tdata1 */
    bool triggers_down;   /* the host's triggers have been set for them */
    uint64_t fences_seen; /* of the interpreter's: the shadow knows of so many */
    uint64_t
        wake; /* clock value at which `time` reaches stimecmp and STIP rises; UINT64_MAX: never. Follows from stimecmp and menvcfg */
};

/* A CSR that is storage and nothing else: no gate but the mode in its number, no consequence of a write. */
struct virtual_plain {
    uint16_t field; /* of struct virtual_riscv */
    uint64_t mask;  /* the bits that are kept; the others are zero */
};

static inline struct virtual_riscv *virtual_of(struct vcpu *vcpu) { return vcpu->state; }
static inline const struct virtual_riscv *virtual_of_const(const struct vcpu *vcpu) { return vcpu->state; }

void virtual_csr_reset(struct virtual_riscv *);

/* Reads as the most privileged software. false: the virtual hart has no such CSR. */
bool virtual_csr_read(const struct vcpu *, unsigned csr, uint64_t *value);
/* Writes as the most privileged software; WARL fields take legal values, read-only CSRs stay. The write holds `delay` instructions
 * from now: 0 from outside; 1 by an instruction of the guest, whose own retirement a counter it writes does not see [unpriv 7.1]. */
void virtual_csr_write(struct vcpu *, unsigned csr, uint64_t value, unsigned delay);
/* What CSRRS and CSRRC modify: the CSR as read; but of mip and sip what software wrote, without the inputs' levels, which would
 * stick otherwise [priv 3.1.9, of SEIP]. */
uint64_t virtual_csr_modified(const struct vcpu *, unsigned csr, uint64_t read);
/* May the guest in its present mode make this access? REASON_NONE and what the CSR reads, or why it is illegal. */
MUST_CHECK enum trap_reason virtual_csr_open(const struct vcpu *, unsigned csr, bool write, uint64_t *value);

extern const uint8_t virtual_plain_number[4096]; /* by CSR: 0, or which of these */
extern const struct virtual_plain virtual_plain[];
static inline const struct virtual_plain *virtual_plain_find(unsigned csr) /* NULL: csr is more than that, or absent */
{
    unsigned number = virtual_plain_number[csr % 4096];

    return number ? &virtual_plain[number] : NULL;
}
static inline uint64_t *virtual_plain_field(struct vcpu *vcpu, const struct virtual_plain *p)
{
    return (uint64_t *)(void *)((char *)virtual_of(vcpu) + p->field);
}

/* Interrupts pending. STIP is the timer comparison once STCE says so, else a bit of M's [Sstc 2.1]; SEIP is what M wrote or the
 * external input [priv 3.1.9]. */
static inline uint64_t virtual_mip(const struct vcpu *vcpu)
{
    const struct virtual_riscv *v = virtual_of_const(vcpu);
    uint64_t mip = v->mip | v->lines;

    if (bit_get(v->menvcfg, MENVCFG_STCE))
        mip = bits_set(mip, RV_IRQ_STI, 1, vcpu_clock(vcpu) >= v->wake);
    return mip;
}
uint64_t virtual_time(const struct vcpu *);
void virtual_mode_set(struct vcpu *, uint64_t mode);

/* virtual_status_riscv.c: mstatus and sstatus as they read, and as a program writes them; FS, which is the host's; and the bits that are
 * not FS, with the consequences of changing them. */
uint64_t virtual_mstatus_get(const struct vcpu *);
uint64_t virtual_sstatus_get(const struct vcpu *);
void virtual_mstatus_write(struct vcpu *, uint64_t value);
void virtual_sstatus_write(struct vcpu *, uint64_t value);
uint64_t virtual_fs_get(const struct vcpu *);
void virtual_fs_set(struct vcpu *, uint64_t fs);
void virtual_mstatus_set(struct vcpu *, uint64_t value);

/* virtual_pmp_riscv.c: its registers (pmpcfg: eight entries from `first` on), and what they say. */
uint64_t virtual_pmpcfg_read(const struct virtual_riscv *, unsigned first);
void virtual_pmpcfg_write(struct vcpu *, unsigned first, uint64_t value);
void virtual_pmpaddr_write(struct vcpu *, unsigned i, uint64_t value);
void virtual_pmp_changed(struct vcpu *);
/* The lowest-numbered rule that matches any byte of [first, last] decides, and must match all of them [priv 3.7.1.3]. *whole says
 * whether it does. Matching none: M-mode may, the others may not. */
unsigned virtual_pmp_range(const struct virtual_riscv *, uint64_t first, uint64_t last, uint64_t mode, bool *whole);
bool virtual_pmp_permits(const struct virtual_riscv *, uint64_t pa, unsigned size, enum pt_kind, uint64_t mode);

/* virtual_sdtrig_riscv.c: debug triggers. Each by itself, as from outside; and by the guest, of the one that tselect names. */
void virtual_trigger_reset(struct virtual_riscv *);
void virtual_tdata1_set(struct vcpu *, unsigned n, uint64_t);
void virtual_tdata2_set(struct vcpu *, unsigned n, uint64_t);
void virtual_tdata1_write(struct vcpu *, uint64_t);
void virtual_tdata2_write(struct vcpu *, uint64_t);
bool riscv_breakpoint(struct vcpu *, unsigned kinds, gva_t, uint64_t size, struct trap *);
void riscv_triggers_install(struct vcpu *); /* into the host, before the guest runs there */
void riscv_triggers_clear(struct vcpu *);   /* K: the host has none */
void riscv_triggers_hit(struct vcpu *);     /* the host took a breakpoint of one */

/* v_riscv.c: by row. */
extern void (*const riscv_v_i[RV_INSN_COUNT])(struct vcpu *, struct trap *);

/* translate_riscv.c: what the VMM asks about virtual memory, for struct vmm_isa. */
void riscv_situation(const struct vcpu *, struct shadow_key *out);
bool riscv_translate(struct vcpu *, gva_t, unsigned size, enum pt_kind, bool touch, gpa_t *, struct trap *);
void riscv_view(struct vcpu *, gva_t, enum pt_kind, struct page_view *);
bool riscv_touches(struct vcpu *, gva_t, enum pt_kind);
void riscv_situation_text(const struct shadow_key *, char *out, size_t);
bool riscv_fault_kind(const struct trap *, enum pt_kind *);
struct trap riscv_access_fault(enum pt_kind, gva_t);

/* hybrid_riscv.c: the hybrid monitor's interpreter. */
int riscv_interpreter_create(struct vcpu *, struct machine **out);
void riscv_interpreter_enter(struct vcpu *);
void riscv_interpreter_leave(struct vcpu *);

/* k_riscv.c: the host's side. */
extern const char riscv_k[];
extern const struct vm_k_row riscv_k_rows[]; /* up to a name of NULL */
void riscv_configure(struct vcpu *);
void riscv_install(struct vcpu *, hpa_t root, unsigned asid);
const struct pt_format *riscv_host_format(const struct machine *host);
unsigned riscv_host_asid_bits(const struct machine *host);
enum { RISCV_WORLD_SIZE = 31 + 32 + 4 }; /* x1..x31, f0..f31, pc and how far its instruction has come, fcsr, mstatus (FS) */
extern const reg_t riscv_world[RISCV_WORLD_SIZE];
void riscv_identity_reset(struct vcpu *);

#endif
