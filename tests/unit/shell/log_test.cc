#include "supervisor/shell/records/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "common/posix.h"
#include "supervisor/shell/records/log_pump.h"
#include "temp_folder.h"
#include "tests/support/catch.h"

using namespace ca;
using namespace ca::shell;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  std::string take() {
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    std::string text(1 << 20, '\0');
    const ssize_t count = ::read(read_end.get(), text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  UniqueFd read_end, write_end;
};

std::vector<std::string> split(const std::vector<std::string>& pieces) {
  LineSplitter splitter;
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  for (const std::string& piece : pieces) splitter.feed(piece, keep);
  splitter.end(keep);
  return lines;
}

}  // namespace

TEST_CASE("bytes become lines, however they are cut") {
  CHECK(split({"a\nb\n"}) == std::vector<std::string>{"a", "b"});
  CHECK(split({"a", "b\nc", "\n"}) == std::vector<std::string>{"ab", "c"});
  CHECK(split({"\n\nx"}) == std::vector<std::string>{"", "", "x"});
  CHECK(split({""}).empty());
}

TEST_CASE("a line without an end comes in pieces of the limit, so that memory is bounded") {
  const std::size_t limit = LineSplitter::line_limit;
  const auto lines = split({std::string(limit * 2 + 5, 'x'), "\n"});
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].size() == limit);
  CHECK(lines[2] == "xxxxx");
}

TEST_CASE("a line of the log has time, level, process and text, and no control characters") {
  Loop loop;
  Pipe pipe;
  {
    Log log(loop, pipe.write_end.get(), {}, [](std::uint64_t) {});
    log.captured("indexer.0", "one\x1b[2J\ntwo");
    log.write(Level::debug, {}, "below the level");
  }
  const std::string line = pipe.take();
  CHECK(line.substr(24) == " info indexer.0: one\\x1b[2J\\ntwo\n");
}

TEST_CASE("a captured line that begins with a level of sd-daemon has that level, and is filtered by it") {
  Loop loop;
  Pipe pipe;
  {
    Log log(loop, pipe.write_end.get(), {}, [](std::uint64_t) {});
    log.captured("w", "<3>broken");
    log.captured("w", "<4>odd");
    log.captured("w", "<7>detail");
    log.captured("w", "<9>as written");
  }
  const std::string lines = pipe.take();
  CHECK(lines.find(" error w: broken\n") != std::string::npos);
  CHECK(lines.find(" warning w: odd\n") != std::string::npos);
  CHECK(lines.find("detail") == std::string::npos);
  CHECK(lines.find(" info w: <9>as written\n") != std::string::npos);
}

TEST_CASE("as JSON a line of any bytes parses") {
  Loop loop;
  Pipe pipe;
  LogPlan plan;
  plan.json = true;
  {
    Log log(loop, pipe.write_end.get(), plan, [](std::uint64_t) {});
    log.captured("w", "bad \xff byte \"quoted\"");
  }
  const auto json = nlohmann::json::parse(pipe.take());
  CHECK(json["process"] == "w");
  CHECK(json["level"] == "info");
}

TEST_CASE("a pipe that nobody reads blocks nothing, its flags stay, and lost lines are counted once there is room") {
  Loop loop;
  Pipe pipe;
  std::uint64_t dropped = 0;
  {
    Log log(loop, pipe.write_end.get(), {}, [&](std::uint64_t lines) { dropped += lines; });
    const std::string text(500, 's');
    for (int i = 0; i < 2000; ++i) log.captured("spewer", text);
    CHECK(log.is_full("spewer"));
    CHECK_FALSE(log.is_full("quiet"));
    log.captured("quiet", "still heard");
    CHECK((::fcntl(pipe.write_end.get(), F_GETFL) & O_NONBLOCK) == 0);
    CHECK(dropped == 0);
    std::string all;
    for (int i = 0; i < 100; ++i) {
      all += pipe.take();
      loop.turn();
    }
    CHECK(all.find("quiet: still heard") != std::string::npos);
    CHECK(all.size() < (64 << 10) * 3);
    CHECK(dropped > 1500);
  }
}

TEST_CASE("a full disk loses lines and nothing else") {
  Loop loop;
  std::uint64_t dropped = 0;
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  {
    Log log(loop, full.get(), {}, [&](std::uint64_t lines) { dropped += lines; });
    for (int i = 0; i < 5; ++i) log.info("lost");
    log.use(null.get());
    log.info("kept");
  }
  CHECK(dropped == 5);
}

TEST_CASE("a child that spews is read to the end while nobody reads the log") {
  Loop loop;
  Pipe child, log_pipe;
  {
    Log log(loop, log_pipe.write_end.get(), {}, [](std::uint64_t) {});
    const auto pump = LogPump::make(loop, std::move(child.read_end), "spewer", log);
    REQUIRE(pump);
    ::fcntl(child.write_end.get(), F_SETFL, O_NONBLOCK);
    const std::string chunk = std::string(99, 'x') + "\n";
    std::size_t written = 0;
    for (int i = 0; i < 200'000 && written < (10u << 20); ++i) {
      const ssize_t count = ::write(child.write_end.get(), chunk.data(), chunk.size());
      if (count > 0) written += static_cast<std::size_t>(count);
      else loop.turn();
    }
    CHECK(written >= (10u << 20));
  }
}

namespace {

// What a slow reader of a stream socket or a pipe gets in the end, while `log` is written to.
struct SlowReader {
  explicit SlowReader(bool is_socket) {
    int ends[2];
    if (is_socket) {
      REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    } else {
      REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    }
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  }
  void take(std::size_t bytes) {
    std::string piece(bytes, '\0');
    const ssize_t count = ::read(read_end.get(), piece.data(), piece.size());
    if (count > 0) text.append(piece, 0, static_cast<std::size_t>(count));
  }
  UniqueFd read_end, write_end;
  std::string text;
};

}  // namespace

TEST_CASE("lines longer than a pipe's piece reach a slow reader whole or are counted as dropped") {
  for (const bool is_socket : {false, true}) {
    Loop loop;
    SlowReader reader(is_socket);
    LogPlan plan;
    plan.json = true;
    std::uint64_t dropped = 0, written = 0;
    {
      Log log(loop, reader.write_end.get(), plan, [&](std::uint64_t lines) { dropped += lines; });
      for (std::size_t i = 0; i < 3000; ++i, ++written) {
        log.captured("w", std::string(4000 + i % 7000, static_cast<char>('a' + i % 26)));
        if (i % 2 == 0) reader.take(997);
        if (i % 5 == 0) loop.turn();
      }
      for (int i = 0; i < 20'000; ++i) {
        reader.take(4093);
        loop.turn();
      }
      log.info("last");
      ++written;
      reader.take(4096);
    }
    std::uint64_t whole = 0;
    for (std::size_t at = 0, end; (end = reader.text.find('\n', at)) != std::string::npos; at = end + 1, ++whole) {
      const auto line = nlohmann::json::parse(reader.text.substr(at, end - at), nullptr, false);
      REQUIRE(line.is_object());
      const auto text = line["text"].get<std::string>();
      CHECK(text.find_first_not_of(text.front()) == (text == "last" ? 1 : std::string::npos));
    }
    CHECK(reader.text.back() == '\n');
    CHECK(whole > 10);
    CHECK(dropped > 100);
    CHECK(whole + dropped == written);
  }
}

TEST_CASE("a line of which a part was skipped is left out as a whole and counted") {
  LineSplitter splitter;
  std::vector<std::string> lines;
  const auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  splitter.feed("first\nbegun ", keep);
  splitter.skip("lost\nlost too\nand begun");
  splitter.feed(" not the end of that\nwhole\n", keep);
  CHECK(lines == std::vector<std::string>{"first", "whole"});
  CHECK(splitter.take_skipped() == 3);
  splitter.feed("begun", keep);
  splitter.skip("x");
  splitter.end(keep);
  CHECK(lines.size() == 2);
  CHECK(splitter.take_skipped() == 1);
}
