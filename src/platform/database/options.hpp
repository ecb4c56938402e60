// The options of group [database], the same for every service that has one.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "platform/config.hpp"
#include "platform/database/database.hpp"

namespace platform {

[[nodiscard]] std::span<const Option> database_options();

// Opens the database that `config` names; the SQLite file `default_file` if it names none. Throws
// base::Error as open_database does.
[[nodiscard]] std::unique_ptr<Database> open_configured_database(const Config& config,
                                                                 const std::string& default_file);

}  // namespace platform
