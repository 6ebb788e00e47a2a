#include "supervisor/shell/child/notify_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

namespace {

// Sends to an abstract socket, with a descriptor alongside where one is given.
void send_to(const std::string& name, const std::string& text, int descriptor = -1) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  const UniqueFd client(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (descriptor >= 0) {
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  }
  REQUIRE(::sendmsg(client.get(), &header, 0) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("fields are read line by line, unknown ones and a missing newline do not matter") {
  const NotifyMessage message = parse_notify_text("STATUS=all is well\nMAINPID=1\nREADY=1");
  CHECK(message.is_ready);
  CHECK_FALSE(message.is_stopping);
  CHECK(message.status == "all is well");
  CHECK_FALSE(parse_notify_text("READY=0\nREADY=12\nXREADY=1").is_ready);
  CHECK(parse_notify_text("STOPPING=1\n").is_stopping);
  CHECK_FALSE(parse_notify_text("").status.has_value());
}

TEST_CASE("a message carries the kernel's word on who sent it") {
  auto socket = NotifySocket::open();
  REQUIRE(socket.has_value());
  CHECK_FALSE(socket->receive().has_value());
  send_to(socket->name(), "READY=1\n");
  const auto message = socket->receive();
  REQUIRE(message.has_value());
  CHECK(message->is_ready);
  CHECK(message->sender == ::getpid());
  CHECK(message->uid == ::getuid());
}

TEST_CASE("two sockets have two names") {
  CHECK(NotifySocket::open()->name() != NotifySocket::open()->name().substr(0, 1));
  auto one = NotifySocket::open(), other = NotifySocket::open();
  CHECK(one->name() != other->name());
}

TEST_CASE("a descriptor that comes along is closed at once, so that BARRIER=1 is answered") {
  auto socket = NotifySocket::open();
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  send_to(socket->name(), "BARRIER=1", write_end.get());
  write_end.reset();
  char byte = 0;
  CHECK(::read(read_end.get(), &byte, 1) == -1);  // the descriptor is on its way
  REQUIRE(socket->receive().has_value());
  CHECK(::read(read_end.get(), &byte, 1) == 0);   // closed
}
