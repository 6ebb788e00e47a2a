/* Plain C, with branches of a preprocessor. */
#include <stdio.h>
#include "lines.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long size_type;
typedef struct { int a, b; } Pair;
typedef struct node { struct node* next; } node_t, *node_ptr;
typedef int (*callback)(void* data, int);
typedef enum { ONE = 1, /* first */ TWO } number;

struct forward;

enum flags {
    FLAG_A = 1,
#define FLAG_A FLAG_A
#ifdef WIDE
    FLAG_B = 2,
#endif
    FLAG_C
};

#if defined(A) && \
    defined(B)
/* One way. */
static int open_it(const char* name) {
#else
static int open_it(const char* name, int mode) {
#endif
    int fd = -1
#ifdef C
        + 1
#else
        + 2
#endif
        ;
    if (name == NULL) {
        return fd;
#ifdef D
    } else if (*name) {
        fd = open(name, 0);
#endif
    } else {
        fd = 2;
    }
    return fd;
}

#if 0
This is prose, don't parse it.
#endif

#ifdef X
int either(void) { return 1; }
#else
int either(void) { return 2; }
#endif

static int old_style(a, b)
    int a;
    char* b;
{
    return a + *b;
}

/* Prints. */
__attribute__((noreturn)) void die(const char* fmt, ...) __attribute__((format(printf, 1, 2)));

static const int limit = 10, *limits[3];
struct { int x; } anonymous;
callback table[] = { [0] = on_open, on_close };

int main(int argc, char** argv)
{
    struct stat st;
    node_t* n = (node_t*)malloc(sizeof(struct node));
    for (int i = 0; i < argc; i++)
        switch (argv[i][0]) {
        case 'a': case 'b': n->next = 0; break;
        default: printf("%s\n", argv[i]);
        }
    return st.st_size ? 0 : limit;
}

#ifdef __cplusplus
}
#endif
