// One connection to MariaDB with its prepared statements: the inside of open_mariadb.
#pragma once

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "platform/database/mariadb.hpp"
#include "platform/database/mariadb_statement.hpp"

namespace platform {

struct CommitMark {
  std::string session;
  int64_t number = 0;  // from 1
};

// What the statements of a connection are.
enum class MariadbMode {
  single,  // each is a transaction of its own: a new connection
  read,    // a transaction on one snapshot, from the first statement to end_unchanged()
  // Serializable: what was read holds until the commit, as with SQLite's single writer. Quotas that
  // are counted, and rows inserted if none is there, need no less.
  write,
};

// Not thread-safe: used by one thread at a time. Failures are thrown by throw_mariadb_error; after
// one the connection is good unless it was an interruption of the connection.
class MariadbConnection {
 public:
  explicit MariadbConnection(const MariadbOptions& options);
  ~MariadbConnection();
  MariadbConnection(const MariadbConnection&) = delete;
  MariadbConnection& operator=(const MariadbConnection&) = delete;

  // To be called first by who gets the connection lent. Costs nothing if its mode was the same.
  void begin(MariadbMode mode);
  [[nodiscard]] MariadbMode mode() const { return mode_; }

  // A prepared statement, kept for the next time.
  void query(std::string_view sql, const SqlValues& values,
             const std::function<void(const SqlRow&)>& each);
  int64_t change(std::string_view sql, const SqlValues& values);
  // Sends it, and waits for no answer: any other call but this does, and throws what went wrong.
  void execute(std::string_view sql, const SqlValues& values);
  void await_answers();
  // Statements without values and rows, separated by ';', in one round trip: BEGIN, COMMIT, ... The
  // first that fails is the last that runs. Never with text from outside.
  void run(const std::string& statements);
  // Ends a transaction that has changed nothing, without waiting for the answer: the next begin()
  // does.
  void end_unchanged();
  // Undoes the open transaction. Never throws; false: the connection is lost.
  bool roll_back() noexcept;

  // What tells the next commit of this connection from every other there ever was.
  [[nodiscard]] CommitMark next_commit() const { return {session_, commits_ + 1}; }
  void count_commit() { ++commits_; }
  [[nodiscard]] std::chrono::steady_clock::time_point opened_at() const { return opened_at_; }

 private:
  struct Kept {
    std::unique_ptr<MariadbStatement> statement;
    bool in_use = false;
  };
  using Statements = std::list<Kept>;  // most recently used first
  class Use;

  void set_up();
  void await_end();
  void forget_failed();
  Statements::iterator acquire(std::string_view sql);
  void release(Statements::iterator statement) noexcept;
  void evict();
  [[noreturn]] void fail(std::string_view sql);

  st_mysql* handle_ = nullptr;
  std::string session_;  // a UUID
  int64_t commits_ = 0;
  MariadbMode mode_ = MariadbMode::single;
  bool is_ending_ = false;  // end_unchanged() has no answer yet
  std::vector<Statements::iterator> unanswered_;
  std::chrono::steady_clock::time_point opened_at_;
  Statements statements_;
  std::unordered_map<std::string_view, Statements::iterator> index_;  // keys point into statements_
};

}  // namespace platform
