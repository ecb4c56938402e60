#include "statement_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "service_database.hpp"

namespace service_database {
namespace {

using platform::Session;
using platform::SqlRow;
using platform::SqlValues;

// Statements that may read all of a table, by a part of their text.
struct Allowed {
  std::string_view text;
  std::string_view why;
};
constexpr std::array kAllowed{
    // Lists that OpenStack does not page: the answer is most of the table.
    Allowed{"FROM projects WHERE is_domain=? ORDER BY id", "all projects"},
    Allowed{"FROM trusts WHERE deleted_at IS NULL ORDER BY id", "all trusts, for an administrator"},
    Allowed{"FROM services WHERE enabled=1", "the catalog: some ten rows"},
    Allowed{"FROM passwords WHERE expires_at>0", "a list of all users shows when each expires"},
    Allowed{"FROM quotas", "quotas of all projects, for an administrator"},
    Allowed{"COUNT(*) FROM ip_allocations GROUP BY subnet_id", "availability of all networks"},
    Allowed{"WHERE launched_at IS NOT NULL AND launched_at<=?", "usage of all projects"},
    Allowed{"FROM revocation_events WHERE revoked_at>=? ORDER BY revoked_at",
            "a process that starts wants all that count"},
    Allowed{"AND (INSTR(ip_address, ?) > 0)", "a part of an address is no beginning of a key"},
    Allowed{" AND 1=0", "reads nothing"},
    Allowed{"FROM metadef_namespaces WHERE 1=1", "some dozens, in any order that is asked for"},
    Allowed{"FROM volume_types WHERE (is_public=1 OR",
            "some dozens, nearly all of which are public"},
    // A row per host, looked at by who keeps a view of all hosts.
    Allowed{"SELECT COUNT(*) FROM compute_nodes c JOIN services s", "whether a host has gone"},
    Allowed{"WHERE c.generation>? ORDER BY", "all hosts for who starts; then what has changed"},
    Allowed{"FROM services WHERE binary_name='nova-compute' AND (last_seen_at<?", "hosts down"},
    Allowed{"SELECT host, last_seen_at FROM services", "which hosts live, once a second"},
    Allowed{"FROM pools p JOIN services s", "a row per back end"},
    Allowed{"IN (SELECT name FROM pools WHERE host=?)", "a row per back end"},
    Allowed{"COUNT(*) FROM volumes WHERE 1=1", "how many there are, for an administrator"},
    Allowed{"COUNT(*) FROM snapshots WHERE 1=1", "how many there are, for an administrator"},
    // Comparisons of all with all, on a timer or at start.
    Allowed{"SELECT location FROM images WHERE location IS NOT NULL", "files without an image"},
    Allowed{"FROM tasks WHERE 1=1", "all tasks, for an administrator"},
    Allowed{"SELECT n.id FROM networks n WHERE n.admin_state_up=1", "networks without DHCP"},
};

bool contains(std::string_view sql, std::string_view text) { return sql.find(text) != sql.npos; }

// All of a table is asked for, and is the answer.
bool asks_for_all(std::string_view sql) {
  if (!sql.starts_with("SELECT") || contains(sql, "COUNT(") || contains(sql, "GROUP BY"))
    return false;
  return !contains(sql, " WHERE ") || contains(sql, " WHERE 1=1 ORDER BY ");
}

bool is_allowed(std::string_view sql) {
  return std::ranges::any_of(kAllowed,
                             [&](const Allowed& entry) { return contains(sql, entry.text); });
}

bool is_explained(std::string_view sql) {
  return sql.starts_with("SELECT") || sql.starts_with("UPDATE") || sql.starts_with("DELETE");
}

bool has_limit(std::string_view sql) { return contains(sql, " LIMIT "); }

// Why it is too much for SQLite; empty: it is not.
std::string explain_sqlite(Session& session, const std::string& sql, const SqlValues& values) {
  std::string found;
  session.query("EXPLAIN QUERY PLAN " + sql, values, [&](const SqlRow& row) {
    const std::string step(row.text(3));
    if (!step.starts_with("SCAN ") || step.starts_with("SCAN CONSTANT")) return;
    const bool in_order = step.find(" USING ") != step.npos;
    if (!in_order || !has_limit(sql)) found += step + "; ";
  });
  return found;
}

// The same for MariaDB.
std::string explain_mariadb(Session& session, const std::string& sql, const SqlValues& values) {
  std::string found;
  session.query("EXPLAIN " + sql, values, [&](const SqlRow& row) {
    const std::string table(row.text(2)), type(row.text(3)), key(row.text(5)), extra(row.text(9));
    if (table.empty() || table.starts_with("<")) return;
    const bool most = row.integer(8) > kExplainedRows / 2;
    const bool whole = type == "ALL" || (most && !has_limit(sql));
    if (whole)
      found +=
          fmt::format("{}: type={} key={} rows={} {}; ", table, type, key, row.integer(8), extra);
  });
  return found;
}

}  // namespace

std::string explain(Session& session, const std::string& sql, const SqlValues& values) {
  if (!is_explained(sql) || asks_for_all(sql) || is_allowed(sql)) return {};
  return is_mariadb() ? explain_mariadb(session, sql, values)
                      : explain_sqlite(session, sql, values);
}

}  // namespace service_database
