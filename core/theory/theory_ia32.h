/* theory_ia32.h - the theory of IA-32 over tables of the caller's: the tests change them, to see that it shows. */
#ifndef TRAPEZE_CORE_THEORY_THEORY_IA32_H
#define TRAPEZE_CORE_THEORY_THEORY_IA32_H

#include "core/theory/classify.h"
#include "isa/ia32.h"
#include "isa/ia32_operands.h"

struct ia32_inputs {
    const struct insn_desc *rows;
    unsigned row_count;
    struct lab_tables tables;
    /* Makes a machine; config: a struct ia32_config. */
    int (*create)(struct machine **, struct phys *, const void *config, unsigned index);
};

struct ia32_inputs ia32_inputs(void); /* the tables as they are, and the CPU */
MUST_CHECK int ia32_classify(const struct ia32_inputs *, const struct classify_options *, struct classification **out, struct error *);

/* sweep_ia32, replay_ia32: for struct theory. */
int ia32_replay(const struct classification *, struct replay *out, struct error *);
extern const struct sweep_isa sweep_ia32;

/* --- pins_ia32: the configuration K as pins, each of which can be taken out */
enum ia32_pin {
    IA32_PIN_IOPL_0,
    IA32_PIN_TSD,
    IA32_PIN_TABLES_EMPTY,
    IA32_PIN_TSS_EMPTY,
    IA32_PIN_IDT_OWNED,
    IA32_PIN_SELECTORS_KEPT,
    IA32_PIN_TS_IDENTITY,
    IA32_PIN_CR3_OWNED,
    IA32_PINS,                        /* none is out */
    IA32_PIN_SETTINGS = IA32_PINS + 1 /* all that are settings are */
};
extern const struct k_pin ia32_pins[IA32_PINS + 1];
enum { IA32_K_MAX = 32, IA32_FIELDS_MAX = 96, IA32_REGS_MAX = 160 };
struct ia32_k {
    struct ia32_config config;            /* what a CPU is built with */
    struct k_setting setting[IA32_K_MAX]; /* what the VMM sets */
    unsigned setting_count;
    struct reg_field field[IA32_FIELDS_MAX]; /* what it promises of fields */
    unsigned field_count;
    struct reg_desc reg[IA32_REGS_MAX]; /* and of registers */
    unsigned reg_count;
    unsigned disowned; /* what it does not keep for the VMM (lab.disowned) */
    const char *text;
};
bool ia32_has_pin(uint32_t variants, unsigned pin); /* is it in K of these? */
/* without: a pin, IA32_PINS or IA32_PIN_SETTINGS. 0, -ENOMEM, or -E2BIG: too many fields. */
MUST_CHECK int ia32_k_make(struct ia32_k *, unsigned without, uint32_t variants, const struct lab_tables *, struct arena *);

/* lab_hybrid_ia32: K, made for no variant with another user mode, becomes that of a monitor which runs ring 3 alone directly. */
void ia32_k_hybrid(struct ia32_k *);
bool ia32_hybrid_promises(const char *field);
extern const struct k_pin ia32_promises[];

/* lab_ring1_ia32: K becomes that of ring compression. 0 or -ENOMEM. And why there is none on a CPU of these variants; NULL: there is. */
MUST_CHECK int ia32_k_ring1(struct ia32_k *, struct arena *);
const char *ia32_without_ring1(const char *variant);

/* lab_guest_ia32: on a CPU with inner mode most of what is virtual elsewhere is the guest's own. */
enum reg_partition ia32_guest_part(const char *name, reg_t, enum reg_partition);
bool ia32_guest_given(const char *field); /* it is so although no program can change it, or hardly */

/* lab_v86_ia32: in virtual-8086 mode selectors are paragraphs. */
enum reg_partition ia32_v86_part(reg_t, enum reg_partition);

bool ia32_k_promises(const char *field); /* that it is identity is a promise of K's */

/* --- subjects_ia32: what there is to classify */
struct ia32_subjects {
    struct subject *list;
    unsigned count;
    struct lab *lab; /* a machine to ask what exists */
    const struct ia32_inputs *inputs;
    struct arena *arena;
    uint64_t seed;
    uint32_t variants;
};
/* All of them. Of a row that is classified in parts its own subject, which has no encodings, comes before those of its parts. 0 or
 * -ENOMEM. */
MUST_CHECK int ia32_subjects_make(struct ia32_subjects *);
/* The one that the instruction `bits` belongs to, with that encoding only. */
MUST_CHECK int ia32_subject_of(struct ia32_subjects *, insn_t bits, struct subject *out);
bool ia32_subject_name(unsigned n, char *name, size_t size);
/* Is `member` a part of the row? */
unsigned ia32_context(uint32_t variants); /* in which the subjects' encodings are decoded (struct isa) */
bool ia32_row_has(const char *row, const char *member);

/* --- kinds_ia32: rows whose operands the classifier chooses, and the parts that some are classified in */
struct ia32_kind {
    uint16_t row;
    const char *part;                                            /* NULL: the row is not in parts */
    unsigned scheme;                                             /* enum ia32_scheme */
    const char *example;                                         /* encodings, bytes in hexadecimal; a semicolon between two */
    enum { IA32_KIND_ANY, IA32_KIND_PLAIN, IA32_KIND_INNER } of; /* CPUs; those with inner mode or those without */
};
extern const struct ia32_kind ia32_kinds[];
extern const unsigned ia32_kind_count;
const struct ia32_kind *ia32_kind_of(uint32_t variants, unsigned row, unsigned n); /* the n-th of a row; NULL: there are no more */

/* The next of its examples; returns where that stopped. The text is at its end when there are no more. */
const char *ia32_kind_example(const char *at, struct encoding *out);
/* Are the operands that the encoding names such as the kind's examples have? What a register or memory holds it does not tell. */
bool ia32_kind_fits(const struct ia32_kind *, const struct ia32_decoded *);

/* --- claims_ia32: what the manual says of a row, or of a part of it */
struct claim ia32_claim(const struct insn_desc *, unsigned row, const char *part, uint32_t variants);
void ia32_claimed(const char *variant, bool alone, const struct machine *, insn_t bits, struct finding *out); /* for struct theory */
/* Why it is critical, where none of the published lists has it; NULL: nothing is to be said. */
const char *ia32_reason(const struct finding *);
/* What it shows in ring 3 that is the monitor's, whatever the hybrid one promises. NULL: nothing, or it is not critical by that. */
const char *ia32_remains(const struct finding *);

#endif
