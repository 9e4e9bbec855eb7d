/* plugin.c - see plugin.h. */
#include "monitor/lab/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The one object that a plug-in exports: a table of its functions (struct lab_plugin). */
#define TABLE "trapeze_lab_v1"

/* "dispatch.csr, dispatch.mret": all at once, or a student who forgets three would be told three times. */
static void list_missing(const struct lab_plugin *p, unsigned wanted, char *out, size_t size)
{
    size_t at = 0;
    *out = '\0';
    for (unsigned f = 0; f < LAB_FUNCTIONS; f++)
        if (wanted & LAB_BIT(f) && !lab_function_there(p, f) && at < size)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "", lab_function_name(f));
}

/* RTLD_NOW: a function that the plug-in calls and nobody has is told here, and not in the midst of a guest. RTLD_LOCAL: its other names
 * are its own affair. */
const struct lab_plugin *plugin_open(const char *path, const struct lab *lab, struct error *e)
{
    char missing[256];
    unsigned version;
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        error_set(e, ENOENT, "the plug-in does not load: %s", dlerror());
        return NULL;
    }
    const struct lab_plugin *p = dlsym(object, TABLE);
    if (!p) {
        error_set(e, ENOENT, "the plug-in %s does not export the object '" TABLE "'", path);
        return NULL;
    }
    if (!lab_plugin_fits(p, &version)) {
        error_set(e, EINVAL, "the plug-in %s is of version %u of the interface, and this trapeze has another; build it anew", path,
                  version);
        return NULL;
    }
    list_missing(p, lab->functions, missing, sizeof missing);
    if (*missing) {
        error_set(e, EINVAL, "the plug-in %s lacks, in " TABLE ": %s", path, missing);
        return NULL;
    }
    return p;
}
