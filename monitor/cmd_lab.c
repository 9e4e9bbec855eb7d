/* cmd_lab.c - `trapeze lab`: assignments for a class.
 *
 * The words it takes:
 *
 *     trapeze lab                          the list, with a hint
 *     trapeze lab new NAME FOLDER          monitor/lab/folder.h: the skeleton, with the student's name in it
 *     trapeze lab check FOLDER             make, load vmm.so in a child process, stage after stage (monitor/lab/check.h)
 *
 * The teacher's seed key and the student's name decide the guests of `check`: two students get different ones, and the same student
 * the same ones again, as long as the key is the same.
 */
#include "monitor/command.h"

#include "monitor/demo/catalog.h"
#include "monitor/lab/check.h"
#include "monitor/lab/seed.h"
#include "monitor/options.h"
#include "monitor/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_UNFIT = 3, SECONDS = 10, SECONDS_MAX = 3600, LAB_WORDS_MAX = 3 };

struct lab_options {
    const char *word[LAB_WORDS_MAX];
    unsigned words;
    const char *student, *junit, *key;
    unsigned seconds;
    bool list, tap, json, help, no_build;
};

#define SETTER(function, member, value_)                                                                                              \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e, (void)value;                                                                                                         \
        ((struct lab_options *)into)->member = value_;                                                                                \
        return 0;                                                                                                                     \
    }
SETTER(set_list, list, true)
SETTER(set_tap, tap, true)
SETTER(set_json, json, true)
SETTER(set_help, help, true)
SETTER(set_no_build, no_build, true)
SETTER(set_junit, junit, value)
SETTER(set_key, key, value)
#undef SETTER

/* The name goes into a file of lines and into the seed, so it is one line. */
static int set_student(void *into, const char *value, struct error *e)
{
    if (!*value || strlen(value) >= LAB_NAME || strpbrk(value, "\r\n"))
        return error_set(e, EINVAL, "a student's name is a line of 1 to %d bytes", LAB_NAME - 1);
    ((struct lab_options *)into)->student = value;
    return 0;
}

static int set_seconds(void *into, const char *value, struct error *e)
{
    uint64_t n;
    int r = option_number("--seconds", value, false, &n, e);
    if (r == 0 && (n < 1 || n > SECONDS_MAX))
        r = error_set(e, EINVAL, "the option --seconds wants 1 to %d, not %s", SECONDS_MAX, value);
    if (r == 0)
        ((struct lab_options *)into)->seconds = (unsigned)n;
    return r;
}

static int set_word(void *into, const char *word, struct error *e)
{
    struct lab_options *o = into;
    if (o->words == LAB_WORDS_MAX)
        return error_set(e, EINVAL, "'%s' is a word too many: trapeze lab new NAME FOLDER, or trapeze lab check FOLDER", word);
    o->word[o->words++] = word;
    return 0;
}

const struct option_desc cmd_lab_options[] = {
    {"list", VALUE_NONE, NULL, set_list, "the assignments, with a student's minutes"},
    {"student", VALUE_NEEDED, "NAME", set_student, "new: whose it is; $USER is the default"},
    {"seed-key", VALUE_NEEDED, "FILE", set_key, "check: a secret; guests depend on it and on the student's name"},
    {"tap", VALUE_NONE, NULL, set_tap, "check: the result as TAP 14"},
    {"json", VALUE_NONE, NULL, set_json, "check: the result as an object with \"schema\": 1"},
    {"junit", VALUE_NEEDED, "FILE", set_junit, "check: the result as JUnit's XML besides, in a file"},
    {"seconds", VALUE_NEEDED, "N", set_seconds, "check: a function that takes longer does not return (10)"},
    {"no-build", VALUE_NONE, NULL, set_no_build, "check: vmm.so as it is; make is not run"},
    {"help", VALUE_NONE, NULL, set_help, "this help"},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {0},
};

void cmd_lab_help(void)
{
    options_prose("usage: trapeze lab [--list]\n"
                  "       trapeze lab new NAME FOLDER [--student NAME]\n"
                  "       trapeze lab check FOLDER [--tap | --json] [--junit FILE] [--seed-key FILE]\n\n"
                  "Assignments: a student writes a part of a virtual machine monitor, in C, as a plug-in. `new` makes a folder\n"
                  "with a skeleton; `make` there builds it; `check` tries it, stage by stage, on random guests in lock step with\n"
                  "the bare machine, in a process of its own. What fails can be looked at in the monitor, stopped before the\n"
                  "instruction that went wrong.\n\n");
    options_help(cmd_lab_options);
    options_prose("\nExit status: 0 every stage is passed; 1 one is not, or trapeze failed; 2 bad usage; 3 the plug-in cannot be\n"
                  "built or loaded, and nothing was checked. The manual page trapeze-lab(1) says more, for teachers, too.\n");
}

/* --- which assignment */

/* In the form that nearest_word() wants. */
static const char *name_at(const void *list, unsigned i)
{
    const struct lab *l = labs_at(i);
    (void)list;
    return l ? l->name : NULL;
}

/* NULL: it was said why, with the nearest name if there is one near. */
static const struct lab *find(const char *name)
{
    const struct lab *l = labs_find(name);
    if (l)
        return l;
    const char *near = nearest_word(name, name_at, NULL);
    if (near)
        (void)complain(STATUS_USAGE, "there is no assignment '%s'; is '%s' meant?", name, near);
    else
        (void)complain(STATUS_USAGE, "there is no assignment '%s'; `trapeze lab --list` lists them", name);
    return NULL;
}

/* The hint is for who typed nothing else; --list is for programs, too. */
static int list(bool hint)
{
    const struct lab *l;
    for (unsigned i = 0; (l = labs_at(i)); i++)
        printf("%-10s %3u min  %u stages  %s\n", l->name, l->minutes, l->stages, l->about);
    if (hint)
        printf("`trapeze lab new NAME FOLDER` begins one, in a new folder.\n");
    return STATUS_OK;
}

/* The folder of what comes with it, to be freed. NULL: it was said why. It lies beside the command, and not in the student's
 * folder, where it could be changed. */
static char *catalog_of(const struct lab *l)
{
    struct demo_catalog c;
    struct error e;
    if (demo_catalog_open(&c, &catalog_labs) != 0) {
        (void)complain(STATUS_FAILURE, "there is not enough memory");
        return NULL;
    }
    char *folder = c.count ? demo_catalog_find(&c, l->name, &e) : NULL;
    if (!c.count)
        (void)complain(STATUS_FAILURE, "the assignments, which lie beside the command in share/trapeze/examples/labs, are not there");
    else if (!folder)
        (void)complain(STATUS_FAILURE, "%s", e.text);
    demo_catalog_close(&c);
    return folder;
}

/* --- new */

/* A folder that is there already is bad usage: what a student has written is not written over. */
static int make_new(const struct lab_options *o)
{
    const struct lab *l = find(o->word[1]);
    const char *student = o->student ? o->student : getenv("USER");
    struct error e;
    if (!l)
        return STATUS_USAGE;
    char *catalog = catalog_of(l);
    if (!catalog)
        return STATUS_FAILURE;
    int r = lab_folder_make(o->word[2], catalog, l, student && *student ? student : "student", &e);
    free(catalog);
    if (r)
        return complain(r == -EEXIST ? STATUS_USAGE : STATUS_FAILURE, "%s", e.text);
    printf("%s: the assignment '%s'.\nREADME.md in it says what to do, vmm.c is where, and `make check` there tries it.\n", o->word[2],
           l->name);
    return STATUS_OK;
}

/* --- check */

/* One result in up to two forms: on stdout for who waits, and as JUnit's file for a server of the class. */
static int tell(const struct lab_options *o, const struct lab_check_run *c)
{
    struct error e;
    if (o->tap)
        write_check_tap(stdout, c);
    else if (o->json)
        write_check_json(stdout, c);
    else
        write_check_text(stdout, c);
    if (o->junit && outfile_write(o->junit, write_check_junit, c, &e) != 0)
        return complain(STATUS_FAILURE, "%s", e.text);
    return c->passed == c->lab->stages ? STATUS_OK : STATUS_FAILURE;
}

/* Three ends: the stages were tried (0 or 1, by whether all passed), the plug-in is not fit to be tried (3), or trapeze itself
 * failed (1). A script that marks work must tell the second from "nothing passed". */
static int check_with(const struct lab_options *o, struct lab_check_run *c)
{
    struct error e;
    struct lab_key key = {{0}};
    if (o->key && lab_key_read(&key, o->key, &e) != 0)
        return complain(STATUS_FAILURE, "%s", e.text);
    c->seed = lab_hash(&key, c->folder->student, strlen(c->folder->student));
    if (!o->no_build && lab_folder_build(c->folder, &e) != 0)
        return complain(STATUS_UNFIT, "%s", e.text);
    switch (check_stages(c, &e)) {
    case VERDICT_CHECKED: return tell(o, c);
    case VERDICT_UNFIT: return complain(STATUS_UNFIT, "%s", e.text);
    case VERDICT_TROUBLE: break;
    }
    return complain(STATUS_FAILURE, "%s", e.text);
}

/* The folder says which assignment it is of; what comes with that is looked for beside the command. */
static int check(const struct lab_options *o)
{
    struct lab_folder folder;
    struct error e;
    if (lab_folder_open(&folder, o->word[1], &e) != 0)
        return complain(STATUS_USAGE, "%s", e.text);
    const struct lab *l = find(folder.lab);
    char *catalog = l ? catalog_of(l) : NULL;
    if (!catalog)
        return l ? STATUS_FAILURE : STATUS_USAGE;
    struct lab_check_run *c = calloc(1, sizeof *c);
    int status = STATUS_FAILURE;
    if (c) {
        c->lab = l;
        c->folder = &folder;
        c->catalog = catalog;
        c->seconds = o->seconds;
        status = check_with(o, c);
    } else {
        (void)complain(STATUS_FAILURE, "there is not enough memory");
    }
    free(c);
    free(catalog);
    return status;
}

/* Exactly so many words: `new` without a folder is told what is missing, by the sentence at the end. */
static bool is(const struct lab_options *o, const char *word, unsigned words)
{
    return o->words == words && strcmp(o->word[0], word) == 0;
}

int cmd_lab(int argc, char **argv)
{
    struct lab_options o = {.seconds = SECONDS};
    struct error e;
    int r = options_parse(cmd_lab_options, argc, argv, set_word, &o, &e);
    if (r)
        return complain_of_options(r, &e);
    if (o.help) {
        cmd_lab_help();
        return STATUS_OK;
    }
    if (o.tap && o.json)
        return complain(STATUS_USAGE, "--tap and --json are two forms of one result");
    if (o.words == 0)
        return list(!o.list);
    if (is(&o, "new", 3) && !o.list)
        return make_new(&o);
    if (is(&o, "check", 2) && !o.list)
        return check(&o);
    return complain(STATUS_USAGE, "it is trapeze lab new NAME FOLDER, trapeze lab check FOLDER, or trapeze lab --list");
}
