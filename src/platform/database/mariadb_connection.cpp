#include "platform/database/mariadb_connection.hpp"

#include <fmt/core.h>
#include <mysql.h>

#include <exception>
#include <utility>

#include "base/error.hpp"
#include "platform/database/mariadb_error.hpp"

namespace platform {
namespace {

// Far more than one service has; a bound against SQL text that was built from data by mistake.
constexpr size_t kStatementLimit = 256;

// Their answers fit into the socket many times over: the server never waits for us to read them.
constexpr size_t kMostUnanswered = 64;

constexpr unsigned kConnectSeconds = 10;
// Longer than the server waits for a lock, so that it is the server that gives up.
constexpr unsigned kAnswerSeconds = 30;

// The SQL of SQLite: '||' joins, a backslash is a letter; nothing is cut or guessed to fit a
// column. Names of the isolation level and of the rest are those that MariaDB and MySQL share, but
// for what MariaDB asks its statistics: every statement goes by an index, so that costs a tenth of
// a short one and changes no plan.
constexpr const char* kSetUp =
    "SET SESSION "
    "/*M!100108 optimizer_use_condition_selectivity=1, use_stat_tables='never', */ "
    "sql_mode='STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
    "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES', "
    "time_zone='+00:00', innodb_lock_wait_timeout=10, wait_timeout=28800, autocommit=1;"
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

std::string_view set_mode(MariadbMode mode) {
  switch (mode) {
    case MariadbMode::single:
      return "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;SET SESSION autocommit=1";
    case MariadbMode::read:
      return "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;SET SESSION autocommit=0";
    case MariadbMode::write:
      return "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE;SET SESSION autocommit=0";
  }
  return {};
}

void set_tls(MYSQL* handle, const MariadbTls& tls) {
  const auto text = [&](mysql_option option, const std::string& value) {
    if (!value.empty()) mysql_options(handle, option, value.c_str());
  };
  text(MYSQL_OPT_SSL_CA, tls.ca_file);
  text(MYSQL_OPT_SSL_CERT, tls.certificate_file);
  text(MYSQL_OPT_SSL_KEY, tls.key_file);
  const bool needed = tls.required || !tls.ca_file.empty() || !tls.certificate_file.empty();
  const auto enforce = static_cast<my_bool>(needed);
  const auto verify = static_cast<my_bool>(tls.verify && !tls.ca_file.empty());
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

void set_options(MYSQL* handle, const MariadbOptions& options) {
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &kAnswerSeconds);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &kAnswerSeconds);
  set_tls(handle, options.tls);
}

}  // namespace

// Holds a statement from binding to the last row.
class MariadbConnection::Use {
 public:
  Use(MariadbConnection& connection, std::string_view sql)
      : connection_(connection), kept_(connection.acquire(sql)) {}
  ~Use() { connection_.release(kept_); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  MariadbStatement* operator->() const { return kept_->statement.get(); }

 private:
  MariadbConnection& connection_;
  Statements::iterator kept_;
};

MariadbConnection::MariadbConnection(const MariadbOptions& options)
    : opened_at_(std::chrono::steady_clock::now()) {
  // Not thread-safe, and mysql_init would do it.
  static const int ready = mysql_library_init(0, nullptr, nullptr);
  handle_ = ready == 0 ? mysql_init(nullptr) : nullptr;
  if (!handle_) throw std::bad_alloc();
  set_options(handle_, options);
  const bool local = !options.socket.empty();
  try {
    if (!mysql_real_connect(handle_, local ? nullptr : options.host.c_str(), options.user.c_str(),
                            options.password.c_str(), options.database.c_str(), options.port,
                            local ? options.socket.c_str() : nullptr,
                            CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS))
      fail("connect");
    set_up();
  } catch (...) {
    statements_.clear();
    mysql_close(handle_);
    throw;
  }
}

MariadbConnection::~MariadbConnection() {
  index_.clear();
  statements_.clear();
  mysql_close(handle_);
}

void MariadbConnection::set_up() {
  run(kSetUp);
  query("SELECT UUID()", {}, [&](const SqlRow& row) { session_ = row.text(0); });
  // A name by which another connection finds this one's transaction, to end it.
  query("SELECT GET_LOCK(?,0)", {session_}, [](const SqlRow&) {});
}

void MariadbConnection::begin(MariadbMode mode) {
  await_end();
  if (mode == mode_) return;
  run(std::string(set_mode(mode)));
  mode_ = mode;
}

void MariadbConnection::end_unchanged() {
  if (mysql_send_query(handle_, "COMMIT", 6) != 0) fail("COMMIT");
  is_ending_ = true;
}

void MariadbConnection::await_end() {
  if (!std::exchange(is_ending_, false)) return;
  if (mysql_read_query_result(handle_) != 0) fail("COMMIT");
}

void MariadbConnection::query(std::string_view sql, const SqlValues& values,
                              const std::function<void(const SqlRow&)>& each) {
  await_answers();
  const Use statement(*this, sql);
  statement->execute(values);
  while (statement->next()) each(statement->row());
}

int64_t MariadbConnection::change(std::string_view sql, const SqlValues& values) {
  await_answers();
  const Use statement(*this, sql);
  statement->execute(values);
  return statement->changed();
}

void MariadbConnection::execute(std::string_view sql, const SqlValues& values) {
  const auto found = index_.find(sql);
  // What is not prepared yet needs an answer first.
  if (found == index_.end() || found->second->in_use) {
    change(sql, values);
    return;
  }
  if (unanswered_.size() == kMostUnanswered) await_answers();
  statements_.splice(statements_.begin(), statements_, found->second);
  found->second->statement->send(values);
  unanswered_.push_back(found->second);
}

void MariadbConnection::await_answers() {
  std::exception_ptr failure;
  for (const auto& sent : std::exchange(unanswered_, {})) {
    try {
      sent->statement->receive();
    } catch (...) {
      // Of a lost connection, all that follow say so too.
      if (!failure) failure = std::current_exception();
    }
  }
  if (!failure) return;
  forget_failed();
  std::rethrow_exception(failure);
}

void MariadbConnection::forget_failed() {
  for (auto kept = statements_.begin(); kept != statements_.end();) {
    const auto current = kept++;
    if (current->in_use || !current->statement->has_failed()) continue;
    index_.erase(current->statement->sql());
    statements_.erase(current);
  }
}

void MariadbConnection::run(const std::string& statements) {
  await_answers();
  if (mysql_real_query(handle_, statements.data(), statements.size()) != 0) fail(statements);
  for (;;) {
    mysql_free_result(mysql_store_result(handle_));
    const int more = mysql_next_result(handle_);
    if (more > 0) fail(statements);
    if (more < 0) return;
  }
}

bool MariadbConnection::roll_back() noexcept {
  try {
    await_answers();
  } catch (...) {
    // Undone like the rest.
  }
  return mysql_real_query(handle_, "ROLLBACK", 8) == 0;
}

MariadbConnection::Statements::iterator MariadbConnection::acquire(std::string_view sql) {
  const auto found = index_.find(sql);
  if (found != index_.end() && !found->second->in_use) {
    statements_.splice(statements_.begin(), statements_, found->second);
    found->second->in_use = true;
    return found->second;
  }
  statements_.push_front({std::make_unique<MariadbStatement>(handle_, sql), true});
  const auto made = statements_.begin();
  // The text may be in use already, by a query inside a query's callback: then this one is extra,
  // and goes when it is released.
  index_.try_emplace(made->statement->sql(), made);
  evict();
  return made;
}

void MariadbConnection::release(Statements::iterator kept) noexcept {
  kept->statement->finish();
  kept->in_use = false;
  const auto found = index_.find(kept->statement->sql());
  const bool is_extra = found == index_.end() || found->second != kept;
  if (!is_extra && !kept->statement->has_failed()) return;
  if (!is_extra) index_.erase(found);
  statements_.erase(kept);
}

void MariadbConnection::evict() {
  if (index_.size() <= kStatementLimit) return;
  for (auto last = std::prev(statements_.end()); last != statements_.begin(); --last) {
    if (last->in_use) continue;
    index_.erase(last->statement->sql());
    statements_.erase(last);
    return;
  }
}

void MariadbConnection::fail(std::string_view sql) {
  throw_mariadb_error(mysql_errno(handle_), mysql_error(handle_), sql);
}

}  // namespace platform
