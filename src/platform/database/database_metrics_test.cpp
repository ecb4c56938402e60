#include "platform/database/database_metrics.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace platform {
namespace {

metrics::Counter& failed(std::string_view kind) {
  return metrics::registry().counter({"nephele_database_transactions_failed_total", ""},
                                     {{"database", "measured"}, {"kind", kind}});
}

uint64_t count(std::string_view kind) {
  uint64_t sum = 0;
  for (const uint64_t bucket : metrics::registry()
                                   .histogram({"nephele_database_transaction_duration_seconds", ""},
                                              {{"database", "measured"}, {"kind", kind}})
                                   .counts())
    sum += bucket;
  return sum;
}

TEST(MeasuredDatabase, counts_transactions_by_kind) {
  const auto database = with_metrics(open_sqlite({":memory:"}), "measured", system_clock());
  const uint64_t reads = count("read");
  const uint64_t writes = count("write");
  database->write("make", [](Session& session) {
    session.execute("CREATE TABLE things (id BIGINT PRIMARY KEY)", {});
  });
  const int64_t answer = database->read([](Session& session) {
    int64_t number = 0;
    session.query("SELECT 42", {}, [&](const SqlRow& row) { number = row.integer(0); });
    return number;
  });

  EXPECT_EQ(answer, 42);
  EXPECT_EQ(count("read"), reads + 1);
  EXPECT_EQ(count("write"), writes + 1);
}

TEST(MeasuredDatabase, what_a_transaction_refuses_is_no_failure_of_the_database) {
  const auto database = with_metrics(open_sqlite({":memory:"}), "measured", system_clock());
  const uint64_t before = failed("read").value();
  const auto throwing = [&](base::ErrorKind kind) {
    database->read([&](Session&) { throw base::Error(kind, "No."); });
  };
  EXPECT_THROW(throwing(base::ErrorKind::not_found), base::Error);
  EXPECT_EQ(failed("read").value(), before);
  EXPECT_THROW(throwing(base::ErrorKind::unavailable), base::Error);
  EXPECT_EQ(failed("read").value(), before + 1);
}

TEST(DatabaseLabel, is_the_name_of_the_file) {
  EXPECT_EQ(database_label("/var/lib/nephele/db/nova.sqlite"), "nova");
}

}  // namespace
}  // namespace platform
