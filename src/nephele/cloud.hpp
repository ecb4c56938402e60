// Roles composed in one process: SQLite unless a service's configuration names a database, the
// in-process bus unless it names brokers, and local calls to the APIs that are in the process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "keystone/bootstrap.hpp"
#include "nephele/command_line.hpp"
#include "nephele/host_settings.hpp"
#include "nephele/roles.hpp"
#include "nephele/state_directory.hpp"

namespace nephele {

// Runs from construction to destruction. Guests and what belongs to them outlive it.
class Cloud {
 public:
  // Called between two attempts to reach a database or a broker; may throw, to end the start.
  using Pause = std::function<void(base::Duration)>;

  // Opens the databases, starts `roles` in order and serves their APIs. For `up`, and on SQLite, it
  // migrates and makes the first users; for `run` on a shared database `nephele db sync` and
  // `nephele bootstrap` have done so. Throws base::Error naming what is missing or wrong; what may
  // come by itself (a database, a broker, a schema, keys) it waits for if `pause` is given.
  Cloud(const CommandLine& line, const std::vector<const RoleEntry*>& roles, Pause pause = nullptr);
  ~Cloud();
  [[nodiscard]] const HostSettings& host() const;
  // What works, but less than one may expect; a sentence each.
  [[nodiscard]] std::vector<std::string> cautions() const;
  // What it was started with.
  [[nodiscard]] const std::map<std::string_view, platform::Config>& configs() const;
  // Where metrics and health checks are, or why they are nowhere.
  [[nodiscard]] const std::string& observed_at() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The role's name, or "nephele" for several: that of its log and trace.
[[nodiscard]] std::string process_name(const std::vector<const RoleEntry*>& roles);

// The configuration of one service for this command line: its defaults, what is derived from the
// host's settings, nephele.conf and CONFIG_DIR/<service>.conf, in this order of precedence, lowest
// first; last what the command line says.
[[nodiscard]] platform::Config load_config(const CommandLine& line, const ServiceEntry& service);

// The first users and the catalog of a cloud that is reached as `host` says.
[[nodiscard]] keystone::Bootstrap bootstrap_of(const HostSettings& host);

// The database that `config` names ([database] connection), by default an SQLite file in the state
// directory.
[[nodiscard]] std::unique_ptr<platform::Database> open_database(const CommandLine& line,
                                                                const ServiceEntry& service,
                                                                const platform::Config& config);
// Whether that is the default.
[[nodiscard]] bool is_embedded(const platform::Config& config);

}  // namespace nephele
