/* run_drive.c - see run_drive.h.
 *
 * QEMU's words, those that have a meaning here; the others are refused, so that nobody believes that his disk was written with a cache
 * policy that is not there:
 *
 *     file=PATH        needed; ",," in it is a comma
 *     format=raw       the only one; if=virtio or if=ide, by the board
 *     snapshot=on      writes go to memory      readonly=on      the guest's writes fail      id=WORD      passed over
 */
#include "monitor/run_drive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A property that has one possible value. */
static int drive_only(const char *key, const char *wanted, const char *value, struct error *e)
{
    if (value && strcmp(value, wanted) == 0)
        return 0;
    return error_set(e, EINVAL, "-drive knows %s=%s, not '%s'", key, wanted, value ? value : "");
}

static int drive_property(struct virt_drive *d, const char *interface, const char *key, const char *value, struct error *e)
{
    if (strcmp(key, "snapshot") == 0)
        return option_on_off("-drive snapshot", value, &d->snapshot, e);
    if (strcmp(key, "readonly") == 0 || strcmp(key, "read-only") == 0)
        return option_on_off("-drive readonly", value, &d->readonly, e);
    if (strcmp(key, "id") == 0 && value)
        return 0;
    if (strcmp(key, "format") == 0)
        return drive_only("format", "raw", value, e);
    if (strcmp(key, "if") == 0)
        return drive_only("if", interface, value, e);
    if (strcmp(key, "file") == 0 && value && *value) {
        d->path = value;
        return 0;
    }
    return error_set(e, EINVAL, "-drive knows file=, format=raw, if=%s, snapshot=, readonly= and id=, not '%s'", interface, key);
}

/* The text is copied, since option_pair() writes into it, and the path points into the copy for as long as the options live. */
int run_drive_add(struct run_options *o, const char *interface, const char *value, struct error *e)
{
    if (o->drives == VIRT_DRIVES)
        return error_set(e, EINVAL, "the board has room for %d drives", VIRT_DRIVES);
    char *rest = o->drive_text[o->drives] = strdup(value), *key, *word;
    struct virt_drive *d = &o->drive[o->drives++];
    int r = rest ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    while (r == 0 && option_pair(&rest, &key, &word))
        r = drive_property(d, interface, key, word, e);
    if (r == 0 && !d->path)
        r = error_set(e, EINVAL, "-drive needs file=PATH, as in -drive file=disk.img,format=raw,if=%s", interface);
    return r;
}
