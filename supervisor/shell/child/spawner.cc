#include "supervisor/shell/child/spawner.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/unique_fd.h"
#include "supervisor/shell/child/environment.h"
#include "supervisor/shell/child/spawn_child.h"

namespace ca::shell {

namespace {

tl::unexpected<core::SpawnError> spawn_failure(const char* stage, int error, std::string path = {}) {
  return tl::unexpected(core::SpawnError{stage, error, std::move(path)});
}

// One stack serves every spawn: the parent sleeps until the child has left it.
char* top_of_child_stack() {
  constexpr std::size_t size = 128 << 10;
  static char* const bottom = [] {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
  }();
  return bottom == nullptr ? nullptr : bottom + size;
}

std::string search_path(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment) {
    if (entry.compare(0, 5, "PATH=") == 0) return entry.substr(5);
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

std::vector<std::string> exec_candidates(const std::string& program, const std::vector<std::string>& environment) {
  if (program.find('/') != std::string::npos) return {program};
  std::vector<std::string> candidates;
  const std::string path = search_path(environment);
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    candidates.push_back((folder.empty() ? "." : folder) + "/" + program);
    begin = end + 1;
  }
  return candidates;
}

template <class Strings>
std::vector<char*> pointers(Strings& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (auto& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::string subject_of(SpawnStage stage, const SpawnRequest& request) {
  switch (stage) {
    case SpawnStage::execve: return request.argv.front();
    case SpawnStage::chdir: return request.working_dir;
    case SpawnStage::setgroups:
    case SpawnStage::setgid:
    case SpawnStage::setuid: return request.account ? request.account->name : "";
    default: return "";
  }
}

// Strings and arrays that the child reads; they outlive it, since the parent sleeps until exec.
struct Prepared {
  explicit Prepared(const SpawnRequest& request)
      : argv(request.argv), environment(request.environment), candidates(exec_candidates(argv.front(), environment)),
        argv_pointers(pointers(argv)), environment_pointers(pointers(environment)),
        candidate_pointers(pointers(candidates)), sources{request.input, request.output, request.output} {
    sources.insert(sources.end(), request.passed.begin(), request.passed.end());
    moved.resize(sources.size());
  }

  char* listen_pid() {
    const std::string slot = listen_pid_slot;
    for (std::string& entry : environment) {
      if (entry == slot) return entry.data() + slot.find('=') + 1;
    }
    return nullptr;
  }

  std::vector<std::string> argv, environment, candidates;
  std::vector<char*> argv_pointers, environment_pointers, candidate_pointers;
  std::vector<int> sources, moved;
};

}  // namespace

tl::expected<pid_t, core::SpawnError> spawn(const SpawnRequest& request) {
  char* const stack = top_of_child_stack();
  if (stack == nullptr) return spawn_failure("mmap", ENOMEM);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return spawn_failure("pipe2", errno);
  const UniqueFd report_end(ends[0]);
  UniqueFd child_end(ends[1]);
  Prepared prepared(request);
  ChildOrders orders{};
  orders.argv = prepared.argv_pointers.data();
  orders.environment = prepared.environment_pointers.data();
  orders.listen_pid = prepared.listen_pid();
  orders.candidates = prepared.candidate_pointers.data();
  orders.working_dir = request.working_dir.c_str();
  orders.umask = request.umask;
  orders.drops = request.account.has_value();
  if (request.account) {
    orders.uid = request.account->uid;
    orders.gid = request.account->gid;
    orders.groups = request.account->groups.data();
    orders.group_count = request.account->groups.size();
  }
  orders.parent_death_signal = request.parent_death_signal;
  orders.descriptor_limit = request.descriptor_limit ? &*request.descriptor_limit : nullptr;
  orders.parent = ::getpid();
  orders.sources = prepared.sources.data();
  orders.moved = prepared.moved.data();
  orders.source_count = static_cast<int>(prepared.sources.size());
  orders.error_fd = child_end.get();
  const pid_t pid = ::clone(spawn_child, stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &orders);
  if (pid < 0) return spawn_failure("clone", errno);
  child_end.reset();
  SpawnReport report{};
  ssize_t count = 0;
  while ((count = ::read(report_end.get(), &report, sizeof report)) < 0 && errno == EINTR) {}
  if (count != sizeof report) return pid;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {}
  return spawn_failure(stage_name(report.stage), report.error, subject_of(report.stage, request));
}

}  // namespace ca::shell
