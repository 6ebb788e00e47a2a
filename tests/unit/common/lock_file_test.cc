#include "common/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"

using namespace ca;

namespace {

class Folder {
 public:
  Folder() { path_ = ::mkdtemp(name_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  char name_[32] = "/tmp/ca-unit.XXXXXX";
  std::string path_;
};

struct stat stat_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info;
}

}  // namespace

TEST_CASE("a lock file is closed to strangers, whatever the umask and whatever it was before") {
  const Folder folder;
  const mode_t before = ::umask(0);
  CHECK(open_lock_file(folder / "fresh", ::geteuid()).has_value());
  std::ofstream(folder / "old") << "4711\n";
  ::umask(before);
  CHECK((stat_of(folder / "old").st_mode & 07777) == 0666);
  CHECK(open_lock_file(folder / "old", ::geteuid()).has_value());
  CHECK((stat_of(folder / "old").st_mode & 07777) == 0600);
  CHECK((stat_of(folder / "fresh").st_mode & 07777) == 0600);
  CHECK(stat_of(folder / "old").st_size == 5);
}

TEST_CASE("a lock file that was given to another account is taken back") {
  if (::geteuid() != 0) return;
  const Folder folder;
  CHECK(open_lock_file(folder / "lock", 65534).has_value());
  CHECK(stat_of(folder / "lock").st_uid == 65534);
  CHECK(open_lock_file(folder / "lock", 0).has_value());
  CHECK(stat_of(folder / "lock").st_uid == 0);
  CHECK((stat_of(folder / "lock").st_mode & 07777) == 0600);
}

TEST_CASE("a link, a pipe and a folder are no lock files, and none is waited for") {
  const Folder folder;
  std::ofstream(folder / "target") << "x";
  ::symlink("target", (folder / "link").c_str());
  ::mkfifo((folder / "pipe").c_str(), 0600);
  ::mkdir((folder / "folder").c_str(), 0700);
  for (const char* name : {"link", "pipe", "folder"}) {
    const auto opened = open_lock_file(folder / name, ::geteuid());
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().message.find(folder / name) != std::string::npos);
  }
}

TEST_CASE("the holder of a lock is described by its pid, its command and its uid") {
  const Folder folder;
  const auto lock = open_lock_file(folder / "lock", ::geteuid());
  REQUIRE(lock.has_value());
  CHECK(describe_lock_holder(lock->get()) == "an unknown process");
  REQUIRE(::flock(lock->get(), LOCK_EX) == 0);
  const UniqueFd other(::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  const std::string holder = describe_lock_holder(other.get());
  CHECK(holder.find("pid " + std::to_string(::getpid()) + " (") == 0);
  CHECK(holder.find("unit_common") != std::string::npos);
  CHECK(holder.find(", uid " + std::to_string(::geteuid()) + ")") != std::string::npos);
  CHECK(describe_lock_holder(-1) == "an unknown process");
}
