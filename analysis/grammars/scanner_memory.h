// Included before the first line of each grammar's scanner, so that all its memory is the parser's: what a budget frees at
// its end (analysis/budget.h). Some scanners call calloc() and free() by these names.
#pragma once

#include <stdlib.h>

extern void *(*ts_current_malloc)(size_t size);
extern void *(*ts_current_calloc)(size_t count, size_t size);
extern void *(*ts_current_realloc)(void *memory, size_t size);
extern void (*ts_current_free)(void *memory);

#define malloc ts_current_malloc
#define calloc ts_current_calloc
#define realloc ts_current_realloc
#define free ts_current_free
