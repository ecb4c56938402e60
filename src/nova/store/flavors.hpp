// Flavors, with their extra specs and who may use the private ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/paging.hpp"
#include "platform/database/rows.hpp"

namespace nova::store {

struct FlavorRow {
  static constexpr std::string_view kTable = "flavors";
  std::string flavor_id;
  int64_t number = 0;
  std::string name;
  int64_t vcpus = 0;
  int64_t memory_mib = 0;
  int64_t disk_gib = 0;
  int64_t ephemeral_gib = 0;
  int64_t swap_mib = 0;
  double rxtx_factor = 1.0;
  bool is_public = true;
  bool disabled = false;
  std::optional<std::string> description;
  std::string extra_specs = "{}";  // JSON
  base::TimePoint created_at{};
  std::optional<base::TimePoint> updated_at;
};
BOOST_DESCRIBE_STRUCT(FlavorRow, (),
                      (flavor_id, number, name, vcpus, memory_mib, disk_gib, ephemeral_gib,
                       swap_mib, rxtx_factor, is_public, disabled, description, extra_specs,
                       created_at, updated_at))

enum class FlavorVisibility { is_public, is_private, any };

struct FlavorQuery {
  FlavorVisibility visibility = FlavorVisibility::is_public;
  std::string project_id;  // also private flavors that it may use; empty: no such
  std::optional<int64_t> min_memory_mib;
  std::optional<int64_t> min_disk_gib;
  openstack::Page page;
};
[[nodiscard]] std::vector<FlavorRow> list_flavors(platform::Session& session,
                                                  const FlavorQuery& query);
[[nodiscard]] std::optional<FlavorRow> find_flavor(platform::Session& session,
                                                   const std::string& flavor_id);
// A private flavor is there only for projects with access; an empty project may see all.
[[nodiscard]] std::optional<FlavorRow> find_flavor_for(platform::Session& session,
                                                       const std::string& flavor_id,
                                                       const std::string& project_id);
// Sets row.number. Throws Error(conflict) with detail "unique" if id or name is taken.
void create_flavor(platform::Session& session, FlavorRow& row);
void delete_flavor(platform::Session& session, const std::string& flavor_id);

[[nodiscard]] std::vector<std::string> list_flavor_access(platform::Session& session,
                                                          const std::string& flavor_id);
[[nodiscard]] bool has_flavor_access(platform::Session& session, const std::string& flavor_id,
                                     const std::string& project_id);
void add_flavor_access(platform::Session& session, const std::string& flavor_id,
                       const std::string& project_id);
// The number of rows that went.
int64_t remove_flavor_access(platform::Session& session, const std::string& flavor_id,
                             const std::string& project_id);

}  // namespace nova::store
