#include "platform/database/mariadb_commit.hpp"

#include <fmt/core.h>

#include <thread>

#include "base/error.hpp"
#include "platform/database/mariadb_error.hpp"
#include "platform/log.hpp"

namespace platform {
namespace {

// Longer than a connection lives, so that the mark of a live one never goes.
constexpr int64_t kKeptSeconds = int64_t{24} * 3600;

constexpr int64_t kMarksKept = 16;  // at most, of a connection

constexpr std::string_view kCreate =
    "CREATE TABLE IF NOT EXISTS transaction_marks ("
    "session VARCHAR(36) NOT NULL, number BIGINT NOT NULL, is_fence BIGINT NOT NULL, "
    "marked_at BIGINT NOT NULL, PRIMARY KEY (session, number)) "
    "ENGINE=InnoDB DEFAULT CHARSET=ascii COLLATE=ascii_bin";

bool has_table(MariadbConnection& connection) {
  bool found = false;
  connection.query(
      "SELECT 1 FROM information_schema.tables WHERE table_schema=DATABASE() AND "
      "table_name='transaction_marks'",
      {}, [&](const SqlRow&) { found = true; });
  return found;
}

// The connection that the mark belongs to may still hold its locks, if the server has not noticed
// that its client has gone.
void end_former_connection(MariadbConnection& connection, const CommitMark& mark) {
  int64_t id = 0;
  connection.query("SELECT IS_USED_LOCK(?)", {mark.session},
                   [&](const SqlRow& row) { id = row.integer(0); });
  if (id == 0) return;
  try {
    connection.run(fmt::format("KILL CONNECTION {}", id));
  } catch (const MariadbInterruption&) {
    throw;
  } catch (const base::Error&) {
    // It has gone by itself.
  }
}

// Writing the mark in the transaction's place: that waits for a commit in progress, and makes one
// that has not begun fail on the same key.
bool look_up(MariadbConnection& connection, const CommitMark& mark) {
  end_former_connection(connection, mark);
  try {
    connection.change(
        "INSERT INTO transaction_marks (session, number, is_fence, marked_at) "
        "VALUES (?,?,1,UNIX_TIMESTAMP())",
        {mark.session, mark.number});
    return false;
  } catch (const base::Error& error) {
    if (error.detail() != "unique") throw;
  }
  bool is_fence = false;  // ours, from a look whose answer got lost too
  connection.query("SELECT is_fence FROM transaction_marks WHERE session=? AND number=?",
                   {mark.session, mark.number},
                   [&](const SqlRow& row) { is_fence = row.integer(0) != 0; });
  return !is_fence;
}

[[noreturn]] void give_up(const std::string& detail) {
  throw base::Error(base::ErrorKind::unavailable,
                    "The database went away during the change, which may have been made or not: "
                    "look before you repeat it.",
                    detail);
}

// Of every sixteen commits the last takes the marks of the others away.
void delete_former_marks(MariadbConnection& connection, const CommitMark& mark) {
  if (mark.number % kMarksKept != 0) return;
  SqlValues values{mark.session};
  for (int64_t number = mark.number - kMarksKept; number < mark.number; ++number)
    values.emplace_back(number);
  connection.execute(
      "DELETE FROM transaction_marks "
      "WHERE session=? AND number IN (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      values);
}

}  // namespace

void prepare_commit_marks(MariadbConnection& connection) {
  if (!has_table(connection)) connection.change(kCreate, {});
}

// By key, one by one: a DELETE over a range would lock the marks of others.
void forget_old_marks(MariadbConnection& connection) {
  connection.begin(MariadbMode::single);
  std::vector<CommitMark> old;
  connection.query(
      "SELECT session, number FROM transaction_marks WHERE marked_at<UNIX_TIMESTAMP()-? LIMIT 1000",
      {kKeptSeconds},
      [&](const SqlRow& row) { old.push_back({std::string(row.text(0)), row.integer(1)}); });
  for (const CommitMark& mark : old)
    connection.change("DELETE FROM transaction_marks WHERE session=? AND number=?",
                      {mark.session, mark.number});
}

void commit_with_mark(MariadbConnection& connection) {
  const CommitMark mark = connection.next_commit();
  delete_former_marks(connection, mark);
  connection.execute(
      "INSERT INTO transaction_marks (session, number, is_fence, marked_at) "
      "VALUES (?,?,0,UNIX_TIMESTAMP())",
      {mark.session, mark.number});
  connection.run("COMMIT");
  connection.count_commit();
}

bool was_committed(MariadbPool& pool, const CommitMark& mark, MariadbPool::Deadline deadline) {
  for (;;) {
    std::string detail;
    try {
      MariadbPool::Lease connection = pool.take(deadline, MariadbMode::single);
      try {
        connection->begin(MariadbMode::single);
        const bool committed = look_up(*connection, mark);
        log_warning("the answer to a commit got lost; looked up: committed={}", committed);
        return committed;
      } catch (const MariadbInterruption& error) {
        detail = error.detail();
        if (error.cause == MariadbInterruption::Cause::connection) connection.discard();
      }
    } catch (const base::Error& error) {
      give_up(error.detail());
    }
    if (std::chrono::steady_clock::now() >= deadline) give_up(detail);
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

}  // namespace platform
