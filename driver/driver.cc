#include "driver/driver.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "common/exit_code.h"
#include "common/lock_file.h"
#include "common/log.h"

namespace ca::driver {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds stop_limit{2000};  // for statements that run when the stop comes
constexpr milliseconds cancel_limit{500};  // for the requests to cancel those that still run then

PoolSettings pool_settings(const DriverConfig& config, const ConnectSettings& connect) {
  return {connect, config.shared_connections, config.exclusive_connections,
          static_cast<std::size_t>(config.queue_limit), milliseconds(config.server_wait_timeout_ms), milliseconds(config.query_wait_timeout_ms),
          milliseconds(config.server_idle_timeout_ms), milliseconds(config.server_lifetime_ms)};
}

}  // namespace

Result<std::unique_ptr<Driver>> Driver::create(DriverConfig config, ReadinessPipe readiness) {
  auto connect = ConnectParameters::from(config);
  if (!connect) return tl::unexpected(connect.error());
  std::vector<Migration> migrations;
  if (!config.migrations.empty()) {
    auto loaded = load_migrations(config.migrations);
    if (!loaded) return tl::unexpected(loaded.error());
    migrations = std::move(*loaded);
  }
  auto socket = ListenSocket::open(config.runtime_dir, config.port);
  if (!socket) return tl::unexpected(socket.error());
  return std::unique_ptr<Driver>(new Driver(std::move(config), std::move(readiness), std::move(*connect),
                                            std::move(migrations), std::move(*socket)));
}

Driver::Driver(DriverConfig config, ReadinessPipe readiness, ConnectParameters connect,
               std::vector<Migration> migrations, ListenSocket socket)
    : config_(std::move(config)),
      readiness_(std::move(readiness)),
      migrations_(std::move(migrations)),
      socket_(std::move(socket)),
      names_(loop_),
      connect_{std::move(connect), milliseconds(config_.connect_timeout_ms), &names_} {
  loop_.settle = [this] { settle(); };
}

Driver::~Driver() { loop_.settle = nullptr; }

int Driver::run() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGTERM);
  sigaddset(&mask, SIGINT);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  signal_fd_.reset(::signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC));
  signals_ = std::make_unique<Poll>(loop_, signal_fd_.get(), [this](int) {
    signalfd_siginfo info;
    while (::read(signal_fd_.get(), &info, sizeof info) == sizeof info) stop();
  });
  signals_->want(UV_READABLE);
  take_lock();
  if (!finished_) loop_.run();
  return exit_code_;
}

// ---- the start, step by step ----

void Driver::take_lock() {
  auto lock = open_lock_file(config_.lock_path, ::geteuid());
  if (!lock) return hopeless(lock.error().message);
  lock_ = std::move(*lock);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return migrate();
  if (errno != EWOULDBLOCK) return hopeless("lock " + config_.lock_path + ": " + std::strerror(errno));
  waiting(config_.lock_path + " is held by " + describe_lock_holder(lock_.get()));
  wait_for_lock();
}

// flock(2) tells no poll when a lock becomes free, so a thread waits in it.
void Driver::wait_for_lock() {
  struct Work {
    uv_work_t work{};
    Driver* driver;
    int fd;
    int error = 0;
  };
  auto* work = new Work{{}, this, lock_.get(), 0};
  work->work.data = work;
  const auto wait = [](uv_work_t* raw) {
    auto* self = static_cast<Work*>(raw->data);
    while (::flock(self->fd, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      self->error = errno;
      return;
    }
  };
  const auto after = [](uv_work_t* raw, int) {
    const std::unique_ptr<Work> self(static_cast<Work*>(raw->data));
    if (self->driver->finished_ || self->driver->stopping_) return;
    if (self->error != 0) {
      self->driver->hopeless(std::string("lock: ") + std::strerror(self->error));
    } else {
      self->driver->migrate();
    }
  };
  uv_queue_work(loop_.raw(), &work->work, wait, after);
}

void Driver::migrate() {
  if (migrations_.empty()) {
    migrated_ = true;
    return open_pool();
  }
  runner_.emplace(loop_, connect_, migrations_,
                  MigrationRunner::Listener{[this] { migrated_ = true; },  // settle() goes on
                                            [this](const std::string& why) { waiting(why); },
                                            [this](const std::string& why) { hopeless(why); }});
  runner_->start();
}

void Driver::open_pool() {
  pool_.emplace(loop_, pool_settings(config_, connect_),
                Pool::Listener{[this] { serve(); }, [this](const std::string& why) { waiting(why); },
                               [this](const std::string& why) { hopeless(why); }});
  clients_.emplace(loop_, *pool_, config_, socket_.fd());
  pool_->settle();
}

void Driver::serve() {
  log::info("ready: serving {}", socket_.made_path().empty() ? "the socket of LISTEN_FDS" : socket_.made_path());
  readiness_.ready();
  last_waiting_.clear();
  clients_->start_accepting();
}

void Driver::waiting(const std::string& why) {
  readiness_.waiting("for PostgreSQL: " + why);
  if (why == last_waiting_) return;  // one line a reason, not one an attempt
  last_waiting_ = why;
  log::warning("waiting for PostgreSQL: {}", why);
}

void Driver::hopeless(const std::string& why) {
  log::error("{}", why);
  finish(exit_code::config);
}

// ---- after each event ----

void Driver::settle() {
  if (finished_) return;
  if (migrated_ && !pool_) {
    runner_.reset();
    open_pool();
  }
  if (!pool_) return;
  do {
    clients_->settle();
    pool_->settle();
  } while (!clients_->settled());
  clients_->settle();
  if (stopping_ && clients_->empty() && pool_->cancels_are_sent()) finish(exit_code::ok);
}

// ---- the end ----

void Driver::stop() {
  if (stopping_) return;
  stopping_ = true;
  log::info("stopping");
  if (!clients_) return finish(exit_code::ok);
  clients_->shut_down();
  stop_limit_.emplace(loop_, [this] {
    if (clients_->empty()) return finish(exit_code::ok);
    stop_limit_->start(cancel_limit);
    clients_->end_now();
  });
  stop_limit_->start(stop_limit);
}

void Driver::finish(int code) {
  if (finished_) return;
  finished_ = true;
  exit_code_ = code;
  if (pool_) pool_->close();
  loop_.stop();
}

}  // namespace ca::driver
