// What tgtadm prints, as values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cinder::drivers {

struct ListedTarget {
  int64_t tid = 0;
  std::string iqn;
  std::string path;  // of LUN 1; empty: there is none
  bool read_only = false;
  std::vector<std::string> usernames;
  std::vector<std::string> initiators;  // that may sign in
};
// Of `tgtadm --mode target --op show`.
[[nodiscard]] std::vector<ListedTarget> parse_targets(std::string_view output);

struct ListedConnection {
  std::string session;
  std::string connection;
  std::string initiator;
};
// Of `tgtadm --mode conn --op show`.
[[nodiscard]] std::vector<ListedConnection> parse_connections(std::string_view output);

}  // namespace cinder::drivers
