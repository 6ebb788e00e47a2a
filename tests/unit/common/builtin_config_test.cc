#include "common/builtin_config.h"

#include "tests/support/catch.h"

using namespace ca;

TEST_CASE("a configuration comes back from its JSON as it was") {
  const WorkerConfig config{"indexer.0", {{"self", "/src", {"build/**", "*.o"}, true}}};
  const auto read = config_from_json<WorkerConfig>(config_json(config));
  REQUIRE(read);
  CHECK(read->process_name == config.process_name);
  CHECK(read->projects == config.projects);
}

TEST_CASE("a configuration that is no JSON, lacks a field or nests very deep is refused with the reason") {
  CHECK(config_from_json<ServerConfig>("{").error().message == "CONFIG_FD: not JSON at byte 2");
  CHECK(config_from_json<ServerConfig>("{}").error().message.find("runtime_dir") != std::string::npos);
  for (const std::size_t depth : {20'000, 1'000'000}) {
    CHECK(config_from_json<ServerConfig>(std::string(depth, '[')).error().message == "CONFIG_FD: nested deeper than 64 levels");
  }
}
