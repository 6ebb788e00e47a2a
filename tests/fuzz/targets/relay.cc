// Clients, the driver and a PostgreSQL that is made up: both ends say what the input tells them to, and the driver in between is
// the real one, pool, sessions and all.
//
// The input is a list of moves, a byte each and what belongs to it. Whatever either end sends, what the driver passes on must
// be cut into messages rightly: a client must be able to read what it gets, and PostgreSQL too.
#include <unistd.h>

#include <array>

#include "driver/client/clients.h"
#include "driver/session/pool.h"
#include "driver/wire/bytes.h"
#include "driver/wire/messages.h"
#include "driver/wire/startup.h"
#include "tests/fuzz/targets/socket_ends.h"
#include "tests/fuzz/targets/stream_pieces.h"

namespace {

using namespace ca;
using namespace ca::driver;

constexpr std::size_t client_count = 3;
constexpr std::size_t most_moves = 64;

struct Peer {
  UniqueFd fd;
  std::string received;
  std::string started_with;   // of a server's side: the startup packet is taken off here
  bool started = false;
  bool open = true;
};

// Every whole message in what came, and a beginning of one at most: a stream that its reader can follow.
void check_stream(const wire::Grammar& grammar, std::string_view bytes) {
  const fuzz::Cut cut = fuzz::cut_stream(grammar, bytes, bytes.size() + 1, [](const wire::Slice&) {});
  CA_CHECK(cut.error.empty());
}

// Requests for encryption are answered by one byte, before the first message.
std::string_view without_refusals(std::string_view bytes) {
  while (!bytes.empty() && bytes[0] == 'N' && (bytes.size() == 1 || bytes[1] != '\0')) bytes.remove_prefix(1);
  return bytes;
}

class Postgres {
 public:
  explicit Postgres(const fuzz::AbstractAddress& address) : listening_(fuzz::listen_on(address)) {}

  void look() {
    for (;;) {
      UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (fd.get() < 0) break;
      Peer peer;
      peer.fd = std::move(fd);
      peers_.push_back(std::move(peer));
    }
    for (Peer& peer : peers_) {
      if (!peer.open) continue;
      peer.open = fuzz::receive_all(peer.fd, peer.received);
      if (!peer.started) start(peer);
    }
  }
  void close_all() {
    for (const Peer& peer : peers_) {
      if (peer.started) check_stream(wire::frontend_grammar, peer.received);
    }
    peers_.clear();
  }
  Peer* at(std::size_t index) {
    std::vector<Peer*> started;
    for (Peer& peer : peers_) {
      if (peer.started && peer.open) started.push_back(&peer);
    }
    return started.empty() ? nullptr : started[index % started.size()];
  }

 private:
  static void start(Peer& peer) {
    std::string_view rest = peer.received;
    const auto packet = wire::take_first_packet(rest);
    if (!packet || !*packet) return;
    if (!std::holds_alternative<wire::StartupMessage>(**packet)) {  // a cancel request: hung up on, as PostgreSQL does
      peer.open = false;
      peer.fd.reset();
      return;
    }
    peer.received.erase(0, peer.received.size() - rest.size());
    peer.started = true;
    std::string out;
    wire::append_authentication_ok(out);
    wire::append_parameter_status(out, "server_version", "15.0");
    wire::append_parameter_status(out, "client_encoding", "UTF8");
    wire::append_backend_key(out, 1, 2);
    wire::append_ready(out, 'I');
    fuzz::send_some(peer.fd, out);
  }

  UniqueFd listening_;
  std::vector<Peer> peers_;
};

class World {
 public:
  World()
      : clients_address_("ca-fuzz-clients-" + std::to_string(::getpid())),
        listening_(fuzz::listen_on(clients_address_)),
        postgres_host_("ca-fuzz-postgres-" + std::to_string(::getpid())),
        postgres_(fuzz::AbstractAddress(postgres_host_ + "/.s.PGSQL.5432")) {
    config_.conninfo = "host=@" + postgres_host_ + " port=5432 user=u dbname=d sslmode=disable gssencmode=disable";
    config_.max_clients = 8;
    config_.queue_limit = 4;
  }

  void run(std::string_view input) {
    auto parameters = ConnectParameters::from(config_);
    CA_CHECK(parameters.has_value());
    using std::chrono::seconds;
    Pool pool(loop_, {{*parameters, seconds(10), &names_}, 1, 1, 4, seconds(60), seconds(120), {}, {}}, {[] {}, [](const std::string&) {}, [](const std::string&) {}});
    Clients clients(loop_, pool, config_, listening_.get());
    loop_.settle = [&] {
      do {
        clients.settle();
        pool.settle();
      } while (!clients.settled());
      clients.settle();
    };
    clients.start_accepting();
    fuzz::Input moves(input);
    for (std::size_t count = 0; count < most_moves && !moves.empty(); ++count) move(moves);
    end(pool, clients);
  }

 private:
  // Low bits: what; high bits: who.
  void move(fuzz::Input& moves) {
    const unsigned choice = moves.byte();
    Peer& client = clients_[choice / 8 % client_count];
    Peer* const server = postgres_.at(choice / 8);
    switch (choice % 8) {
      case 0: begin(client, choice / 32 % 4 == 3 ? "driver" : "d"); break;
      case 1: fuzz::send_some(client.fd, moves.take(moves.byte())); break;
      case 2:
        if (server != nullptr) fuzz::send_some(server->fd, moves.take(moves.byte()));
        break;
      case 3: answer(server, moves.byte()); break;
      case 4: client = Peer(); break;
      case 5: cancel(client); break;
      case 6:
        if (server != nullptr) ::shutdown(server->fd.get(), SHUT_RDWR);
        break;
      default: connect(client); break;
    }
    turns();
  }

  void connect(Peer& client) {
    client = Peer();
    client.fd = fuzz::connect_to(clients_address_);
  }
  void begin(Peer& client, const char* database) {
    connect(client);
    std::string packet;
    wire::append_startup(packet, wire::protocol_3_0, {{"user", "u"}, {"database", database}});
    fuzz::send_some(client.fd, packet);
  }
  // What PostgreSQL would say, so that inputs get on without spelling it.
  static void answer(Peer* server, unsigned what) {
    if (server == nullptr) return;
    std::string out;
    if ((what & 1) != 0) out.append("1\0\0\0\4", 5);
    if ((what & 2) != 0) out.append("2\0\0\0\4", 5);
    if ((what & 4) != 0) wire::append_error(out, {"ERROR", "22012", "division by zero"});
    if ((what & 8) != 0) wire::append_command_complete(out, (what & 16) != 0 ? "DISCARD ALL" : "SELECT 1");
    if ((what & 32) != 0) out.append("G\0\0\0\7\0\0\0", 8);
    if ((what & 64) != 0) wire::append_ready(out, "ITE"[what / 8 % 3]);
    fuzz::send_some(server->fd, out);
  }
  void cancel(const Peer& client) {
    const std::size_t key = client.received.find(std::string_view("K\0\0\0\xc", 5));
    if (key == std::string::npos || client.received.size() < key + 13) return;
    std::string packet;
    wire::append_cancel_request(packet, {wire::load_u32(client.received.data() + key + 5),
                                         wire::load_u32(client.received.data() + key + 9)});
    const UniqueFd fd = fuzz::connect_to(clients_address_);
    fuzz::send_some(fd, packet);
    turns();
  }

  void turns() {
    for (int count = 0; count < 6; ++count) {
      uv_run(loop_.raw(), UV_RUN_NOWAIT);
      postgres_.look();
      for (Peer& client : clients_) {
        if (client.fd.get() >= 0 && client.open) client.open = fuzz::receive_all(client.fd, client.received);
      }
    }
  }

  void end(Pool& pool, Clients& clients) {
    turns();
    for (Peer& client : clients_) {
      check_stream(wire::backend_grammar, without_refusals(client.received));
      client = Peer();
    }
    turns();
    clients.end_now();
    turns();
    while (loop_.raw()->active_reqs.count > 0) turns();  // cancel requests run in threads
    loop_.settle();
    CA_CHECK(clients.empty());
    loop_.settle = nullptr;
    pool.close();
    turns();
    postgres_.close_all();
  }

  EventLoop loop_;
  NameLookup names_{loop_};
  DriverConfig config_;
  fuzz::AbstractAddress clients_address_;
  UniqueFd listening_;
  std::string postgres_host_;
  Postgres postgres_;
  std::array<Peer, client_count> clients_;
};

}  // namespace

CA_FUZZ_TARGET(relay) {
  static World world;
  world.run(input);
}
