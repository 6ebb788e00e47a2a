/* What every supervisor in this benchmark runs: it says when its first instruction ran, then waits to be ended.
   child NUMBER FIFO [FD]: writes {CLOCK_MONOTONIC in ns, pid, NUMBER} as 16 bytes, atomically; and a newline to FD. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct record {
  int64_t now_ns;
  int32_t pid, number;
};

int main(int argc, char** argv) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (argc < 3) return 64;
  struct record record = {now.tv_sec * INT64_C(1000000000) + now.tv_nsec, getpid(), atoi(argv[1])};
  int fifo = open(argv[2], O_WRONLY | O_CLOEXEC);
  if (fifo < 0 || write(fifo, &record, sizeof record) != sizeof record) return 1;
  close(fifo);
  if (argc > 3 && write(atoi(argv[3]), "\n", 1) != 1) return 1;
  for (;;) pause();
}
