// What holds for every role on this host: CONFIG_DIR/nephele.conf, the command line, and the
// secrets in the state directory.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "nephele/command_line.hpp"
#include "nephele/roles.hpp"
#include "nephele/state_directory.hpp"
#include "platform/config.hpp"

namespace nephele {

// The options that nephele.conf has of its own. Every option of a service can be there, too.
[[nodiscard]] std::span<const platform::Option> host_options();

struct HostSettings {
  std::string name;            // of this host in the cloud
  std::string my_ip;           // empty: none, VXLAN networks end at this host
  std::string listen_address;  // of this host's APIs
  std::string controller;      // name or address at which clients and services reach the APIs
  bool https = false;          // they speak TLS there
  std::string ca_file;         // authorities of their certificates; empty: the system's
  uint16_t port_offset = 0;
  bool share_ports = false;    // with other processes of the same role
  std::string metrics_host;    // where processes show themselves; empty: nowhere
  uint16_t metrics_port = 0;   // before the offset
  bool debug = false;          // log more
  bool json_log = false;       // log lines are JSON
  std::string disabling_file;  // while it exists, load balancers are to stay away; empty: none
  Secrets secrets;             // an empty one is not known on this host

  // "http://10.0.0.1:8774": where the API with that port is reached.
  [[nodiscard]] std::string api_url(uint16_t port) const;
  // The same for a client on this host, which shares a process with the API if it listens here.
  [[nodiscard]] std::string local_url(uint16_t port) const;
};

// Throws base::Error(bad_request) naming the line of nephele.conf that is wrong.
[[nodiscard]] HostSettings read_host_settings(const CommandLine& line);

// Whether the service knows that option.
[[nodiscard]] bool has_option(const ServiceEntry& service, std::string_view group,
                              std::string_view name);

// The host's own options, as nephele.conf has them now. Throws as read_host_settings.
[[nodiscard]] platform::Config load_host_file(const CommandLine& line);

// Sets in `config`, of that service, what nephele.conf says of the options it knows. "{service}" in
// a value stands for the service's name.
void apply_host_file(const CommandLine& line, const ServiceEntry& service,
                     platform::Config& config);

// An option as nephele.conf has it, placeholders included.
[[nodiscard]] std::optional<std::string> find_in_host_file(const CommandLine& line,
                                                           std::string_view group,
                                                           std::string_view option);

}  // namespace nephele
