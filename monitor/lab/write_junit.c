/* write_junit.c - what a check has found, as JUnit's XML: a test case for each stage.
 *
 *    <testsuite name="dispatch" tests="9" failures="1" errors="0" skipped="8">
 *      <testcase classname="dispatch" name="csr">
 *        <failure message="the sentence">the detail, the command</failure>
 *        <system-out>what the plug-in printed</system-out>
 *      </testcase>
 *
 * There is no standard of it; these are the elements that the readers in use agree on.
 */
#include "monitor/lab/check.h"

#include <errno.h>
#include <stdio.h>

/* Text and attributes. What XML 1.0 does not have becomes a question mark, and so does all beyond ASCII, which may be no UTF-8. */
static void text(FILE *f, const char *t)
{
    for (; *t; t++) {
        const unsigned char c = (unsigned char)*t;
        switch (c) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        case '\n': fputs("&#10;", f); break;
        default: fputc(c >= 0x80 || (c < ' ' && c != '\t') || c == 0x7f ? '?' : c, f); break;
        }
    }
}

static void attribute(FILE *f, const char *name, const char *value)
{
    fprintf(f, " %s=\"", name);
    text(f, value);
    fputc('"', f);
}

static void failure(FILE *f, const struct stage_result *r)
{
    fprintf(f, ">\n    <failure");
    attribute(f, "message", r->message);
    fputc('>', f);
    text(f, r->finding.detail);
    text(f, r->command);
    fprintf(f, "</failure>\n");
    if (*r->child.said) {
        fprintf(f, "    <system-out>");
        text(f, r->child.said);
        fprintf(f, "</system-out>\n");
    }
    fprintf(f, "  </testcase>\n");
}

int write_check_junit(FILE *f, const void *run, struct error *e)
{
    const struct lab_check_run *c = run;
    unsigned failed = 0, skipped = 0;
    for (unsigned n = 0; n < c->lab->stages; n++) {
        failed += c->result[n].state == STAGE_FAILED;
        skipped += c->result[n].state == STAGE_SKIPPED;
    }
    fprintf(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
    attribute(f, "name", c->lab->name);
    fprintf(f, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\">\n  <properties>\n    <property name=\"student\"",
            c->lab->stages, failed, skipped);
    attribute(f, "value", c->folder->student);
    fprintf(f, "/>\n  </properties>\n");
    for (unsigned n = 0; n < c->lab->stages; n++) {
        const struct stage_result *r = &c->result[n];
        fprintf(f, "  <testcase");
        attribute(f, "classname", c->lab->name);
        attribute(f, "name", c->lab->stage[n].name);
        if (r->state == STAGE_FAILED)
            failure(f, r);
        else if (r->state == STAGE_SKIPPED)
            fprintf(f, ">\n    <skipped message=\"needs stage %u\"/>\n  </testcase>\n", r->lacks + 1);
        else
            fprintf(f, "/>\n");
    }
    fprintf(f, "</testsuite>\n");
    return ferror(f) ? error_set(e, EIO, "the results cannot be written") : 0;
}
