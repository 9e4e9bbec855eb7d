/* kind.h - what the command line knows of a kind of machine: one for each instruction set (isa/isas.def), with its options, and how a
 * bare machine, its board and its guest are made of them. Everything else in monitor/ that differs by machine asks here, or the
 * instruction set itself.
 */
#ifndef TRAPEZE_MONITOR_KIND_H
#define TRAPEZE_MONITOR_KIND_H

#include "isa/insn.h"
#include "monitor/options.h"

struct chardev;
struct run_options;
struct session;
struct symbols;

/* A guest that the command carries. */
struct carried_guest {
    const char *name;   /* for --guest */
    const char *called; /* for people: "the embedded guest" */
    const unsigned char *data;
    const size_t *size;
    const char *bios; /* what it stands on; NULL: what a kernel does if nothing is said */
};

/* How a command line becomes a machine, and who asks whom:
 *
 *   -M pg:LRA  -->  kind_find("pg:LRA")  -->  kind->defaults, then its options, word for word  -->  kind->check
 *              -->  session_open(): kind->bare on new RAM, virtual machines on it, kind->plug, kind->boot
 *
 * A new instruction set is a line of isa/isas.def and one such struct; main.c and the commands stay as they are. */
struct kind {
    const char *machine; /* its name for -M: "virt" */
    const char *shown;   /* the same for lists, with what may follow: "pg[:VARIANT]" */
    char separator;      /* between the name and the rest of the word */
    const struct isa *isa;
    const unsigned char *player; /* the program that replays witnesses (struct theory), an ELF file. NULL: there is none */
    const size_t *player_size;

    /* Options. What no other kind has is of `own_size` bytes in run_options.own, zeros at first. */
    size_t own_size;
    void (*defaults)(struct run_options *);
    const struct option_desc *options; /* all there are for such a machine */
    /* What follows the machine's name, with the separator: "" or ":LRA" or ",plic=strict". -EINVAL with the sentence. */
    int (*rest_set)(struct run_options *, const char *rest, struct error *);
    int (*word)(void *options, const char *, struct error *); /* a word that is no option: a kernel, a program */
    int (*check)(const struct run_options *, struct error *); /* what must go together. -EINVAL with the sentence */
    void (*help)(void);                                       /* of `trapeze run -M` */
    const char *(*variant)(const struct run_options *);       /* of the instruction set; NULL: its base. NULL: it has none */
    const char *(*mended)(unsigned index);      /* variants that repair it, one after the other, NULL at the end. NULL: none does */
    bool (*unseen)(const struct run_options *); /* may plain trap and emulate miss a critical instruction? NULL: never */
    struct insn_desc (*row)(const struct run_options *, unsigned); /* as such a machine has it. NULL: as the table */

    /* The guest. */
    /* What a file that begins so is, if it is plainly a kernel for this kind: "a PC's kernel (bzImage)". NULL: not known. NULL: none is. */
    const char *(*knows)(const uint8_t *data, size_t size);
    bool (*carried)(const struct run_options *);           /* it is one that the command carries. NULL: never */
    const struct carried_guest *guests;                    /* those, the usual one first; ended by one without a name */
    const char *(*guest_name)(const struct run_options *); /* for people */
    int (*symbols)(const struct run_options *, struct symbols *, struct error *); /* what debuggers may know of it. NULL: nothing */
    const char *called; /* at the beginning of a sentence. NULL: by its name */
    bool is_short;      /* it can be compared after each instruction */
    bool has_pages;     /* its machines have them, and virtual ones shadow tables */
    bool has_rings;     /* the guest's ring 0 may be in real ring 1: --ring */

    /* Machines. */
    pa_t ram_base;
    uint64_t ram_most; /* of -m; 0: it has not that option */
    uint64_t (*guest_ram)(const struct run_options *);
    /* The bare machine on `phys`, whose RAM has room for ram_size bytes. Both: -errno with the sentence. */
    int (*bare)(const struct run_options *, struct phys *, uint64_t ram_size, struct machine **out, struct error *);
    int (*plug)(struct session *, struct chardev console, struct error *); /* makes session->system, on the topmost machine */
    int (*boot)(struct session *, struct error *);                         /* the machine is reset: loads the guest */
};

const struct kind *kind_at(unsigned index);     /* each there is, the usual one first; NULL at the end */
const struct kind *kind_find(const char *word); /* by the beginning of the word: "pg:LRA". NULL: there is none */
/* -EINVAL with the sentence, if the file is plainly a kernel for another kind than `own`. */
MUST_CHECK int kind_refuse_foreign(const struct kind *own, const char *path, struct error *);
const char *kind_names(char *out, size_t size); /* "virt, and pg[:VARIANT]" */

#endif
