/* methods_page.c - a program of the build: turns the manual page trapeze-methods(7) into the section of that name of the report's page.
 * It knows the macros that the manual page uses; another one ends the build.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is open in the HTML at the moment. Text outside of a list stands in a paragraph, in a list in the item:
 *
 *     <h3>..</h3>  <p> ... </p>   <dl> <dt>..</dt> <dd> ... </dd> <dt>..</dt> <dd> ... </dd> </dl> */
struct page {
    FILE *out;
    bool paragraph, item, list; /* open elements */
    bool wanted;                /* a section that belongs into the report */
};

/* "\&" is the manual page's own way to write nothing, before a dot at the beginning of a line: nothing comes of it here.
 * '>' needs no escape in HTML's text. */
static void text(FILE *f, const char *s)
{
    for (; *s; s++) {
        if (*s == '\\' && s[1] == '&')
            s++;
        else if (*s == '&')
            fputs("&amp;", f);
        else if (*s == '<')
            fputs("&lt;", f);
        else
            fputc(*s, f);
    }
}

static void close_paragraph(struct page *p)
{
    if (p->paragraph)
        fputs("</p>\n", p->out);
    p->paragraph = false;
}

static void open_paragraph(struct page *p)
{
    if (!p->paragraph && !p->item)
        fputs("<p>", p->out);
    p->paragraph = !p->item;
}

/* ".Em sensitive ." is <em>sensitive</em>. with the dot outside of the element, as mdoc has it. */
/* What stands in the arguments behind a blank, and is punctuation, follows without one. */
static const char *punctuation(char *arguments)
{
    char *last = strrchr(arguments, ' ');
    if (!last || last[1] == '\0' || last[2] != '\0' || !strchr(".,;:)", last[1]))
        return "";
    *last = '\0';
    return last + 1;
}

/* Words within a paragraph, as the page has them and as they come out:
 *
 *     .Sy measured      <b>measured</b>
 *     .Cm verify ,      <code>verify</code>,
 *     .Xr trapeze 1 .   <code>trapeze 1</code>. */
static bool inline_macro(struct page *p, const char *name, char *arguments)
{
    static const char *const element[][3] = {{"Em", "<em>", "</em>"},     {"Sy", "<b>", "</b>"}, {"Cm", "<code>", "</code>"},
                                             {"Xr", "<code>", "</code>"}, {"Dq", "“", "”"},      {"Nm", "<code>", "</code>"}};
    for (unsigned n = 0; n < sizeof element / sizeof *element; n++)
        if (strcmp(name, element[n][0]) == 0) {
            const char *after = punctuation(arguments);
            open_paragraph(p);
            fputs(element[n][1], p->out);
            text(p->out, arguments);
            fprintf(p->out, "%s%s\n", element[n][2], after);
            return true;
        }
    return false;
}

/* The frame of a manual page is not for the report: its name, and the list of other pages, which are not there. */
static void section(struct page *p, const char *name)
{
    static const char *const not_here[] = {"NAME", "DESCRIPTION", "SEE ALSO"};
    close_paragraph(p);
    p->wanted = true;
    for (unsigned n = 0; n < sizeof not_here / sizeof *not_here; n++)
        p->wanted &= strcmp(name, not_here[n]) != 0;
    if (!p->wanted)
        return;
    fputs("<h3>", p->out);
    text(p->out, name);
    fputs("</h3>\n", p->out);
}

static void item(struct page *p, char *arguments)
{
    fprintf(p->out, "%s<dt>", p->item ? "</dd>\n" : "");
    text(p->out, strncmp(arguments, "Sy ", 3) == 0 ? arguments + 3 : arguments);
    fputs("</dt>\n<dd>", p->out);
    p->item = true;
}

/* Lists have one kind of item and do not nest: .El closes the one that is open. A paragraph is opened by the text in it,
 * not by .Pp, so that two .Pp in a row leave no empty one. */
static bool block_macro(struct page *p, const char *name, char *arguments)
{
    if (strcmp(name, "Pp") == 0) {
        close_paragraph(p);
    } else if (strcmp(name, "Bl") == 0) {
        close_paragraph(p);
        fputs("<dl>\n", p->out);
        p->list = true;
    } else if (strcmp(name, "It") == 0 && p->list) {
        item(p, arguments);
    } else if (strcmp(name, "El") == 0 && p->item) {
        fputs("</dd>\n</dl>\n", p->out);
        p->item = p->list = false;
    } else {
        return false;
    }
    return true;
}

/* false: a macro that nothing is known of. To leave it out would lose a part of what a verdict stands on without a word,
 * so the build ends. In a section that is not wanted any macro may stand. */
static bool line(struct page *p, char *s)
{
    char *arguments = s + strcspn(s, " ");
    if (strncmp(s, ".\\\"", 3) == 0)
        return true;
    if (*s != '.') {
        if (p->wanted) {
            open_paragraph(p);
            text(p->out, s);
            fputc('\n', p->out);
        }
        return true;
    }
    if (*arguments)
        *arguments++ = '\0';
    if (strcmp(s, ".Sh") == 0) {
        section(p, arguments);
        return true;
    }
    return !p->wanted || inline_macro(p, s + 1, arguments) || block_macro(p, s + 1, arguments);
}

int main(void)
{
    struct page p = {.out = stdout};
    char s[1024];
    while (fgets(s, sizeof s, stdin)) {
        s[strcspn(s, "\n")] = '\0';
        if (!line(&p, s)) {
            fprintf(stderr, "methods_page: no way to show the macro %s\n", s);
            return EXIT_FAILURE;
        }
    }
    close_paragraph(&p);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
