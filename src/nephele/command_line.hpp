// The arguments of `nephele`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nephele {

struct CommandLine {
  std::string command;                 // "up", "run", "trace", ...
  std::vector<std::string> arguments;  // what is no option
  std::string state_dir;
  std::string config_dir;
  std::string listen_address;  // empty: as configured
  uint16_t port_offset = 0;    // added to every service's well-known port
  std::string hypervisor;      // empty: as configured
  bool debug = false;
  bool repair = false;          // doctor mends what it can
  bool merge = false;           // metadefs load: into namespaces that are there
  bool prefer_new = false;      // and what the files say wins
  bool overwrite = false;       // or replaces them
  bool foreground_log = false;  // log lines on standard error instead of the log file
};

// Throws base::Error(bad_request) naming the argument that is wrong.
[[nodiscard]] CommandLine parse_command_line(int argc, char** argv);
[[nodiscard]] std::string usage();

}  // namespace nephele
