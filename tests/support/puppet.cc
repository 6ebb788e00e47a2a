// A child that does what its options say and writes down what happened to it, so that a test asserts order from the
// children and not from the supervisor's own log. Only POSIX and the standard library.
//
//   puppet LOG [option...]     appends lines "CLOCK_MONOTONIC_ns pid event" to LOG, one write(2) each:
//                              start, ready, waiting, signal NAME, accept, grandchild, exit CODE, die NAME
//   --ready HOW          pipe       READY\n on READY_FD           notify    READY=1 to NOTIFY_SOCKET
//                        garbage    bytes with NUL and a newline  partial   "REA", then end of file
//                        prefix     "REA", pipe stays open        close     end of file at once
//                        bytewise   READY\n byte by byte          extra     READY\n and more bytes after it
//                        huge       1 MiB without a newline       never     nothing, pipe stays open (the default)
//   --ready-after MS     how long after the start
//   --waiting-every MS   a line "WAITING n" on READY_FD so often, until ready
//   --ignore SIG         note it, do not obey it (may be given several times)
//   --exit-after MS      exit by itself, with --exit CODE (default 0)
//   --exit-delay MS      after TERM, INT or QUIT: how long until exit 0
//   --die SIG            kill itself with SIG right after ready (or at once where it never becomes ready)
//   --spew BYTES         so many bytes of lines on standard output
//   --listen             accept on all LISTEN_FDS, answer "PID\n" and close
//   --grandchildren N    fork N processes that sleep for ever, changed by: --setsid, --double-fork (adopted at once),
//                        --hold-pipe (keeps READY_FD), --hide-environment, --grandchild-ignore SIG
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <set>
#include <string>
#include <vector>

extern char** environ;

extern "C" {
extern const int dies_by_order;  // read by tests/support/sanitizer_options.c
const int dies_by_order = 1;
}

namespace {

constexpr std::int64_t never = INT64_MAX;

struct Options {
  std::string log;
  std::string ready = "never";
  std::int64_t ready_after_ms = 0, waiting_every_ms = 0, exit_after_ms = -1, exit_delay_ms = 0;
  int exit_code = 0, die = 0, grandchildren = 0;
  std::int64_t spew = 0;
  bool listen = false, setsid = false, hold_pipe = false, double_fork = false, hide_environment = false;
  std::set<int> ignored, grandchild_ignored;
};

std::int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1'000'000'000) + time.tv_nsec;
}

[[noreturn]] void usage(const std::string& why) {
  std::fprintf(stderr, "puppet: %s (the options are described at the top of puppet.cc)\n", why.c_str());
  std::exit(64);
}

int signal_by_name(const std::string& text) {
  for (int number = 1; number < NSIG; ++number) {
    const char* name = ::sigabbrev_np(number);
    if (name != nullptr && (text == name || text == std::string("SIG") + name)) return number;
  }
  usage("no such signal: " + text);
}

std::string name_of(int number) {
  const char* name = ::sigabbrev_np(number);
  return name != nullptr ? name : std::to_string(number);
}

Options parse(int argc, char** argv) {
  Options options;
  if (argc < 2) usage("the log file is missing");
  options.log = argv[1];
  int at = 2;
  const auto value = [&]() -> std::string {
    if (at + 1 >= argc) usage(std::string(argv[at]) + " wants a value");
    return argv[++at];
  };
  const auto number = [&] { return std::strtoll(value().c_str(), nullptr, 10); };
  for (; at < argc; ++at) {
    const std::string option = argv[at];
    if (option == "--ready") options.ready = value();
    else if (option == "--ready-after") options.ready_after_ms = number();
    else if (option == "--waiting-every") options.waiting_every_ms = number();
    else if (option == "--ignore") options.ignored.insert(signal_by_name(value()));
    else if (option == "--exit-after") options.exit_after_ms = number();
    else if (option == "--exit") options.exit_code = static_cast<int>(number());
    else if (option == "--exit-delay") options.exit_delay_ms = number();
    else if (option == "--die") options.die = signal_by_name(value());
    else if (option == "--spew") options.spew = number();
    else if (option == "--listen") options.listen = true;
    else if (option == "--grandchildren") options.grandchildren = static_cast<int>(number());
    else if (option == "--setsid") options.setsid = true;
    else if (option == "--hold-pipe") options.hold_pipe = true;
    else if (option == "--double-fork") options.double_fork = true;
    else if (option == "--hide-environment") options.hide_environment = true;
    else if (option == "--grandchild-ignore") options.grandchild_ignored.insert(signal_by_name(value()));
    else usage("unknown option " + option);
  }
  return options;
}

class Puppet {
 public:
  explicit Puppet(Options options) : options_(std::move(options)) {
    log_ = ::open(options_.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_ < 0) usage("cannot open " + options_.log + ": " + std::strerror(errno));
    const char* ready = std::getenv("READY_FD");
    if (ready != nullptr) pipe_ = std::atoi(ready);
    if (options_.listen) take_sockets();
  }

  [[noreturn]] void run() {
    ::signal(SIGPIPE, SIG_IGN);
    watch_signals();
    make_grandchildren();
    const std::int64_t start = now_ns();
    note("start");
    if (options_.ready != "never" || options_.die != 0) ready_at_ = start + options_.ready_after_ms * 1'000'000;
    if (options_.waiting_every_ms > 0) waiting_at_ = start + options_.waiting_every_ms * 1'000'000;
    if (options_.exit_after_ms >= 0) exit_at_ = start + options_.exit_after_ms * 1'000'000;
    for (;;) {
      act_on_time();
      wait_for_something();
    }
  }

 private:
  void note(const std::string& event) {
    const std::string line = std::to_string(now_ns()) + " " + std::to_string(::getpid()) + " " + event + "\n";
    [[maybe_unused]] const auto ignored = ::write(log_, line.data(), line.size());
  }

  [[noreturn]] void leave(int code) {
    note("exit " + std::to_string(code));
    std::_Exit(code);
  }

  void take_sockets() {
    const char* count = std::getenv("LISTEN_FDS");
    const char* pid = std::getenv("LISTEN_PID");
    if (count == nullptr || pid == nullptr || std::atoi(pid) != ::getpid()) return;
    for (int fd = 3; fd < 3 + std::atoi(count); ++fd) {
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
      sockets_.push_back(fd);
    }
  }

  void watch_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigdelset(&all, SIGPIPE);
    for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigdelset(&all, fatal);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    signals_ = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  // ---- grandchildren ----

  void make_grandchildren() {
    for (int i = 0; i < options_.grandchildren; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        if (options_.setsid) ::setsid();
        if (options_.double_fork && ::fork() != 0) std::_Exit(0);
        be_grandchild();
      }
      if (pid > 0 && options_.double_fork) ::waitpid(pid, nullptr, 0);
    }
  }

  [[noreturn]] void be_grandchild() {
    for (const int signal : options_.grandchild_ignored) ::signal(signal, SIG_IGN);
    ::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (!options_.hold_pipe && pipe_ >= 0) ::close(pipe_);
    for (const int fd : sockets_) ::close(fd);
    if (options_.hide_environment) overwrite_environment();
    note("grandchild");
    for (;;) ::pause();
  }

  // /proc/PID/environ shows the memory that the kernel filled at exec.
  static void overwrite_environment() {
    for (char** variable = environ; *variable != nullptr; ++variable) std::memset(*variable, 0, std::strlen(*variable));
  }

  // ---- readiness ----

  void send(const std::string& bytes) {
    std::size_t done = 0;
    while (pipe_ >= 0 && done < bytes.size()) {
      const ssize_t count = ::write(pipe_, bytes.data() + done, bytes.size() - done);
      if (count < 0) return;
      done += static_cast<std::size_t>(count);
    }
  }

  void close_pipe() {
    if (pipe_ >= 0) ::close(pipe_);
    pipe_ = -1;
  }

  void notify(const std::string& message) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::min(std::strlen(path), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path, path, length);
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::sendto(fd, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
    ::close(fd);
  }

  void send_bytewise() {
    for (const char byte : std::string("READY\n")) {
      send(std::string(1, byte));
      const timespec pause{0, 2'000'000};
      ::nanosleep(&pause, nullptr);
    }
  }

  void become_ready() {
    const std::string& how = options_.ready;
    if (how == "pipe" || how == "bytewise" || how == "extra" || how == "notify") note("ready");
    if (how == "pipe") { send("READY\n"); close_pipe(); }
    else if (how == "bytewise") send_bytewise();
    else if (how == "extra") send("READY\nREADY\nand more\n");
    else if (how == "notify") notify("READY=1\nSTATUS=puppet serves\n");
    else if (how == "garbage") send(std::string("\0\x01 rubbish\n", 11));
    else if (how == "partial") { send("REA"); close_pipe(); }
    else if (how == "prefix") send("REA");
    else if (how == "close") close_pipe();
    else if (how == "huge") send(std::string(1 << 20, 'x'));
    else if (how != "never") usage("unknown way to be ready: " + how);
    if (options_.die != 0) die(options_.die);
  }

  [[noreturn]] void die(int signal) {
    note("die " + name_of(signal));
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
    ::kill(::getpid(), signal);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigsuspend(&none);
    std::_Exit(99);
  }

  // ---- loop ----

  void act_on_time() {
    const std::int64_t now = now_ns();
    if (now >= exit_at_) leave(obeying_ ? 0 : options_.exit_code);
    if (now >= ready_at_) {
      ready_at_ = waiting_at_ = never;
      become_ready();
    }
    if (now >= waiting_at_) {
      note("waiting");
      send("WAITING " + std::to_string(++waited_) + "\n");
      waiting_at_ = now + options_.waiting_every_ms * 1'000'000;
    }
  }

  void wait_for_something() {
    std::vector<pollfd> watched{{signals_, POLLIN, 0}, {options_.spew > 0 ? 1 : -1, POLLOUT, 0}};
    for (const int fd : sockets_) watched.push_back({fd, POLLIN, 0});
    const std::int64_t until = std::min({ready_at_, waiting_at_, exit_at_});
    const std::int64_t left_ms = until == never ? -1 : std::max<std::int64_t>(0, (until - now_ns() + 999'999) / 1'000'000);
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::min<std::int64_t>(left_ms, 1 << 30))) <= 0) return;
    if (watched[0].revents != 0) take_signals();
    if (watched[1].revents != 0) spew_some();
    for (std::size_t i = 2; i < watched.size(); ++i) {
      if (watched[i].revents != 0) answer(watched[i].fd);
    }
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == sizeof info) {
      const int number = static_cast<int>(info.ssi_signo);
      if (number == SIGCHLD) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {}
        continue;
      }
      note("signal " + name_of(number));
      const bool is_stop = number == SIGTERM || number == SIGINT || number == SIGQUIT;
      if (!is_stop || options_.ignored.count(number) != 0 || obeying_) continue;
      obeying_ = true;
      exit_at_ = now_ns() + options_.exit_delay_ms * 1'000'000;
    }
  }

  void spew_some() {
    std::string line(static_cast<std::size_t>(std::min<std::int64_t>(options_.spew, 100)), 's');
    line.back() = '\n';
    const ssize_t count = ::write(1, line.data(), line.size());
    options_.spew = count > 0 ? options_.spew - count : 0;
  }

  void answer(int socket) {
    const int client = ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    note("accept");
    const std::string text = std::to_string(::getpid()) + "\n";
    [[maybe_unused]] const auto ignored = ::write(client, text.data(), text.size());
    ::close(client);
  }

  Options options_;
  int log_ = -1, pipe_ = -1, signals_ = -1, waited_ = 0;
  std::vector<int> sockets_;
  std::int64_t ready_at_ = never, waiting_at_ = never, exit_at_ = never;
  bool obeying_ = false;
};

}  // namespace

int main(int argc, char** argv) { Puppet(parse(argc, argv)).run(); }
