// MariaDB servers for tests: one of one's own, or the one that NEPHELE_TEST_DATABASE names.
#pragma once

#include <sys/types.h>

#include <string>

#include "platform/database/mariadb.hpp"

namespace platform {

// A mariadbd with a directory and a socket of its own and without a port. It asks nobody for a
// password, so nobody else may reach its directory. Ends with this object, or with the thread that
// started it.
class PrivateMariadb {
 public:
  [[nodiscard]] static bool is_installed();

  // Throws base::Error(unavailable) with the end of its log if it does not start.
  PrivateMariadb();
  ~PrivateMariadb();
  PrivateMariadb(const PrivateMariadb&) = delete;
  PrivateMariadb& operator=(const PrivateMariadb&) = delete;

  // What a power cut does to it (SIGKILL); start() brings it back with what was on disk.
  void kill();
  void start();
  // Reaches its database `name`.
  [[nodiscard]] MariadbOptions options(const std::string& name) const;

 private:
  std::string directory_;
  pid_t pid_ = -1;
};

// A new, empty database on the server that NEPHELE_TEST_DATABASE names (a connection URL whose
// database is not touched), else on a private one that is started once per process.
[[nodiscard]] MariadbOptions make_test_database();
void drop_test_database(const MariadbOptions& options);
// Whether make_test_database() can work.
[[nodiscard]] bool has_test_mariadb();

}  // namespace platform
