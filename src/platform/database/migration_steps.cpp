#include "platform/database/migration_steps.hpp"

#include <fmt/core.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "platform/database/rows.hpp"

namespace platform {
namespace {

std::string_view without_comments(std::string_view text) {
  text = base::trim(text);
  while (text.starts_with("--")) {
    const size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : base::trim(text.substr(end));
  }
  return text;
}

}  // namespace

std::vector<std::string_view> statements_of(const Migration& migration) {
  std::vector<std::string_view> statements;
  std::string_view rest = migration.sql;
  while (!rest.empty()) {
    const size_t end = rest.find(";\n");
    const std::string_view statement = without_comments(rest.substr(0, end));
    if (!statement.empty()) statements.push_back(statement);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return statements;
}

int64_t schema_version(Session& session) {
  return number(session, "SELECT MAX(number) FROM schema_migrations");
}

void record_migration(Session& session, const Migration& migration) {
  session.execute("INSERT INTO schema_migrations (number, name) VALUES (?,?)",
                  {migration.number, migration.name});
}

void check_not_newer(int64_t version, std::span<const Migration> migrations) {
  const int64_t known = migrations.empty() ? 0 : migrations.back().number;
  if (version <= known) return;
  throw base::Error(base::ErrorKind::conflict,
                    fmt::format("The database has schema version {}, this program knows versions "
                                "up to {}. Run the program that wrote it, or a newer one.",
                                version, known));
}

}  // namespace platform
