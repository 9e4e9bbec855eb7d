/* virt_look.h - private to virt.c: what its devices are doing, for people. */
#ifndef TRAPEZE_DEVICES_VIRT_LOOK_H
#define TRAPEZE_DEVICES_VIRT_LOOK_H

#include "devices/board.h"

struct clint;
struct plic;
struct uart;

/* All borrowed. */
struct virt_parts {
    const struct plic *plic;
    const struct clint *clint;
    const struct uart *uart;
    const struct clock *clock;
    unsigned harts;
    const char *drive[BOARD_DRIVES]; /* path; NULL: there is none */
    bool snapshot[BOARD_DRIVES];
    const char *(*source_name)(unsigned source); /* "": no device is there */
};

void virt_look(const struct virt_parts *, enum board_view, FILE *);
/* The sources that interrupt this context of the PLIC now; when there are none the text stays. */
void virt_look_sources(const struct virt_parts *, unsigned context, char *text, size_t size);

#endif
