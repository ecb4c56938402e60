// QEMU's machine protocol on a unix socket (docs/interop/qmp-spec.txt of QEMU).
#pragma once

#include <string>

#include "base/json.hpp"
#include "base/time.hpp"

namespace nova::drivers {

// One connection. Not thread-safe. QEMU serves one client at a time, so keep it short.
class QmpClient {
 public:
  // Connects and negotiates. Throws base::Error(unavailable) if nobody answers in `timeout`.
  QmpClient(const std::string& socket_path, base::Duration timeout);
  ~QmpClient();
  QmpClient(const QmpClient&) = delete;
  QmpClient& operator=(const QmpClient&) = delete;
  // The command's "return". Events in between are skipped. Throws base::Error(internal) with QEMU's
  // description, (unavailable) if QEMU goes away, (timeout).
  base::Json execute(const std::string& command, const base::Json& arguments = nullptr);

 private:
  std::string read_line();
  void write(const std::string& text);
  int socket_ = -1;
  std::string buffer_;
};

}  // namespace nova::drivers
