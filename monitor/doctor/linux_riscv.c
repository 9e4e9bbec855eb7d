/* linux_riscv.c - what examples/riscv/linux.sh fetches, and what it fetches it with; and QEMU. */
#include "monitor/doctor/doctor.h"

#include "monitor/demo/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A package that has been fetched, whole.
 *
 *    CACHE/trixie-riscv64/PACKAGE/.complete     written last: without it, fetching was broken off, and is begun anew
 *    CACHE/trixie-riscv64/PACKAGE/...           what was in it
 *
 * With the mark and without the file somebody has removed something: that is a fault, as nothing would fetch it again.
 */
static void package(struct doctor *d, const char *name, const char *inside, const char *file)
{
    char *complete, *path = NULL;
    struct stat st;
    char under[300];
    snprintf(under, sizeof under, "CACHE/trixie-riscv64/%s/.complete", inside);
    complete = demo_path(under);
    snprintf(under, sizeof under, "CACHE/trixie-riscv64/%s/%s", inside, file);
    path = demo_path(under);
    if (!complete || !path || access(complete, R_OK) != 0)
        doctor_say(d, DOCTOR_NOTE, name, NULL, "not fetched yet; examples/riscv/linux.sh does it, once");
    else if (stat(path, &st) != 0 || st.st_size == 0 || access(path, R_OK) != 0)
        doctor_say(d, DOCTOR_FAULT, name, NULL, "damaged: %s is not there. Remove the folder %.*s, and linux.sh fetches it again",
                   path, (int)(strrchr(complete, '/') - complete), complete);
    else
        doctor_say(d, DOCTOR_OK, name, NULL, "fetched: %s", path);
    free(complete);
    free(path);
}

void doctor_look_at_linux(struct doctor *d)
{
    package(d, "Linux", "debian-installer-13-netboot-riscv64",
            "usr/lib/debian-installer/images/13/riscv64/text/debian-installer/riscv64/linux");
    package(d, "OpenSBI", "opensbi", "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin");
    doctor_look_for(d, "apt-get", "apt", "fetches Linux for examples/riscv/linux.sh");
    doctor_look_for(d, "dpkg-deb", "dpkg", "unpacks Linux for examples/riscv/linux.sh");
    doctor_look_for(d, "flock", "util-linux", "keeps two linux.sh from fetching at once");
    doctor_look_for(d, "qemu-system-riscv64", "qemu-system-misc", "runs the same kernels, to compare with");
}
