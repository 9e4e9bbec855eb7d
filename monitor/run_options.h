/* run_options.h - what `trapeze run` was told. */
#ifndef TRAPEZE_MONITOR_RUN_OPTIONS_H
#define TRAPEZE_MONITOR_RUN_OPTIONS_H

#include "core/boot.h"
#include "core/vmm/vmm.h"
#include "devices/virt.h"
#include "isa/engine.h"
#include "monitor/options.h"
#include "monitor/stats.h"

/* A program for the paper's machine, and the cell that its cell 0 goes to. */
struct run_image {
    const char *path;
    uint64_t cell;
};
enum { RUN_IMAGES = 16, RUN_PIPES = RUN_IMAGES + 6, PIPE_PATH = 32 /* bytes of room */ };

struct kind;
struct carried_guest;

/* Strings are borrowed from argv, unless it says "owned". The struct may be copied as long as the original lives (verify has one
 * for each side); only the original is freed.
 *
 *   run_options_parse() --> pipes_read() --> sessions, any number --> run_options_free()
 */
struct run_options {
    const struct kind *kind; /* of machine */
    void *own;               /* owned; what only this kind has */
    struct engine_options engine;
    bool engine_said; /* by name */
    bool *told; /* owned, and shared by copies; NULL: nobody is told. That machine code is refused has been said: once is enough */
    struct boot_config boot;
    struct virt_drive drive[VIRT_DRIVES];
    unsigned drives;
    char *drive_text[VIRT_DRIVES]; /* owned; the drives' paths point into them */
    bool snapshot;                 /* every drive */
    bool display;                  /* the board's screen is shown on the terminal */
    uint64_t ram_size;
    bool bare;
    unsigned depth;        /* 0: not said */
    struct vm_config each; /* what every virtual machine has of it: shadow, monitor */
    uint64_t max_insns, seed;
    bool no_reboot, help, version, vmm_said;
    enum stats_form stats;
    const char *stats_file;
    bool stats_time;        /* with the host's clock */
    const char *trace_file; /* NULL: none */
    uint64_t trace_limit;   /* bytes */
    const char *script;
    const struct carried_guest *guest; /* by --guest; NULL: not said */
    const char *gdb;                   /* where a debugger may come in; NULL: nowhere */
    const char *gdb_files;             /* the folder whose files its `monitor` commands may name; NULL: none */
    bool hold;                         /* the guest waits for one */
    const char *signature;
    unsigned signature_granularity;
    /* Programs, of machines that take several. */
    struct run_image image[RUN_IMAGES];
    char *image_text[RUN_IMAGES]; /* owned; the paths point into them */
    unsigned images;
    /* What came through pipes (monitor/pipes.h). */
    int pipe_fd[RUN_PIPES];
    char *pipe_path[RUN_PIPES];        /* owned */
    const char *pipe_typed[RUN_PIPES]; /* what the person named; borrowed */
    unsigned pipes;
};

/* The kind of machine that the words ask for, which decides the table that they are read by. The completion asks for it with a
 * line that is not finished, so mistakes are not its matter: then it is the usual one. */
const struct kind *run_options_kind(int argc, char **argv);
/* -EINVAL with the sentence: bad usage. 0 also with `help` or `version` set, which the caller looks at first. On failure, too,
 * run_options_free() is due. */
MUST_CHECK int run_options_parse(struct run_options *, int argc, char **argv, struct error *);
/* For a command with options of its own beside those of a run: `more` comes first, also where both have a name. Its setters get the
 * run_options, which are the first member of what the command keeps. */
MUST_CHECK int run_options_parse_with(struct run_options *, const struct option_desc *more, int argc, char **argv, struct error *);
/* The guest that the command carries, if it is to be one of those; else NULL. */
const struct carried_guest *run_options_guest(const struct run_options *);
void run_options_free(struct run_options *);
int run_options_image(void *into, const char *value, struct error *); /* takes FILE or FILE@CELL: kind->word for programs */

#endif
