// MariaDB or MySQL behind `Database`: what open_mariadb takes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "platform/database/database.hpp"

namespace platform {

struct MariadbTls {
  std::string ca_file;           // of who signed the server's certificate; turns TLS on
  std::string certificate_file;  // our own, where the server wants one
  std::string key_file;
  bool required = false;  // TLS even without ca_file
  bool verify = true;     // the server's name and certificate, where ca_file is given
};

struct MariadbOptions {
  std::string host = "localhost";
  uint16_t port = 3306;
  std::string socket;  // path; then host and port are not used
  std::string user;
  std::string password;
  std::string database;
  MariadbTls tls = {};
  size_t connections = 20;  // at most; opened when needed
  // How long one read or write waits for a connection and is tried again after deadlocks and lost
  // connections, before it fails with Error(unavailable).
  base::Duration patience = std::chrono::seconds{15};
};

// Opens a database that exists. Transactions are serializable (writes) or see one snapshot (reads);
// a write that met a deadlock, a lock timeout or a lost connection runs again, and one whose commit
// was not answered is looked up before: nothing is done twice. Throws base::Error that names the
// server, never the password: bad_request if it refuses the user, the password or the database,
// else unavailable. Warns in the log if commits are not durable there.
[[nodiscard]] std::unique_ptr<Database> open_mariadb(const MariadbOptions& options);

}  // namespace platform
