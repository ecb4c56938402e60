// What does not belong: the part of `nephele doctor` that can be mended.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nephele/command_line.hpp"
#include "nephele/roles.hpp"
#include "platform/database/database.hpp"
#include "platform/finding.hpp"

namespace nephele {

struct Defect {
  platform::Finding finding;
  // Mends it and says what was done. Null: it is not to be mended from here, as the finding's
  // advice says. Throws base::Error.
  std::function<std::string()> mend;
};

// Compares the services' databases with themselves, where this host reaches them, and with what is
// on this host (host_defects.hpp). Also what a dead letter or a role that does not report is.
// Defects may hold locks that keep roles of this host from starting meanwhile. What could not be
// compared is a finding, too.
[[nodiscard]] std::vector<Defect> find_defects(const CommandLine& line);

// The database of a service, to be looked into by a tool that does not wait long for it. Null: this
// host has none.
[[nodiscard]] std::shared_ptr<platform::Database> find_database(const CommandLine& line,
                                                                const ServiceEntry& service,
                                                                platform::Config& config);
// The same with the service's own configuration.
[[nodiscard]] std::shared_ptr<platform::Database> find_database_of(const CommandLine& line,
                                                                   std::string_view service);

}  // namespace nephele
