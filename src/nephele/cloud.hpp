// Roles composed in one process: SQLite, local calls, and the in-process bus unless a service's
// configuration names brokers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/roles.hpp"
#include "nephele/state_directory.hpp"

namespace nephele {

// Runs from construction to destruction. Guests and what belongs to them outlive it.
class Cloud {
 public:
  // Migrates and opens the databases, makes the first users at the first start, starts `roles` in
  // order and serves their APIs. Throws base::Error naming what is missing.
  Cloud(const CommandLine& line, std::vector<const RoleEntry*> roles);
  ~Cloud();
  // "http://127.0.0.1:5000/v3"
  [[nodiscard]] std::string auth_url() const;
  [[nodiscard]] std::string url(const ServiceEntry& service) const;
  [[nodiscard]] const Secrets& secrets() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The configuration of one service for this command line: its defaults, what a cloud on embedded
// parts sets by itself, and CONFIG_DIR/<service>.conf, in this order of precedence, lowest first.
[[nodiscard]] platform::Config load_config(const CommandLine& line, const ServiceEntry& service,
                                           const Secrets& secrets);

// The database that `config` names ([database] connection), by default an SQLite file in the state
// directory.
[[nodiscard]] std::unique_ptr<platform::Database> open_database(const CommandLine& line,
                                                                const ServiceEntry& service,
                                                                const platform::Config& config);

}  // namespace nephele
