#include "driver/server/connector.h"

#include <algorithm>
#include <random>
#include <utility>

namespace ca::driver {

std::string connection_address(const PGconn* conn) {
  if (conn == nullptr) return "PostgreSQL";
  const char* host = PQhost(conn);
  const char* port = PQport(conn);
  return std::string(host != nullptr && *host != '\0' ? host : "PostgreSQL") + ":" + (port != nullptr ? port : "");
}

Connector::Connector(EventLoop& loop, const ConnectSettings& settings, Done done, Failed failed)
    : loop_(loop),
      settings_(settings),
      done_(std::move(done)),
      failed_(std::move(failed)),
      hosts_(settings.parameters.hosts()),
      standby_pass_(settings.parameters.prefers_standby()),
      timeout_(loop,
               [this] {
                 ticket_.reset();
                 attempt_failed("connection to server at \"" + address() + "\" failed: no answer within connect_timeout\n", true);
               }),
      begin_(loop, [this] { next(); }) {
  if (!settings.parameters.in_random_order()) return;
  std::shuffle(hosts_.begin(), hosts_.end(), std::minstd_rand(std::random_device{}()));
}

void Connector::start() { begin_.start({}); }

std::string Connector::address() const {
  return conn_ ? connection_address(conn_.get()) : host_.name + ":" + host_.port;
}

void Connector::next() {
  if (!addresses_.empty()) {
    const std::string address = std::move(addresses_.back());
    addresses_.pop_back();
    return attempt(host_, address);
  }
  if (next_host_ == hosts_.size() && !next_pass()) return fail(true);
  host_ = hosts_[next_host_++];
  if (host_.needs_look_up()) return look_up(host_);
  attempt(host_, host_.address);
}

bool Connector::next_pass() {
  if (!std::exchange(standby_pass_, false)) return false;
  next_host_ = 0;
  return true;
}

void Connector::look_up(const ServerHost& host) {
  conn_.reset();
  timeout_.start(settings_.parameters.limit(settings_.timeout));
  ticket_ = settings_.names->look_up(host.name, [this](const Result<Addresses>& found) {
    ticket_.reset();
    timeout_.stop();
    if (!found || found->empty()) {
      messages_ += "could not translate host name \"" + host_.name + "\" to address: " + (found ? "no address" : found.error().message) + "\n";
    } else {
      addresses_.assign(found->rbegin(), found->rend());
      if (settings_.parameters.in_random_order()) {
        std::shuffle(addresses_.begin(), addresses_.end(), std::minstd_rand(std::random_device{}()));
      }
    }
    next();
  });
}

void Connector::attempt(const ServerHost& host, const std::string& address) {
  const auto parameters = settings_.parameters.for_host(host, address, standby_pass_);
  const auto keywords = parameters.keywords();
  const auto values = parameters.values();
  poll_.reset();
  conn_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!conn_) return attempt_failed("out of memory\n", true);
  PQsetErrorVerbosity(conn_.get(), PQERRORS_VERBOSE);  // puts the SQLSTATE into the message
  PQsetNoticeProcessor(conn_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(conn_.get()) == CONNECTION_BAD) {
    // Options that libpq does not understand fail before any server is tried, and then only without these words.
    std::string message = PQerrorMessage(conn_.get());
    const bool began = message.find("connection to server") != std::string::npos;
    return attempt_failed(std::move(message), began);
  }
  timeout_.start(settings_.parameters.limit(settings_.timeout));
  watch(UV_WRITABLE);
}

// libpq may close its socket and open another under the same number, so each step is watched by a poll of its own.
void Connector::watch(int events) {
  poll_ = std::make_unique<Poll>(loop_, PQsocket(conn_.get()), [this](int) { step(); });
  poll_->want(events);
}

void Connector::step() {
  poll_.reset();
  switch (PQconnectPoll(conn_.get())) {
    case PGRES_POLLING_OK: return finish();
    case PGRES_POLLING_READING: return watch(UV_READABLE);
    case PGRES_POLLING_WRITING: return watch(UV_WRITABLE);
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE: return attempt_failed(PQerrorMessage(conn_.get()), true);
  }
}

void Connector::attempt_failed(std::string message, bool began) {
  timeout_.stop();
  poll_.reset();
  conn_.reset();
  if (!message.empty() && message.back() != '\n') message += '\n';
  messages_ += message;
  if (!began || !may_try_next_host(message)) return fail(began);
  next();
}

void Connector::finish() {
  timeout_.stop();
  const Done done = std::move(done_);
  done(std::move(conn_));  // may delete this
}

void Connector::fail(bool began) {
  const Failed failed = std::move(failed_);
  failed(judge_connect_failure(messages_, began));  // may delete this
}

}  // namespace ca::driver
