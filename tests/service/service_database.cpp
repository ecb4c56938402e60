#include "service_database.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <string_view>

#include "base/error.hpp"
#include "platform/database/private_mariadb.hpp"
#include "statement_cost.hpp"

namespace service_database {
namespace {

using platform::Database;
using platform::Migration;
using platform::Session;
using platform::SqlRow;
using platform::SqlValues;

// What all tests of this process share: by the schema, which is where its migrations are.
class Shared {
 public:
  // Whether it is the first time.
  bool record(std::span<const Migration> migrations, std::string_view sql,
              const SqlValues& values) {
    const std::lock_guard lock(mutex_);
    return recorded_[migrations.data()].try_emplace(std::string(sql), values).second;
  }
  std::map<std::string, SqlValues> list(std::span<const Migration> migrations) {
    const std::lock_guard lock(mutex_);
    return recorded_[migrations.data()];
  }
  // Null: there is none that nobody uses.
  std::unique_ptr<Database> take(std::span<const Migration> migrations) {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[migrations.data()];
    if (idle.empty()) return nullptr;
    auto database = std::move(idle.back());
    idle.pop_back();
    return database;
  }
  void give_back(std::span<const Migration> migrations, std::unique_ptr<Database> database) {
    const std::lock_guard lock(mutex_);
    idle_[migrations.data()].push_back(std::move(database));
  }

 private:
  std::mutex mutex_;
  std::map<const Migration*, std::map<std::string, SqlValues>> recorded_;
  std::map<const Migration*, std::vector<std::unique_ptr<Database>>> idle_;
};

// Never destroyed: its connections outlive the server that is started for them.
Shared& shared() {
  static auto* const all = new Shared;
  return *all;
}

class RecordingSession final : public Session {
 public:
  RecordingSession(Session& inner, std::span<const Migration> migrations)
      : inner_(inner), migrations_(migrations) {}
  void query(std::string_view sql, const SqlValues& values,
             const std::function<void(const SqlRow&)>& each) override {
    record(sql, values);
    inner_.query(sql, values, each);
  }
  int64_t change(std::string_view sql, const SqlValues& values) override {
    record(sql, values);
    return inner_.change(sql, values);
  }
  void execute(std::string_view sql, const SqlValues& values) override {
    record(sql, values);
    inner_.execute(sql, values);
  }
  void settle() override { inner_.settle(); }

 private:
  void record(std::string_view sql, const SqlValues& values) {
    if (!shared().record(migrations_, sql, values) || is_mariadb()) return;
    EXPECT_EQ(explain(inner_, std::string(sql), values), "") << "reads a whole table: " << sql;
  }

  Session& inner_;
  std::span<const Migration> migrations_;
};

bool is_of_the_layer(std::string_view table) {
  return table.starts_with("schema_") || table == "transaction_marks";
}

void empty(Database& database) {
  database.write("test.empty", [](Session& session) {
    session.execute("SET foreign_key_checks=0", {});
    for (const std::string& table : list_tables(session))
      // Its rows are the schema's, not a test's.
      if (table == "counters")
        session.execute("UPDATE counters SET value=0", {});
      else if (!is_of_the_layer(table))
        session.execute("DELETE FROM `" + table + "`", {});
    session.execute("SET foreign_key_checks=1", {});
  });
}

class RecordingDatabase final : public Database {
 public:
  RecordingDatabase(std::unique_ptr<Database> inner, std::span<const Migration> migrations)
      : inner_(std::move(inner)), migrations_(migrations) {}
  ~RecordingDatabase() override {
    if (!is_mariadb()) return;
    empty(*inner_);
    shared().give_back(migrations_, std::move(inner_));
  }
  [[nodiscard]] Database& inner() const { return *inner_; }
  void lose_answer(const std::string& name) {
    const std::lock_guard lock(mutex_);
    lost_ = name;
  }

 protected:
  void run_read(const char*, const std::function<void(Session&)>& work) override {
    inner_->read([&](Session& session) {
      RecordingSession recording(session, migrations_);
      work(recording);
    });
  }
  void run_write(const char* name, const std::function<void(Session&)>& work) override {
    inner_->write(name, [&](Session& session) {
      RecordingSession recording(session, migrations_);
      work(recording);
    });
    const std::lock_guard lock(mutex_);
    if (lost_ != name) return;
    lost_.clear();
    throw base::Error(base::ErrorKind::unavailable, "The database is not available.", name);
  }

 private:
  std::unique_ptr<Database> inner_;
  std::span<const Migration> migrations_;
  std::mutex mutex_;
  std::string lost_;  // name of the write whose answer gets lost; empty: none
};

std::unique_ptr<Database> open_new(std::span<const Migration> migrations) {
  auto database = is_mariadb() ? platform::open_mariadb(platform::make_test_database())
                               : platform::open_sqlite({":memory:"});
  platform::migrate(*database, migrations);
  return database;
}

}  // namespace

bool is_mariadb() {
  const char* wanted = std::getenv("NEPHELE_SERVICE_DATABASE");
  return wanted && std::string_view(wanted) == "mariadb";
}

std::unique_ptr<Database> make(std::span<const Migration> migrations) {
  auto database = shared().take(migrations);
  if (!database) database = open_new(migrations);
  return std::make_unique<RecordingDatabase>(std::move(database), migrations);
}

Database& beneath(Database& made) { return dynamic_cast<RecordingDatabase&>(made).inner(); }

void lose_answer(Database& made, const std::string& name) {
  dynamic_cast<RecordingDatabase&>(made).lose_answer(name);
}

std::vector<std::string> list_tables(Session& session) {
  std::vector<std::string> tables;
  const char* sql = is_mariadb() ? "SELECT table_name FROM information_schema.tables WHERE "
                                   "table_schema=DATABASE()"
                                 : "SELECT name FROM sqlite_master WHERE type='table'";
  session.query(sql, {}, [&](const SqlRow& row) { tables.emplace_back(row.text(0)); });
  return tables;
}

std::map<std::string, SqlValues> list_recorded(std::span<const Migration> migrations) {
  return shared().list(migrations);
}

}  // namespace service_database
