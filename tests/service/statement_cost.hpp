// What a statement costs must not grow with the cloud: none reads a whole table, except those that
// are allowed to, with a reason, in statement_cost.cpp.
#pragma once

#include <string>

#include "platform/database/database.hpp"

namespace service_database {

// Rows that each table has when MariaDB is asked: with fewer it reads them all, whatever indexes
// there are. SQLite does not look at rows.
inline constexpr int64_t kExplainedRows = 6000;

// How the database of the session would read a whole table for the statement; empty: it would not.
[[nodiscard]] std::string explain(platform::Session& session, const std::string& sql,
                                  const platform::SqlValues& values);

}  // namespace service_database
