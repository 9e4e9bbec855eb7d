/* glossary_page.c - a program of the build: writes the manual page trapeze-glossary(7) from the glossary. */
#include "monitor/view/glossary.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The build runs this program and keeps what it prints; the monitor reads the same words. One that is added is so in `help WORD` and in
 * the page at once, and can be said in no two ways. */

/* Without regard to case, as people look things up: K stands among the words with k, not before all that begin with a
 * small letter. */
static int by_name(const void *a, const void *b)
{
    const struct about_word *const *x = a, *const *y = b;
    return strcasecmp((*x)->names, (*y)->names);
}

/* "The VMM keeps it. An address of the host is host-physical." becomes
 *
 *     The VMM keeps it.
 *     An address of the host is host\-physical.
 *
 * "\-" is the hyphen-minus of the keyboard, so that words of commands can be copied from the page. */
/* For mandoc and groff: no macro begins where a line does, no escape where there is a backslash. A sentence is a line. */
static void text(FILE *f, const char *s)
{
    for (bool begins = true; *s; s++) {
        if (begins && (*s == '.' || *s == '\''))
            fputs("\\&", f);
        begins = *s == '.' && s[1] == ' ';
        if (*s == '\\')
            fputs("\\e", f);
        else if (*s == '-')
            fputs("\\-", f);
        else
            fputc(*s, f);
        if (begins) {
            fputc('\n', f);
            s++;
        }
    }
    fputc('\n', f);
}

/* The pieces of a page in mdoc(7). A term is an item of the list:
 *
 *     .It Sy VM, virtual machine
 *     A machine that the VMM makes on a host: ...
 *     See: host, vcpu */
int main(void)
{
    unsigned count = 0;
    FILE *f = stdout;
    while (glossary_at(count))
        count++;
    const struct about_word **sorted = calloc(count, sizeof *sorted);
    if (!sorted)
        return EXIT_FAILURE;
    for (unsigned i = 0; i < count; i++)
        sorted[i] = glossary_at(i);
    qsort(sorted, count, sizeof *sorted, by_name);
    fputs(".Dd November 30, 2026\n.ds doc-volume-operating-system Trapeze\n.Dt TRAPEZE-GLOSSARY 7\n.Os Trapeze\n.Sh NAME\n"
          ".Nm trapeze-glossary\n.Nd the words that Trapeze uses\n.Sh DESCRIPTION\n"
          "In the monitor\n.Cm help Ar word\nexplains each; so does this page.\nTerms are those of\n"
          "Popek and Goldberg, Formal Requirements for Virtualizable Third Generation Architectures, CACM 17(7), 1974,\n"
          "and of the field since.\n.Bl -tag -width Ds\n",
          f);
    for (unsigned i = 0; i < count; i++) {
        fputs(".It Sy ", f);
        text(f, sorted[i]->names);
        text(f, sorted[i]->text);
        if (*sorted[i]->see) {
            fputs("See: ", f);
            text(f, sorted[i]->see);
        }
    }
    free(sorted);
    fputs(".El\n.Sh SEE ALSO\n.Xr trapeze 1 ,\n.Xr trapeze-monitor 1 ,\n.Xr trapeze-methods 7\n", f);
    return fflush(f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
