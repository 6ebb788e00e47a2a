// Tries work that may crash in a process of its own first.
#pragma once

#include <functional>
#include <string>

#include "common/clock.h"
#include "common/result.h"

namespace ca::workers {

// Limits this process to 4 GiB of memory: more is std::bad_alloc. No file may take the machine's memory, whatever the attempt.
void limit_memory();

// Runs `work` in a child and waits for it. Its effects stay in the child.
// Errors: it was killed by a signal, ran out of memory, or took longer than `timeout` (then it is killed).
Status probe(const std::function<void()>& work, Milliseconds timeout);

}  // namespace ca::workers
