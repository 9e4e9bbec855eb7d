/* cmd_checkpoint.c - the whole state of the guest as a file, and back (core/checkpoint.h), in QEMU's words.
 *
 *    savevm   outfile_open() -> checkpoint_take() -> checkpoint_write() -> outfile_finish(): only now the old file is replaced
 *    loadvm   checkpoint_read(): all of the file is looked at before the guest changes
 */
#include "monitor/command.h"
#include "monitor/debug/host_file.h"
#include "monitor/outfile.h"
#include "monitor/repl/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The file is opened first: a folder that cannot be written to shall be told before a guest's whole memory has been gone through. The
 * checkpoint is one of its own, dropped again: those that reverse execution goes by are thinned out by their own rules. */
static int save(struct debugger *d, const char *shown, const char *path, struct error *e)
{
    struct checkpoint *c;
    struct outfile file;
    int r = outfile_open(&file, path, e);
    if (r)
        return r;
    r = checkpoint_take(d->past, true, &c, e);
    if (r == 0) {
        r = checkpoint_write(d->past, c, file.f, path, program_name(), e);
        checkpoint_drop(d->past, c);
    }
    if (r) {
        outfile_abandon(&file);
        return r;
    }
    r = outfile_finish(&file, e);
    if (r == 0)
        fprintf(d->out, "%s: the guest after %llu instructions\n", shown, (unsigned long long)debugger_retired(d));
    return r;
}

/* host_file() decides which path that is, or refuses it; what is printed is the name as it was typed. */
static int savevm(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char *path;
    if (!*a->text)
        return error_set(e, EINVAL, "to which file? savevm FILE");
    int r = host_file(d, a->text, &path, e);
    if (r)
        return r;
    r = save(d, a->text, path, e);
    free(path);
    return r;
}

/* debugger_refresh(): the next stop compares with the registers of here, not with those of a guest that is no more. */
static int loadvm(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char *path;
    if (!*a->text)
        return error_set(e, EINVAL, "from which file? loadvm FILE");
    int r = host_file(d, a->text, &path, e);
    if (r)
        return r;
    r = checkpoint_read(d->past, path, program_name(), NULL, e);
    free(path);
    if (r)
        return r;
    d->stop = (struct stop){.reason = STOP_REACHED};
    debugger_refresh(d);
    fprintf(d->out, "%s: the guest is where it was after %llu instructions, at 0x%016llx\n", a->text,
            (unsigned long long)debugger_retired(d), (unsigned long long)about_pc(debugger_guest(d)));
    return 0;
}

extern const struct repl_command repl_checkpointing[];
const struct repl_command repl_checkpointing[] = {
    {"savevm", NULL, "FILE", "write the whole state of the guest to a file",
     "Registers, memory, devices, firmware, and what drives keep in memory. The file\n"
     "is written whole or not at all. `trapeze verify --from FILE` begins there, too.",
     GROUP_CHANGING, savevm, COMPLETE_FILE, false, NEEDS_STOPPED},
    {"loadvm", NULL, "FILE", "take the guest to the state in a file that savevm wrote",
     "The options of the machine must be those it was written with, at any depth. A\n"
     "file of another program, version or machine, or a damaged one, is refused, and\n"
     "the guest stays as it is. What could be gone back to is forgotten.",
     GROUP_CHANGING, loadvm, COMPLETE_FILE, false, NEEDS_STOPPED},
    {.name = NULL},
};
