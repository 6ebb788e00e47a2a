#include "supervisor/shell/records/event_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "temp_folder.h"
#include "tests/support/catch.h"

using namespace ca::shell;

namespace {

std::vector<Json> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(Json::parse(line));
  return lines;
}

void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("an event stands in the file with number, times, name and fields, in that order") {
  const TempFolder folder;
  EventLog log({folder / "events", 1 << 20, 2});
  log.append("spawned", {{"process", "a"}, {"pid", 7}});
  const auto lines = lines_of(folder / "events");
  REQUIRE(lines.size() == 1);
  std::string keys;
  for (const auto& [key, value] : lines[0].items()) keys += key + " ";
  CHECK(keys == "seq mono_ns time event process pid ");
  CHECK(lines[0]["seq"] == 1);
  CHECK(lines[0]["event"] == "spawned");
}

TEST_CASE("the numbers go on over a restart") {
  const TempFolder folder;
  EventLog({folder / "events", 1 << 20, 2}).append("one", {});
  EventLog({folder / "events", 1 << 20, 2}).append("two", {});
  const auto lines = lines_of(folder / "events");
  REQUIRE(lines.size() == 2);
  CHECK(lines[1]["seq"] == 2);
}

TEST_CASE("half a line from a power cut is cut off and the numbers go on") {
  const TempFolder folder;
  put(folder / "events", "{\"seq\":41,\"event\":\"a\"}\n{\"seq\":42,\"ev");
  EventLog({folder / "events", 1 << 20, 2}).append("b", {});
  const auto lines = lines_of(folder / "events");
  REQUIRE(lines.size() == 2);
  CHECK(lines[1]["seq"] == 42);
}

TEST_CASE("lines that are no events do not stop the search for the last number") {
  const TempFolder folder;
  put(folder / "events", "{\"seq\":7}\nrubbish\n{}\n");
  EventLog log({folder / "events", 1 << 20, 2});
  log.append("a", {});
  CHECK(log.recent().back().find("\"seq\":8") != std::string::npos);
}

TEST_CASE("a line that nests very deep does not stop the search for the last number") {
  TempFolder folder;
  const std::string path = folder.path() + "/events.jsonl";
  std::ofstream(path) << "{\"seq\":7}\n" << std::string(30'000, '[') << "\n" << std::string(30'000, '{') << "\n";
  EventLog log({path});
  log.append("next", Json::object());
  CHECK(Json::parse(log.recent().back())["seq"] == 8);
}

TEST_CASE("the file is rotated by size, as many are kept as asked, and no number is lost") {
  const TempFolder folder;
  EventLog log({folder / "events", 400, 2});
  for (int i = 0; i < 30; ++i) log.append("tick", {{"i", i}});
  CHECK(std::filesystem::exists(folder / "events.1"));
  CHECK(std::filesystem::exists(folder / "events.2"));
  CHECK_FALSE(std::filesystem::exists(folder / "events.3"));
  CHECK(std::filesystem::file_size(folder / "events.1") <= 400);
  auto lines = lines_of(folder / "events.2");
  for (const char* name : {"events.1", "events"}) {
    for (const Json& line : lines_of(folder / name)) lines.push_back(line);
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    CHECK(lines[i]["seq"].get<int>() == lines[i - 1]["seq"].get<int>() + 1);
  }
  CHECK(lines.back()["seq"] == 30);
}

TEST_CASE("after a rotation just before a restart the number comes from the rotated file") {
  const TempFolder folder;
  put(folder / "events.1", "{\"seq\":99}\n");
  EventLog log({folder / "events", 1 << 20, 2});
  log.append("a", {});
  CHECK(lines_of(folder / "events").front()["seq"] == 100);
}

TEST_CASE("a log that cannot be written uses up no numbers, and later tells how many lines were lost") {
  const TempFolder folder;
  std::filesystem::create_symlink("/dev/full", folder / "events");
  EventLog log({folder / "events", 1 << 20, 2});
  for (int i = 0; i < 3; ++i) log.append("lost", {});
  CHECK(log.recent().size() == 3);
  std::filesystem::remove(folder / "events");
  log.reopen();
  log.append("kept", {});
  const auto lines = lines_of(folder / "events");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["event"] == "log_dropped");
  CHECK(lines[0]["lines"] == 3);
  CHECK(lines[0]["seq"] == 1);
  CHECK(lines[1]["event"] == "kept");
  CHECK(lines[1]["seq"] == 2);
}

TEST_CASE("a log that is moved away is made anew on reopen") {
  const TempFolder folder;
  EventLog log({folder / "events", 1 << 20, 2});
  log.append("before", {});
  std::filesystem::rename(folder / "events", folder / "moved");
  log.reopen();
  log.append("after", {});
  CHECK(lines_of(folder / "moved").size() == 1);
  REQUIRE(lines_of(folder / "events").size() == 1);
  CHECK(lines_of(folder / "events")[0]["seq"] == 2);
}

TEST_CASE("memory holds the last events only, and bytes that are no text do not hurt") {
  EventLog log({"", 0, 0});
  int heard = 0;
  log.on_event([&](const std::string&) { ++heard; });
  for (std::size_t i = 0; i < EventLog::recent_limit + 10; ++i) log.append("e", {{"text", "\xff\xfe"}});
  CHECK(log.recent().size() == EventLog::recent_limit);
  CHECK(heard == static_cast<int>(EventLog::recent_limit) + 10);
  CHECK(Json::parse(log.recent().back())["seq"] == EventLog::recent_limit + 10);
}

TEST_CASE("a record that a full pipe takes only half of is finished before the next one, or not begun") {
  const TempFolder folder;
  const std::string path = folder / "events";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const ca::UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EventLog log({path, 1 << 20, 2});
  std::string text;
  for (int i = 0; i < 200; ++i) {
    log.append("long", {{"errors", std::string(5000 + static_cast<std::size_t>(i) * 37, 'e')}});
    char piece[3001];
    const ssize_t count = ::read(reader.get(), piece, sizeof piece);
    if (count > 0) text.append(piece, static_cast<std::size_t>(count));
  }
  for (ssize_t count = 1; count > 0;) {
    char piece[4096];
    count = ::read(reader.get(), piece, sizeof piece);
    if (count > 0) text.append(piece, static_cast<std::size_t>(count));
  }
  std::uint64_t last = 0;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const auto line = nlohmann::json::parse(text.substr(at, end - at), nullptr, false);
    REQUIRE(line.is_object());
    CHECK(line["seq"].get<std::uint64_t>() == last + 1);
    last = line["seq"];
  }
  CHECK(last > 10);
}
