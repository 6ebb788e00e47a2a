#include "postgres/first_start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "common/posix.h"
#include "postgres/command.h"
#include "postgres/settings.h"

namespace ca::postgres {

namespace {

Outcome<void> run_initdb(const std::string& target, const Installation& installation, const Account& account) {
  const auto result =
      run(account, {installation.bin_dir + "/initdb", "--pgdata", target, "--username", superuser_name, "--encoding",
                    "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--auth", "peer", "--no-instructions"});
  if (!result) return tl::unexpected(result.error());
  if (!result->succeeded()) return fail("initdb failed: " + result->last_lines());
  return {};
}

// In single-user mode each line is a statement, errors do not stop it and the exit code is 0 all the same.
Outcome<void> make_role_and_database(const std::string& target, const Installation& installation,
                                     const Account& account) {
  const std::string role = role_name;
  const std::string statements = "CREATE ROLE " + role + " LOGIN\n" + "CREATE DATABASE " + role + " OWNER " + role +
                                 "\n" + "REVOKE CONNECT ON DATABASE " + role + " FROM PUBLIC\n";
  const auto result =
      run(account, {installation.bin_dir + "/postgres", "--single", "-D", target, "-c", "lc_messages=C", "postgres"},
          statements);
  if (!result) return tl::unexpected(result.error());
  const bool complaint =
      result->output.find("ERROR:") != std::string::npos || result->output.find("FATAL:") != std::string::npos;
  if (!result->succeeded() || complaint) return fail("cannot make role and database: " + result->last_lines());
  return {};
}

// The include of our settings, and the mark that the cluster is ours.
Outcome<void> append(const std::string& path, std::string_view text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return fail("cannot write " + path, errno);
  if (auto written = write_all(fd.get(), text); !written) return fail(path + ": " + written.error().message);
  return {};
}

Outcome<void> mark_as_ours(const std::string& target, const Account& account) {
  return do_as(account, [&]() -> Outcome<void> {
    auto step = append(target + "/postgresql.conf",
                       "\ninclude_if_exists 'code-analysis.conf'\n# Own settings belong below this line.\n");
    if (step) step = append(target + "/" + marker_name, "This cluster was made by code-analysis.\n");
    return step;
  });
}

Outcome<void> sync_folder(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail(path, errno);
  if (::syncfs(fd.get()) != 0) return fail("syncfs " + path, errno);
  return {};
}

Outcome<void> put_in_place(const DataFolder& folder) {
  if (::rename(folder.being_made().c_str(), folder.path.c_str()) != 0) {
    if (errno == EBUSY || errno == EXDEV) {
      return refuse(folder.path +
                    " is a mount point: name a folder below it as "
                    "database.driver.config.embedded.data_dir");
    }
    return fail("cannot rename " + folder.being_made() + " to " + folder.path, errno);
  }
  return sync_folder(std::filesystem::path(folder.path).parent_path());
}

}  // namespace

Outcome<void> make_cluster(const DataFolder& folder, const Installation& installation, const Account& account) {
  const std::string target = folder.being_made();
  std::error_code error;
  std::filesystem::remove_all(target, error);
  if (error) return fail("cannot remove " + target + ": " + error.message());
  auto step = own_folder(target, account, 0700);
  if (step) step = run_initdb(target, installation, account);
  if (step) step = make_role_and_database(target, installation, account);
  if (step) step = mark_as_ours(target, account);
  if (step) step = sync_folder(target);
  if (step) return put_in_place(folder);
  std::filesystem::remove_all(target, error);
  return step;
}

}  // namespace ca::postgres
