/* theory_riscv.h - the theory of RISC-V over tables of the caller's: the tests change them, to see that it shows. */
#ifndef TRAPEZE_CORE_THEORY_THEORY_RISCV_H
#define TRAPEZE_CORE_THEORY_THEORY_RISCV_H

#include "core/theory/classify.h"
#include "isa/riscv.h"

/* A row of csr.def. */
struct riscv_csr_row {
    const char *name, *ext;
    unsigned address;
    unsigned reads, writes; /* the claim "sensitive", SENSITIVE_* */
};

struct riscv_inputs {
    const struct insn_desc *rows;
    unsigned row_count;
    const struct riscv_csr_row *csrs;
    unsigned csr_count;
    struct lab_tables tables;
    /* Makes a machine; `index` is its hart number, config a struct riscv_config. */
    int (*create)(struct machine **, struct phys *, const void *config, unsigned index);
};

struct riscv_inputs riscv_inputs(void); /* the tables as they are, and the hart */
MUST_CHECK int riscv_classify(const struct riscv_inputs *, const struct classify_options *, struct classification **out,
                              struct error *);

/* --- k_riscv: the configuration K as pins, each of which can be taken out */
enum riscv_pin {
    PIN_COUNTERS_OFF,
    PIN_WFI_TRAPS,
    PIN_CBO_OFF,
    PIN_RESERVED_TRAPS,
    PIN_FS_IDENTITY,
    PIN_NO_DELEGATION,
    PIN_VECTOR_OWNED,
    PIN_SATP_OWNED,
    PIN_PMP_OWNED,
    RISCV_PINS
};
extern const struct k_pin riscv_pins[RISCV_PINS + 1];
enum { RISCV_K_MAX = 12, RISCV_FIELDS_MAX = 64 };
struct riscv_k {
    struct riscv_config config;            /* what a hart is built with */
    struct k_setting setting[RISCV_K_MAX]; /* what the VMM sets */
    unsigned setting_count;
    struct reg_field field[RISCV_FIELDS_MAX]; /* what it promises of fields */
    unsigned field_count;
    unsigned disowned; /* what it does not keep for the VMM (lab.disowned) */
    const char *text;
};
/* without: a pin, or RISCV_PINS. fields: the table's. 0, -ENOMEM, or -E2BIG: too many fields. */
MUST_CHECK int riscv_k_make(struct riscv_k *, unsigned without, const struct lab_tables *, struct arena *);

/* --- harts_riscv: other harts. Changes the configuration; NULL: the usual one. 0 or -EINVAL: there is none of that name. */
extern const struct theory_hart riscv_harts[];
const char *riscv_hart_named(const char *); /* as the table spells it; NULL: there is none */
MUST_CHECK int riscv_hart_make(const char *name, struct riscv_config *);

/* --- subjects_riscv: what there is to classify */
struct riscv_subjects {
    struct subject *list;
    unsigned count;
    struct lab *lab; /* a machine to ask what exists */
    const struct riscv_inputs *inputs;
    struct arena *arena;
    uint64_t seed;
    bool envcfg_shut; /* K keeps cache-block operations from user mode */
    bool few;         /* there are fewer states than can show every outcome that is claimed */
    bool by_bits;     /* none is listed: one instruction is asked for, by its bits (riscv_subject_of) */
};
enum riscv_access { ACCESS_READ, ACCESS_WRITE, ACCESS_SWAP, ACCESS_SET, ACCESS_CLEAR, RISCV_ACCESSES };
/* All of them, rows first; rows of Zicsr have no encodings: their accesses stand for them. 0 or -ENOMEM. */
MUST_CHECK int riscv_subjects_make(struct riscv_subjects *);
/* The one of the instruction `bits`, with that encoding only. */
MUST_CHECK int riscv_subject_of(struct riscv_subjects *, uint32_t bits, struct subject *out);
bool riscv_subject_name(const struct riscv_inputs *, unsigned n, char *name, size_t size);
/* Does the CSR access `member` belong to the row? */
bool riscv_row_has(const char *row, const char *member);
bool riscv_is_zicsr(const struct insn_desc *);
bool riscv_is_floating(const struct insn_desc *);
bool riscv_is_cache_block(const struct insn_desc *);
/* claims_riscv: adds what is claimed of each mode, to a claim of user mode. */
void riscv_claim_row_modes(struct claim *, const struct insn_desc *, unsigned row);
void riscv_claim_access_modes(struct claim *, const struct riscv_csr_row *);
/* What is claimed of one state (struct subject.from). */
unsigned riscv_claim_row_from(const struct lab *, const struct subject *, const struct lab_state *);
unsigned riscv_claim_access_from(const struct lab *, const struct subject *, const struct lab_state *);
const struct subject *riscv_subject_named(const struct riscv_subjects *, const char *name); /* NULL: there is none */

/* --- theory_riscv: all of it put together, to measure subject by subject */
struct riscv_theory {
    struct riscv_inputs in;
    struct riscv_k k;
    struct lab_tables tables; /* with K's promises */
    struct arena *arena;      /* owned; so are the next two */
    struct lab *lab;
    struct classifier *classifier;
    struct riscv_subjects subjects;
};
/* without: a pin, or RISCV_PINS. Of the options seed and states matter. It stays where it is. 0 or -errno; close it in either
 * case. */
MUST_CHECK int riscv_theory_open(struct riscv_theory *, const struct riscv_inputs *, unsigned without,
                                 const struct classify_options *);
void riscv_theory_close(struct riscv_theory *);
/* sweep_riscv, replay_riscv: for struct theory. */
extern const struct sweep_isa sweep_riscv;
int riscv_replay(const struct classification *, struct replay *out, struct error *);
/* One subject, compared with its claim. 0 or -ENOMEM. */
MUST_CHECK int riscv_theory_measure(struct riscv_theory *, const struct subject *, bool witnesses, struct finding *out);

#endif
