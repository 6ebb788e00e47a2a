// Where connections are while no request of theirs is being answered: accepted, silent, or between two requests.
//
// One thread reads for all of them, so that a silent client costs a descriptor and no thread. A connection leaves once
// the head of a request is whole. If all places are taken, the connection that has rested for longest is closed, as
// soon as it has rested for a moment; until then new clients wait in the backlog of the listening sockets. So silent
// clients delay others for a moment, and keep nobody out.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/unique_fd.h"
#include "server/http/connection.h"

namespace ca::server {

class HttpLobby {
 public:
  struct Limits {
    std::size_t places;         // connections at once, those outside of the lobby included
    std::size_t head_bytes;     // a longer head is handed out unfinished
    Milliseconds silence;       // without a byte of a request
    Milliseconds request_time;  // until a request's head is whole
  };
  // Called by the lobby's thread with a connection whose `in` begins with a whole head, or with one that is too long or
  // not valid. Must not block.
  using Ready = std::function<void(std::unique_ptr<HttpConnection>)>;

  HttpLobby(Limits limits, Ready ready);
  ~HttpLobby();  // as end
  HttpLobby(const HttpLobby&) = delete;
  HttpLobby& operator=(const HttpLobby&) = delete;

  // Accepts from the sockets, which are listened on, until stop_accepting. Owns: sockets.
  void start(std::vector<UniqueFd> sockets);

  // The connection may send a further request. Any thread.
  void enter(std::unique_ptr<HttpConnection> connection);
  // Nothing more is read of the connection: its client gets a second to take the answer and to close. Any thread.
  void see_off(std::unique_ptr<HttpConnection> connection);

  // Closes our descriptors of the listening sockets, without a shutdown(2): others still have theirs, and clients wait
  // in the backlog. Connections in the lobby may send a request for `time` more. Any thread.
  void stop_accepting(Milliseconds time);

  // Closes what is in the lobby, and all that comes. No call of `ready` runs or comes after it.
  void end();

  std::size_t open() const { return open_; }  // connections, wherever they are

 private:
  struct Resting {
    std::unique_ptr<HttpConnection> connection;
    Instant deadline;
    bool is_leaving = false;  // what it sends is thrown away
  };
  using ByTime = std::set<std::pair<Instant, int>>;  // and the descriptor

  void run();
  void accept_all();
  void accept_from(int listener);
  bool make_room();
  void listen(bool wanted);
  bool take_inbox();  // false: the end
  bool has_head(HttpConnection& connection) const;
  void add(Resting resting);
  void read(int fd);
  void move_deadline(Resting& resting, Instant deadline);
  std::unique_ptr<HttpConnection> remove(int fd);
  void close_expired(Instant now);
  void close_listeners(Milliseconds time);
  int wait_ms() const;
  void wake();

  const Limits limits_;
  const Ready ready_;
  UniqueFd epoll_;
  UniqueFd wake_;
  std::atomic<std::size_t> open_{0};

  // Only the lobby's thread.
  std::vector<UniqueFd> listeners_;
  bool is_listening_ = false;
  std::unordered_map<int, Resting> resting_;
  ByTime deadlines_;
  ByTime ages_;                        // by the time when the rest began; those that leave are not in it
  Instant retry_at_ = Instant::max();  // accepting again, after it was not possible
  std::optional<Instant> closes_at_;   // no request may begin after this

  std::mutex mutex_;
  std::vector<Resting> inbox_;
  std::optional<Milliseconds> stop_wanted_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace ca::server
