// The databases on which a test of this layer runs: each test of a TestWithParam<DatabaseKind> is
// run on all of them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "platform/database/database.hpp"
#include "platform/database/private_mariadb.hpp"

namespace platform {

enum class DatabaseKind { memory, file, mariadb };

inline std::string name_of(const testing::TestParamInfo<DatabaseKind>& info) {
  if (info.param == DatabaseKind::memory) return "memory";
  return info.param == DatabaseKind::file ? "file" : "mariadb";
}

inline const auto kEveryDatabase =
    testing::Values(DatabaseKind::memory, DatabaseKind::file, DatabaseKind::mariadb);

// Empty at first; gone with this object.
class DatabaseUnderTest : public testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override {
    if (GetParam() == DatabaseKind::mariadb) {
      if (!has_test_mariadb()) GTEST_SKIP() << "mariadb-server is not installed";
      mariadb_ = make_test_database();
    } else {
      folder_ = std::filesystem::temp_directory_path() / "nephele-database-XXXXXX";
      ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    }
    open();
  }
  void TearDown() override {
    database_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
    if (!mariadb_.database.empty()) drop_test_database(mariadb_);
  }

  // Anew; what was committed is there.
  void open() {
    database_.reset();
    if (GetParam() == DatabaseKind::mariadb)
      database_ = open_mariadb(mariadb_);
    else
      database_ = open_sqlite({GetParam() == DatabaseKind::file ? path() : ":memory:", 2});
  }
  [[nodiscard]] std::string path() const { return folder_ + "/test.sqlite"; }
  [[nodiscard]] bool is_mariadb() const { return GetParam() == DatabaseKind::mariadb; }

  std::string folder_;
  MariadbOptions mariadb_;
  std::unique_ptr<Database> database_;
};

}  // namespace platform
