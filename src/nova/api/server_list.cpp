#include "nova/api/server_list.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "nova/api/server_view.hpp"
#include "nova/api/text_filter.hpp"

namespace nova::api {
namespace {

using base::Error;
using base::ErrorKind;
using platform::SqlValues;
using store::InstanceRow;

constexpr openstack::SortableColumn kSortable[] = {
    {"access_ip_v4", "access_ipv4"},
    {"access_ip_v6", "access_ipv6"},
    {"auto_disk_config", "disk_config"},
    {"availability_zone", "availability_zone"},
    {"config_drive", "config_drive"},
    {"created_at", "created_at"},
    {"display_description", "description"},
    {"display_name", "name"},
    {"host", "host"},
    {"hostname", "hostname"},
    {"image_ref", "image_id"},
    {"instance_type_id", "flavor_id"},
    {"key_name", "key_name"},
    {"launch_index", "launch_index"},
    {"launched_at", "launched_at"},
    {"locked_by", "locked_by"},
    {"node", "node"},
    {"power_state", "power_state"},
    {"project_id", "project_id"},
    {"task_state", "task_state"},
    {"terminated_at", "terminated_at"},
    {"updated_at", "updated_at"},
    {"user_id", "user_id"},
    {"uuid", "id"},
    {"vm_state", "vm_state"},
};

enum class Who { everyone, administrators };
struct ColumnFilter {
  std::string_view name;
  std::string_view condition;
  Who who;
};
constexpr ColumnFilter kColumns[] = {
    {"image", "image_id=?", Who::everyone},
    {"image_ref", "image_id=?", Who::everyone},
    {"flavor", "flavor_id=?", Who::everyone},
    {"reservation_id", "reservation_id=?", Who::everyone},
    {"host", "host=?", Who::administrators},
    {"node", "node=?", Who::administrators},
    {"hostname", "hostname=?", Who::administrators},
    {"uuid", "id=?", Who::administrators},
    {"user_id", "user_id=?", Who::administrators},
    {"vm_state", "vm_state=?", Who::administrators},
    {"task_state", "task_state=?", Who::administrators},
    {"key_name", "key_name=?", Who::administrators},
    {"availability_zone", "availability_zone=?", Who::administrators},
};

struct TagFilter {
  std::string_view name;
  std::string_view joint;  // how the conditions of the tags go together
  bool negated;
};
constexpr TagFilter kTagFilters[] = {{"tags", " AND ", false},
                                     {"tags-any", " OR ", false},
                                     {"not-tags", " AND ", true},
                                     {"not-tags-any", " OR ", true}};

base::TimePoint time_of(std::string_view name, std::string_view text) {
  const auto time = base::parse_time(text);
  if (!time) bad_request(fmt::format("Invalid filter field: {}. Value: {}", name, text));
  return *time;
}

bool any_address(const InstanceRow& server, int version, const TextFilter& filter) {
  if (server.ports == "[]") return false;
  const base::JsonView ports(server.ports);
  for (const base::Json& port : (*ports).as_array()) {
    const base::Json* ips = base::find(port, "fixed_ips");
    if (!ips || !ips->is_array()) continue;
    for (const base::Json& ip : ips->get_array()) {
      const std::string address = base::text_or(ip, "ip_address");
      const int its_version = address.find(':') == std::string::npos ? 4 : 6;
      if (its_version == version && filter.matches_start(address)) return true;
    }
  }
  return false;
}

}  // namespace

ServerList::ServerList(app::App& app, const ApiRequest& request) : request_(request) {
  openstack::PageRules rules;
  rules.max_limit = app.settings.max_limit;
  rules.default_limit = app.settings.max_limit;
  rules.sortable = kSortable;
  rules.default_sort = {{"created_at", openstack::SortDirection::descending},
                        {"id", openstack::SortDirection::descending}};
  query_.page = openstack::parse_page(request.query, rules);
  query_.where.clear();
  scope();
  add_columns();
  add_statuses();
  add_times();
  add_tags();
  add_texts();
}

void ServerList::where(std::string_view condition, SqlValues values) {
  if (!query_.where.empty()) query_.where += " AND ";
  query_.where += condition;
  query_.values.insert(query_.values.end(), values.begin(), values.end());
}

// Whose servers, and whether deleted ones too.
void ServerList::scope() {
  const openstack::Context& context = request_.context;
  const bool all = query_flag(request_, "all_tenants", false);
  if (all) request_.authorize("os_compute_api:servers:index:get_all_tenants", {});
  auto project = request_.query.get("project_id");
  if (!project) project = request_.query.get("tenant_id");
  if (!all)
    where("project_id=?", {context.project_id()});
  else if (project)
    where("project_id=?", {*project});
  const bool changes = request_.query.get("changes-since").has_value() ||
                       request_.query.get("changes-before").has_value();
  const bool deleted = context.is_admin() && query_flag(request_, "deleted", false);
  if (deleted)
    where("deleted=1", {});
  else if (!changes)
    where("deleted=0", {});
}

void ServerList::add_columns() {
  const bool admin = request_.context.is_admin();
  for (const ColumnFilter& filter : kColumns) {
    const auto value = request_.query.get(filter.name);
    if (!value || (filter.who == Who::administrators && !admin)) continue;
    where(filter.condition, {*value});
  }
  if (const auto power = request_.query.get("power_state"); power && admin)
    where("power_state=?", {base::parse_integer(*power).value_or(-1)});
  if (const auto locked = request_.query.get("locked");
      locked && request_.context.version >= Microversion{2, 73})
    where(query_flag(request_, "locked", true) ? "locked_by<>''" : "locked_by=''", {});
}

void ServerList::add_statuses() {
  const auto statuses = request_.query.all("status");
  if (statuses.empty()) return;
  std::string condition;
  SqlValues values;
  for (const std::string_view status : statuses) {
    std::string upper(status);
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](char c) { return static_cast<char>(std::toupper(c)); });
    if (upper == "DELETED" && !request_.context.is_admin())
      throw Error(ErrorKind::forbidden, "Only administrators may list deleted instances");
    for (const StatePair& state : states_of(upper)) {
      condition += condition.empty() ? "(" : " OR ";
      condition += "(vm_state=?";
      values.emplace_back(state.vm_state);
      if (!state.task_state.empty()) {
        condition += " AND task_state=?";
        values.emplace_back(state.task_state);
      } else if (state.vm_state == "active") {
        condition += " AND task_state NOT LIKE 'reboot%'";
      }
      condition += ")";
    }
  }
  if (condition.empty()) {
    if (request_.context.version >= Microversion{2, 38}) bad_request("Invalid status value");
    empty_ = true;
    return;
  }
  where(condition + ")", std::move(values));
}

void ServerList::add_times() {
  if (const auto since = request_.query.get("changes-since"))
    where("updated_at>=?", {time_of("changes-since", *since)});
  const auto before = request_.query.get("changes-before");
  if (before && request_.context.version >= Microversion{2, 66})
    where("updated_at<=?", {time_of("changes-before", *before)});
}

void ServerList::add_tags() {
  if (request_.context.version < Microversion{2, 26}) return;
  for (const TagFilter& filter : kTagFilters) {
    const auto list = request_.query.get(filter.name);
    if (!list) continue;
    std::string condition;
    SqlValues values;
    for (const std::string_view tag : base::split(*list, ',')) {
      // The column is a JSON list of texts: a tag is in it exactly if its JSON text is.
      condition += condition.empty() ? "" : filter.joint;
      condition += "INSTR(tags, ?)>0";
      values.emplace_back(base::to_text(base::Json(tag)));
    }
    where(fmt::format("{}({})", filter.negated ? "NOT " : "", condition), std::move(values));
  }
}

void ServerList::add_texts() {
  if (const auto name = request_.query.get("name"))
    tests_.emplace_back([filter = TextFilter(*name)](const InstanceRow& server) {
      return filter.matches(server.name);
    });
  if (const auto ip = request_.query.get("ip"))
    tests_.emplace_back([filter = TextFilter(*ip)](const InstanceRow& server) {
      return any_address(server, 4, filter);
    });
  const bool everyone_may = request_.context.version >= Microversion{2, 5};
  const auto ip6 = request_.query.get("ip6");
  if (ip6 && (everyone_may || request_.context.is_admin()))
    tests_.emplace_back([filter = TextFilter(*ip6)](const InstanceRow& server) {
      return any_address(server, 6, filter);
    });
}

bool ServerList::passes(const InstanceRow& server) const {
  return std::all_of(tests_.begin(), tests_.end(), [&](const auto& test) { return test(server); });
}

void ServerList::each_batch(platform::Session& session,
                            const std::function<void(std::span<InstanceRow>)>& each) const {
  if (empty_ || limit() == 0) return;
  constexpr size_t kBatch = 50;
  store::InstanceQuery query = query_;
  // The limit counts what passes.
  if (!tests_.empty()) query.page.limit.reset();
  int64_t count = 0;
  platform::read_in_batches<InstanceRow>(kBatch, each, [&](platform::Batch<InstanceRow>& batch) {
    store::each_instance(session, query, [&](const platform::SqlRow& row) {
      if (count == limit()) return;
      platform::decode_into(batch.next(), row);
      if (!passes(batch.next())) return;
      batch.add();
      ++count;
    });
  });
}

}  // namespace nova::api
