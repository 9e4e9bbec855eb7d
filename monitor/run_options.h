/* run_options.h - what `trapeze run` was told. */
#ifndef TRAPEZE_MONITOR_RUN_OPTIONS_H
#define TRAPEZE_MONITOR_RUN_OPTIONS_H

#include "core/boot.h"
#include "core/vmm/vmm.h"
#include "isa/riscv.h"
#include "monitor/options.h"

enum stats_form { STATS_DEFAULT, STATS_TEXT, STATS_JSON, STATS_OFF };

struct run_options {
    struct boot_config boot;
    struct riscv_config cpu;
    struct virt_drive drive[VIRT_DRIVES];
    unsigned drives;
    char *drive_text[VIRT_DRIVES]; /* owned; the drives' paths point into them */
    bool snapshot;                 /* every drive */
    uint64_t ram_size;
    bool bare;
    unsigned depth; /* 0: not said */
    enum shadow_policy shadow;
    uint64_t max_insns, seed;
    bool no_reboot, help, version;
    enum stats_form stats;
    const char *stats_file;
    const char *script;
    const char *signature;
    unsigned signature_granularity;
};

/* -EINVAL with the sentence: bad usage. */
MUST_CHECK int run_options_parse(struct run_options *, int argc, char **argv, struct error *);
void run_options_free(struct run_options *);
void run_options_help(void);

#endif
