// Where the imports of a project lead, found out anew for all of them or for those of a few files, and written where it differs.
//
// What has to be done stands in the table import_resolution_due; each transaction that makes something due puts a row in there
// itself. A round reads the rows that it sees, then the project's paths, then writes portion by portion, each a short transaction,
// and removes exactly those rows with the last one. So a round that ends early, for whatever reason, is done again; and what is
// committed while it runs has a row that it has not seen, which another round follows.
//
// One indexer a project: a lease and a token in import_rounds. Each portion is written only while the token is still its own, so
// that an indexer that was held up never puts older answers over newer ones.
//
// A round waits for nobody's locks. A row that someone else is just deleting is left out, and its file is due again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analyse.h"
#include "analysis/imports/resolver.h"
#include "common/clock.h"
#include "database/session.h"

namespace ca::workers {

class ImportRound {
 public:
  // Takes the project that has waited longest, among those that nobody is at; only what has been due for `due_for` counts.
  // nullopt: none. Reads all of the project's paths and lists its folders, so it keeps these in memory. Blocks.
  // Errors: as Session::execute.
  static DbResult<std::optional<ImportRound>> begin(Session& session, const std::string& worker, Milliseconds due_for);

  // One portion. False: the round is over, or somebody else has taken it. Blocks. Errors: as Session::transaction.
  DbResult<bool> step(Session& session);

 private:
  struct File {
    std::int64_t id = 0;
    std::optional<analysis::Language> language;
  };
  struct Lease {
    std::int64_t project = 0, token = 0;
    std::string root;
  };
  struct Changes;

  explicit ImportRound(Lease lease) : lease_(std::move(lease)) {}
  static DbResult<std::optional<Lease>> take(Session& session, const std::string& worker, std::int64_t project);
  DbResult<bool> read(Session& session);
  DbStatus read_files(Session& session);
  bool make_resolver();
  std::vector<std::int64_t> next_portion();
  DbResult<Changes> resolve(Session& session, const std::vector<std::int64_t>& portion) const;
  DbStatus write(Connection& connection, const Changes& changes, bool last, bool& ours) const;

  Lease lease_;
  std::vector<std::int64_t> due_;       // ids in import_resolution_due
  std::vector<std::int64_t> only_;      // sorted ids of the files to look at; empty: all
  std::vector<std::string> paths_;      // of the project's files, sorted
  std::vector<File> files_;             // of the same index
  std::vector<std::size_t> importers_;  // which of them are to be looked at, in order of their ids
  std::size_t next_ = 0;                // in importers_
  std::optional<analysis::imports::Resolver> resolver_;
  Instant renew_at_{};  // the lease
};

// Gives back the rounds of `worker`, as an earlier process of that name left them.
DbStatus release_rounds(Connection& connection, const std::string& worker);

}  // namespace ca::workers
