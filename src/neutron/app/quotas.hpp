// How many of each resource a project may have, counted from the rows themselves.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "neutron/app/core.hpp"

namespace neutron::app {

struct QuotaUsage {
  int64_t limit = -1;  // -1: none
  int64_t used = 0;
};

// "network", "port", ...: every resource with a quota, and its table.
struct QuotaResource {
  std::string_view name;
  std::string_view table;
};
[[nodiscard]] std::span<const QuotaResource> quota_resources();

// Within the transaction that adds one of them, before it does. Throws Error(conflict) OverQuota.
void check_quota(Core& core, platform::Session& session, const std::string& project_id,
                 std::string_view resource);
// The same, where the project's own limit is known; nullopt: it has none.
void check_quota(Core& core, platform::Session& session, const std::string& project_id,
                 std::string_view resource, const std::optional<int64_t>& own_limit);

class Quotas {
 public:
  explicit Quotas(Core& core) : core_(core) {}
  using Limits = std::map<std::string, int64_t>;
  [[nodiscard]] const Limits& defaults() const { return core_.settings().quotas; }
  [[nodiscard]] Limits get(const std::string& project_id);
  [[nodiscard]] std::map<std::string, QuotaUsage> get_usage(const std::string& project_id);
  // Projects whose limits differ from the defaults.
  [[nodiscard]] std::map<std::string, Limits> list();
  void update(const std::string& project_id, const Limits& limits);
  // Back to the defaults. Throws Error(not_found) if the project has none of its own.
  void reset(const std::string& project_id);

 private:
  Core& core_;
};

}  // namespace neutron::app
