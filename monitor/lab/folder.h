/* folder.h - a student's folder: which assignment it is of, whose it is, and how the plug-in in it is built.
 *
 *   lab        the assignment's name             vmm.c     the student's work
 *   student    whose it is, a line               vmm.so    the plug-in, which `make` builds
 *   Makefile   README.md   golden/               recordings/  guests on which a stage failed
 */
#ifndef TRAPEZE_MONITOR_LAB_FOLDER_H
#define TRAPEZE_MONITOR_LAB_FOLDER_H

#include "mmu/base.h"

struct lab;

enum { LAB_NAME = 80, LAB_PATH = 512 };
struct lab_folder {
    char path[LAB_PATH]; /* as the person spells it */
    char lab[LAB_NAME];  /* what it says it is of */
    char student[LAB_NAME];
    char plugin[LAB_PATH + 16]; /* for dlopen(): has a slash */
};

/* The folder beside the command that has the headers of plug-ins. false: there is none. */
bool lab_headers(char out[LAB_PATH]);
/* Reads what it is. -errno with the sentence. */
MUST_CHECK int lab_folder_open(struct lab_folder *, const char *path, struct error *);
/* Runs make there, if there is a Makefile. -errno with the sentence; what make said went to stderr then. */
MUST_CHECK int lab_folder_build(const struct lab_folder *, struct error *);
/* Makes one: what the students get of `catalog`, the assignment's folder, and who and how. -errno with the sentence; then nothing is there. */
MUST_CHECK int lab_folder_make(const char *path, const char *catalog, const struct lab *, const char *student, struct error *);

#endif
