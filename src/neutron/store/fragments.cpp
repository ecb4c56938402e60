#include "neutron/store/fragments.hpp"

namespace neutron::store {
namespace {

void append(SqlFragment& sql, const SqlFragment& more) {
  sql.text += more.text;
  sql.values.insert(sql.values.end(), more.values.begin(), more.values.end());
}

}  // namespace

void add_condition(SqlFragment& where, std::string_view text, platform::SqlValues values) {
  where.text.append(" AND ").append(text);
  for (auto& value : values) where.values.push_back(std::move(value));
}

void add_in(SqlFragment& where, std::string_view column, platform::SqlValues values) {
  if (values.empty()) return add_condition(where, "1=0");
  std::string text(column);
  text += " IN (" + platform::placeholders(values) + ")";
  add_condition(where, text, std::move(values));
}

SqlFragment to_sql(const std::string& select, const ListQuery& query) {
  static const Alternatives kAll(1);
  SqlFragment sql;
  for (const SqlFragment& alternative : query.among.empty() ? kAll : query.among) {
    if (!sql.text.empty()) sql.text += " UNION ALL ";
    sql.text += select + "WHERE 1=1";
    append(sql, alternative);
    append(sql, query.where);
  }
  append(sql, query.order);
  return sql;
}

}  // namespace neutron::store
