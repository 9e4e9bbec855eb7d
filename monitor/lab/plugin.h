/* plugin.h - a student's shared object, opened and looked through. */
#ifndef TRAPEZE_MONITOR_LAB_PLUGIN_H
#define TRAPEZE_MONITOR_LAB_PLUGIN_H

#include "core/assignment.h"
#include "monitor/lab/labs.h"

/* Opens it, in the child that is to run it: its constructors are foreign code, too. It stays open. NULL with the sentence, which names what is
 * missing. */
const struct lab_plugin *plugin_open(const char *path, const struct lab *, struct error *);

#endif
