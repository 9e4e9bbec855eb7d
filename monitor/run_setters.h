/* run_setters.h - setters of options that runs of several kinds of machine have (monitor/kind.h): for their tables. Each takes the
 * run_options that the value goes into. */
#ifndef TRAPEZE_MONITOR_RUN_SETTERS_H
#define TRAPEZE_MONITOR_RUN_SETTERS_H

#include "mmu/base.h"

/* The form of option_desc.set: `into` is the run_options, the first member of whatever a command keeps. 0, or -EINVAL with the
 * sentence. */
typedef int run_setter(void *into, const char *value, struct error *);

run_setter run_set_machine, run_set_bare, run_set_depth, run_set_vmm, run_set_max_insns, run_set_stats, run_set_trace_out,
    run_set_trace_limit, run_set_smp, run_set_guest, run_set_help, run_set_version; /* of RUN_SETTERS_COMMON */
run_setter run_set_kernel, run_set_bios, run_set_initrd, run_set_append, run_set_snapshot, run_set_serial;
run_setter run_set_engine, run_set_no_fuse, run_set_no_chain, run_set_shadow, run_set_ring, run_set_script, run_set_seed,
    run_set_no_reboot, run_set_memory, run_set_gdb, run_set_gdb_files, run_set_gdb_default, run_set_hold;

/* What there is to say of a run whatever the machine: the last rows of its table, before the one that ends it. monitors: what there is
 * beside trap and emulate, and what it does. */
#define RUN_SETTERS_COMMON(monitors)                                                                                                  \
    {"bare", VALUE_NONE, NULL, run_set_bare, "run on the machine itself, without a virtual machine"},                                 \
        {"depth", VALUE_NEEDED, "N", run_set_depth, "N virtual machines, each in the one before (1)"},                                \
        {"vmm", VALUE_NEEDED, "KIND", run_set_vmm, "trap (default), or " monitors},                                                   \
        {"max-insns", VALUE_NEEDED, "N", run_set_max_insns, "end after N instructions; 5M and 2G mean millions and billions"},        \
        {"stats", VALUE_OPTIONAL, "FORM", run_set_stats, "account after the run on stderr: text, json, json:FILE, time, off"},        \
        {"trace-out", VALUE_NEEDED, "FILE", run_set_trace_out, "every exit as a trace event, for Perfetto or chrome://tracing"},      \
        {"trace-limit", VALUE_NEEDED, "SIZE", run_set_trace_limit, "of that file (64M); later events are counted, not written"},      \
        {"smp", VALUE_NEEDED, "1", run_set_smp, "processors: one"}, {"help", VALUE_NONE, NULL, run_set_help, "this help"},            \
        {"h", VALUE_NONE, NULL, run_set_help, NULL},                                                                                  \
    {                                                                                                                                 \
        "version", VALUE_NONE, NULL, run_set_version, "the version"                                                                   \
    }

#endif
