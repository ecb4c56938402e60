// Which servers a list shows: filters, paging and sorting of GET /servers and /servers/detail.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "nova/api/common.hpp"
#include "nova/store/instances.hpp"

namespace nova::api {

// Throws Error(bad_request) for what can not be understood and Error(forbidden) for what only
// administrators may ask.
class ServerList {
 public:
  ServerList(app::App& app, const ApiRequest& request);

  [[nodiscard]] const std::optional<int64_t>& limit() const { return query_.page.limit; }
  // Runs the query within the session. A long list needs no more memory than a short one.
  void each_batch(platform::Session& session,
                  const std::function<void(std::span<store::InstanceRow>)>& each) const;

 private:
  void scope();
  void add_columns();
  void add_statuses();
  void add_times();
  void add_tags();
  void add_texts();
  void where(std::string_view condition, platform::SqlValues values);
  [[nodiscard]] bool passes(const store::InstanceRow& server) const;

  const ApiRequest& request_;
  store::InstanceQuery query_;
  bool empty_ = false;
  // Filters that SQL can not say; all must hold.
  std::vector<std::function<bool(const store::InstanceRow&)>> tests_;
};

}  // namespace nova::api
