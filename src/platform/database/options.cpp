#include "platform/database/options.hpp"

#include "platform/database/connection_url.hpp"

namespace platform {
namespace {

constexpr Option kOptions[] = {
    {"database", "connection", OptionType::text, "",
     "URL of the database: mysql+pymysql://USER:PASSWORD@HOST/NAME?ssl_ca=FILE or "
     "sqlite:////FILE; empty: an SQLite file in the state directory.",
     true},
    {"database", "max_pool_size", OptionType::integer, "20",
     "connections to MariaDB or MySQL of one process, at most.", false, 1, 1000},
    {"database", "pool_timeout", OptionType::integer, "15",
     "seconds that a request waits for a connection and for MariaDB or MySQL to come back.", false,
     1, 3600},
};

}  // namespace

std::span<const Option> database_options() { return kOptions; }

std::unique_ptr<Database> open_configured_database(const Config& config,
                                                   const std::string& default_file) {
  const std::string url = config.text("database", "connection");
  if (url.empty()) return open_sqlite({default_file});
  DatabaseTarget target = parse_connection_url(url);
  if (const auto* sqlite = std::get_if<SqliteOptions>(&target)) return open_sqlite(*sqlite);
  auto& mariadb = std::get<MariadbOptions>(target);
  mariadb.connections = static_cast<size_t>(config.integer("database", "max_pool_size"));
  mariadb.patience = std::chrono::seconds{config.integer("database", "pool_timeout")};
  return open_mariadb(mariadb);
}

}  // namespace platform
