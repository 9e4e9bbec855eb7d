/* assignment_plugin.h - the one object that a student's plug-in exports, trapeze_lab_v1: which functions it has. Each table is optional, and so is
 * each function in it; an assignment says which it wants. core/assignment_*.h have the types.
 */
#ifndef TRAPEZE_CORE_ASSIGNMENT_PLUGIN_H
#define TRAPEZE_CORE_ASSIGNMENT_PLUGIN_H

struct lab_dispatch;
struct lab_shadow;
struct lab_scheduler;
struct lab_flags;

enum { LAB_VERSION = 2 };
struct lab_plugin {
    unsigned version; /* LAB_VERSION */
    const struct lab_dispatch *dispatch;
    const struct lab_shadow *shadow;
    const struct lab_scheduler *scheduler;
    const struct lab_flags *flags;
};
extern const struct lab_plugin trapeze_lab_v1;

#endif
