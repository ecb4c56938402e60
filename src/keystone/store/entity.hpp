// What the queries of all resources share: rows by id, and conditions made of optional filters.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "platform/database/rows.hpp"

namespace keystone::store {

// "Could not find user: <id>.", as Keystone words it.
[[nodiscard]] inline base::Error not_found(std::string_view kind, std::string_view id) {
  return {base::ErrorKind::not_found, fmt::format("Could not find {}: {}.", kind, id)};
}

// T is a described row whose key is `id` and which has kTable and kKind (the word for messages).
template <class T>
[[nodiscard]] std::optional<T> find_by_id(platform::Session& session, const std::string& id) {
  return platform::find<T>(session, "WHERE id=?", {id});
}
// Throws Error(not_found).
template <class T>
[[nodiscard]] T get_by_id(platform::Session& session, const std::string& id) {
  auto row = find_by_id<T>(session, id);
  if (!row) throw not_found(T::kKind, id);
  return std::move(*row);
}
// Throws Error(not_found) if there was none.
template <class T>
void delete_by_id(platform::Session& session, const std::string& id) {
  static const std::string sql = "DELETE FROM " + std::string(T::kTable) + " WHERE id=?";
  if (session.change(sql, {id}) == 0) throw not_found(T::kKind, id);
}

// "WHERE a=? AND b=?" from what was asked for. Column names are ours, never a user's text.
class Conditions {
 public:
  Conditions& equal(std::string_view column, platform::SqlValue value) {
    return add(fmt::format("{}=?", column), {std::move(value)});
  }
  template <class T>
  Conditions& equal_if(std::string_view column, const std::optional<T>& value) {
    return value ? equal(column, *value) : *this;
  }
  Conditions& add(std::string_view condition, platform::SqlValues values = {}) {
    text_ += text_.empty() ? "WHERE " : " AND ";
    text_ += condition;
    for (platform::SqlValue& value : values) values_.push_back(std::move(value));
    return *this;
  }
  [[nodiscard]] const platform::SqlValues& values() const { return values_; }
  // With what follows, e.g. " ORDER BY name".
  [[nodiscard]] std::string text(std::string_view tail = "") const {
    return text_ + std::string(tail);
  }

 private:
  std::string text_;
  platform::SqlValues values_;
};

template <class T>
[[nodiscard]] std::vector<T> list(platform::Session& session, const Conditions& conditions,
                                  std::string_view order = " ORDER BY id") {
  return platform::select<T>(session, conditions.text(order), conditions.values());
}

}  // namespace keystone::store
