/* debugger_back_private.h - what debugger_back*.c share: the way back that is under way, and places in the course. */
#ifndef TRAPEZE_MONITOR_DEBUG_DEBUGGER_BACK_PRIVATE_H
#define TRAPEZE_MONITOR_DEBUG_DEBUGGER_BACK_PRIVATE_H

#include "monitor/debug/debugger_private.h"

enum { BACK_HITS = 64, BACK_CALLS = 4 };

/* Places of the course from reset on, where instruction 8 traps and its handler's first instruction traps, too:
 *
 *     {7, 0} --insn 8 traps--> {7, 1} --the handler traps--> {7, 2} --an instruction retires--> {8, 0} */
/* A place in the course is a count of retired instructions and of the traps since: a trap is a step, and retires nothing. */
struct place {
    uint64_t retired;
    unsigned traps;
};

/* A stop on the way through a window, of which the latest that counts is where the guest goes. */
struct hit {
    struct place at; /* where the guest stopped, forwards */
    bool before;     /* backwards it stops one step before that */
    uint64_t met;    /* a bit for each breakpoint that counted it, in the order of the list */
    struct stop stop;
};

struct kept { /* of a breakpoint */
    uint64_t hits, ignore;
    bool temporary;
};

/* Life: back_open(), then searches and moves, then back_finish(), which frees it whatever has become of it. Between the
 * two the guest is somewhere in its past, and breakpoints have lent their counts. */
struct back {
    struct debugger *d;
    struct place now;
    struct kept *kept; /* owned: in the order of the list */
    uint64_t *from;    /* owned: registers of where it began ... */
    unsigned hart;     /* ... of this hart */
    struct hit *hit;   /* owned: the latest BACK_HITS of a window, at [n % BACK_HITS] */
    uint64_t hits;
    bool behind; /* a watchpoint stops it behind the access */
    /* The call of a function that is gone back over: it may lie there, in this mode, with a stack pointer of at least this. */
    va_t call[BACK_CALLS];
    unsigned calls, mode;
    uint64_t sp;
};

/* debugger_back_place.c. What goes somewhere returns -errno with the sentence. */
struct place back_here(const struct debugger *);
bool back_is_before(struct place a, struct place b);
uint64_t back_first_place(const struct debugger *); /* retired: where what is kept begins */
MUST_CHECK int back_go_to(struct debugger *, struct place, struct error *);
/* Goes to where the guest was `count` steps before the place; *all is false when there are not so many, and it is at the beginning. */
MUST_CHECK int back_go_before(struct debugger *, struct place, uint64_t count, bool *all, struct error *);

/* debugger_back_search.c */
/* The latest place where a window that ends at `end` may begin; each, numbered from 0, is larger than the one before. Retired. */
uint64_t back_window_start(const struct back *, struct place end, unsigned number);
/* The latest stop before `end`, but not before `first`; *out, of s->hit, is NULL: there is none. -errno with the sentence. */
MUST_CHECK int back_search(struct back *s, struct place end, struct place first, struct hit **out, struct error *);

/* debugger_back.c */
/* -ENOMEM with the sentence; then there is nothing to finish. */
MUST_CHECK int back_open(struct back *, struct debugger *, struct error *);
/* Ends what back_open() began, and returns r. 0: the guest stands where it is to. -errno: something failed, and it goes to where it was. */
int back_finish(struct back *, int r, const struct stop *);
struct stop back_at_beginning(void); /* nothing is kept from before */

#endif
