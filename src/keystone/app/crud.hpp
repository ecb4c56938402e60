// Create, read, update and delete of rows that have hardly any rules: each takes a check that runs
// inside the transaction and throws if the row may not be.
#pragma once

#include "keystone/app/core.hpp"
#include "keystone/app/users.hpp"
#include "keystone/store/entity.hpp"

namespace keystone::app {

struct NoCheck {
  template <class T>
  void operator()(Change&, T&) const {}
};

// Gives the row an id unless it has one.
template <class T, class Check = NoCheck>
[[nodiscard]] T create_row(Core& core, const T& row, Check check = {}) {
  return core.change("create", [&](Change& change) {
    T created = row;
    if (created.id.empty()) created.id = change.new_id();
    if (store::find_by_id<T>(change.session, created.id))
      throw conflict(T::kKind, fmt::format("ID {}", created.id));
    check(change, created);
    platform::insert(change.session, created);
    return created;
  });
}

template <class T>
[[nodiscard]] T get_row(Core& core, const std::string& id) {
  return core.read([&](platform::Session& session) { return store::get_by_id<T>(session, id); });
}

template <class T, class Check = NoCheck>
[[nodiscard]] T update_row(Core& core, const std::string& id, const Edit<T>& edit,
                           Check check = {}) {
  return core.change("update", [&](Change& change) {
    T row = store::get_by_id<T>(change.session, id);
    edit(row);
    check(change, row);
    platform::update(change.session, row);
    return row;
  });
}

// `before` runs first and may delete what depends on the row, or throw.
template <class T, class Before = NoCheck>
void delete_row(Core& core, const std::string& id, Before before = {}) {
  core.change("delete", [&](Change& change) {
    T row = store::get_by_id<T>(change.session, id);
    before(change, row);
    store::delete_by_id<T>(change.session, id);
  });
}

template <class T>
[[nodiscard]] std::vector<T> list_rows(Core& core, const store::Conditions& where) {
  return core.read([&](platform::Session& session) { return store::list<T>(session, where); });
}

}  // namespace keystone::app
