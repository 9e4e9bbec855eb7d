/* third_board.c - see third_board.h. */
#include "tests/devices/third/third_board.h"

#include <errno.h>
#include <stdlib.h>

struct third_board {
    struct board board; /* first */
    struct board_site site;
    struct event due;
    bool line;
    uint32_t acknowledged;
};

static struct third_board *of(struct board *b) { return (struct third_board *)(void *)b; }

static void line_set(struct third_board *b, bool level)
{
    b->line = level;
    irq_set(&b->site.cpu[0], level);
}

static void fire(void *opaque) { line_set(opaque, true); }

static bool load(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct third_board *b = opaque;
    *value = b->acknowledged;
    return size == 1 && offset == THIRD_PORT_TIMER - THIRD_PORT_CONSOLE;
}

static bool store(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct third_board *b = opaque;
    const uint8_t byte = (uint8_t)value;
    if (size != 1)
        return false;
    switch (offset + THIRD_PORT_CONSOLE) {
    case THIRD_PORT_CONSOLE:
        if (b->board.console.write)
            b->board.console.write(b->board.console.opaque, &byte, 1);
        break;
    case THIRD_PORT_TIMER: clock_schedule(b->site.clock, &b->due, clock_now(b->site.clock) + byte); break;
    default: b->site.power.off(b->site.power.opaque, byte);
    }
    return true;
}

/* The bus cycle takes the request away. */
static uint64_t acknowledge(struct board *board, unsigned cpu, uint64_t line)
{
    struct third_board *b = of(board);
    (void)cpu;
    line_set(b, false);
    return THIRD_VECTOR + line + b->acknowledged++ % 4;
}

static void reset(struct board *board)
{
    struct third_board *b = of(board);
    clock_cancel(b->site.clock, &b->due);
    b->acknowledged = 0;
    line_set(b, false);
}

static void destroy(struct board *board)
{
    struct third_board *b = of(board);
    clock_cancel(b->site.clock, &b->due);
    phys_remove(b->site.ports, THIRD_PORT_CONSOLE);
    free(b);
}

static void state(struct board *board, struct state *s)
{
    struct third_board *b = of(board);
    state_bool(s, &b->line);
    state_u32(s, &b->acknowledged);
    state_event(s, b->site.clock, &b->due);
}

static void drive_lines(const struct board *board)
{
    const struct third_board *b = (const struct third_board *)(const void *)board;
    irq_set(&b->site.cpu[0], b->line);
}

static void describe(const struct board *board, enum board_view view, FILE *out)
{
    const struct third_board *b = (const struct third_board *)(const void *)board;
    fprintf(out, view == BOARD_INTERRUPTS ? "request: %d\n" : "request: %d; a timer and a console\n", b->line);
}

static void raised(const struct board *board, unsigned cpu, uint64_t line, bool now, char *text, size_t size)
{
    (void)board, (void)cpu, (void)line, (void)now;
    snprintf(text, size, "its timer has run out");
}

int third_board_create(struct board **out, const void *config, const struct board_site *site, struct error *e)
{
    static const struct phys_io io = {.read = load, .write = store};
    static const struct board_ops ops = {.name = "third",
                                         .reset = reset,
                                         .destroy = destroy,
                                         .state = state,
                                         .drive_lines = drive_lines,
                                         .acknowledge = acknowledge,
                                         .describe = describe,
                                         .raised = raised,
                                         .has_power = true};
    struct third_board *b = calloc(1, sizeof *b);
    int r = b ? 0 : -ENOMEM;
    if (r == 0) {
        *b = (struct third_board){.board = {.ops = &ops, .console = *(const struct chardev *)config}, .site = *site};
        event_init(&b->due, fire, b);
        r = phys_add_io(site->ports, "devices", THIRD_PORT_CONSOLE, 3, &io, b);
    }
    if (r) {
        free(b);
        return error_set(e, -r, "the board has no room");
    }
    *out = &b->board;
    return 0;
}
